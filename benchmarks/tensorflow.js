// The same networks in TensorFlow.js: its operations by the kinds of a live network, and PGD on them (needs ``tf``).

/** {step(image) -> Promise<image>} of a head and its weights, for images whose network pools to one cell. */
function tensorflowSearch({ head, weights }, natural, label, epsilon, stepSize) {
  const tensors = {}
  const filter = ({ shape, values }) => tf.transpose(tf.tensor(values, shape), shape.length === 4 ? [2, 3, 1, 0] : [1, 0])
  for (const [name, weight] of Object.entries(weights))
    tensors[name] = weight.shape.length > 1 ? filter(weight) : tf.tensor(weight.values)
  const tables = {}
  for (const { kind, weights: names } of head.operations)
    if (kind === "row") tables[names.weight] = tf.tensor(weights[names.weight].values, weights[names.weight].shape)
  const meaning = {
    conv({ weights: names, stride, padding }, maps) {
      const edges = [[0, 0], [padding[0], padding[0]], [padding[1], padding[1]], [0, 0]]
      const found = tf.conv2d(padding[0] ? tf.pad(maps, edges) : maps, tensors[names.weight], stride, "valid")
      return names.bias ? tf.add(found, tensors[names.bias]) : found
    },
    linear: ({ weights: names }, vector) => tf.add(tf.matMul(vector, tensors[names.weight]), tensors[names.bias]),
    relu: (_, maps) => tf.relu(maps),
    add: (_, left, right) => tf.add(left, right),
    multiply: (_, maps, row) => tf.mul(maps, tf.reshape(row, [1, 1, 1, -1])),
    affine: ({ weights: names }, maps) => tf.add(tf.mul(maps, tensors[names.scale]), tensors[names.shift]),
    average: (_, maps) => tf.mean(maps, [1, 2]),
    reshape: (_, maps) => maps,
    row: ({ weights: names }, logits) => chosen(tables[names.weight])(logits),
  }
  // The choice of a row lets no gradient through, which tf.gather says by an error.
  const chosen = (table) =>
    tf.customGrad((logits) => ({
      value: tf.gather(table, tf.argMax(logits, 1)),
      gradFunc: () => tf.zerosLike(logits),
    }))
  const [channels, height, width] = head.shape
  const answer = (image) => {
    const values = [image]
    for (const each of head.operations) values.push(meaning[each.kind](each, ...each.inputs.map((input) => values[input])))
    return values[head.logits]
  }
  const wanted = tf.oneHot(tf.tensor1d([label], "int32"), head.classes.length)
  const loss = (image) => tf.neg(tf.sum(tf.mul(wanted, tf.logSoftmax(answer(image)))))
  const centre = tf.transpose(tf.tensor(natural, [1, channels, height, width]), [0, 2, 3, 1])
  let image = centre.clone()
  return {
    logits: () => tf.tidy(() => answer(image).dataSync()),
    step() {
      const { value, grad } = tf.valueAndGrad(loss)(image)
      const next = tf.tidy(() => {
        const change = tf.clipByValue(tf.sub(tf.add(image, tf.mul(tf.sign(grad), stepSize)), centre), -epsilon, epsilon)
        return tf.clipByValue(tf.add(centre, change), 0, 1)
      })
      const seen = value.dataSync()[0]
      tf.dispose([value, grad, image])
      image = next
      return seen
    },
  }
}

// The contrast of an anchor and its negative on every answer of a network, as in ancra/strategies/forces.py.

import { argmax, softmax } from "./operations.js"

/**
 * How alike a network takes two images for, and how strongly the contrast pushes them apart.
 * @param network from ``openNetwork``
 * @param {{image: Float32Array, label: number}} anchor
 * @param {{image: Float32Array, label: number}} negative
 * @returns {object[]} of each auxiliary answer, the final one last: ``similarity``; ``answers`` and ``confidences`` of the
 *   two, the anchor first; ``onAnchor`` and ``onNegative``, the whole forces: lengths of the similarity's gradient on the
 *   features that the classifier reads
 */
export function contrast(network, anchor, negative) {
  if (!network.rows)
    throw new Error("This network's answer is no product of features and a matrix: no force can be told.")
  const said = [anchor, negative].map(({ image, label }) => network.trained(image, label).map(softmax))
  return said[0].map((own, index) => {
    const pair = [own, said[1][index]]
    const answers = pair.map(argmax)
    const confidences = pair.map((p, k) => p[answers[k]])
    const alike = answers[0] === answers[1] ? Math.sqrt(confidences[0] * confidences[1]) : 0
    const [onAnchor, onNegative] = pair.map((p, k) => (alike / 2) * lever(network.rows, p, answers[k]))
    return { similarity: alike, answers, confidences, onAnchor, onNegative }
  })
}

/** The length of the gradient of log p of a class on the features: its row less the mean of the rows under p. */
function lever({ values, shape: [classes, width] }, p, chosen) {
  let sum = 0
  for (let i = 0; i < width; i++) {
    let mean = 0
    for (let k = 0; k < classes; k++) mean += p[k] * values[k * width + i]
    sum += (values[chosen * width + i] - mean) ** 2
  }
  return Math.sqrt(sum)
}

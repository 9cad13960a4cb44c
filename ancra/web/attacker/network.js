// A network in the browser: its answers to an image, and the gradient of an attacker's loss with respect to the image.

import { geometry, gradientReach, reach } from "./convolution.js"
import { readFile } from "./file.js"
import { openKernel } from "./kernel.js"
import { Plan, readMap, writeMap } from "./maps.js"
import { OBJECTIVES } from "./objectives.js"
import { argmax, OPERATIONS, softmax } from "./operations.js"

/**
 * What a network answers (ancra/models/prediction.py): logits and p of the final answer; ``auxiliary`` the logits and
 * ``blocks`` the probabilities of each reverse-attention block; ``attended`` the class whose row each block took;
 * ``features`` by their names in a feature set, ``z_prime:0`` and, with reverse attention, ``z:0``.
 */

/**
 * Open the file of a network (docs/live.md).
 * @param {ArrayBuffer} buffer the whole file
 * @param {{wasm: boolean}} options wasm: whether WebAssembly may be used where it is there
 * @throws {Error} one plain sentence for a file that is damaged, of another version, or has an operation not known here
 */
export async function openNetwork(buffer, { wasm = true } = {}) {
  const { head, weights } = readFile(buffer)
  const { plan, maps, steps, gradients, rows } = planned(head, weights)
  const kernel = await openKernel(plan.size, wasm)
  for (const step of steps) step.pack?.(kernel.memory)
  return new Network(head, kernel, { maps, steps, gradients, rows })
}

/** Where everything lies, and what is computed, before there is any memory. */
function planned(head, weights) {
  const { operations } = head
  const shapes = [head.shape, ...operations.map(({ shape }) => shape)]
  const borders = shapes.map(() => 0)
  const gradientBorders = shapes.map(() => 0)
  const named = operations.map((operation) => ofOperation(operation, weights))
  operations.forEach((operation, index) => {
    if (!OPERATIONS[operation.kind])
      throw new Error(`This network has an operation that this page does not know (${operation.kind}).`)
    if (!["conv", "linear"].includes(operation.kind)) return
    const parts = geometry(operation, named[index].weight)
    const [input] = operation.inputs
    borders[input] = Math.max(borders[input], reach(parts, shapes[input], operation.shape))
    gradientBorders[index + 1] = gradientReach(parts, shapes[input], operation.shape)
  })
  const plan = new Plan()
  const maps = shapes.map((shape, index) => plan.map(shape, borders[index]))
  const first = plan.size
  const gradients = shapes.map((shape, index) => plan.map(shape, gradientBorders[index]))
  const range = [first, plan.size]
  const steps = operations.map((operation, index) => ({
    inputs: operation.inputs,
    kind: operation.kind,
    ...OPERATIONS[operation.kind]({
      plan,
      operation,
      weights: named[index],
      inputs: operation.inputs.map((input) => maps[input]),
      output: maps[index + 1],
      gradients: { inputs: operation.inputs.map((input) => gradients[input]), output: gradients[index + 1] },
    }),
  }))
  // The classifier's weight, of which each class has a row; null where the answer is made in another way.
  const rows = operations[head.logits - 1]?.kind === "linear" ? named[head.logits - 1].weight : null
  return { plan, maps, steps, gradients: { maps: gradients, range }, rows }
}

function ofOperation({ weights: names = {} }, weights) {
  return Object.fromEntries(Object.entries(names).map(([part, name]) => [part, weights[name]]))
}

class Network {
  constructor(head, { memory, convolve, simd }, { maps, steps, gradients, rows }) {
    this.title = head.title
    this.digest = head.digest
    this.classes = head.classes
    this.shape = head.shape
    this.blocks = head.blocks.length
    this.attention = this.blocks > 0
    this.simd = simd
    this.head = head
    this.memory = memory
    this.convolve = convolve
    this.maps = maps
    this.steps = steps
    this.gradients = gradients
    this.rows = rows
    // Where the computation under another attention begins to differ.
    this.first = steps.findIndex(({ kind }) => kind === "row")
    this.seen = { image: null, attention: null, answer: null }
  }

  /**
   * The model's own answer.
   * @param {Float32Array} image in torch's order (channel, y, x), values in [0, 1]
   */
  look(image) {
    if (!this.knows(image) || !this.seen.answer) {
      this.compute(image, "predicted")
      this.seen.answer = this.answer()
    }
    return this.seen.answer
  }

  /**
   * An attacker's loss at an image, larger is better for the attacker, and its gradient.
   * @param {Float32Array} image as in ``look``
   * @param {string} name of the objective
   * @param {number} label the true class
   * @param {number|null} target the class to reach; null for any other than the label
   * @returns {{loss: number, gradient: Float32Array, answer: object}}
   */
  gradient(image, name, label, target = null) {
    const { loss, logits, blocks, sign } = this.judged(image, name, label, target)
    const { memory, head } = this
    memory.fill(0, ...this.gradients.range)
    const reached = new Uint8Array(this.maps.length)
    const seeds = [[head.logits, logits], ...head.blocks.map((value, block) => [value, blocks[block]])]
    for (const [value, slopes] of seeds) {
      if (!slopes) continue
      reached[value] = 1
      const { start } = this.gradients.maps[value]
      slopes.forEach((slope, k) => {
        memory[start + k] += sign * slope
      })
    }
    for (let index = this.steps.length - 1; index >= 0; index--) {
      if (!reached[index + 1]) continue
      const step = this.steps[index]
      step.backward(memory, this.convolve, this.seen.attention)
      for (const input of step.inputs) reached[input] = 1
    }
    return { loss, gradient: readMap(memory, this.gradients.maps[0]), answer: this.seen.answer }
  }

  /** The loss alone, as in ``gradient``. */
  loss(image, name, label, target = null) {
    return this.judged(image, name, label, target).loss
  }

  judged(image, name, label, target) {
    const objective = OBJECTIVES[name]
    if (!objective) throw new Error(`There is no objective ${name}.`)
    if (this.classes.length < objective.fewestClasses)
      throw new Error(`${objective.title} means nothing for ${this.classes.length} classes: choose another objective.`)
    if (objective.needsTarget && target === null)
      throw new Error(`${objective.title} drives the image to a chosen class: choose a target.`)
    this.look(image)
    const sought = target ?? label
    this.compute(image, objective.attention ? objective.attention(sought) : "predicted")
    const sign = target === null ? 1 : -1
    const found = objective.loss(this.logits(), sought)
    return { ...found, loss: sign * found.loss, sign }
  }

  /**
   * Every answer as in training, where reverse attention takes the row of the label: the logits of each block, then the
   * final ones.
   */
  trained(image, label) {
    this.look(image)
    this.compute(image, label)
    const { logits, auxiliary } = this.logits()
    return [...auxiliary, logits]
  }

  /** Whether the last image that was computed is this one. */
  knows(image) {
    const { image: last } = this.seen
    if (last?.length !== image.length) return false
    for (let k = 0; k < image.length; k++) if (last[k] !== image[k]) return false
    return true
  }

  /** Compute all values under an attention; of those that the last call left, what is the same stays. */
  compute(image, attention) {
    const { seen } = this
    const known = this.knows(image)
    if (known && (seen.attention === attention || this.first < 0)) return
    if (!known) {
      const [channels, height, width] = this.shape
      if (image.length !== channels * height * width)
        throw new Error(`This network takes images of ${height} x ${width} pixels and ${channels} channel(s).`)
      writeMap(this.memory, this.maps[0], image)
      this.seen = { image: Float32Array.from(image), answer: null }
    }
    this.seen.attention = attention
    for (let index = known ? this.first : 0; index < this.steps.length; index++)
      this.steps[index].forward(this.memory, this.convolve, attention)
  }

  logits() {
    return { logits: this.vector(this.head.logits), auxiliary: this.head.blocks.map((value) => this.vector(value)) }
  }

  answer() {
    const { logits, auxiliary } = this.logits()
    const features = {}
    for (const [name, values] of Object.entries(this.head.features))
      values.forEach((value, block) => {
        features[`${name}:${block}`] = this.vector(value)
      })
    return {
      logits,
      p: Float32Array.from(softmax(logits)),
      predicted: argmax(logits),
      auxiliary,
      blocks: auxiliary.map((each) => Float32Array.from(softmax(each))),
      attended: auxiliary.map(argmax),
      features,
    }
  }

  vector(value) {
    return readMap(this.memory, this.maps[value])
  }
}

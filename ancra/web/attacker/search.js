// Projected gradient descent on one image, step by step, as in ancra/attacks/search.py; one step of epsilon is FGSM.

import { ascend, project, randomStart } from "./ball.js"
import { OBJECTIVES } from "./objectives.js"

/** What holds where nothing else is said; the step is epsilon / 4 as in ancra/attacks/settings.py. */
export const SETTINGS = {
  norm: "linf",
  epsilon: 8 / 255,
  stepSize: null,
  objective: "ce",
  target: null,
  start: "random",
  seed: 0,
}

/**
 * A search; ``begin`` comes first.
 * @param network from ``openNetwork``
 * @param settings any of ``SETTINGS``: norm "linf" or "l2"; start "centre" or "random"; target a class or null
 */
export function search(network, settings = {}) {
  return new Search(network, settings)
}

class Search {
  constructor(network, settings) {
    this.network = network
    this.settings = { ...SETTINGS, ...settings }
    this.natural = null
    this.image = null
  }

  /**
   * Start anew from an image.
   * @param {Float32Array} natural in [0, 1]
   * @param {number} label its class
   * @param {Float32Array|null} start a start of one's own
   * @returns point 0, as ``step`` gives the others
   */
  begin(natural, label, start = null) {
    const { network, settings } = this
    this.natural = Float32Array.from(natural)
    this.label = label
    this.count = 0
    const { logits } = network.look(this.natural)
    this.likeliest = Array.from(logits.keys())
      .filter((k) => k !== label)
      .sort((a, b) => logits[b] - logits[a])[0]
    this.image = Float32Array.from(
      start ?? (settings.start === "random" ? randomStart(this.natural, settings) : natural),
    )
    return this.point()
  }

  /** Change epsilon, the length of a step, the objective or the target while it runs: the next step obeys. */
  set(changes) {
    Object.assign(this.settings, changes)
  }

  /**
   * One step.
   * @returns {{step: number, loss: number, answer: object, image: Float32Array}} the point that it leads to
   */
  step() {
    const { network, settings } = this
    const { gradient } = network.gradient(this.image, settings.objective, this.label, this.aim)
    const stepSize = settings.stepSize ?? settings.epsilon / 4
    this.image = ascend(this.image, gradient, this.natural, { ...settings, stepSize })
    this.count += 1
    return this.point()
  }

  /** Go on from another image, moved into the ball where it lies outside: a step back, or what was drawn. */
  moveTo(image, step = this.count) {
    this.image = project(Float32Array.from(image), this.natural, this.settings)
    this.count = step
    return this.point()
  }

  /** The class to reach: the chosen one; the likeliest wrong one where the objective needs one; else null. */
  get aim() {
    const { target, objective } = this.settings
    return target ?? (OBJECTIVES[objective]?.needsTarget ? this.likeliest : null)
  }

  point() {
    const { network, settings, image } = this
    const answer = network.look(image)
    const loss = network.loss(image, settings.objective, this.label, this.aim)
    return { step: this.count, loss, answer, image: Float32Array.from(image) }
  }
}

// Which image of the stage each strategy takes as the negative, as in ancra/negatives.
import { uniform } from "../attacker/ball.js"

/** By the core's names: `fits` says whether a candidate of another class may serve; the rest is for people. */
export const STRATEGIES = {
  random: {
    title: "Random",
    fits: () => true,
    words: (own) => `An image that is not ${kind(own)}, drawn by lot.`,
  },
  soft_ls: {
    title: "Soft-LS",
    fits: (anchor, { predicted }) => predicted === anchor.predicted,
    words: (own) => `An image that is not ${kind(own)}, but that the network calls what it calls yours.`,
  },
  hard_ls: {
    title: "Hard-LS",
    fits: (anchor, { predicted }) => predicted === anchor.label,
    words: (own) => `An image that is not ${kind(own)}, but that the network calls ${kind(own)}.`,
  },
  targeted_attack: {
    title: "Targeted attack",
    fits: () => true,
    words: (own) =>
      `An image that is not ${kind(own)}, drawn by lot, then attacked until it is taken for ${kind(own)}.`,
  },
}
const BY_LOT = new Set(["random", "targeted_attack"])

/** A class's name with its article: a 3, an 8, an airplane. */
export const kind = (name) => `${/^([aeiou]|8$|11$|18$)/i.test(name) ? "an" : "a"} ${name}`

/**
 * The negative of an anchor {label, predicted}: {index, fallback}; null where all images are of its class.
 * @param {object[]} candidates {label, predicted, logits} of the images, as the network answers in use
 * @param {number} seed of the lots
 */
export function pick(strategy, anchor, candidates, seed = 0) {
  const draw = uniform(seed)
  const lots = candidates.map(draw)
  const highest = (rows, value) => rows.reduce((best, n) => (best < 0 || value(n) > value(best) ? n : best), -1)
  const others = [...candidates.keys()].filter((n) => candidates[n].label !== anchor.label)
  if (!others.length) return null
  const fitting = others.filter((n) => STRATEGIES[strategy].fits(anchor, candidates[n]))
  if (!fitting.length) return { index: highest(others, (n) => lots[n]), fallback: true }
  const value = BY_LOT.has(strategy) ? (n) => lots[n] : (n) => candidates[n].logits[anchor.label]
  return { index: highest(fitting, value), fallback: false }
}

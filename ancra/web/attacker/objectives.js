// What an attacker maximises, as in ancra/attacks/objectives.py: a loss at a class, and its slope in each logit.

/** The sum in single precision, in eight lanes as a processor's vectors add: that order decides what is rounded away. */
function laneSum(values) {
  const lanes = new Float32Array(8)
  values.forEach((value, k) => {
    lanes[k % 8] += value
  })
  for (let half = 4; half >= 1; half /= 2) for (let k = 0; k < half; k++) lanes[k] += lanes[k + half]
  return lanes[0]
}

/**
 * Cross-entropy: [loss, slopes]. Rounded to single precision as the core's is, so that a gradient which vanishes there
 * does so here.
 */
function crossEntropy(logits, label) {
  const round = Math.fround
  const most = Math.max(...logits)
  const sum = laneSum(logits.map((logit) => Math.exp(logit - most)))
  const shares = Float32Array.from(logits, (logit) => round(logit - most) - round(Math.log(sum)))
  const slopes = shares.map(Math.exp)
  slopes[label] -= 1
  return [-shares[label], slopes]
}

/** Best wrong logit minus the label's logit (Carlini and Wagner 2017). */
function margin(logits, label) {
  let best = -1
  logits.forEach((logit, k) => {
    if (k !== label && (best < 0 || logit > logits[best])) best = k
  })
  const slopes = new Float64Array(logits.length)
  slopes[best] += 1
  slopes[label] -= 1
  return [logits[best] - logits[label], slopes]
}

/** The margin over the gap of the first and the third logit (Croce and Hein 2020, eq. 6). */
function logitsRatio(logits, label) {
  const [loss, slopes] = margin(logits, label)
  const ranked = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a])
  const [first, third] = [ranked[0], ranked[Math.min(2, logits.length - 1)]]
  const gap = logits[first] - logits[third] + 1e-12
  const ratio = loss / gap
  const found = slopes.map((slope) => slope / gap)
  found[first] -= ratio / gap
  found[third] += ratio / gap
  return [ratio, found]
}

/** A loss on the final logits. */
const onFinal = (measure) => (seen, label) => {
  const [loss, slopes] = measure(seen.logits, label)
  return { loss, logits: slopes, blocks: [] }
}

/** A loss on the logits of one block, ``which`` as ``at`` counts; on the final ones for a network without blocks. */
const onBlock = (measure, which) => (seen, label) => {
  if (!seen.auxiliary.length) return onFinal(measure)(seen, label)
  const [loss, slopes] = measure(seen.auxiliary.at(which), label)
  const blocks = seen.auxiliary.map(() => null)
  blocks.splice(which, 1, slopes)
  return { loss, logits: null, blocks }
}

/** CE(p') + 2 * mean over the blocks of CE(p_b): the paper's adaptive attack. */
function joint(seen, label) {
  const [loss, logits] = crossEntropy(seen.logits, label)
  const share = 2 / seen.auxiliary.length
  const heads = seen.auxiliary.map((each) => crossEntropy(each, label))
  return {
    loss: heads.reduce((sum, [each]) => sum + share * each, loss),
    logits,
    blocks: heads.map(([, slopes]) => slopes.map((slope) => share * slope)),
  }
}

const objective = (title, explanation, loss, more = {}) => ({
  title,
  explanation,
  loss,
  attention: null,
  needsTarget: false,
  fewestClasses: 2,
  ...more,
})

/**
 * By the core's names: ``loss(seen, label)`` of {logits, auxiliary} gives the loss and its slopes, null where it has
 * none; ``attention(label)`` is the one under which the attacker looks ("soft", or the class of a forced row).
 */
export const OBJECTIVES = {
  ce: objective("Cross-entropy on p'", "Makes the final answer look wrong.", onFinal(crossEntropy)),
  margin: objective(
    "Margin on p'",
    "Lifts the best wrong class of the final answer over the right one.",
    onFinal(margin),
  ),
  dlr: objective(
    "Logits ratio on p'",
    "The margin of the final answer, made independent of the logits' scale.",
    onFinal(logitsRatio),
    { fewestClasses: 3 },
  ),
  joint: objective(
    "Joint (adaptive)",
    "The paper's adaptive attack: the final and all auxiliary answers at once.",
    joint,
  ),
  ce_first: objective(
    "Cross-entropy on the first auxiliary logits",
    "Attacks the answer before any attention has multiplied the features.",
    onBlock(crossEntropy, 0),
  ),
  margin_first: objective(
    "Margin on the first auxiliary logits",
    "Lifts the best wrong class of the answer before any attention.",
    onBlock(margin, 0),
  ),
  ce_last: objective(
    "Cross-entropy on the last auxiliary logits",
    "Attacks the answer of the last block, which the first attention has already masked.",
    onBlock(crossEntropy, -1),
  ),
  margin_last: objective(
    "Margin on the last auxiliary logits",
    "The margin on the answer of the last block, which the first attention has already masked.",
    onBlock(margin, -1),
  ),
  soft_attention: objective(
    "Soft attention",
    "Replaces the hard choice of a row by its expectation, so that the gradient sees the attention switch.",
    onFinal(margin),
    { attention: () => "soft" },
  ),
  forced_target: objective(
    "Forced target",
    "Forces the attention to a wrong class and drives the image there.",
    joint,
    { attention: (target) => target, needsTarget: true },
  ),
}

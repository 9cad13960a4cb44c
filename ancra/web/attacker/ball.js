// The epsilon ball around an image, as in ancra/attacks/ball.py: the start of a search, one step, the way back into it.

/** The L2 norm of a vector. */
export function norm(values) {
  let sum = 0
  for (let k = 0; k < values.length; k++) sum += values[k] * values[k]
  return Math.sqrt(sum)
}

/** Move an image, in place, to the nearest point of the ball around ``centre``, then into [0, 1]. */
export function project(image, centre, { norm: kind, epsilon }) {
  let scale = 1
  if (kind === "l2") {
    const length = norm(image.map((value, k) => value - centre[k]))
    scale = Math.min(1, epsilon / Math.max(length, 1e-12))
  }
  for (let k = 0; k < image.length; k++) {
    let change = (image[k] - centre[k]) * scale
    if (kind !== "l2") change = Math.min(Math.max(change, -epsilon), epsilon)
    image[k] = Math.min(Math.max(centre[k] + change, 0), 1)
  }
  return image
}

/** One step along the gradient, its sign for Linf, its direction for L2, projected; NaN entries do not move. */
export function ascend(image, gradient, centre, settings) {
  const { norm: kind, stepSize } = settings
  const slopes = gradient.map((slope) => (Number.isNaN(slope) ? 0 : slope))
  let scale = 1
  if (kind === "l2") {
    // Scaled by the largest entry first: the square of a masked gradient is below the smallest float.
    const most = slopes.reduce((largest, slope) => Math.max(largest, Math.abs(slope)), 1e-30)
    slopes.forEach((slope, k) => {
      slopes[k] = slope / most
    })
    scale = 1 / Math.max(norm(slopes), 1e-12)
  }
  const moved = image.map((value, k) => value + stepSize * (kind === "l2" ? scale * slopes[k] : Math.sign(slopes[k])))
  return project(moved, centre, settings)
}

/** A random start: uniform in the ball. The same seed gives the same point. */
export function randomStart(image, settings) {
  const draw = uniform(settings.seed ?? 0)
  const { norm: kind, epsilon } = settings
  if (kind !== "l2")
    return project(
      image.map((value) => value + epsilon * (2 * draw() - 1)),
      image,
      settings,
    )
  const direction = image.map(() => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()))
  // In d dimensions the volume grows with radius ** d, so u ** (1 / d) makes the point uniform in the ball.
  const reach = (epsilon * draw() ** (1 / image.length)) / norm(direction)
  return project(
    image.map((value, k) => value + reach * direction[k]),
    image,
    settings,
  )
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function uniform(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296
  }
}

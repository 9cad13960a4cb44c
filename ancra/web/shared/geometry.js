// Numbers and places in the plane.

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value))

/** 1, 2 or 5 times a power of ten, the largest that is not above the value. */
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [5, 2, 1].find((step) => step * power <= value * 1.0001)
}

/** Between the values at some places, on a straight line; values may be nested lists of numbers. */
export function between(places, values, place) {
  const at = Math.max(
    1,
    places.findIndex((each) => each >= place),
  )
  const share = (place - places[at - 1]) / (places[at] - places[at - 1])
  const mix = (a, b) => (Array.isArray(a) ? a.map((each, index) => mix(each, b[index])) : a + (b - a) * share)
  return mix(values[at - 1], values[at])
}

/**
 * Words ({ x, y, width }, by their middles) of one height, moved inside a picture and, up or down, off one another. Where
 * they would fill more than half of it, null stands for those that lie on one before: far away they would mean others.
 */
export function spread(words, height, w, h) {
  const inside = (value, size, most) => (size < most ? clamp(value, size / 2, most - size / 2) : most / 2)
  const all = words.map(({ x, y, width }) => ({ x: inside(x, width, w), y: inside(y, height, h), width }))
  const meet = (a, b) => Math.abs(a.y - b.y) < height && Math.abs(a.x - b.x) < (a.width + b.width) / 2
  const crowded = words.reduce((area, { width }) => area + width * height, 0) > (w * h) / 2
  const placed = []
  const kept = all.map((word) => {
    if (crowded && placed.some((other) => meet(word, other))) return null
    placed.push(word)
    return word
  })
  // Each round may push a word onto a third one; a picture without room for all keeps the last.
  for (let round = 0; round < 40; round++)
    for (const [index, a] of placed.entries())
      for (const b of placed.slice(index + 1)) {
        if (!meet(a, b)) continue
        const over = height - Math.abs(a.y - b.y)
        const [upper, lower] = a.y <= b.y ? [a, b] : [b, a]
        upper.y = inside(upper.y - over / 2, height, h)
        lower.y = inside(lower.y + over / 2, height, h)
      }
  return kept
}

/** One byte a sample: whether its point (x0, y0, x1, y1, ...) lies inside a polygon [[x, y], ...]. */
export function insidePolygon(xy, count, polygon) {
  const inside = new Uint8Array(count)
  const [xs, ys] = [0, 1].map((axis) => polygon.map((corner) => corner[axis]))
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  for (let i = 0; i < count; i++) {
    const x = xy[2 * i]
    const y = xy[2 * i + 1]
    if (x < x0 || x > x1 || y < y0 || y > y1) continue
    let odd = 0
    for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
      const [xa, ya] = polygon[a]
      const [xb, yb] = polygon[b]
      if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) odd ^= 1
    }
    inside[i] = odd
  }
  return inside
}

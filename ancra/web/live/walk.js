// The image's point on the stored feature map: it walks while the attack runs.
import { decode } from "../shared/codec.js"
import { draw, h, write } from "../shared/dom.js"
import { classColour, themed } from "../shared/theme.js"

const SIDE = 300 // Units of the drawing.
const MARGIN = 10
const NEAREST = 5
const RADIUS = 3.2 // Of a point, in units of the drawing.
const DENSITY = 3 // Pixels of a unit.

/** Points whose Euclidean neighbours are the metric's: unit vectors for cosine and, centred, for correlation. */
export function asEuclidean(values, metric) {
  if (metric === "euclidean") return values
  const mean = metric === "correlation" ? values.reduce((sum, value) => sum + value, 0) / values.length : 0
  const centred = values.map((value) => value - mean)
  const length = Math.max(Math.hypot(...centred), 1.1754944e-38)
  return centred.map((value) => value / length)
}

/** The rows that are nearest to a point, nearest first: {index, sum}, the sum of squared differences. */
function nearestOf(point, rows, count) {
  const near = []
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    let sum = 0
    for (let i = 0; i < point.length; i++) sum += (row[i] - point[i]) ** 2
    if (near.length === count && sum >= near[count - 1].sum) continue
    const place = near.findIndex((each) => each.sum > sum)
    near.splice(place < 0 ? near.length : place, 0, { index, sum })
    if (near.length > count) near.pop()
  }
  return near
}

/**
 * Where a new point lies: between its nearest mapped neighbours in the full space, near ones weighing most.
 *
 * The rule of ancra.maps.projection.project: weights exp(-(d - nearest) / mean excess).
 *
 * mapped: {features: N arrays as `asEuclidean` gives them, positions (x0, y0, ...), metric, typical}: typical is the
 * median distance between mapped neighbours. Returns {x, y, distance}: the last one in typical distances.
 */
export function project(values, mapped) {
  const point = asEuclidean(values, mapped.metric)
  const near = nearestOf(point, mapped.features, Math.min(NEAREST, mapped.features.length - 1)).map(
    ({ index, sum }) => ({
      index,
      distance: mapped.metric === "euclidean" ? Math.sqrt(sum) : sum / 2,
    }),
  )
  const nearest = near[0].distance
  const scale = Math.max(near.reduce((sum, { distance }) => sum + distance - nearest, 0) / near.length, 1e-12)
  const onSpot = nearest <= 1e-3 * mapped.typical
  const place = { x: 0, y: 0, distance: nearest / Math.max(mapped.typical, 1e-12) }
  let total = 0
  for (const { index, distance } of near) {
    const weight = onSpot && distance > nearest ? 0 : Math.exp(-(distance - nearest) / scale)
    total += weight
    place.x += weight * mapped.positions[2 * index]
    place.y += weight * mapped.positions[2 * index + 1]
  }
  place.x /= total
  place.y /= total
  return place
}

/** A map as it was sent, made ready for `project`. */
export function unpack({ positions, features, width, metric, typical }) {
  const [places, values] = [decode(positions), decode(features)]
  const rows = Array.from({ length: places.length / 2 }, (_, n) => values.subarray(n * width, (n + 1) * width))
  return { positions: places, features: rows.map((row) => asEuclidean(row, metric)), metric, typical }
}

/** Of an answer's features those that the map was laid out from; without reverse attention z is z'. */
function mappedFeatures({ features }, { which, block }) {
  const all = (kind) => Object.keys(features).filter((name) => name.startsWith(`${kind}:`))
  const found = all(which).length ? all(which) : all("z_prime")
  return features[found.at(block)]
}

/** What places a network's answers on its map, each once: answer => {x, y, distance}. */
export function placing(sent, mapped = unpack(sent)) {
  const known = new WeakMap()
  return (answer) => {
    if (!known.has(answer)) known.set(answer, project(mappedFeatures(answer, sent), mapped))
    return known.get(answer)
  }
}

/** The walks of all networks, each over its map once that is drawn; `drawn` is called when another one is. */
export function createWalks(columns, data, drawn) {
  const all = data.networks.map(() => null)
  /** Draw what has come, each in a task of its own: a map of a thousand points takes longer than a frame. */
  function draw() {
    for (const [index, { digest, title }] of data.networks.entries()) {
      if (!data.maps[digest] || all[index]) continue
      setTimeout(() => {
        if (all[index]) return
        all[index] = createWalk(columns[index].map, data.maps[digest], data, title)
        drawn()
      })
    }
  }
  return { all, draw }
}

/** Paint the map's points once: as thousands of elements they would be painted again in every frame of the walk. */
function paintDots(paper, dots, labels, { classes, dark }) {
  const context = paper.getContext("2d")
  context.scale(DENSITY, DENSITY)
  for (const [n, [x, y]] of dots.entries()) {
    context.fillStyle = classColour(labels[n], classes.length, dark)
    context.beginPath()
    context.arc(x, y, RADIUS, 0, 2 * Math.PI)
    context.fill()
  }
}

/** The map of one network in `parent`; returns what draws the way over it: show(frames of answers, how many, label). */
function createWalk(parent, sent, data, title) {
  const mapped = unpack(sent)
  const colours = themed(data.dark)
  const labels = Array.from(decode(sent.labels))
  const [xs, ys] = [0, 1].map((axis) => mapped.positions.filter((_, i) => i % 2 === axis))
  const [low, high] = [
    [Math.min(...xs), Math.min(...ys)],
    [Math.max(...xs), Math.max(...ys)],
  ]
  const scale = (SIDE - 2 * MARGIN) / Math.max(high[0] - low[0], high[1] - low[1], 1e-9)
  const at = (x, y) => [
    SIDE / 2 + (x - (low[0] + high[0]) / 2) * scale,
    SIDE / 2 - (y - (low[1] + high[1]) / 2) * scale,
  ]
  const dots = labels.map((_, n) => at(mapped.positions[2 * n], mapped.positions[2 * n + 1]))
  const svg = draw("svg", {
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    role: "img",
    "aria-label": `The feature map of ${title} with the image's way over it`,
  })
  const under = draw("title", {}, svg)
  svg.onpointermove = ({ offsetX, offsetY }) => {
    const [x, y] = [offsetX, offsetY].map((offset) => (offset * SIDE) / svg.clientWidth)
    const distances = dots.map(([cx, cy]) => Math.hypot(cx - x, cy - y))
    const nearest = distances.indexOf(Math.min(...distances))
    write(under, distances[nearest] <= 2 * RADIUS ? data.classes[labels[nearest]] : "")
  }
  const way = draw(
    "polyline",
    { fill: "none", stroke: colours.text, "stroke-width": 3, "stroke-linejoin": "round" },
    svg,
  )
  const start = draw("circle", { r: 7, fill: colours.background, stroke: colours.text, "stroke-width": 3 }, svg)
  const now = draw("circle", { r: 10, stroke: colours.background, "stroke-width": 3 }, svg)
  const caption = h("figcaption")
  const paper = h("canvas", { width: SIDE * DENSITY, height: SIDE * DENSITY, "aria-hidden": "true" })
  paintDots(paper, dots, labels, data)
  parent.replaceChildren(h("figure", {}, h("div", { class: "map" }, paper, svg), caption))
  const placed = placing(sent, mapped)

  return (answers, label, answer) => {
    const places = answers.map(placed)
    const path = places.map(({ x, y }) => at(x, y))
    way.setAttribute("points", path.map((each) => each.map((value) => value.toFixed(1)).join(",")).join(" "))
    for (const [mark, [cx, cy]] of [
      [start, path[0]],
      [now, path.at(-1)],
    ]) {
      mark.setAttribute("cx", cx)
      mark.setAttribute("cy", cy)
    }
    now.setAttribute("fill", answer === label ? colours.good : colours.bad)
    const far = places.at(-1).distance
    write(caption, `${sent.caption}${far > 3 ? " Now it is far from all of them: its place means little." : ""}`)
  }
}

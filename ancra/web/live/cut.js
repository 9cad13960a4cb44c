// The loss along a line through the image: one turns the line, and sees who stands before a cliff and who on a plain.
import { draw, h, write } from "../shared/dom.js"
import { clamp } from "../shared/geometry.js"
import { networkColour } from "./course.js"

const [WIDTH, HEIGHT] = [300, 120]
const POINTS = 41
const REACH = 2 // The line goes to so many epsilons on both sides.

/** Equal lengths in the norm: the largest value is 1 in Linf, the sum of squares in L2. */
function unit(direction, norm) {
  const size = norm === "l2" ? Math.hypot(...direction) : direction.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  return size ? direction.map((value) => value / size) : direction
}

/** Random signs, the same for a seed. */
export function signs(length, seed) {
  let state = seed >>> 0
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return (state >>> 16) & 1 ? 1 : -1
  })
}

/** The image with noise as large as the attack may be: where noise does nothing, it is the direction that does it. */
export function noise({ natural, settings }) {
  const size = settings.norm === "l2" ? settings.epsilon / Math.sqrt(natural.length) : settings.epsilon
  return signs(natural.length, 3).map((sign, i) => clamp(natural[i] + sign * size, 0, 1))
}

/** The chart; image(n) is the n-th image of the stage. Returns {figure, refresh, directions}: refresh asks the worker anew. */
export function createCut(data, state, session, client, image) {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" })
  const ball = draw("rect", { y: 0, height: HEIGHT, x: WIDTH * (0.5 - 0.25), width: WIDTH / 2, class: "ball" }, svg)
  draw("title", {}, ball, "Within epsilon")
  draw("line", { x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: HEIGHT, class: "now" }, svg)
  const lines = data.networks.map((_, index) =>
    draw(
      "polyline",
      { fill: "none", stroke: networkColour(index, data), "stroke-width": 3, "vector-effect": "non-scaling-stroke" },
      svg,
    ),
  )
  const caption = h("figcaption")
  const turn = h("input", { type: "range", min: 0, max: 90, step: 1, value: 0, "aria-label": "Direction of the line" })
  const towards = h(
    "select",
    { "aria-label": "Turn the line towards" },
    h("option", { value: "" }, "a random direction"),
    ...data.classes.map((name, kind) => h("option", { value: kind }, `another image: ${name}`)),
  )
  const figure = h(
    "figure",
    { class: "cut" },
    h("h2", { class: "small" }, "Loss along a line through the image"),
    h("div", { class: "plot" }, svg),
    turn,
    h("div", { class: "ends" }, h("span", {}, "the attack's way"), towards),
    caption,
  )

  /** Where the line turns to. */
  function aside() {
    const { natural } = state
    const other = towards.value === "" ? -1 : data.labels.indexOf(Number(towards.value))
    return other < 0 ? signs(natural.length, 7) : image(other).map((value, i) => value - natural[i])
  }

  /** Where one network's line begins to turn from, and where it turns to: its own attack's way, and the other end. */
  function ends(index) {
    const { natural, settings } = state
    const end = unit(aside(), settings.norm)
    if (session.last() < 1) return [end, end]
    const way = session.frames.at(-1).points[index].image.map((value, i) => value - natural[i])
    return [unit(way, settings.norm), end]
  }

  function direction(index) {
    const [ahead, end] = ends(index)
    const angle = (turn.value / 180) * Math.PI
    return unit(
      ahead.map((value, i) => Math.cos(angle) * value + Math.sin(angle) * end[i]),
      state.settings.norm,
    )
  }

  async function refresh() {
    const { natural, settings } = state
    if (!settings.epsilon || !session.frames.length) return
    const found = await client.line(
      natural,
      data.networks.map((_, index) => direction(index)),
      REACH * settings.epsilon,
      POINTS,
    )
    const all = found.flatMap(({ losses }) => [...losses]).filter(Number.isFinite)
    const [low, high] = [Math.min(...all), Math.max(...all)]
    const y = (loss) => HEIGHT - 4 - ((loss - low) / Math.max(high - low, 1e-9)) * (HEIGHT - 8)
    for (const [index, { losses }] of found.entries()) {
      const points = [...losses].map((loss, n) => `${((n / (POINTS - 1)) * WIDTH).toFixed(1)},${y(loss).toFixed(1)}`)
      lines[index].setAttribute("points", points.join(" "))
    }
    const middle = (POINTS - 1) / 2
    const within = Math.floor(middle / REACH)
    const rises = found.map(({ losses }) => {
      const near = [...losses].slice(middle - within, middle + within + 1)
      return Math.max(...near) - losses[middle]
    })
    const told = rises.map((rise, index) => `**${data.networks[index].title}** rises by ${rise.toFixed(2)}`).join(", ")
    const hint = session.last() < 1 ? " Play the attack to look along its way." : " A flat line proves nothing."
    write(caption, `Within epsilon (shaded): ${told}.${hint}`)
  }
  towards.onchange = () => session.busyWith(refresh)
  turn.oninput = () => session.busyWith(refresh)
  return { figure, refresh, directions: () => data.networks.map((_, index) => ends(index)) }
}

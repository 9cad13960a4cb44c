// How sure each network is of the true class, step by step; the run before stays as a pale line.
import { draw, h, write } from "../shared/dom.js"
import { classColour } from "../shared/theme.js"

const [WIDTH, HEIGHT] = [300, 110]

/** The chart; `go(index)` is called where one presses. Returns [its element, what draws it]. */
export function createCourse(data, go) {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" })
  for (const y of [0, HEIGHT / 2, HEIGHT]) {
    draw("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "grid" }, svg)
  }
  const lines = data.networks.map((_, index) => {
    const stroke = networkColour(index, data)
    const common = { fill: "none", stroke, "vector-effect": "non-scaling-stroke" }
    return {
      ghost: draw("polyline", { ...common, "stroke-width": 2, opacity: 0.35, "stroke-dasharray": "5 4" }, svg),
      line: draw("polyline", { ...common, "stroke-width": 3 }, svg),
    }
  })
  const now = draw("line", { y1: 0, y2: HEIGHT, class: "now", "vector-effect": "non-scaling-stroke" }, svg)
  const caption = h("figcaption")
  const plot = h("div", { class: "plot" }, svg)
  const figure = h(
    "figure",
    { class: "course" },
    h("h2", { class: "small" }, "Probability of the true class"),
    plot,
    h("div", { class: "ends" }, h("span", {}, "before"), h("span", { class: "end" })),
    h(
      "div",
      { class: "legend" },
      ...data.networks.map(({ title }, index) =>
        h("span", {}, h("i", { style: `border-color: ${networkColour(index, data)}` }), title),
      ),
    ),
    caption,
  )
  let length = 1
  plot.onclick = (event) => {
    const box = plot.getBoundingClientRect()
    go(Math.round(((event.clientX - box.left) / box.width) * (length - 1)))
  }

  function points(frames, index, label) {
    return frames
      .map((points, n) => {
        const p = points[index]?.answer.p[label]
        const x = length > 1 ? (n / (length - 1)) * WIDTH : 0
        return p === undefined || n >= length ? "" : `${x.toFixed(1)},${((1 - p) * HEIGHT).toFixed(1)}`
      })
      .join(" ")
  }

  function show(session, state) {
    const frames = session.frames.map((frame) => frame.points)
    length = Math.max(frames.length, state.steps + 1)
    for (const [index, { line, ghost }] of lines.entries()) {
      line.setAttribute("points", points(frames, index, state.label))
      ghost.setAttribute("points", points(session.ghost, index, state.label))
    }
    const x = length > 1 ? (session.at / (length - 1)) * WIDTH : 0
    now.setAttribute("x1", x)
    now.setAttribute("x2", x)
    figure.querySelector(".end").textContent = `step ${length - 1}`
    write(
      caption,
      session.ghost.length ? "Pale: the run before this one." : "Press the chart to look at an earlier step.",
    )
  }

  return [figure, show]
}

/** The colour of a network's lines. */
export const networkColour = (index, data) => classColour([0, 6, 4, 9][index % 4], 10, data.dark)

// Where anchor and negatives lie among the batch, and where one step takes them.
import { arrow } from "../shared/arrow.js"
import { percent } from "../shared/codec.js"
import { draw, make, write } from "../shared/dom.js"
import { between, nice } from "../shared/geometry.js"
import { keep } from "../shared/kept.js"

export function plane(parent, data, view, colours, changed) {
  const box = parent.appendChild(make("div", "mapped"))
  const left = box.appendChild(make("div"))
  const svg = draw("svg", { role: "img" }, left)
  const side = box.appendChild(make("div", "side"))
  side.appendChild(make("h2", "", "Where they lie, and where one step takes them"))
  const modes = side.appendChild(make("div", "group"))
  modes.setAttribute("role", "group")
  modes.setAttribute("aria-label", "What the arrows show")
  const buttons = [
    ["features", "If the features could move"],
    ["weights", "One step of the weights"],
  ].map(([mode, name]) => {
    const button = modes.appendChild(make("button", "", name))
    button.type = "button"
    button.onclick = () => {
      view.mode = mode
      changed()
      keep("arrows", mode === "features" ? null : mode)
    }
    return [mode, button]
  })
  const near = side.appendChild(make("button", "", "Zoom to the anchor and its negatives"))
  near.type = "button"
  near.onclick = () => {
    view.near = !view.near
    changed()
    keep("near", view.near || null)
  }
  const says = side.appendChild(make("p", "soft"))
  says.setAttribute("aria-live", "polite")
  const table = side.appendChild(make("table"))
  side.appendChild(make("p", "soft", "Moves are shares of the distance between the two, measured among all features."))
  if (data.classes.length <= 20) {
    const legend = side.appendChild(make("div", "legend"))
    data.classes.forEach((name, index) => {
      const entry = legend.appendChild(make("span"))
      entry.appendChild(make("i")).style.background = data.classColours[index]
      entry.append(name)
    })
  }
  const small = left.appendChild(make("p", "soft"))

  function moves(one) {
    const pair = one.heads[view.head]
    if (view.mode === "features")
      return [pair.features[0].map((v) => v * (1 - view.alpha)), pair.features[1].map((v) => v * view.alpha)]
    return between(data.alphas, pair.weights, view.alpha)
  }

  return (frames) => {
    const [wide, high] = box.clientWidth < 560 ? [380, 330] : [640, 400]
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`)
    const head = data.heads[view.head]
    const ends = data.strategies.flatMap((one) => one.heads[view.head].places)
    const all = view.near ? [head.place, ...ends] : [...head.points, ...ends]
    const [xs, ys] = [0, 1].map((axis) => all.map((point) => point[axis]))
    const [lowX, highX, lowY, highY] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
    const scale = Math.min((wide - 90) / Math.max(highX - lowX, 1e-9), (high - 90) / Math.max(highY - lowY, 1e-9))
    const at = ([x, y]) => [wide / 2 + (x - (lowX + highX) / 2) * scale, high / 2 - (y - (lowY + highY) / 2) * scale]
    const by = ([x, y], factor) => [x * scale * factor, -y * scale * factor]
    // One factor for all values of alpha, so that an arrow that grows is a force that grows.
    const longest = Math.max(
      ...data.strategies.flatMap((one) => {
        const pair = one.heads[view.head]
        return (view.mode === "features" ? pair.features : pair.weights.flat()).map(
          ([x, y]) => Math.hypot(x, y) * scale,
        )
      }),
    )
    const factor = longest > 1e-9 ? nice(90 / longest) : 0
    svg.replaceChildren()
    head.points.forEach((point, index) => {
      const [cx, cy] = at(point)
      const dot = draw("circle", { cx, cy, r: 4, fill: data.classColours[data.labels[index]], opacity: 0.55 }, svg)
      draw("title", {}, dot, `${data.kinds[data.labels[index]]}, called ${data.kinds[data.answers[index]]}`)
    })
    const home = at(head.place)
    const arrows = draw("g", {}, null)
    const groups = new Map()
    data.strategies.forEach((one, index) => {
      const places = one.heads[view.head].places.slice(0, frames[index] + 1)
      const there = at(places[places.length - 1])
      if (places.length > 1) {
        draw(
          "polyline",
          {
            points: places.map((place) => at(place).join(",")).join(" "),
            fill: "none",
            stroke: colours.text,
            "stroke-width": 1.5,
            "stroke-dasharray": "4 3",
          },
          svg,
        )
      }
      const spot = there.map((value) => Math.round(value)).join()
      const group = groups.get(spot) ?? { there, marks: [], titles: [] }
      group.marks.push(one.mark)
      group.titles.push(one.title)
      groups.set(spot, group)
      if (frames[index] !== one.frames.length - 1 || !factor) return
      const [mine, theirs] = moves(one)
      for (const [from, move, colour, who] of [
        [home, mine, colours.anchor, "anchor"],
        [there, theirs, colours.negative, "negative"],
      ]) {
        const [dx, dy] = by(move, factor)
        arrow(arrows, from, [from[0] + dx, from[1] + dy], colour, `${one.title}: the step of the ${who}, × ${factor}`)
      }
    })
    const taken = []
    const mark = ([x, y], text, title, strong) => {
      // Beside the place, so that the arrows' roots stay in sight, and beside other marks.
      const width = Math.max(22, 10 + 8.5 * text.length)
      const [cx, away] = [x, strong ? 24 : -24]
      let cy = y + (strong ? 20 : -20)
      while (taken.some(([tx, ty, half]) => Math.abs(tx - cx) < half + width / 2 && Math.abs(ty - cy) < 23)) cy += away
      taken.push([cx, cy, width / 2])
      const group = draw("g", {}, svg)
      draw("line", { x1: x, y1: y, x2: cx, y2: cy, stroke: colours.text, "stroke-width": 1 }, group)
      draw(
        "circle",
        {
          cx: x,
          cy: y,
          r: 6,
          fill: strong ? colours.text : colours.background,
          stroke: colours.text,
          "stroke-width": 2.5,
        },
        group,
      )
      draw(
        "rect",
        {
          x: cx - width / 2,
          y: cy - 11,
          width,
          height: 22,
          rx: 11,
          fill: strong ? colours.text : colours.background,
          stroke: colours.text,
          "stroke-width": 1.5,
        },
        group,
      )
      const letter = draw(
        "text",
        { x: cx, y: cy + 5, "text-anchor": "middle", "font-size": 14, "font-weight": 700 },
        group,
        text,
      )
      letter.style.fill = strong ? colours.background : colours.text
      draw("title", {}, group, title)
    }
    const lowestLast = [...groups.values()].sort((a, b) => a.there[1] - b.there[1])
    for (const { there, marks, titles } of lowestLast)
      mark(there, marks.join(" "), `The negative of ${titles.join(", ")}`, false)
    mark(home, "anchor", "The anchor", true)
    svg.append(arrows)
    near.setAttribute("aria-pressed", String(Boolean(view.near)))
    for (const [mode, button] of buttons) button.setAttribute("aria-pressed", String(mode === view.mode))
    const drawn = !factor
      ? "No arrow: no strategy gives a pair that is taken for the same class."
      : `Arrows are drawn **× ${factor.toLocaleString("en")}**.`
    write(
      says,
      view.mode === "features"
        ? `What the forces want: each feature one step down the contrast, as if it could move by itself. A force makes the model less sure of the class that the two share, so both may point the same way; they part when one is called something else. At alpha = 1 only negatives move. ${drawn}`
        : `What happens: one step of gradient descent on the weights, for this pair alone, then both images once more. Weights are shared, so the anchor moves even at alpha = 1: alpha decides what pushes, not what is carried along. ${drawn}`,
    )
    write(
      small,
      `The images of the batch by their features of this answer (${head.name}), in the two directions in which they differ most, which hold ${percent(head.share)} of the differences: near here is not always near in truth. ` +
        `Letters are the negatives of ${data.strategies.map((one) => `${one.title} (${one.mark})`).join(", ")}; the dashed line is the way of an attack. ` +
        `A plane instead of the curved map of the Feature maps page, on which so small a step has no true direction.`,
    )
    svg.setAttribute("aria-label", `Map of the batch with the anchor and its negatives. ${says.textContent}`)
    const cells = (tag, values) => {
      const row = table.appendChild(make("tr"))
      for (const value of values) row.appendChild(make(tag, "", value))
    }
    table.replaceChildren()
    const tried = data.alphas.reduce(
      (best, each, index) => (Math.abs(each - view.alpha) < Math.abs(data.alphas[best] - view.alpha) ? index : best),
      0,
    )
    cells("th", [
      `One step of the weights at alpha ${data.alphas[tried]}`,
      "anchor moves",
      "negative moves",
      "similarity",
    ])
    for (const one of data.strategies) {
      const pair = one.heads[view.head]
      const before = pair.similarity[pair.similarity.length - 1]
      const [mine, theirs] = pair.lengths[tried]
      const moved = mine + theirs > 1e-5 // Less is rounding.
      const change = before ? `${before.toFixed(3)} → ${pair.after[tried].toFixed(3)}` : "0"
      cells("td", [one.title, moved ? percent(mine) : "–", moved ? percent(theirs) : "–", change])
    }
  }
}

// One anchor and what each strategy makes of it. Alpha, the attack's steps and the map's arrows need no server; only
// another anchor does. What a person has set stays while anchors come and go.
const ASK = 120 // Milliseconds without another key before the next anchor is asked for.
const REACH = 74 // Length of the strongest force, in the units of the force picture.

function make(tag, className = "", text = "") {
  const node = document.createElement(tag)
  if (className) node.className = className
  write(node, text)
  return node
}

/** Text with **bold** parts. */
function write(node, text) {
  if (node.said === text) return
  node.said = text
  node.replaceChildren(
    ...text.split("**").map((part, index) => {
      if (index % 2 === 0) return document.createTextNode(part)
      const bold = document.createElement("b")
      bold.textContent = part
      return bold
    }),
  )
}

function draw(tag, attributes, parent, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  if (text) node.textContent = text
  parent?.appendChild(node)
  return node
}

/** An arrow; one that is too short for its head is a line or nothing. */
function arrow(parent, [x0, y0], [x1, y1], colour, title, width = 3) {
  const length = Math.hypot(x1 - x0, y1 - y0)
  if (length < 0.5) return
  const tip = Math.min(4 * width, length)
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length]
  const [bx, by] = [x1 - ux * tip, y1 - uy * tip]
  const group = draw("g", { stroke: colour, fill: colour }, parent)
  draw("line", { x1: x0, y1: y0, x2: bx, y2: by, "stroke-width": width }, group)
  const half = tip * 0.45
  const corners = [[x1, y1], [bx - uy * half, by + ux * half], [bx + uy * half, by - ux * half]]
  draw("polygon", { points: corners.map((corner) => corner.join(",")).join(" "), stroke: "none" }, group)
  draw("title", {}, group, title)
}

const percent = (share) => (share >= 0.9995 ? "> 99.9 %" : share < 0.0005 ? "< 0.1 %" : `${(share * 100).toFixed(1)} %`)

/** 1, 2 or 5 times a power of ten, the largest that is not above the value. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * [5, 2, 1].find((step) => step * power <= value * 1.0001)
}

/** What alpha does, in words. */
function shares(alpha) {
  if (alpha === 1) return "All of the force is on the negative: **the anchor stays put.**"
  if (alpha === 0) return "All of the force is on the anchor: the negative stays put."
  return `${Math.round(alpha * 100)} % of the force on the negative, ${Math.round((1 - alpha) * 100)} % on the anchor.`
}

/** The picture of the batch: candidates lit, others dimmed, the pick outlined; says why to a pointer. */
function sheet(parent, one, data, sprite, go) {
  const box = parent.appendChild(make("div", "sheet"))
  const canvas = box.appendChild(make("canvas"))
  const says = box.appendChild(make("p", "soft"))
  const lit = new Set(one.lit)
  const count = data.labels.length
  const rows = Math.ceil(count / data.columns)
  const same = data.labels.filter((label) => label === data.label).length
  const summary =
    `**${lit.size} of ${count} lit.** Dimmed: ${same} of the anchor's own class` +
    (one.wanted !== null ? `, ${count - same - lit.size} not called ${data.kinds[one.wanted]}.` : one.own ? ", others by the strategy's rule." : ".")
  const why = (index) => {
    const it = `${data.kinds[data.labels[index]]}, called ${data.kinds[data.answers[index]]}`
    if (index === data.anchor) return "This is the anchor."
    if (index === one.pick) return `The pick: ${it}.`
    if (lit.has(index)) return `May serve: ${it}.`
    if (data.labels[index] === data.label) return `Dimmed: ${it}. It is of the anchor's own class.`
    if (one.wanted !== null) return `Dimmed: ${it}, not ${data.kinds[one.wanted]}.`
    return `Dimmed: ${it}. It does not meet the condition.`
  }
  write(says, summary)
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", `The batch for ${one.title}: ${summary.replaceAll("**", "")}`)
  const paint = () => {
    const width = canvas.clientWidth
    if (!width || !sprite.naturalWidth) return
    const scale = window.devicePixelRatio || 1
    const [tileW, tileH] = [sprite.naturalWidth / data.columns, sprite.naturalHeight / rows]
    const side = width / data.columns
    canvas.width = width * scale
    canvas.height = (canvas.width * rows) / data.columns
    const context = canvas.getContext("2d")
    context.scale(scale, scale)
    context.imageSmoothingEnabled = tileW > side
    const look = getComputedStyle(canvas)
    for (let index = 0; index < count; index++) {
      const [column, row] = [index % data.columns, Math.floor(index / data.columns)]
      context.globalAlpha = lit.has(index) || index === one.pick ? 1 : 0.16
      context.drawImage(sprite, column * tileW, row * tileH, tileW, tileH, column * side + 0.5, row * side + 0.5, side - 1, side - 1)
    }
    context.globalAlpha = 1
    for (const [index, colour, dash] of [[data.anchor, look.color, [3, 2]], [one.pick, look.getPropertyValue("--st-primary-color"), []]]) {
      context.strokeStyle = colour
      context.lineWidth = 3
      context.setLineDash(dash)
      context.strokeRect((index % data.columns) * side, Math.floor(index / data.columns) * side, side, side)
    }
  }
  const at = (event) => {
    const [x, y] = [event.offsetX / canvas.clientWidth, event.offsetY / canvas.clientHeight]
    const index = Math.floor(y * rows) * data.columns + Math.floor(x * data.columns)
    return index >= 0 && index < count ? index : -1
  }
  canvas.onpointermove = (event) => {
    const index = at(event)
    write(says, index < 0 ? summary : why(index))
    canvas.title = index < 0 ? "" : `${why(index)} Click to make it the anchor.`
  }
  canvas.onpointerleave = () => write(says, summary)
  // A finger has no other way to point than a tap.
  canvas.onclick = (event) => event.pointerType !== "touch" && at(event) >= 0 && go(at(event))
  return paint
}

/** The negative, before and after the attack, with a slider over its steps. */
function negative(parent, one, data, moved) {
  const box = parent.appendChild(make("div", "pick"))
  const images = box.appendChild(make("div", "pictures"))
  const add = (source, caption, alt) => {
    const figure = images.appendChild(make("figure"))
    const image = figure.appendChild(make("img"))
    image.src = source
    image.alt = alt
    return [image, figure.appendChild(make("figcaption", "", caption))]
  }
  const last = one.frames.length - 1
  const own = data.kinds[one.label]
  add(one.frames[0], `Is ${own}, called ${data.kinds[one.answers[0]]}`, `The negative of ${one.title}, ${own}`)
  if (one.fallback) box.appendChild(make("span", "badge", "Falls back to Random"))
  box.appendChild(make("p", "soft", one.how))
  if (!last) return () => {}
  const [image, caption] = add(one.frames[last], "", "The same after the attack")
  const steps = box.appendChild(make("div", "steps"))
  const button = (text, name, by) => {
    const made = steps.appendChild(make("button", "", text))
    made.type = "button"
    made.setAttribute("aria-label", name)
    made.onclick = () => moved(Math.max(0, Math.min(last, Number(slider.value) + by)))
    return made
  }
  button("‹", "One step back", -1)
  const slider = steps.appendChild(make("input"))
  Object.assign(slider, { type: "range", min: 0, max: last, step: 1 })
  slider.setAttribute("aria-label", `Step of the attack on the negative of ${one.title}`)
  button("›", "One step on", 1)
  const says = steps.appendChild(make("p"))
  slider.oninput = () => moved(Number(slider.value))
  return (frame) => {
    slider.value = frame
    image.src = one.frames[frame]
    const when = frame === 0 ? "Before the attack" : frame === 1 ? "At its start" : `After step ${frame - 1} of ${last - 1}`
    write(caption, `${when}: called ${data.kinds[one.answers[frame]]}`)
    const arrived = one.answers[frame] === data.label ? " The attack is there." : ""
    write(says, `${when} the model calls it **${data.classes[one.answers[frame]]}**; probability of ${data.classes[data.label]}: **${percent(one.probability[frame])}**.${arrived}`)
    slider.setAttribute("aria-valuetext", says.textContent)
  }
}

function similarity(parent, one, data) {
  const box = parent.appendChild(make("div"))
  const title = box.appendChild(make("div"))
  const meter = box.appendChild(make("div", "meter"))
  meter.setAttribute("role", "img")
  const fill = meter.appendChild(make("i"))
  const says = box.appendChild(make("p", "soft"))
  return ({ head, frame }) => {
    const [mine, theirs] = [data.heads[head], one.heads[head]]
    const value = theirs.similarity[frame]
    write(title, `Similarity **${value.toFixed(2)}**`)
    fill.style.width = `${value * 100}%`
    meter.setAttribute("aria-label", `Similarity ${value.toFixed(2)} of at most 1`)
    const [a, b] = [data.classes[mine.answer], data.classes[theirs.answers[frame]]]
    write(
      says,
      a === b
        ? `Both are taken for ${data.kinds[mine.answer]}, with these probabilities: √(${mine.confidence.toFixed(3)} × ${theirs.confidences[frame].toFixed(3)}).`
        : `${mine.told ? "With the true labels given, not" : "Not"} taken for the same: the anchor for ${data.kinds[mine.answer]}, the negative for ${data.kinds[theirs.answers[frame]]}. So it is 0.`,
    )
  }
}

/** The anchor and the negative with an arrow each, away from one another. */
function push(parent, one, data, colours) {
  const box = parent.appendChild(make("div", "force"))
  const svg = draw("svg", { viewBox: "0 0 250 80", role: "img" }, box)
  const picture = (href, x) => draw("image", { href, x, y: 4, width: 44, height: 44 }, svg)
  picture(data.picture, 79)
  const other = picture(one.frames[one.frames.length - 1], 127)
  const arrows = draw("g", {}, svg)
  const numbers = [[4, "start"], [246, "end"]].map(([x, end]) => draw("text", { x, y: 72, "text-anchor": end, "font-size": 15 }, svg))
  const says = box.appendChild(make("p", "soft"))
  return ({ head, frame, alpha, longest }) => {
    const pair = one.heads[head]
    const [onAnchor, onNegative] = [(1 - alpha) * pair.onAnchor[frame], alpha * pair.onNegative[frame]]
    other.setAttribute("href", one.frames[frame])
    arrows.replaceChildren()
    const by = (force) => (longest ? (force / longest) * REACH : 0)
    arrow(arrows, [75, 26], [75 - by(onAnchor), 26], colours.anchor, "The force on the anchor", 4)
    arrow(arrows, [175, 26], [175 + by(onNegative), 26], colours.negative, "The force on the negative", 4)
    numbers[0].textContent = `anchor ${onAnchor.toFixed(3)}`
    numbers[1].textContent = `negative ${onNegative.toFixed(3)}`
    const none = pair.similarity[frame] === 0
    const faint = (force, share) => share > 0 && force < 0.01 * longest
    const words = none
      ? "No force: the two are not taken for the same class, so there is nothing to push apart."
      : faint(onAnchor, 1 - alpha)
        ? "The model is so sure of the anchor that hardly any force is left on it."
      : faint(onNegative, alpha)
        ? "The model is so sure of the negative that hardly any force is left on it."
      : alpha === 1
        ? "The anchor stays put; the negative is pushed away from the class that they share."
        : alpha === 0
          ? "The negative stays put; the anchor is pushed away from the class that they share."
          : "Both are pushed away from the class that they share."
    write(says, words)
    svg.setAttribute("aria-label", `Force on the anchor ${onAnchor.toFixed(3)}, on the negative ${onNegative.toFixed(3)}. ${words}`)
  }
}

/** Between the values at the alphas that were computed, on a straight line. */
function between(alphas, values, alpha) {
  const at = Math.max(1, alphas.findIndex((each) => each >= alpha))
  const share = (alpha - alphas[at - 1]) / (alphas[at] - alphas[at - 1])
  const mix = (a, b) => (Array.isArray(a) ? a.map((each, index) => mix(each, b[index])) : a + (b - a) * share)
  return mix(values[at - 1], values[at])
}

function map(parent, data, view, colours, changed) {
  const box = parent.appendChild(make("div", "mapped"))
  const left = box.appendChild(make("div"))
  const svg = draw("svg", { role: "img" }, left)
  const side = box.appendChild(make("div", "side"))
  side.appendChild(make("h4", "", "Where they lie, and where one step takes them"))
  const modes = side.appendChild(make("div", "group"))
  modes.setAttribute("role", "group")
  modes.setAttribute("aria-label", "What the arrows show")
  const buttons = [["features", "If the features could move"], ["weights", "One step of the weights"]].map(([mode, name]) => {
    const button = modes.appendChild(make("button", "", name))
    button.type = "button"
    button.onclick = () => {
      view.mode = mode
      changed()
    }
    return [mode, button]
  })
  const near = side.appendChild(make("button", "", "Zoom to the anchor and its negatives"))
  near.type = "button"
  near.onclick = () => {
    view.near = !view.near
    changed()
  }
  const says = side.appendChild(make("p", "soft"))
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
    if (view.mode === "features") return [pair.features[0].map((v) => v * (1 - view.alpha)), pair.features[1].map((v) => v * view.alpha)]
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
        return (view.mode === "features" ? pair.features : pair.weights.flat()).map(([x, y]) => Math.hypot(x, y) * scale)
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
        draw("polyline", { points: places.map((place) => at(place).join(",")).join(" "), fill: "none", stroke: colours.text, "stroke-width": 1.5, "stroke-dasharray": "4 3" }, svg)
      }
      const spot = there.map((value) => Math.round(value)).join()
      const group = groups.get(spot) ?? { there, marks: [], titles: [] }
      group.marks.push(one.mark)
      group.titles.push(one.title)
      groups.set(spot, group)
      if (frames[index] !== one.frames.length - 1 || !factor) return
      const [mine, theirs] = moves(one)
      for (const [from, move, colour, who] of [[home, mine, colours.anchor, "anchor"], [there, theirs, colours.negative, "negative"]]) {
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
      draw("circle", { cx: x, cy: y, r: 6, fill: strong ? colours.text : colours.background, stroke: colours.text, "stroke-width": 2.5 }, group)
      draw("rect", { x: cx - width / 2, y: cy - 11, width, height: 22, rx: 11, fill: strong ? colours.text : colours.background, stroke: colours.text, "stroke-width": 1.5 }, group)
      const letter = draw("text", { x: cx, y: cy + 5, "text-anchor": "middle", "font-size": 14, "font-weight": 700 }, group, text)
      letter.style.fill = strong ? colours.background : colours.text
      draw("title", {}, group, title)
    }
    const lowestLast = [...groups.values()].sort((a, b) => a.there[1] - b.there[1])
    for (const { there, marks, titles } of lowestLast) mark(there, marks.join(" "), `The negative of ${titles.join(", ")}`, false)
    mark(home, "anchor", "The anchor", true)
    svg.append(arrows)
    near.setAttribute("aria-pressed", String(Boolean(view.near)))
    for (const [mode, button] of buttons) button.setAttribute("aria-pressed", String(mode === view.mode))
    const drawn = !factor ? "No arrow: no strategy gives a pair that is taken for the same class." : `Arrows are drawn **× ${factor.toLocaleString("en")}**.`
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
    const tried = data.alphas.reduce((best, each, index) => (Math.abs(each - view.alpha) < Math.abs(data.alphas[best] - view.alpha) ? index : best), 0)
    cells("th", [`One step of the weights at alpha ${data.alphas[tried]}`, "anchor moves", "negative moves", "similarity"])
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

function build(root, data, view) {
  root.replaceChildren()
  const look = getComputedStyle(root)
  const colours = {
    text: look.getPropertyValue("--st-text-color"),
    background: look.getPropertyValue("--st-background-color"),
    anchor: look.getPropertyValue("--st-blue-color") || "#0072b2",
    negative: look.getPropertyValue("--st-orange-color") || "#d55e00",
  }
  view.alpha ??= data.alpha
  view.head = Math.min(view.head, data.heads.length - 1)
  const frames = data.strategies.map((one) => one.frames.length - 1)
  const rank = data.order.indexOf(data.anchor)

  const bar = root.appendChild(make("div", "bar"))
  const step = (name, key, by, className) => {
    const button = bar.appendChild(make("button", className, name))
    button.type = "button"
    button.append(" ", make("kbd", "", key))
    button.title = `${name} anchor (${key}, arrow keys)`
    button.setAttribute("aria-keyshortcuts", by > 0 ? "n ArrowRight" : "p ArrowLeft")
    button.onclick = () => view.move(by)
    return button
  }
  step("Previous", "p", -1, "step").setAttribute("aria-label", "Previous anchor")
  step("Next", "n", 1, "main step").setAttribute("aria-label", "Next anchor")
  view.where = bar.appendChild(make("output", "", `Anchor **${rank + 1}** of ${data.order.length}`))
  view.where.title = "In the order in which the strategies differ, most first"
  const alpha = bar.appendChild(make("div", "alpha"))
  alpha.appendChild(make("label", "", "alpha")).htmlFor = "alpha"
  const slider = alpha.appendChild(make("input"))
  Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.01, id: "alpha", value: view.alpha })
  const value = alpha.appendChild(make("output"))
  const says = alpha.appendChild(make("p", "soft"))

  const heads = root.appendChild(make("div", "heads"))
  const choice = heads.appendChild(make("div", "group"))
  choice.setAttribute("role", "group")
  choice.setAttribute("aria-label", "Which answer is compared")
  const choices = data.heads.map((head, index) => {
    const button = choice.appendChild(make("button", "", head.name))
    button.type = "button"
    button.onclick = () => {
      view.head = index
      update()
    }
    return button
  })
  choice.hidden = data.heads.length === 1
  const note = heads.appendChild(make("p", "soft"))

  const board = root.appendChild(make("div", "board"))
  board.style.setProperty("--count", data.strategies.length)
  const anchor = board.appendChild(make("div", "anchor"))
  const image = anchor.appendChild(make("img"))
  image.src = data.picture
  image.alt = `The anchor, ${data.kinds[data.label]}`
  const told = anchor.appendChild(make("div"))
  told.appendChild(make("h4", "", `The anchor is ${data.kinds[data.label]}`))
  const right = data.label === data.answer
  told.appendChild(make("p", "", `The model calls it **${data.kinds[data.answer]}** (${percent(data.confidence)})${right ? "" : ": a mistake"}.`))
  told.appendChild(make("p", "soft", `Image ${data.anchor} of the batch, dashed in every column. Each column is a strategy: lit images may serve as the negative, the outlined one is picked. Point at an image to see why; click it to make it the anchor.`))

  const sprite = new Image()
  const parts = data.strategies.map((one, index) => {
    const column = board.appendChild(make("section", "column"))
    column.setAttribute("aria-label", one.title)
    column.appendChild(make("h4", "", one.title))
    const rule = column.appendChild(make("div"))
    rule.appendChild(make("p", "", one.words))
    const code = rule.appendChild(make("code", "", one.notation))
    code.title = "The paper's Table 2. gt: label, h: what the model says, ne: the anchor, OE: the other example."
    const paint = sheet(column, one, data, sprite, (wanted) => view.go(wanted))
    const show = negative(column, one, data, (frame) => {
      frames[index] = frame
      update()
    })
    const alike = similarity(column, one, data)
    const forced = push(column, one, data, colours)
    return (state) => {
      if (state.paint) paint()
      show(state.frame)
      alike(state)
      forced(state)
    }
  })
  root.appendChild(make("p", "soft", "Arrows: the force on the anchor (blue) and on the negative (orange) is the length of the gradient of the contrast on their features, times each one's share of alpha. All columns share one scale."))
  const mapped = map(root, data, view, colours, () => update())

  function update(paint = false) {
    value.textContent = view.alpha.toFixed(2)
    write(says, shares(view.alpha))
    slider.setAttribute("aria-valuetext", says.textContent)
    choices.forEach((button, index) => button.setAttribute("aria-pressed", String(index === view.head)))
    write(note, data.heads[view.head].note)
    const strongest = data.strategies.flatMap((one) => [...one.heads[view.head].onAnchor, ...one.heads[view.head].onNegative])
    const longest = Math.max(...strongest)
    parts.forEach((part, index) => part({ head: view.head, frame: frames[index], alpha: view.alpha, longest, paint }))
    mapped(frames)
  }
  slider.oninput = () => {
    view.alpha = Number(slider.value)
    update()
  }
  sprite.onload = () => update(true)
  sprite.src = data.sprite
  view.watch?.disconnect()
  view.watch = new ResizeObserver(() => update(true))
  view.watch.observe(board)
  update()
}

/** Whether a key pressed here is meant for what has the focus. */
function taken(event) {
  const node = event.composedPath()[0]
  if (event.ctrlKey || event.metaKey || event.altKey || !node?.closest) return true
  if (node.matches("textarea, select, [contenteditable=true], input:not([type=range])")) return true
  return event.key.startsWith("Arrow") && node.matches("input, [role=tab], [role=radio], [role=option], [role=combobox]")
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".mechanism")
  const view = (root.view ??= { head: 0, mode: "features", timer: 0 })
  const focused = root.getRootNode().activeElement?.getAttribute("aria-label")
  view.go = (anchor) => {
    clearTimeout(view.timer)
    view.next = anchor === data.anchor && view.asked === undefined ? undefined : anchor
    write(view.where, `Anchor **${data.order.indexOf(anchor) + 1}** of ${data.order.length}`)
    root.classList.toggle("waiting", view.next !== undefined)
    if (view.next === undefined) return
    view.timer = setTimeout(() => {
      view.asked = anchor
      setTriggerValue("anchor", anchor)
    }, ASK)
  }
  view.move = (by) => {
    const { order } = data
    const from = order.indexOf(view.next ?? data.anchor)
    view.go(order[(from + by + order.length) % order.length])
  }
  const look = getComputedStyle(root).getPropertyValue("--st-background-color")
  if (view.key !== data.key + look) {
    view.key = data.key + look
    build(root, data, view)
    if (focused) root.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus()
  }
  if (view.asked === data.anchor) view.asked = undefined
  if (view.next === data.anchor || view.next === undefined) {
    view.next = undefined
    root.classList.remove("waiting")
  }
  document.removeEventListener("keydown", view.press)
  view.press = (event) => {
    if (taken(event)) return
    const by = { n: 1, ArrowRight: 1, p: -1, ArrowLeft: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    view.move(by)
  }
  document.addEventListener("keydown", view.press)
  return () => document.removeEventListener("keydown", view.press)
}

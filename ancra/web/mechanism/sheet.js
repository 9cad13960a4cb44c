// The batch, and who of it may serve as the negative.
import { make, write } from "../shared/dom.js"

/** The picture of the batch: candidates lit, others dimmed, the pick outlined; says why to a pointer and to the arrow keys. */
export function sheet(parent, one, data, sprite, go) {
  const box = parent.appendChild(make("div", "sheet"))
  const canvas = box.appendChild(make("canvas"))
  const says = box.appendChild(make("p", "soft"))
  const lit = new Set(one.lit)
  const count = data.labels.length
  const rows = Math.ceil(count / data.columns)
  const same = data.labels.filter((label) => label === data.label).length
  const summary =
    `**${lit.size} of ${count} lit.** Dimmed: ${same} of the anchor's own class` +
    (one.wanted !== null
      ? `, ${count - same - lit.size} not called ${data.kinds[one.wanted]}.`
      : one.own
        ? ", others by the strategy's rule."
        : ".")
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
  canvas.tabIndex = 0
  canvas.setAttribute("role", "application")
  canvas.setAttribute("aria-roledescription", "batch of images")
  canvas.setAttribute("aria-label", `The batch for ${one.title}`)
  says.setAttribute("aria-live", "polite")
  let cursor = -1
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
      context.drawImage(
        sprite,
        column * tileW,
        row * tileH,
        tileW,
        tileH,
        column * side + 0.5,
        row * side + 0.5,
        side - 1,
        side - 1,
      )
    }
    context.globalAlpha = 1
    for (const [index, colour, dash] of [
      [data.anchor, look.color, [3, 2]],
      [one.pick, look.getPropertyValue("--st-primary-color"), []],
      [cursor, look.color, []],
    ]) {
      if (index < 0) continue
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
  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -data.columns, ArrowDown: data.columns }[event.key]
    const chosen = event.key === "Enter" || event.key === " "
    if (!by && !chosen) return
    event.preventDefault()
    if (chosen) return cursor >= 0 && go(cursor)
    const to = cursor < 0 ? data.anchor : cursor + by
    if (to >= 0 && to < count) cursor = to
    write(says, why(cursor))
    paint()
  }
  canvas.onblur = () => {
    cursor = -1
    write(says, summary)
    paint()
  }
  // A finger has no other way to point than a tap.
  canvas.onclick = (event) => event.pointerType !== "touch" && at(event) >= 0 && go(at(event))
  return paint
}

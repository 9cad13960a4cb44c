// A photograph with a frame over it, which is dragged and zoomed: what lies in the frame is what a model is shown.
// Two fingers, the wheel (where the frame is focused) and + and - zoom; arrow keys move the frame.
import { h } from "../shared/dom.js"
import { clamp } from "../shared/geometry.js"

const MOST = 4,
  STEP = 0.1, // of the zoom, for a key or a button
  NUDGE = 0.02, // of the photograph's width or height, for an arrow key
  REST = 300, // milliseconds after which a row of keys, or of turns of the wheel, has ended
  ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** The frame [left, top, width, height] on a photograph `ratio` wide and 1 high, for a part of the form `aspect`. */
export function frameOf({ zoom, x, y }, ratio, aspect) {
  const width = Math.min(ratio, aspect) / zoom,
    height = width / aspect
  return [(ratio - width) * x, (1 - height) * y, width, height]
}

/** The part whose frame has its middle as near to (x, y) as the photograph allows. */
export function partAround([x, y], zoom, ratio, aspect) {
  zoom = clamp(Math.round(zoom * 10) / 10, 1, MOST)
  const [, , width, height] = frameOf({ zoom, x: 0, y: 0 }, ratio, aspect)
  const share = (middle, size, side) => (size - side < 1e-6 ? 0.5 : clamp((middle - side / 2) / (size - side), 0, 1))
  return { zoom, x: share(x, ratio, width), y: share(y, 1, height) }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".crop")
  root.cut ??= build(root)
  root.cut.tell = (part) => setTriggerValue("moved", part)
  root.cut.show(data)
}

function build(root) {
  const frame = h("div", { class: "frame", tabindex: 0, role: "group" }),
    picture = h("img", { alt: "", draggable: "false" }),
    photograph = h("div", { class: "photograph" }, picture, frame),
    sign = (text, name, by) => h("button", { type: "button", "aria-label": name, onclick: () => zoomed(by) }, text),
    bar = h("div", { class: "bar" }, sign("−", "Show more of it", -2 * STEP), sign("+", "Zoom in", 2 * STEP))
  root.replaceChildren(photograph, bar)
  const fingers = new Map()
  let part, ratio, aspect, label, resting, pinch
  const cut = { show, tell: () => {} }

  function show(data) {
    if (fingers.size || resting) return // The hand is ahead of the server.
    ;({ ratio, aspect, label } = data)
    part = { zoom: data.zoom, x: data.centre[0], y: data.centre[1] }
    if (picture.getAttribute("src") !== data.picture) picture.src = data.picture
    photograph.style.setProperty("--ratio", ratio)
    draw()
  }

  function draw() {
    const [left, top, width, height] = frameOf(part, ratio, aspect),
      share = (value) => `${100 * value}%`
    Object.assign(frame.style, {
      left: share(left / ratio),
      top: share(top),
      width: share(width / ratio),
      height: share(height),
    })
    const { zoom, x, y } = part
    frame.setAttribute(
      "aria-label",
      `${label}: ${zoom.toFixed(1)} times, ${Math.round(100 * x)} % from the left, ${Math.round(100 * y)} % down`,
    )
  }

  const middle = () => {
    const [left, top, width, height] = frameOf(part, ratio, aspect)
    return [left + width / 2, top + height / 2]
  }
  /** Where a pointer is on the photograph, in its heights. */
  const place = (event) => {
    const box = photograph.getBoundingClientRect()
    return [(ratio * (event.clientX - box.left)) / box.width, (event.clientY - box.top) / box.height]
  }

  function put(around, zoom) {
    part = partAround(around, zoom, ratio, aspect)
    draw()
  }

  function tell() {
    cut.tell([part.zoom, Math.round(100 * part.x), Math.round(100 * part.y)])
  }

  function rest() {
    clearTimeout(resting)
    resting = setTimeout(() => {
      resting = 0
      tell()
    }, REST)
  }

  function zoomed(by) {
    put(middle(), part.zoom + by)
    rest()
  }

  const spread = () => {
    const [[ax, ay], [bx, by]] = [...fingers.values()]
    return Math.hypot(ax - bx, ay - by)
  }

  photograph.onpointerdown = (event) => {
    if (event.button) return
    photograph.setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, place(event))
    if (fingers.size === 2) pinch = { wide: spread(), zoom: part.zoom }
    else if (event.target !== frame) put(place(event), part.zoom)
    frame.focus({ preventScroll: true })
    event.preventDefault()
  }
  photograph.onpointermove = (event) => {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const now = place(event)
    fingers.set(event.pointerId, now)
    if (fingers.size === 2) put(middle(), (pinch.zoom * pinch.wide) / spread())
    else put([middle()[0] + now[0] - before[0], middle()[1] + now[1] - before[1]], part.zoom)
  }
  photograph.onpointerup = photograph.onpointercancel = (event) => {
    if (fingers.delete(event.pointerId) && !fingers.size) tell()
  }
  frame.onwheel = (event) => {
    if (root.getRootNode().activeElement !== frame && !event.ctrlKey) return
    event.preventDefault()
    zoomed(event.deltaY < 0 ? STEP : -STEP)
  }
  frame.onkeydown = (event) => {
    const arrow = ARROWS[event.key],
      by = { "+": STEP, "=": STEP, "-": -STEP }[event.key]
    if ((!arrow && !by) || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (by) return zoomed(by)
    const [x, y] = middle()
    put([x + arrow[0] * NUDGE * ratio, y + arrow[1] * NUDGE], part.zoom)
    rest()
  }
  return cut
}

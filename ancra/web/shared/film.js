// Pictures one after another on a canvas.
import { decode } from "./codec.js"
import { h, make } from "./dom.js"
import { keep, kept } from "./kept.js"

/** Pixel i of a frame of a film of red, green and blue bytes, as [r, g, b]. */
export function frames(film) {
  const bytes = decode({ dtype: "u8", data: film.pixels })
  const size = film.width * film.height
  return (frame, i) => {
    const from = (frame * size + i) * 3
    return [bytes[from], bytes[from + 1], bytes[from + 2]]
  }
}

/** A canvas, and a function that shows a frame on it whose pixels a function (frame, pixel) gives as [r, g, b]. */
export function painted({ width, height }, name, colour) {
  const canvas = make("canvas")
  canvas.width = width
  canvas.height = height
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", name)
  const context = canvas.getContext("2d")
  const pixels = context.createImageData(width, height)
  const show = (frame) => {
    for (let i = 0; i < width * height; i++) {
      const [r, g, b] = colour(frame, i)
      pixels.data.set([r, g, b, 255], i * 4)
    }
    context.putImageData(pixels, 0, 0)
  }
  return [canvas, show]
}

/** Pixel i of picture n in bytes (N, C, H, W), as [r, g, b]. */
export function planes(bytes, { width, height, channels }) {
  const size = width * height
  return (n, i) => {
    const at = n * channels * size + i
    return channels === 1 ? [bytes[at], bytes[at], bytes[at]] : [bytes[at], bytes[at + size], bytes[at + 2 * size]]
  }
}

/**
 * A switch between the one scale on which all changes are drawn and the one on which this epsilon fills the colours; its
 * `follow` takes over what the URL says.
 */
export function magnifier(change, show) {
  const button = h("button", { type: "button", class: "magnify", "aria-pressed": "false" }, "Magnify")
  const [usual, full] = change.factors
  button.title = `Draw the change × ${full}, so that epsilon has the full colour; else × ${usual} at every epsilon`
  button.disabled = !full
  const press = (pressed) => {
    button.setAttribute("aria-pressed", pressed)
    show(pressed ? 1 : 0)
  }
  button.onclick = () => {
    press(button.getAttribute("aria-pressed") === "false")
    keep("magnify", button.getAttribute("aria-pressed") === "true" || null)
  }
  button.follow = () => press(kept("magnify") === "true" && !button.disabled)
  return button
}

/** A change of one pixel, as [r, g, b]: grey ones blue (darker) or orange (brighter), of colour around mid-grey. */
export function changed(before, after, largest, grey, [none, darker, brighter]) {
  if (!grey) return after.map((value, c) => Math.round(127.5 + (127.5 * (value - before[c])) / largest))
  const share = Math.max(-1, Math.min(1, (after[0] - before[0]) / largest))
  const end = share < 0 ? darker : brighter
  return none.map((value, c) => Math.round(value + (end[c] - value) * Math.abs(share)))
}

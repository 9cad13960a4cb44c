// Pictures one after another on a canvas.
import { decode } from "./codec.js"
import { make } from "./dom.js"

/** A canvas, and a function that shows one frame on it. */
export function screen(film, name) {
  const canvas = make("canvas")
  canvas.width = film.width
  canvas.height = film.height
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", name)
  const bytes = decode({ dtype: "u8", data: film.pixels })
  const context = canvas.getContext("2d")
  const pixels = context.createImageData(film.width, film.height)
  const size = film.width * film.height
  const show = (frame) => {
    for (let i = 0, from = frame * size * 3; i < size; i++, from += 3) {
      pixels.data.set([bytes[from], bytes[from + 1], bytes[from + 2], 255], i * 4)
    }
    context.putImageData(pixels, 0, 0)
  }
  return [canvas, show]
}

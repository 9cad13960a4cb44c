// Colours.
import { clamp } from "./geometry.js"
import palette from "./palette.json" with { type: "json" }

export const RAMP = palette.ramp // cividis

/** [r, g, b] of any CSS colour. */
export function rgb(colour) {
  rgb.context ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
  const { context } = rgb
  context.clearRect(0, 0, 1, 1)
  context.fillStyle = "#888"
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
}

export const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t))

/** The palette of a theme. */
export const themed = (dark) => palette[dark ? "dark" : "light"]

/** The colour of class i of `count`: the palette up to ten classes, then evenly turned hues in three lightnesses. */
export function classColour(i, count, dark) {
  const { classes } = themed(dark)
  if (count <= classes.length) return classes[i]
  return `hsl(${(i * 137.508) % 360} ${60 + (i % 2) * 20}% ${(dark ? 58 : 38) + (i % 3) * 8}%)`
}

/** [r, g, b] on the ramp from dark blue (0) to yellow (1). */
export function rampColour(t) {
  const position = clamp(t, 0, 1) * (RAMP.length - 1)
  const low = Math.min(Math.floor(position), RAMP.length - 2)
  return mix(rgb(RAMP[low]), rgb(RAMP[low + 1]), position - low)
}

/** Black or white, whichever is easier to read on a colour #rrggbb. */
export function ink(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff"
}

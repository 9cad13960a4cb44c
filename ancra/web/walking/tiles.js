// The images of a map as numbers, out of the one picture that holds them all.
import { pixelsOf } from "../live/paper.js"

/** What gives the n-th image (C, H, W) in [0, 1], promised. sprite: with tiles in the images' own size. */
export function createTiles({ src, columns, width, height }, shape) {
  const sheet = new Image()
  sheet.src = src
  return async (n) => {
    await sheet.decode()
    const canvas = document.createElement("canvas")
    Object.assign(canvas, { width, height })
    const pen = canvas.getContext("2d")
    pen.drawImage(sheet, -(n % columns) * width, -Math.floor(n / columns) * height)
    return pixelsOf(pen, shape)
  }
}

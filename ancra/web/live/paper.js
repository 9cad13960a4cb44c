// The image as a sheet that one draws on: a brush that adds and one that rubs out, in the image's own pixels.
import { h } from "../shared/dom.js"
import { clamp } from "../shared/geometry.js"

/** Show an image (C, H, W) in [0, 1] on a canvas of its own size. */
export function paint(canvas, image, [channels, height, width]) {
  const context = canvas.getContext("2d")
  const pixels = context.createImageData(width, height)
  const size = width * height
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) pixels.data[i * 4 + c] = Math.round(255 * image[i + (channels === 1 ? 0 : c * size)])
    pixels.data[i * 4 + 3] = 255
  }
  context.putImageData(pixels, 0, 0)
}

/** A canvas for images of a shape. */
export function sheet([, height, width], name) {
  const canvas = h("canvas", { width, height, role: "img", "aria-label": name })
  canvas.classList.toggle("crisp", Math.max(width, height) <= 32)
  return canvas
}

/** Colour the pixels around (x, y): the brush is round, and its rim is soft. */
export function dab(image, [channels, height, width], x, y, radius, colour) {
  const size = width * height
  const reach = Math.ceil(radius + 1)
  for (let row = Math.max(0, Math.floor(y - reach)); row < Math.min(height, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x - reach)); column < Math.min(width, x + reach); column++) {
      const share = clamp(radius + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y), 0, 1)
      if (!share) continue
      for (let c = 0; c < channels; c++) {
        const at = c * size + row * width + column
        image[at] += (colour[c] - image[at]) * share
      }
    }
  }
}

/**
 * The sheet: what a pen draws is in `image` at once, and `changed(done)` is called while and after.
 *
 * The pen's colour is white on grey images (digits are white on black) and the colour under its first touch elsewhere,
 * which smudges.
 */
export function createPaper(shape, changed) {
  const [channels, height, width] = shape
  const canvas = sheet(shape, "The image: draw on it")
  canvas.classList.add("paper")
  const tools = { pen: "draw", radius: Math.max(0.75, width / 28) }
  const paper = { canvas, tools, image: new Float32Array(channels * height * width) }
  let last = null
  let colour = null
  const place = (event) => {
    const box = canvas.getBoundingClientRect()
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height]
  }
  const touched = ([x, y]) => {
    const at = clamp(Math.floor(y), 0, height - 1) * width + clamp(Math.floor(x), 0, width - 1)
    return Array.from({ length: channels }, (_, c) => paper.image[c * width * height + at])
  }
  const stroke = (to) => {
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - last[0], to[1] - last[1]) * 2))
    for (let i = 1; i <= steps; i++) {
      const [x, y] = [0, 1].map((axis) => last[axis] + ((to[axis] - last[axis]) * i) / steps)
      dab(paper.image, shape, x, y, tools.radius, colour)
    }
    last = to
  }
  const strokes = (places) => {
    for (const each of places) stroke(each)
    paint(canvas, paper.image, shape)
    changed(false)
  }
  canvas.onpointerdown = (event) => {
    if (event.button) return
    canvas.setPointerCapture(event.pointerId)
    last = place(event)
    const first = channels === 1 ? [1] : touched(last)
    colour = tools.pen === "draw" ? first : Array(channels).fill(channels === 1 ? 0 : 0.5)
    strokes([last])
    event.preventDefault()
  }
  canvas.onpointermove = (event) => {
    if (last) strokes((event.getCoalescedEvents?.() ?? [event]).map(place))
  }
  canvas.onpointerup = () => {
    if (!last) return
    last = null
    changed(true)
  }
  canvas.onpointercancel = canvas.onpointerup
  paper.show = (image) => {
    paper.image = Float32Array.from(image)
    paint(canvas, paper.image, shape)
  }
  return paper
}

/** A file's picture in the shape that the networks take: the largest square in its middle. Throws what to say. */
export async function read(file, [channels, height, width]) {
  let picture
  try {
    picture = await createImageBitmap(file)
  } catch {
    throw new Error(`${file.name} is no picture that this browser can read: choose a PNG, JPEG or WebP file.`)
  }
  const side = Math.min(picture.width, picture.height)
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext("2d")
  context.imageSmoothingQuality = "high"
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, width, height)
  return pixelsOf(context, [channels, height, width])
}

/** What a canvas shows as an image (C, H, W) in [0, 1]. */
export function pixelsOf(context, [channels, height, width]) {
  const { data } = context.getImageData(0, 0, width, height)
  const size = height * width
  return Float32Array.from({ length: channels * size }, (_, k) => {
    const [c, i] = [Math.floor(k / size), k % size]
    const [r, g, b] = [data[i * 4], data[i * 4 + 1], data[i * 4 + 2]]
    return (channels === 1 ? 0.299 * r + 0.587 * g + 0.114 * b : [r, g, b][c]) / 255
  })
}

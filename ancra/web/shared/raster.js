// Thousands of small marks, drawn into one pixel buffer.

/** A colour [r, g, b] as a pixel of a little-endian canvas. */
export const pack = ([r, g, b]) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0

/** How much of each pixel a mark covers, at 4 x 4 sub-pixel places: lists of offsets with fill and halo weights (0 ... 256). */
function stamps(mark, radius, halo) {
  const size = Math.ceil(radius + halo) + 1
  const arm = radius * 0.36
  const distance =
    mark === "cross"
      ? (x, y) => {
          const u = Math.abs(x + y) * Math.SQRT1_2,
            v = Math.abs(x - y) * Math.SQRT1_2
          const [long, short] = u > v ? [u, v] : [v, u]
          return Math.max(long - radius * 1.12, short - arm)
        }
      : (x, y) => Math.hypot(x, y) - radius
  const coverage = (x, y, grow) => {
    let sum = 0
    for (let a = 0; a < 4; a++)
      for (let b = 0; b < 4; b++) if (distance(x + (a + 0.5) / 4, y + (b + 0.5) / 4) <= grow) sum++
    return sum * 16
  }
  return Array.from({ length: 16 }, (_, phase) => {
    const px = ((phase & 3) + 0.5) / 4,
      py = ((phase >> 2) + 0.5) / 4
    const dx = [],
      dy = [],
      fill = [],
      ring = []
    for (let y = -size; y <= size; y++)
      for (let x = -size; x <= size; x++) {
        const f = coverage(x - px, y - py, 0),
          r = halo ? coverage(x - px, y - py, halo) : 0
        if (f || r) {
          dx.push(x)
          dy.push(y)
          fill.push(f)
          ring.push(r > f ? r : 0)
        }
      }
    return {
      dx: Int8Array.from(dx),
      dy: Int8Array.from(dy),
      fill: Int16Array.from(fill),
      ring: Int16Array.from(ring),
      size,
    }
  })
}

/** Software rasteriser: thousands of small marks into one pixel buffer, several times faster than canvas paths. */
export class Raster {
  constructor(canvas) {
    this.canvas = canvas
    this.context = canvas.getContext("2d", { alpha: false })
    this.cache = new Map()
  }

  begin(width, height, background) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width
      this.canvas.height = height
      this.image = this.context.createImageData(width, height)
      this.pixels = new Uint32Array(this.image.data.buffer)
    }
    this.background = pack(background)
    this.pixels.fill(this.background)
  }

  end() {
    this.context.putImageData(this.image, 0, 0)
  }

  /** Draw the points `order[0 ... count)` of `xy` (map coordinates) with their colours through `view` (a, bx, by: pixels = a * xy + b). */
  points(xy, order, count, colours, view, mark, radius, halo, haloColour) {
    const key = `${mark}/${radius.toFixed(2)}/${halo}`
    if (!this.cache.has(key)) this.cache.set(key, stamps(mark, radius, halo))
    const shapes = this.cache.get(key)
    const { pixels } = this,
      { width, height } = this.canvas,
      margin = shapes[0].size
    const { ax, ay, bx, by } = view
    const hr = haloColour & 255,
      hg = (haloColour >> 8) & 255,
      hb = (haloColour >> 16) & 255
    for (let k = 0; k < count; k++) {
      const i = order[k]
      const x = xy[2 * i] * ax + bx,
        y = xy[2 * i + 1] * ay + by
      if (!(x > -margin && y > -margin && x < width + margin && y < height + margin)) continue
      const ix = Math.floor(x),
        iy = Math.floor(y)
      const { dx, dy, fill, ring } = shapes[((x - ix) * 4) | ((((y - iy) * 4) | 0) << 2)]
      const inside = ix >= margin && iy >= margin && ix < width - margin && iy < height - margin
      const colour = colours[i],
        cr = colour & 255,
        cg = (colour >> 8) & 255,
        cb = (colour >> 16) & 255
      for (let s = 0; s < dx.length; s++) {
        const qx = ix + dx[s],
          qy = iy + dy[s]
        if (!inside && (qx < 0 || qy < 0 || qx >= width || qy >= height)) continue
        const at = qy * width + qx,
          f = fill[s],
          old = pixels[at]
        if (f === 256) {
          pixels[at] = colour
          continue
        }
        let r = old & 255,
          g = (old >> 8) & 255,
          b = (old >> 16) & 255
        const q = ring[s]
        if (q) {
          r += ((hr - r) * q) >> 8
          g += ((hg - g) * q) >> 8
          b += ((hb - b) * q) >> 8
        }
        if (f) {
          r += ((cr - r) * f) >> 8
          g += ((cg - g) * f) >> 8
          b += ((cb - b) * f) >> 8
        }
        pixels[at] = 0xff000000 | (b << 16) | (g << 8) | r
      }
    }
  }
}

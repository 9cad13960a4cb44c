// How the maps of one image lie in memory: rows of pixels, a pixel's channels beside one another, a border of zeros around.

const LANE = 4

/** The next multiple of four: what a vector of the kernel holds. */
export const padded = (count) => Math.ceil(count / LANE) * LANE

/** Places in one memory, given out one after the other; all sizes and places are counted in numbers of 32 bits. */
export class Plan {
  constructor() {
    this.size = 0
  }

  /** The first place of ``count`` numbers. */
  reserve(count) {
    const start = this.size
    this.size += padded(count)
    return start
  }

  /**
   * A map: value (channel, y, x) lies at start + y * row + x * pixel + channel.
   * @param {number[]} shape channels, height and width
   * @param {number} border pixels of zeros on each side
   */
  map([channels, height, width], border) {
    const pixel = padded(channels)
    const row = (width + 2 * border) * pixel
    const first = this.reserve((height + 2 * border) * row)
    return { channels, height, width, pixel, row, start: first + border * (row + pixel) }
  }
}

/** Write values in torch's order (channel, y, x) into a map. */
export function writeMap(memory, map, values) {
  const { channels, height, width, pixel, row, start } = map
  let at = 0
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0, to = start + y * row + channel; x < width; x++, to += pixel) memory[to] = values[at++]
}

/** A map's values in torch's order. */
export function readMap(memory, map) {
  const { channels, height, width, pixel, row, start } = map
  const values = new Float32Array(channels * height * width)
  let at = 0
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0, from = start + y * row + channel; x < width; x++, from += pixel) values[at++] = memory[from]
  return values
}

/** The places of a map's values in torch's order. */
export function places({ channels, height, width, pixel, row, start }) {
  const found = new Int32Array(channels * height * width)
  let at = 0
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) found[at++] = start + y * row + x * pixel + channel
  return found
}

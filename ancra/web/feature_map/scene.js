// A scene, decoded: ancra/scenes/scene.py describes its fields.
import { decode } from "../shared/codec.js"

/** The arrays of a scene, decoded once. */
export function readScene(raw) {
  const count = raw.count
  const maps = raw.maps.map((map) => {
    const [x0, y0, x1, y1] = map.bounds
    const frames = map.frames.map((frame) => {
      const packed = decode(frame.xy)
      let xy = packed
      if (packed instanceof Uint16Array) {
        xy = new Float32Array(packed.length)
        for (let i = 0; i < packed.length; i += 2) {
          xy[i] = x0 + ((x1 - x0) * packed[i]) / 65535
          xy[i + 1] = y0 + ((y1 - y0) * packed[i + 1]) / 65535
        }
      }
      const values = Object.fromEntries(
        Object.entries(frame.values ?? {}).map(([name, packedValues]) => [name, decode(packedValues)]),
      )
      return { title: frame.title, xy, predicted: decode(frame.predicted), values }
    })
    const neighbours = map.neighbours ? { k: map.neighbours.k, ids: decode(map.neighbours.ids) } : null
    return { ...map, frames, neighbours, fit: fitOf(frames) }
  })
  return { ...raw, count, maps, labels: decode(raw.labels), indices: decode(raw.indices) }
}

const MARGIN = 0.05 // of the larger side, which a whole map leaves free around itself

/** The box [x0, y0, x1, y1] that shows a map whole: that of its first frame, unless others do not fit its margin. */
export function fitOf(frames) {
  const [first, ...boxes] = frames.map(({ xy }) => boxOf(xy))
  const margin = MARGIN * Math.max(first[2] - first[0], first[3] - first[1])
  return first.map((edge, side) => {
    const sign = side < 2 ? -1 : 1
    const beyond = Math.max(0, ...boxes.map((box) => sign * (box[side] - edge)))
    return beyond > margin ? edge + sign * beyond : edge
  })
}

function boxOf(xy) {
  const box = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < xy.length; i += 2) {
    box[0] = Math.min(box[0], xy[i])
    box[1] = Math.min(box[1], xy[i + 1])
    box[2] = Math.max(box[2], xy[i])
    box[3] = Math.max(box[3], xy[i + 1])
  }
  return box
}

export function loadSprite(sprite, done) {
  if (!sprite) return null
  const image = new Image()
  image.onload = done
  image.src = sprite.src
  return { ...sprite, image }
}

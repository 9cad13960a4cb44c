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
    const fit = [Infinity, Infinity, -Infinity, -Infinity]
    for (const { xy } of frames)
      for (let i = 0; i < xy.length; i += 2) {
        fit[0] = Math.min(fit[0], xy[i])
        fit[1] = Math.min(fit[1], xy[i + 1])
        fit[2] = Math.max(fit[2], xy[i])
        fit[3] = Math.max(fit[3], xy[i + 1])
      }
    return { ...map, frames, neighbours, fit }
  })
  return { ...raw, count, maps, labels: decode(raw.labels), indices: decode(raw.indices) }
}

export function loadSprite(sprite, done) {
  if (!sprite) return null
  const image = new Image()
  image.onload = done
  image.src = sprite.src
  return { ...sprite, image }
}

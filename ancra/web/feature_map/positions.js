export function positions(fm) {
  /** The layers of a panel with their positions and predictions at the morph's current place. */
  function layersOf(panel) {
    if (panel.layers === "models") {
      const place = fm.state.t,
        a = Math.min(Math.floor(place), fm.scene.maps.length - 1),
        b = Math.min(a + 1, fm.scene.maps.length - 1),
        t = place - a
      const shown =
        fm.state.which === "natural" || !fm.adversarial() ? [0] : fm.state.which === "adversarial" ? [1] : [0, 1]
      return shown.map((row) => {
        const at = (map) => map.frames[row ? map.frames.length - 1 : 0]
        return blend(
          panel,
          row,
          at(fm.scene.maps[a]),
          at(fm.scene.maps[b]),
          t,
          fm.scene.maps[t < 0.5 ? a : b],
          row && !fm.scene.stages ? "cross" : "disc",
          row,
        )
      })
    }
    return panel.layers.map((layer, k) => {
      const { map } = layer
      if (!layer.morph)
        return { ...layer, xy: map.frames[layer.frame].xy, data: map.frames[layer.frame], row: layer.frame ? 1 : 0 }
      const place = fm.state.t * (map.frames.length - 1),
        a = Math.min(Math.floor(place), map.frames.length - 1)
      const b = Math.min(a + 1, map.frames.length - 1)
      return blend(
        panel,
        k,
        map.frames[a],
        map.frames[b],
        place - a,
        map,
        fm.state.t > 0.5 && !fm.scene.stages ? "cross" : "disc",
        fm.state.t > 0.5 ? 1 : 0,
      )
    })
  }

  function blend(panel, slot, a, b, t, map, mark, row) {
    panel.buffers ??= []
    const buffer = (panel.buffers[slot] ??= new Float32Array(fm.scene.count * 2))
    if (t === 0) return { map, mark, row, xy: a.xy, data: a }
    const from = a.xy,
      to = b.xy
    for (let i = 0; i < buffer.length; i++) buffer[i] = from[i] + (to[i] - from[i]) * t
    return { map, mark, row, xy: buffer, data: t < 0.5 ? a : b, between: [a, b, t] }
  }

  /** pixels = a * map + b, for a canvas of w x h device pixels. */
  function transform(panel, w, h) {
    const [x0, y0, x1, y1] = panel.group.map?.fit ?? fm.scene.bounds
    const unit = 0.9 * Math.min(w / (x1 - x0 || 1), h / (y1 - y0 || 1)) * fm.view.zoom,
      span = Math.max(x1 - x0, y1 - y0) || 1
    const cx = (x0 + x1) / 2 + (fm.view.x - 0.5) * span,
      cy = (y0 + y1) / 2 + (fm.view.y - 0.5) * span
    return { ax: unit, ay: -unit, bx: w / 2 - cx * unit, by: h / 2 + cy * unit, span }
  }

  const size = (panel) => [panel.box.clientWidth, panel.box.clientHeight]

  Object.assign(fm, { layersOf, blend, transform, size })
}

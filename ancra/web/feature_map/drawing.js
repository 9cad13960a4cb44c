import { pack } from "../shared/raster.js"

export function drawing(fm) {
  function refresh(controls = true) {
    if (!fm.scene) return
    if (controls) fm.drawControls()
    fm.drawMorphText()
    schedule()
  }

  function schedule() {
    if (!fm.redraw) fm.redraw = requestAnimationFrame(draw)
  }

  function draw() {
    fm.redraw = 0
    if (!fm.scene) return
    const start = performance.now(),
      ratio = Math.min(devicePixelRatio || 1, 3),
      any = fm.selected.includes(1) && !fm.following
    for (const panel of fm.panels) {
      const [w, h] = fm.size(panel)
      if (w < 2 || h < 2) continue
      const width = Math.round(w * ratio),
        height = Math.round(h * ratio),
        map = fm.transform(panel, width, height)
      panel.now = fm.layersOf(panel)
      panel.raster.begin(width, height, fm.theme.background)
      const halo = fm.scene.count <= 3000 ? 0.75 * ratio : 0,
        ring = pack(fm.contrast.matches ? fm.theme.text : fm.theme.background)
      const r = fm.radius() * ratio
      // What is not selected lies below the selected points of every layer.
      for (const layer of panel.now) {
        const { colours, order, faint } = fm.paint(layer.data, any)
        if (faint) panel.raster.points(layer.xy, order, faint, colours, map, layer.mark, r * 0.85, 0, ring)
      }
      for (const layer of panel.now) {
        const { colours, order, faint } = fm.paint(layer.data, any)
        panel.raster.points(
          layer.xy,
          faint ? order.subarray(faint) : order,
          order.length - faint,
          colours,
          map,
          layer.mark,
          r,
          halo,
          ring,
        )
      }
      panel.raster.end()
      fm.drawOverlay(panel, w, h, ratio)
    }
    fm.stats.frameMs = performance.now() - start
    fm.stats.frames += 1
    fm.main.dataset.ready = "1"
  }

  Object.assign(fm, { refresh, schedule, draw })
}

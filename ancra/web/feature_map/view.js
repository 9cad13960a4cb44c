import { clamp } from "../shared/geometry.js"

export const FIT = { x: 0.5, y: 0.5, zoom: 1 }

export function viewing(fm) {
  function fit() {
    fm.view = { ...FIT }
    fm.schedule()
  }

  /** Zoom by a factor about a place of a panel (CSS pixels), or about its middle. */
  function zoomBy(factor, panel = fm.panels[0], place = null) {
    const [w, h] = fm.size(panel),
      old = fm.transform(panel, w, h),
      zoom = clamp(fm.view.zoom * factor, 0.5, 60),
      ratio = zoom / fm.view.zoom
    const [px, py] = place ?? [w / 2, h / 2]
    fm.view.x += ((px - w / 2) / old.ax / old.span) * (1 - 1 / ratio)
    fm.view.y += ((py - h / 2) / old.ay / old.span) * (1 - 1 / ratio)
    fm.view.zoom = zoom
    fm.schedule()
  }

  function panBy(dx, dy, panel = fm.panels[0]) {
    const map = fm.transform(panel, ...fm.size(panel))
    fm.view.x = clamp(fm.view.x - dx / map.ax / map.span, -1, 2)
    fm.view.y = clamp(fm.view.y - dy / map.ay / map.span, -1, 2)
    fm.schedule()
  }

  Object.assign(fm, { fit, zoomBy, panBy })
}

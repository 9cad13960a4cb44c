import { clamp } from "../shared/geometry.js"

export const FIT = { x: 0.5, y: 0.5, zoom: 1 }

const SETTLED = 500 // Milliseconds without a movement after which the place is told.

export function viewing(fm) {
  let timer = 0

  function moved() {
    fm.schedule()
    clearTimeout(timer)
    timer = setTimeout(() => fm.emit("zoom", placeText()), SETTLED)
  }

  /** Where the maps are looked at, as "x,y,zoom"; empty for the whole. */
  function placeText() {
    const { x, y, zoom } = fm.view
    return x === FIT.x && y === FIT.y && zoom === FIT.zoom ? "" : [x, y, zoom].map((value) => value.toFixed(3)).join()
  }

  /** Look at a place that `placeText` gave; at the whole for anything else. */
  function lookAt(text) {
    const [x, y, zoom] = text.split(",").map(Number)
    const known = [x, y, zoom].every(Number.isFinite)
    fm.view = known ? { x: clamp(x, -1, 2), y: clamp(y, -1, 2), zoom: clamp(zoom, 0.5, 60) } : { ...FIT }
    fm.schedule()
  }

  function fit() {
    fm.view = { ...FIT }
    moved()
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
    moved()
  }

  function panBy(dx, dy, panel = fm.panels[0]) {
    const map = fm.transform(panel, ...fm.size(panel))
    fm.view.x = clamp(fm.view.x - dx / map.ax / map.span, -1, 2)
    fm.view.y = clamp(fm.view.y - dy / map.ay / map.span, -1, 2)
    moved()
  }

  Object.assign(fm, { fit, zoomBy, panBy, lookAt })
}

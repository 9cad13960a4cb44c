// The keyboard: every map can be walked through without a pointer.
export function keyboard(fm) {
  function keyboard(panel, event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const step = 40,
      key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const actions = {
      ArrowLeft: () => fm.panBy(step, 0, panel),
      ArrowRight: () => fm.panBy(-step, 0, panel),
      ArrowUp: () => fm.panBy(0, step, panel),
      ArrowDown: () => fm.panBy(0, -step, panel),
      "+": () => fm.zoomBy(1.4, panel),
      "=": () => fm.zoomBy(1.4, panel),
      "-": () => fm.zoomBy(1 / 1.4, panel),
      0: fm.fit,
      l: () => fm.setTool(fm.state.tool === "lasso" ? "pan" : "lasso"),
      n: () => walk(panel, 1),
      p: () => walk(panel, -1),
      Enter: () => fm.cursor >= 0 && fm.toggle(fm.cursor, event.shiftKey),
      " ": () => fm.cursor >= 0 && fm.toggle(fm.cursor, event.shiftKey),
      Escape: () => {
        fm.cursor = -1
        fm.hover = null
        fm.drag = null
        fm.hideTip()
        if (fm.selected.includes(1)) fm.select(new Uint8Array(fm.scene.count))
        fm.schedule()
      },
    }
    if (!actions[key]) return
    event.preventDefault()
    event.stopPropagation()
    actions[key]()
  }

  /** Go to the next shown image (of the selection, when there is one). */
  function walk(panel, step) {
    const any = fm.selected.includes(1) && fm.selected.reduce((sum, flag) => sum + flag, 0) > 1,
      layer = panel.now[0]
    for (let tries = 0, i = fm.cursor; tries < fm.scene.count; tries++) {
      i = (i + step + fm.scene.count) % fm.scene.count
      if (fm.visible(i, layer.data) && (!any || fm.selected[i])) {
        fm.cursor = i
        fm.showTip({ sample: i, row: layer.row, map: layer.map })
        fm.live.textContent = fm.sentence(i, layer.map)
        fm.schedule()
        return
      }
    }
  }

  Object.assign(fm, { keyboard, walk })
}

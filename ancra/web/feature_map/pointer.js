// Pointer, wheel and touch.
import { h } from "../shared/dom.js"
import { clamp, insidePolygon } from "../shared/geometry.js"

export function pointer(fm) {
  /** The nearest shown point within `reach` CSS pixels: {sample, row}. A plain scan: 0.2 ms for 100,000 points. */
  function hit(panel, x, y, reach) {
    const map = fm.transform(panel, ...fm.size(panel))
    const mx = (x - map.bx) / map.ax,
      my = (y - map.by) / map.ay
    let best = (reach / map.ax) ** 2,
      found = null
    for (const layer of panel.now ?? []) {
      const { xy } = layer
      for (let i = 0; i < fm.scene.count; i++) {
        const dx = xy[2 * i] - mx,
          dy = xy[2 * i + 1] - my,
          distance = dx * dx + dy * dy
        if (distance < best && fm.visible(i, layer.data)) {
          best = distance
          found = { sample: i, row: layer.row, map: layer.map }
        }
      }
    }
    return found
  }

  const local = (panel, event) => {
    const box = panel.box.getBoundingClientRect()
    return [event.clientX - box.left - panel.box.clientLeft, event.clientY - box.top - panel.box.clientTop]
  }

  function listen(panel) {
    const { box } = panel,
      touches = new Map()
    box.onpointerdown = (event) => {
      if (event.button > 0) return
      const place = local(panel, event)
      touches.set(event.pointerId, place)
      if (touches.size === 2) {
        fm.drag = { panel, pinch: true }
        fm.hideTip()
        return
      }
      const lasso = fm.state.tool === "lasso" || event.shiftKey
      if (event.pointerType !== "touch" || lasso) box.setPointerCapture(event.pointerId)
      fm.drag = {
        panel,
        start: place,
        last: place,
        moved: false,
        lasso: lasso ? [place] : null,
        touch: event.pointerType === "touch",
      }
    }
    box.onpointermove = (event) => {
      const place = local(panel, event)
      if (touches.has(event.pointerId) && touches.size === 2) return pinch(event.pointerId, place)
      if (fm.drag && !fm.drag.pinch && fm.drag.panel === panel && touches.has(event.pointerId)) return move(place)
      if (event.pointerType !== "mouse" && event.pointerType !== "pen") return
      const words = fm.wayWords(panel, ...place)
      if (!words) return point(hit(panel, ...place, 12))
      if (fm.hover) {
        fm.hover = null
        fm.schedule()
      }
      fm.tip.replaceChildren(h("div", {}, h("b", {}, words[0]), " (projected)"), h("div", {}, words[1]))
    }
    const pinch = (id, place) => {
      const [other] = [...touches].filter(([key]) => key !== id).map(([, value]) => value),
        before = touches.get(id)
      const gap = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1
      fm.zoomBy(gap(place) / gap(before), panel, [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2])
      fm.panBy((place[0] - before[0]) / 2, (place[1] - before[1]) / 2, panel)
      touches.set(id, place)
    }
    const move = (place) => {
      const far = Math.hypot(place[0] - fm.drag.start[0], place[1] - fm.drag.start[1])
      fm.drag.moved ||= far > 4
      if (!fm.drag.moved) return
      fm.hideTip()
      if (fm.drag.lasso) {
        const last = fm.drag.lasso[fm.drag.lasso.length - 1]
        if (Math.hypot(place[0] - last[0], place[1] - last[1]) > 2) fm.drag.lasso.push(place)
        fm.schedule()
      } else if (!fm.drag.touch) fm.panBy(place[0] - fm.drag.last[0], place[1] - fm.drag.last[1], panel)
      fm.drag.last = place
    }
    const point = (found) => {
      const same = found?.sample === fm.hover?.sample && found?.row === fm.hover?.row && found?.map === fm.hover?.map
      if (same) return
      fm.hover = found
      if (found) fm.showTip(found)
      else fm.hideTip()
      fm.schedule()
    }
    box.onpointerup = (event) => {
      const was = fm.drag
      touches.delete(event.pointerId)
      if (!was || was.pinch) {
        if (!touches.size) fm.drag = null
        return
      }
      fm.drag = null
      const place = local(panel, event)
      if (was.lasso && was.lasso.length > 2) return finishLasso(panel, was.lasso, event)
      if (was.moved) return
      const found = hit(panel, ...place, was.touch ? 22 : 12)
      if (was.touch) point(found)
      if (found) fm.clear(box.parentElement.parentElement)
      if (!found) {
        if (fm.selected.includes(1)) fm.select(new Uint8Array(fm.scene.count))
        return
      }
      toggle(found.sample, event.shiftKey || event.ctrlKey || event.metaKey)
    }
    box.onpointercancel = (event) => {
      touches.delete(event.pointerId)
      fm.drag = null
      fm.schedule()
    }
    box.onpointerleave = (event) => {
      if (event.pointerType !== "touch" && !fm.drag) point(null)
    }
    box.ontouchmove = (event) => {
      if (event.touches.length > 1) event.preventDefault()
    }
    box.onwheel = (event) => {
      // The page must stay scrollable: the wheel zooms once the map was pressed, or with Ctrl (a trackpad's pinch sends that too).
      if (!event.ctrlKey && !event.metaKey && fm.root.getRootNode().activeElement !== box) {
        panel.hint.textContent = "Press the map, or hold Ctrl, to zoom with the wheel"
        panel.hint.classList.add("on")
        clearTimeout(panel.hintTimer)
        panel.hintTimer = setTimeout(() => panel.hint.classList.remove("on"), 1400)
        return
      }
      event.preventDefault()
      fm.zoomBy(
        Math.exp(-clamp(event.deltaY, -120, 120) / (event.ctrlKey && Math.abs(event.deltaY) < 40 ? 60 : 300)),
        panel,
        local(panel, event),
      )
    }
    box.ondblclick = (event) => {
      if (!hit(panel, ...local(panel, event), 12)) fm.fit()
    }
    box.onkeydown = (event) => fm.keyboard(panel, event)
    box.onblur = () => {
      if (fm.cursor >= 0) {
        fm.cursor = -1
        fm.hideTip()
        fm.schedule()
      }
    }
  }

  function toggle(sample, add) {
    const flags = add ? fm.selected.slice() : new Uint8Array(fm.scene.count)
    flags[sample] = add ? 1 - flags[sample] : 1
    fm.select(flags)
  }

  function finishLasso(panel, outline, event) {
    const start = performance.now(),
      map = fm.transform(panel, ...fm.size(panel))
    const polygon = outline.map(([x, y]) => [(x - map.bx) / map.ax, (y - map.by) / map.ay])
    const add = event.shiftKey && fm.state.tool === "lasso",
      flags = add ? fm.selected.slice() : new Uint8Array(fm.scene.count)
    for (const layer of panel.now) {
      const inside = insidePolygon(layer.xy, fm.scene.count, polygon)
      for (let i = 0; i < fm.scene.count; i++)
        if (inside[i] && fm.visible(i, layer.data)) flags[i] = event.altKey ? 0 : 1
    }
    fm.stats.lassoMs = performance.now() - start
    fm.select(flags)
  }

  Object.assign(fm, { hit, local, listen, toggle, finishLasso })
}

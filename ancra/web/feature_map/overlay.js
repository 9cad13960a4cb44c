import { clamp, spread } from "../shared/geometry.js"
import { classColour, themed } from "../shared/theme.js"

const OUTLINE = 4

export function overlay(fm) {
  function drawOverlay(panel, w, h, ratio) {
    const { overlay, pen } = panel
    const width = Math.round(w * ratio),
      height = Math.round(h * ratio)
    if (overlay.width !== width || overlay.height !== height) {
      overlay.width = width
      overlay.height = height
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, w, h)
    const map = fm.transform(panel, w, h),
      layers = panel.now
    const at = (xy, i) => [xy[2 * i] * map.ax + map.bx, xy[2 * i + 1] * map.ay + map.by]
    if (fm.state.lines && layers.length === 2 && fm.scene.count <= 5000) drawPairs(pen, layers, at)
    if (fm.state.names) drawNames(pen, layers, map, w, h)
    const way = wayOn(panel)
    if (way) drawWay(pen, way, map)
    const focus = fm.hover ?? (fm.cursor >= 0 ? { sample: fm.cursor, row: 0 } : null)
    if (focus) drawFocus(pen, panel, layers, at, focus)
    if (fm.drag?.lasso?.length > 1 && fm.drag.panel === panel) {
      pen.beginPath()
      for (const [x, y] of fm.drag.lasso) pen.lineTo(x, y)
      pen.closePath()
      pen.fillStyle = fm.theme.accent
      pen.globalAlpha = 0.12
      pen.fill()
      pen.globalAlpha = 1
      pen.strokeStyle = fm.theme.accent
      pen.lineWidth = 1.5
      pen.setLineDash([5, 3])
      pen.stroke()
      pen.setLineDash([])
    }
  }

  function drawPairs(pen, [natural, attacked], at) {
    const any = fm.selected.includes(1)
    pen.strokeStyle = `rgb(${fm.theme.text})`
    pen.lineWidth = 0.7
    pen.globalAlpha = any ? 0.5 : clamp(60 / fm.scene.count, 0.05, 0.22)
    pen.beginPath()
    for (let i = 0; i < fm.scene.count; i++) {
      if (any ? !fm.selected[i] : !fm.visible(i, natural.data)) continue
      pen.moveTo(...at(natural.xy, i))
      pen.lineTo(...at(attacked.xy, i))
    }
    pen.stroke()
    pen.globalAlpha = 1
  }

  /** The middle (per-axis median) of every class in a frame, once. */
  function middles(data) {
    const key = fm.state.colour === "predicted" ? "predicted" : "true"
    data.middles ??= {}
    return (data.middles[key] ??= fm.scene.classes.map((_, c) => {
      const groups = key === "predicted" ? data.predicted : fm.scene.labels,
        xs = [],
        ys = []
      for (let i = 0; i < fm.scene.count; i++)
        if (groups[i] === c) {
          xs.push(data.xy[2 * i])
          ys.push(data.xy[2 * i + 1])
        }
      const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
      return xs.length >= Math.max(3, fm.scene.count / fm.scene.classes.length / 12) ? [median(xs), median(ys)] : null
    }))
  }

  function middlesBetween(a, b, t) {
    const from = middles(a),
      to = middles(b)
    return from.map((start, c) => start && to[c] && [0, 1].map((axis) => start[axis] + (to[c][axis] - start[axis]) * t))
  }

  function drawNames(pen, layers, map, w, h) {
    if (fm.scene.classes.length > 20 || !["true", "predicted"].includes(fm.state.colour)) return
    const { data, between } = layers[0],
      places = between ? middlesBetween(...between) : middles(data)
    const size = Math.max(w < 220 ? 12 : fm.theme.type, fm.theme.least)
    pen.font = `700 ${size}px ${fm.theme.font}`
    pen.textAlign = "center"
    pen.textBaseline = "middle"
    pen.lineJoin = "round"
    const names = places.flatMap((middle, c) => {
      if (!middle || fm.hidden.has(c)) return []
      const name = fm.scene.classes[c],
        text = name.length > 12 ? `${name.slice(0, 11)}…` : name
      const width = pen.measureText(text).width + OUTLINE
      return [{ text, width, x: middle[0] * map.ax + map.bx, y: middle[1] * map.ay + map.by - 13 }]
    })
    pen.lineWidth = OUTLINE
    pen.strokeStyle = `rgb(${fm.theme.background})`
    pen.fillStyle = `rgb(${fm.theme.text})`
    spread(names, size + OUTLINE, w, h).forEach((place, index) => {
      if (!place) return
      pen.strokeText(names[index].text, place.x, place.y)
      pen.fillText(names[index].text, place.x, place.y)
    })
  }

  /** The way of one image over a panel's map, placed there without having been laid out. */
  const wayOn = (panel) => (panel.group.map ? fm.projected[fm.scene.maps.indexOf(panel.group.map)] : null)

  function drawWay(pen, { xy, predicted }, map) {
    const places = xy.map(([x, y]) => [x * map.ax + map.bx, y * map.ay + map.by]),
      last = places.length - 1
    for (const [width, colour] of [
      [5, fm.theme.background],
      [2, fm.theme.text],
    ]) {
      pen.lineWidth = width
      pen.strokeStyle = `rgb(${colour})`
      pen.setLineDash(width === 2 ? [5, 3] : [])
      pen.beginPath()
      for (const place of places) pen.lineTo(...place)
      pen.stroke()
    }
    pen.setLineDash([])
    places.forEach(([x, y], step) => {
      const r = step === 0 || step === last ? 7.5 : last > 12 ? 3.5 : 4.5
      pen.beginPath()
      pen.moveTo(x, y - r)
      pen.lineTo(x + r, y)
      pen.lineTo(x, y + r)
      pen.lineTo(x - r, y)
      pen.closePath()
      pen.lineWidth = 4
      pen.strokeStyle = `rgb(${fm.theme.background})`
      pen.stroke()
      pen.fillStyle = classColour(predicted[step], fm.scene.classes.length, fm.dark)
      pen.fill()
      pen.lineWidth = 1.8
      pen.strokeStyle = `rgb(${fm.theme.text})`
      pen.stroke()
    })
  }

  /** What to say of the place of a way under the pointer, or nothing. */
  function wayWords(panel, x, y) {
    const way = wayOn(panel)
    if (!way) return null
    const map = fm.transform(panel, ...fm.size(panel))
    let best = 10,
      words = null
    way.xy.forEach(([a, b], step) => {
      const far = Math.hypot(a * map.ax + map.bx - x, b * map.ay + map.by - y)
      if (far <= best) {
        best = far
        words = way.words[step]
      }
    })
    return words && [way.title, words]
  }

  /** The point under the pointer in every map: a ring, its way under attack, its true neighbours. */
  function drawFocus(pen, _panel, layers, at, focus) {
    const i = focus.sample,
      layer = layers.find((one) => one.row === focus.row) ?? layers[0],
      { map } = layer
    const natural = map.frames[0],
      attacked = map.frames.length > 1 && map.frames[map.frames.length - 1]
    const here = at(layer.xy, i),
      morphing = layer.xy !== layer.data.xy
    if (!morphing && map.neighbours) {
      const { k, ids } = map.neighbours,
        node = (layer.row && attacked ? fm.scene.count : 0) + i
      pen.strokeStyle = `rgb(${fm.theme.text})`
      pen.lineWidth = 1
      for (let n = 0; n < k; n++) {
        const id = ids[node * k + n]
        if (id === undefined || id < 0 || id >= 2 * fm.scene.count) continue
        const other = at((id >= fm.scene.count && attacked ? attacked : natural).xy, id % fm.scene.count)
        pen.globalAlpha = 0.55
        pen.beginPath()
        pen.moveTo(...here)
        pen.lineTo(...other)
        pen.stroke()
        pen.globalAlpha = 0.9
        pen.beginPath()
        pen.arc(...other, 3.5, 0, 7)
        pen.stroke()
      }
      pen.globalAlpha = 1
    }
    if (attacked && !morphing) {
      const [x0, y0] = at(natural.xy, i),
        [x1, y1] = at(attacked.xy, i),
        angle = Math.atan2(y1 - y0, x1 - x0)
      if (Math.hypot(x1 - x0, y1 - y0) > 9) {
        pen.strokeStyle = pen.fillStyle = themed(fm.dark).adversarial
        pen.lineWidth = 2
        pen.beginPath()
        pen.moveTo(x0, y0)
        pen.lineTo(x1, y1)
        pen.stroke()
        pen.beginPath()
        pen.moveTo(x1, y1)
        for (const turn of [2.7, -2.7]) pen.lineTo(x1 + 9 * Math.cos(angle + turn), y1 + 9 * Math.sin(angle + turn))
        pen.fill()
      }
    }
    pen.lineWidth = 4
    pen.strokeStyle = `rgb(${fm.theme.background})`
    pen.beginPath()
    pen.arc(...here, 8, 0, 7)
    pen.stroke()
    pen.lineWidth = 2
    pen.strokeStyle = `rgb(${fm.theme.text})`
    pen.beginPath()
    pen.arc(...here, 8, 0, 7)
    pen.stroke()
  }

  Object.assign(fm, { drawOverlay, drawPairs, middles, middlesBetween, drawNames, wayOn, drawWay, wayWords, drawFocus })
}

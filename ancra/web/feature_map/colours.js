// What colour a point has, whether it is shown, and what is drawn on top.
import { clamp } from "../shared/geometry.js"
import { pack } from "../shared/raster.js"
import { classColour, mix, rampColour, rgb, themed } from "../shared/theme.js"

const USUAL = 220 // Pixels of a panel whose points have their usual size; those of a larger one are larger.

export function colours(fm) {
  function category(i, data) {
    if (fm.state.colour === "true") return fm.scene.labels[i]
    if (fm.state.colour === "predicted") return data.predicted[i]
    if (fm.state.colour === "flipped") return data.predicted[i] === fm.scene.labels[i] ? 0 : 1
    return -1
  }

  const categories = () =>
    fm.state.colour === "flipped"
      ? ["Predicted correctly", "Predicted wrongly"]
      : fm.state.colour === "true" || fm.state.colour === "predicted"
        ? fm.scene.classes
        : []
  const categoryColour = (c) =>
    fm.state.colour === "flipped"
      ? [themed(fm.dark).natural, themed(fm.dark).adversarial][c]
      : classColour(c, fm.scene.classes.length, fm.dark)
  const numeric = () => fm.scene.numeric?.find((measure) => measure.id === fm.state.colour)

  /** Colours and drawing order of a layer; made again only when colour, filter, selection or theme change. */
  function paint(data, any) {
    const key = `${fm.state.colour}|${[...fm.hidden]}|${any}|${fm.dark}|${fm.stats.selection}`
    if (data.paint?.key === key) return data.paint
    const { count } = fm.scene,
      colours = new Uint32Array(count),
      faint = [],
      normal = [],
      strong = []
    const table = categories().map((_, c) => pack(rgb(categoryColour(c))))
    const measure = numeric(),
      values = measure && data.values[measure.id]
    const ramp = measure && Array.from({ length: 256 }, (_, v) => pack(rampColour(v / 255)))
    const grey = pack(fm.theme.faint)
    for (let i = 0; i < count; i++) {
      const off = !visible(i, data) || (any && !fm.selected[i])
      colours[i] = off
        ? grey
        : measure
          ? values
            ? ramp[values[i]]
            : pack(mix(fm.theme.background, fm.theme.text, 0.4))
          : table[category(i, data)]
      ;(off ? faint : any ? strong : normal).push(i)
    }
    // Wrong predictions are few and are what one looks for: on top.
    if (fm.state.colour === "flipped") normal.sort((a, b) => category(a, data) - category(b, data))
    data.paint = { key, colours, order: Uint32Array.from([...faint, ...normal, ...strong]), faint: faint.length }
    return data.paint
  }

  const visible = (i, data) => {
    const c = category(i, data)
    return c < 0 || !fm.hidden.has(c)
  }

  function radius() {
    const n = fm.scene.count * (fm.state.view === "together" ? 2 : 1),
      base = n <= 700 ? 3.3 : n <= 3000 ? 2.4 : n <= 12000 ? 1.7 : 1.2
    const [w, h] = fm.panels.length ? fm.size(fm.panels[0]) : [0, 0]
    const room = fm.main.clientWidth < 560 ? 0.85 : clamp(Math.min(w, h) / USUAL, 1, 2)
    return base * clamp(Math.sqrt(fm.view.zoom), 1, 2) * room
  }

  Object.assign(fm, { category, categories, categoryColour, numeric, paint, visible, radius })
}

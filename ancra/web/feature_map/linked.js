// Linked feature maps on canvases.
//
// A *scene* (ancra/scenes/scene.py describes its fields) holds N samples, one map a model, and for each map one or more
// frames (natural first, adversarial last). Everything here works on typed arrays; whoever makes the maps hears only of
// the selection, the colour and the view.
// The widget is one object, `fm`: what it holds is listed below, and each part adds the functions of one concern.
import { unpackBits } from "../shared/codec.js"
import { h } from "../shared/dom.js"
import { colours } from "./colours.js"
import { controls } from "./controls.js"
import { drawing } from "./drawing.js"
import { keyboard } from "./keyboard.js"
import { layout } from "./layout.js"
import { motion } from "./motion.js"
import { overlay } from "./overlay.js"
import { panels } from "./panels.js"
import { pointer } from "./pointer.js"
import { positions } from "./positions.js"
import { loadSprite, readScene } from "./scene.js"
import { FIT, viewing } from "./view.js"
import { words } from "./words.js"

const PARTS = [
  panels,
  layout,
  positions,
  colours,
  drawing,
  overlay,
  controls,
  motion,
  viewing,
  pointer,
  keyboard,
  words,
]
const KEYS =
  "Arrow keys move the map, plus and minus zoom, 0 fits. N and P go to the next and previous image, Enter selects it. L switches the lasso, Escape clears."

/**
 * Show linked maps in `root`.
 * @param {HTMLElement} root an empty element
 * @param {(name: string, value: unknown) => void} emit told of "selection" (base64 bits), "colour", "view" and "zoom"
 * @returns {{update: (data: object) => void, destroy: () => void, stats: object}}
 */
export function createFeatureMap(root, emit = () => {}) {
  const fm = {
    root,
    emit,
    scene: null,
    sprites: null,
    panels: [],
    projected: [],
    following: false,
    commandId: null,
    dark: false,
    theme: {},
    selected: new Uint8Array(0),
    hidden: new Set(),
    changed: new Set(),
    hover: null,
    cursor: -1,
    drag: null,
    view: { ...FIT },
    state: { colour: "true", view: "rows", t: 0, tool: "pan", names: true, lines: true, which: "both" },
    redraw: 0,
    playing: 0,
    gliding: 0,
    stats: { frameMs: 0, lassoMs: 0, decodeMs: 0, frames: 0 },
    reduced: matchMedia("(prefers-reduced-motion: reduce)"),
    contrast: matchMedia("(prefers-contrast: more)"),
  }
  for (const part of PARTS) part(fm)
  addElements(fm)
  fm.root.append(fm.main)
  fm.observer.observe(fm.main)
  const resized = () => {
    fm.arrange()
    fm.schedule()
  }
  addEventListener("resize", resized)
  /** Take a scene, and a command ({id, colour, view, zoom, selection}) the first time its id is seen. */
  function update(data) {
    fm.readTheme()
    fm.projected = data.projected ?? []
    const fresh = !fm.scene || fm.scene.id !== data.scene.id
    if (fresh) {
      const start = performance.now(),
        kept = fm.scene && fm.scene.key === data.scene.key && fm.scene.count === data.scene.count
      const before = fm.scene
      fm.scene = readScene(data.scene)
      fm.changed = kept ? fm.changes(before) : new Set()
      fm.glide(kept ? before : null)
      fm.sprites = {
        natural: loadSprite(fm.scene.sprite, fm.schedule),
        maps: fm.scene.maps.map((map) => loadSprite(map.sprite, fm.schedule)),
      }
      if (!kept) {
        fm.selected = new Uint8Array(fm.scene.count)
        fm.cursor = -1
        fm.view = { ...FIT }
        fm.hidden = new Set()
      }
      fm.hover = null
      fm.stats.decodeMs = performance.now() - start
    }
    const known = new Set(["true", "predicted", "flipped", ...(fm.scene.numeric ?? []).map(({ id }) => id)])
    const { command } = data
    if (!fresh && command && command.id !== fm.commandId) fm.changed = new Set()
    if (command && command.id !== fm.commandId) {
      fm.commandId = command.id
      if (command.colour && known.has(command.colour)) {
        if (command.colour !== fm.state.colour) fm.hidden = new Set()
        fm.state.colour = command.colour
      }
      if (command.view) {
        fm.state.view = command.view
        fm.state.t = 0
      }
      if (typeof command.zoom === "string") fm.lookAt(command.zoom)
      if (typeof command.selection === "string") {
        fm.selected = unpackBits(command.selection, fm.scene.count)
        fm.stats.selection = (fm.stats.selection ?? 0) + 1
      }
      if (!fm.views().some(([id]) => id === fm.state.view)) fm.state.view = "rows"
      fm.build()
    } else if (fresh) {
      if (!known.has(fm.state.colour)) fm.state.colour = "true"
      if (!fm.views().some(([id]) => id === fm.state.view)) fm.state.view = "rows"
      fm.build()
    } else fm.refresh()
  }

  function destroy() {
    fm.stop()
    cancelAnimationFrame(fm.gliding)
    cancelAnimationFrame(fm.redraw)
    fm.observer.disconnect()
    fm.main.remove()
  }

  /** For tests: where a sample's point is on the screen. */
  function locate(panelIndex, sample, layerIndex = 0) {
    if (fm.redraw || !fm.panels[panelIndex].now?.[layerIndex]) fm.draw() // what is to be drawn lies elsewhere
    const panel = fm.panels[panelIndex],
      box = panel.box.getBoundingClientRect(),
      map = fm.transform(panel, ...fm.size(panel)),
      { xy } = panel.now[layerIndex]
    return [
      box.left + panel.box.clientLeft + xy[2 * sample] * map.ax + map.bx,
      box.top + panel.box.clientTop + xy[2 * sample + 1] * map.ay + map.by,
    ]
  }

  /** Show the ways of one image, one a map, as `data.projected` has them; all other points keep their colours. */
  function follow(ways) {
    const first = ways.length !== fm.projected.length
    fm.projected = ways
    fm.following = ways.length > 0
    fm.refresh(first)
  }

  /** Select one sample and nothing else. */
  function pick(sample) {
    fm.toggle(sample, false)
  }

  const api = {
    update,
    follow,
    pick,
    scene: () => fm.scene,
    ways: () => fm.projected,
    destroy: () => {
      removeEventListener("resize", resized)
      destroy()
    },
    stats: fm.stats,
    locate,
    state: fm.state,
    selection: () => fm.selected,
    hover: () => fm.hover,
    view: () => ({ ...fm.view }),
    lookAt: fm.lookAt,
    drawNow: fm.draw,
  }
  fm.main.featureMap = api
  return api
}

/** The elements around the maps. */
function addElements(fm) {
  fm.colourSelect = h("select", {
    "aria-label": "Colour by",
    onchange: () => fm.setColour(fm.colourSelect.value, true),
  })
  fm.viewGroup = h("div", { class: "fm-views", role: "group", "aria-label": "Arrangement" })
  const tool = (label, title, onclick) => h("button", { type: "button", title, "aria-label": title, onclick }, label)
  fm.panButton = tool("✥", "Move the maps", () => fm.setTool("pan"))
  fm.lassoButton = tool("◌ Lasso", "Draw around points to select them", () => fm.setTool("lasso"))
  fm.namesButton = tool("Aa", "Class names on the maps", () => {
    fm.state.names = !fm.state.names
    fm.refresh()
  })
  fm.linesButton = tool("╱", "Lines from each image to its adversarial version", () => {
    fm.state.lines = !fm.state.lines
    fm.refresh()
  })
  fm.tools = h(
    "span",
    { class: "fm-tools", role: "toolbar", "aria-label": "Map tools" },
    fm.panButton,
    fm.lassoButton,
    fm.namesButton,
    fm.linesButton,
    tool("−", "Zoom out", () => fm.zoomBy(1 / 1.5)),
    tool("+", "Zoom in", () => fm.zoomBy(1.5)),
    tool("Fit", "Show the whole maps", fm.fit),
  )
  fm.bar = h(
    "div",
    { class: "fm-bar" },
    h("label", {}, h("span", { class: "fm-word" }, "Colour"), fm.colourSelect),
    fm.viewGroup,
    fm.tools,
  )
  fm.slider = h("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.001,
    value: 0,
    "aria-label": "Morph",
    oninput: () => {
      fm.stop()
      fm.state.t = +fm.slider.value
      fm.refresh(false)
    },
  })
  fm.playButton = tool("▶", "Play", () => (fm.playing ? fm.stop() : fm.play()))
  fm.morphText = h("output", {})
  fm.morph = h("div", { class: "fm-morph", hidden: true }, fm.playButton, fm.slider, fm.morphText)
  fm.legend = h("div", { class: "fm-legend", role: "group", "aria-label": "Legend; press a class to light it alone" })
  fm.grid = h("div", { class: "fm-grid" })
  fm.statusText = h("span", { "aria-live": "polite" })
  fm.clearButton = h(
    "button",
    { type: "button", onclick: () => fm.select(new Uint8Array(fm.scene.count)) },
    "Clear selection",
  )
  fm.tip = h("div", { class: "fm-tip" })
  fm.side = h("aside", { class: "fm-side", "aria-label": "The image under the pointer, or the selected ones" }, fm.tip)
  fm.instructions = h("p", { class: "fm-sr", id: `fm-keys-${Math.random().toString(36).slice(2)}` }, KEYS)
  fm.live = h("div", { class: "fm-sr", "aria-live": "polite" })
  fm.main = h(
    "div",
    { class: "fm" },
    fm.bar,
    fm.morph,
    fm.legend,
    h("div", { class: "fm-stage" }, fm.grid, fm.side),
    h("div", { class: "fm-status" }, fm.statusText, fm.clearButton),
    fm.instructions,
    fm.live,
  )
}

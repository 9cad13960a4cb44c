// Linked feature maps on canvases: the widget of the Feature maps page, and of the self-contained HTML export.
//
// A *scene* (ancra/scenes/scene.py describes its fields) holds N samples, one map a model, and for each map one or more
// frames (natural first, adversarial last). Everything here works on typed arrays; the server only hears of the selection,
// the colour and the view. Used twice: `export default` is what Streamlit calls, `createFeatureMap` what the HTML file calls.

const STYLE = `
.fm { --gap: 10px; --fm-bg: var(--st-background-color, #fff); --fm-text: var(--st-text-color, #1b1f24);
  --fm-line: var(--st-border-color, #d4d7dc); --fm-soft: var(--st-secondary-background-color, #f3f4f6);
  --fm-accent: var(--st-primary-color, #0b66c3);
  color: var(--fm-text); font: 14px/1.4 var(--st-font, system-ui, sans-serif); position: relative; container-type: inline-size; }
.fm * { box-sizing: border-box; }
.fm button, .fm select { font: inherit; color: inherit; background: var(--fm-bg); border: 1px solid var(--fm-line);
  border-radius: var(--st-button-radius, 6px); min-height: 34px; padding: 3px 10px; cursor: pointer; }
.fm select { max-width: 100%; padding-right: 6px; }
.fm button:hover, .fm select:hover { border-color: var(--fm-accent); }
.fm button[aria-pressed=true] { border-color: var(--fm-accent); box-shadow: inset 0 0 0 1px var(--fm-accent); font-weight: 600; }
.fm :focus-visible { outline: 2px solid var(--fm-accent); outline-offset: 2px; }
.fm-bar { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-bottom: 8px; }
.fm-bar label { display: inline-flex; gap: 6px; align-items: center; }
.fm-tools { display: inline-flex; gap: 4px; flex-wrap: wrap; margin-left: auto; }
.fm-tools button { min-width: 36px; padding: 3px 8px; }
.fm-morph { display: flex; gap: 10px; align-items: center; margin-bottom: 8px; }
.fm-morph[hidden], .fm-bar [hidden] { display: none; }
.fm-morph input { flex: 1; min-width: 0; min-height: 34px; accent-color: var(--fm-accent); }
.fm-morph output { min-width: 11em; font-weight: 600; }
.fm-legend { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; margin-bottom: 10px; }
.fm-legend button { min-height: 30px; padding: 1px 9px; display: inline-flex; gap: 6px; align-items: center; }
.fm-legend button[aria-pressed=false] { opacity: .45; text-decoration: line-through; }
.fm-legend button[aria-pressed=true] { border-color: var(--fm-line); box-shadow: none; font-weight: 400; }
.fm-dot { width: 12px; height: 12px; border-radius: 50%; flex: none; }
.fm-ramp { width: min(220px, 40cqw); height: 12px; border-radius: 3px; }
.fm-marks { display: inline-flex; gap: 12px; margin-left: auto; opacity: .85; flex-wrap: wrap; }
.fm-marks svg { vertical-align: -2px; margin-right: 4px; }
.fm-grid { display: grid; gap: 14px var(--gap); }
.fm-map { min-width: 0; }
.fm-map h4 { font: 600 15px/1.3 var(--st-heading-font, inherit); margin: 0 0 4px; overflow-wrap: anywhere; }
.fm-row-title { font-size: 12.5px; opacity: .8; margin: 4px 0 2px; }
.fm-panels { display: grid; gap: 2px 8px; }
.fm-panel { position: relative; border: 1px solid var(--fm-line); border-radius: var(--st-base-radius, 8px); overflow: hidden;
  touch-action: pan-y; }
.fm-panel:focus-visible { outline-offset: -2px; }
.fm.lasso .fm-panel { touch-action: none; cursor: crosshair; }
.fm-panel canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.fm-panel .fm-hint { position: absolute; inset: auto 0 0; padding: 4px 6px; font-size: 12px; text-align: center; pointer-events: none;
  background: color-mix(in srgb, var(--fm-bg) 82%, transparent); opacity: 0; transition: opacity .2s; }
.fm-panel .fm-hint.on { opacity: 1; }
.fm-measures { width: 100%; border-collapse: collapse; font-size: 12.5px; margin-top: 5px; font-variant-numeric: tabular-nums; }
.fm-measures th { font-weight: 400; text-align: left; padding: 1px 0; opacity: .85; }
.fm-measures th[title] { text-decoration: underline dotted; text-underline-offset: 3px; cursor: help; }
.fm-measures td { text-align: right; padding: 1px 0 1px 6px; font-weight: 600; white-space: nowrap; }
.fm-note { font-size: 12.5px; opacity: .85; margin: 3px 0 0; }
.fm-status { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; margin-top: 10px; min-height: 34px; font-size: 13.5px; }
.fm-tip { position: absolute; z-index: 5; pointer-events: none; width: max-content; max-width: min(290px, 92%); padding: 8px 10px;
  background: var(--fm-bg); border: 1px solid var(--fm-line); border-radius: 8px; box-shadow: 0 4px 18px rgb(0 0 0 / .22); font-size: 12.5px; }
.fm-tip[hidden] { display: none; }
.fm-tip .fm-thumbs { display: flex; gap: 6px; flex-wrap: wrap; margin: 4px 0; }
.fm-tip figure { margin: 0; text-align: center; font-size: 11px; line-height: 1.25; }
.fm-tip canvas { display: block; image-rendering: pixelated; border: 1px solid var(--fm-line); margin: 0 auto 1px; }
.fm-tip canvas.lost { border: 2px dashed #d55e00; }
.fm-sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@container (max-width: 560px) {
  .fm-tools { margin-left: 0; } .fm button, .fm select { min-height: 40px; } .fm-legend button { min-height: 36px; }
  .fm-bar label, .fm-bar label select { flex: 1 1 100%; } .fm-marks { margin-left: 0; } .fm-morph output { min-width: 7.5em; font-size: 12.5px; }
  .fm-bar .fm-word { flex: 0 0 4.2em; } .fm-bar label { flex-wrap: nowrap; } .fm-bar label select { flex: 1 1 0; }
}`;

// Petroff's ten colours, made for colour-vision deficiency (arXiv 2107.02270); the dark set is lightened to keep contrast.
const PALETTE = {
  light: ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#6cc5c9"],
  dark: ["#5aa9f0", "#ffb733", "#e8503a", "#a9b8b6", "#b477e0", "#c98e7d", "#ff8330", "#cfc38a", "#8b90a0", "#92dadd"],
};
const FLIP = { light: ["#8f99a5", "#d55e00"], dark: ["#77818d", "#ff8a3d"] };
const RAMP = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"]; // cividis
const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array };
const FIT = { x: 0.5, y: 0.5, zoom: 1 };
const KEYS = "Arrow keys move the map, plus and minus zoom, 0 fits. N and P go to the next and previous image, Enter selects it. "
  + "L switches the lasso, Escape clears.";

/** Build an element: h("div", {class: "x", onclick}, child, ...). */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) element[name] = value;
    else if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A typed array from {dtype, data: base64}. */
export function decode(packed) {
  if (!packed) return null;
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new TYPES[packed.dtype](bytes.buffer);
}

/** Base64 of one bit a sample, lowest bit first: 1.7 KB for 10,000 samples. */
export function packBits(flags) {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i]) bytes[i >> 3] |= 1 << (i & 7);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
}

function unpackBits(text, count) {
  const flags = new Uint8Array(count);
  const bytes = text ? decode({ dtype: "u8", data: text }) : [];
  for (let i = 0; i < count; i++) flags[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return flags;
}

/** [r, g, b] of any CSS colour. */
function rgb(colour) {
  const context = (rgb.context ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = "#888";
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

const pack = ([r, g, b]) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));

/** The colour of class i of `count`: the palette up to ten classes, then evenly turned hues in three lightnesses. */
function classColour(i, count, dark) {
  const palette = PALETTE[dark ? "dark" : "light"];
  if (count <= palette.length) return palette[i];
  return `hsl(${(i * 137.508) % 360} ${60 + (i % 2) * 20}% ${(dark ? 58 : 38) + (i % 3) * 8}%)`;
}

function rampColour(t) {
  const position = clamp(t, 0, 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(position), RAMP.length - 2);
  return mix(rgb(RAMP[low]), rgb(RAMP[low + 1]), position - low);
}

/** How much of each pixel a mark covers, at 4 x 4 sub-pixel places: lists of offsets with fill and halo weights (0 ... 256). */
function stamps(mark, radius, halo) {
  const size = Math.ceil(radius + halo) + 1;
  const arm = radius * 0.36;
  const distance = mark === "cross"
    ? (x, y) => {
      const u = Math.abs(x + y) * Math.SQRT1_2, v = Math.abs(x - y) * Math.SQRT1_2;
      const [long, short] = u > v ? [u, v] : [v, u];
      return Math.max(long - radius * 1.12, short - arm);
    }
    : (x, y) => Math.hypot(x, y) - radius;
  const coverage = (x, y, grow) => {
    let sum = 0;
    for (let a = 0; a < 4; a++) for (let b = 0; b < 4; b++) if (distance(x + (a + 0.5) / 4, y + (b + 0.5) / 4) <= grow) sum++;
    return sum * 16;
  };
  return Array.from({ length: 16 }, (_, phase) => {
    const px = ((phase & 3) + 0.5) / 4, py = ((phase >> 2) + 0.5) / 4;
    const dx = [], dy = [], fill = [], ring = [];
    for (let y = -size; y <= size; y++) for (let x = -size; x <= size; x++) {
      const f = coverage(x - px, y - py, 0), r = halo ? coverage(x - px, y - py, halo) : 0;
      if (f || r) { dx.push(x); dy.push(y); fill.push(f); ring.push(r > f ? r : 0); }
    }
    return { dx: Int8Array.from(dx), dy: Int8Array.from(dy), fill: Int16Array.from(fill), ring: Int16Array.from(ring), size };
  });
}

/** Software rasteriser: thousands of small marks into one pixel buffer, several times faster than canvas paths. */
class Raster {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.cache = new Map();
  }

  begin(width, height, background) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.context.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.background = pack(background);
    this.pixels.fill(this.background);
  }

  end() { this.context.putImageData(this.image, 0, 0); }

  /** Draw the points `order[0 ... count)` of `xy` (map coordinates) with their colours through `view` (a, bx, by: pixels = a * xy + b). */
  points(xy, order, count, colours, view, mark, radius, halo, haloColour) {
    const key = `${mark}/${radius.toFixed(2)}/${halo}`;
    if (!this.cache.has(key)) this.cache.set(key, stamps(mark, radius, halo));
    const shapes = this.cache.get(key);
    const { pixels } = this, { width, height } = this.canvas, margin = shapes[0].size;
    const { ax, ay, bx, by } = view;
    const hr = haloColour & 255, hg = (haloColour >> 8) & 255, hb = (haloColour >> 16) & 255;
    for (let k = 0; k < count; k++) {
      const i = order[k];
      const x = xy[2 * i] * ax + bx, y = xy[2 * i + 1] * ay + by;
      if (!(x > -margin && y > -margin && x < width + margin && y < height + margin)) continue;
      const ix = Math.floor(x), iy = Math.floor(y);
      const { dx, dy, fill, ring } = shapes[((x - ix) * 4) | ((((y - iy) * 4) | 0) << 2)];
      const inside = ix >= margin && iy >= margin && ix < width - margin && iy < height - margin;
      const colour = colours[i], cr = colour & 255, cg = (colour >> 8) & 255, cb = (colour >> 16) & 255;
      for (let s = 0; s < dx.length; s++) {
        const qx = ix + dx[s], qy = iy + dy[s];
        if (!inside && (qx < 0 || qy < 0 || qx >= width || qy >= height)) continue;
        const at = qy * width + qx, f = fill[s], old = pixels[at];
        if (f === 256) { pixels[at] = colour; continue; }
        let r = old & 255, g = (old >> 8) & 255, b = (old >> 16) & 255;
        const q = ring[s];
        if (q) { r += ((hr - r) * q) >> 8; g += ((hg - g) * q) >> 8; b += ((hb - b) * q) >> 8; }
        if (f) { r += ((cr - r) * f) >> 8; g += ((cg - g) * f) >> 8; b += ((cb - b) * f) >> 8; }
        pixels[at] = 0xff000000 | (b << 16) | (g << 8) | r;
      }
    }
  }
}

/** The arrays of a scene, decoded once. */
function readScene(raw) {
  const count = raw.count;
  const maps = raw.maps.map((map) => {
    const [x0, y0, x1, y1] = map.bounds;
    const frames = map.frames.map((frame) => {
      const packed = decode(frame.xy);
      let xy = packed;
      if (packed instanceof Uint16Array) {
        xy = new Float32Array(packed.length);
        for (let i = 0; i < packed.length; i += 2) {
          xy[i] = x0 + (x1 - x0) * packed[i] / 65535;
          xy[i + 1] = y0 + (y1 - y0) * packed[i + 1] / 65535;
        }
      }
      const values = Object.fromEntries(Object.entries(frame.values ?? {}).map(([name, packedValues]) => [name, decode(packedValues)]));
      return { title: frame.title, xy, predicted: decode(frame.predicted), values };
    });
    const neighbours = map.neighbours ? { k: map.neighbours.k, ids: decode(map.neighbours.ids) } : null;
    const fit = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { xy } of frames) for (let i = 0; i < xy.length; i += 2) {
      fit[0] = Math.min(fit[0], xy[i]); fit[1] = Math.min(fit[1], xy[i + 1]);
      fit[2] = Math.max(fit[2], xy[i]); fit[3] = Math.max(fit[3], xy[i + 1]);
    }
    return { ...map, frames, neighbours, fit };
  });
  return { ...raw, count, maps, labels: decode(raw.labels), indices: decode(raw.indices) };
}

function loadSprite(sprite, done) {
  if (!sprite) return null;
  const image = new Image();
  image.onload = done;
  image.src = sprite.src;
  return { ...sprite, image };
}

/** Samples whose point lies inside a polygon given in map coordinates. */
export function insidePolygon(xy, count, polygon) {
  const inside = new Uint8Array(count);
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (const [x, y] of polygon) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
  for (let i = 0; i < count; i++) {
    const x = xy[2 * i], y = xy[2 * i + 1];
    if (x < x0 || x > x1 || y < y0 || y > y1) continue;
    let odd = 0;
    for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
      const [xa, ya] = polygon[a], [xb, yb] = polygon[b];
      if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) odd ^= 1;
    }
    inside[i] = odd;
  }
  return inside;
}

/**
 * Show linked maps in `root`.
 * @param {HTMLElement} root an empty element
 * @param {(name: string, value: unknown) => void} emit told of "selection" (base64 bits), "colour" and "view"
 * @returns {{update: (data: object) => void, destroy: () => void, stats: object}}
 */
export function createFeatureMap(root, emit = () => {}) {
  let scene = null, panels = [], sprites = null, dark = false, theme = {}, commandId = null;
  let selected = new Uint8Array(0), hidden = new Set(), hover = null, cursor = -1, view = { ...FIT }, drag = null, redraw = 0, playing = 0, gliding = 0;
  let projected = [];
  const state = { colour: "true", view: "rows", t: 0, tool: "pan", names: true, lines: true, which: "both" };
  const stats = { frameMs: 0, lassoMs: 0, decodeMs: 0, frames: 0 };
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");
  const contrast = matchMedia("(prefers-contrast: more)");

  const colourSelect = h("select", { "aria-label": "Colour by", onchange: () => setColour(colourSelect.value, true) });
  const viewSelect = h("select", { "aria-label": "Arrangement", onchange: () => setView(viewSelect.value, true) });
  const tool = (label, title, onclick) => h("button", { type: "button", title, "aria-label": title, onclick }, label);
  const panButton = tool("✥", "Move the maps", () => setTool("pan"));
  const lassoButton = tool("◌ Lasso", "Draw around points to select them", () => setTool("lasso"));
  const namesButton = tool("Aa", "Class names on the maps", () => { state.names = !state.names; refresh(); });
  const linesButton = tool("╱", "Lines from each image to its adversarial version", () => { state.lines = !state.lines; refresh(); });
  const tools = h("span", { class: "fm-tools", role: "toolbar", "aria-label": "Map tools" }, panButton, lassoButton, namesButton, linesButton,
    tool("−", "Zoom out", () => zoomBy(1 / 1.5)), tool("+", "Zoom in", () => zoomBy(1.5)), tool("Fit", "Show the whole maps", fit));
  const bar = h("div", { class: "fm-bar" },
    h("label", {}, h("span", { class: "fm-word" }, "Colour"), colourSelect), h("label", {}, h("span", { class: "fm-word" }, "Show"), viewSelect), tools);
  const slider = h("input", { type: "range", min: 0, max: 1, step: 0.001, value: 0, "aria-label": "Morph",
    oninput: () => { stop(); state.t = +slider.value; refresh(false); } });
  const playButton = tool("▶", "Play", () => (playing ? stop() : play()));
  const morphText = h("output", {});
  const morph = h("div", { class: "fm-morph", hidden: true }, playButton, slider, morphText);
  const legend = h("div", { class: "fm-legend", role: "group", "aria-label": "Legend; press to hide or show" });
  const grid = h("div", { class: "fm-grid" });
  const statusText = h("span", { "aria-live": "polite" });
  const clearButton = h("button", { type: "button", onclick: () => select(new Uint8Array(scene.count)) }, "Clear selection");
  const tip = h("div", { class: "fm-tip", role: "tooltip", hidden: true });
  const instructions = h("p", { class: "fm-sr", id: `fm-keys-${Math.random().toString(36).slice(2)}` }, KEYS);
  const live = h("div", { class: "fm-sr", "aria-live": "polite" });
  const main = h("div", { class: "fm" }, h("style", {}, STYLE), bar, morph, legend, grid,
    h("div", { class: "fm-status" }, statusText, clearButton), tip, instructions, live);
  root.append(main);

  // ---------------------------------------------------------------- what is shown

  function readTheme() {
    const style = getComputedStyle(main);
    const background = rgb(style.getPropertyValue("--fm-bg").trim() || "#fff"), text = rgb(style.color);
    dark = background[0] + background[1] + background[2] < 384;
    theme = { background, text, line: rgb(style.getPropertyValue("--fm-line").trim() || "#ccc"),
      faint: mix(background, text, dark ? 0.16 : 0.13), accent: style.getPropertyValue("--fm-accent").trim() || "#0b66c3",
      font: style.fontFamily };
  }

  const adversarial = () => scene.maps.some((map) => map.frames.length > 1);

  /** Views a scene can be seen in: id, title. */
  function views() {
    const several = scene.maps.length > 1;
    if (!adversarial()) return [["rows", several ? "Side by side" : "The map"], ...(several ? [["models", "Morph model to model"]] : [])];
    return [["rows", `${scene.rows[0]} above, ${scene.rows[1]} below`], ["together", "Both in one map"],
      ["attack", `Morph ${scene.rows[0]} to ${scene.rows[1]}`], ...(several ? [["models", "Morph model to model"]] : [])];
  }

  /** The panels of the current view: each a list of layers {map, frame or frames to blend, mark}. */
  function panelPlan() {
    const last = (map) => map.frames.length - 1;
    const cross = scene.stages ? "disc" : "cross";
    const both = (map) => (map.frames.length > 1 ? [{ map, frame: 0, mark: "disc" }, { map, frame: last(map), mark: cross }]
      : [{ map, frame: 0, mark: "disc" }]);
    if (state.view === "models") return [{ title: "", map: null, panels: [{ title: "", layers: "models" }] }];
    return scene.maps.map((map) => ({
      title: map.title, map,
      panels: state.view === "together" ? [{ title: "", layers: both(map) }]
        : state.view === "attack" ? [{ title: "", layers: [{ map, morph: true, mark: "disc" }] }]
          : map.frames.length > 1 ? both(map).map((layer, row) => ({ title: scene.rows[row], layers: [layer] }))
            : [{ title: adversarial() ? scene.rows[0] : "", layers: both(map) }],
    }));
  }

  function build() {
    stop();
    for (const panel of panels) observer.unobserve(panel.box);
    panels = [];
    grid.replaceChildren();
    hideTip();
    for (const group of panelPlan()) {
      const boxes = h("div", { class: "fm-panels" });
      for (const plan of group.panels) {
        const points = h("canvas"), overlay = h("canvas"), hint = h("div", { class: "fm-hint", "aria-hidden": "true" });
        const name = [group.title, plan.title].filter(Boolean).join(", ") || "Feature map";
        const box = h("div", { class: "fm-panel", tabindex: 0, role: "application", "aria-roledescription": "feature map",
          "aria-label": `${name}: ${scene.count} images`, "aria-describedby": instructions.id }, points, overlay, hint);
        const panel = { ...plan, box, hint, overlay, raster: new Raster(points), pen: overlay.getContext("2d"), group, layers: plan.layers };
        listen(panel);
        panels.push(panel);
        boxes.append(h("div", {}, plan.title ? h("div", { class: "fm-row-title" }, plan.title) : null, box));
        observer.observe(box);
      }
      const measures = group.map?.measures?.length ? h("table", { class: "fm-measures" }, h("tbody", {},
        ...group.map.measures.map(({ name, value, help }) => h("tr", {}, h("th", { scope: "row", title: help }, name), h("td", {}, value))))) : null;
      grid.append(h("section", { class: "fm-map", "aria-label": group.title || "Feature map" },
        group.title ? h("h4", {}, group.title) : null, boxes, measures, group.map?.note ? h("p", { class: "fm-note" }, group.map.note) : null));
    }
    morph.hidden = !["attack", "models"].includes(state.view);
    linesButton.hidden = !(adversarial() && state.view !== "rows");
    slider.max = state.view === "models" ? scene.maps.length - 1 : 1;
    state.t = Math.min(state.t, +slider.max);
    slider.value = state.t;
    arrange();
    refresh();
  }

  /** Columns and panel heights for the width at hand: a row of maps on a screen, two a row on a phone. */
  function arrange() {
    const width = main.clientWidth;
    if (!width || !scene) return;
    const count = grid.children.length, gap = 10;
    let columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (155 + gap))));
    if (count > columns) columns = Math.ceil(count / Math.ceil(count / columns));
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${count === 1 ? 1100 : 620}px))`;
    const column = Math.min((width - gap * (columns - 1)) / columns, count === 1 ? 1100 : 620);
    const aside = count === 1 && panels.length > 1 && column > 520;
    for (const section of grid.children) section.querySelector(".fm-panels").style.gridTemplateColumns = aside ? "1fr 1fr" : "1fr";
    const side = aside ? (column - 8) / 2 : column;
    for (const panel of panels) panel.box.style.height = `${Math.round(Math.min(side * 0.92, count === 1 ? 560 : 460))}px`;
  }

  const observer = new ResizeObserver((entries) => {
    if (entries.some((entry) => entry.target === main)) arrange();
    schedule();
  });
  observer.observe(main);

  // ---------------------------------------------------------------- positions

  /** The layers of a panel with their positions and predictions at the morph's current place. */
  function layersOf(panel) {
    if (panel.layers === "models") {
      const place = state.t, a = Math.min(Math.floor(place), scene.maps.length - 1), b = Math.min(a + 1, scene.maps.length - 1), t = place - a;
      const shown = state.which === "natural" || !adversarial() ? [0] : state.which === "adversarial" ? [1] : [0, 1];
      return shown.map((row) => {
        const at = (map) => map.frames[row ? map.frames.length - 1 : 0];
        return blend(panel, row, at(scene.maps[a]), at(scene.maps[b]), t, scene.maps[t < 0.5 ? a : b], row && !scene.stages ? "cross" : "disc", row);
      });
    }
    return panel.layers.map((layer, k) => {
      const { map } = layer;
      if (!layer.morph) return { ...layer, xy: map.frames[layer.frame].xy, data: map.frames[layer.frame], row: layer.frame ? 1 : 0 };
      const place = state.t * (map.frames.length - 1), a = Math.min(Math.floor(place), map.frames.length - 1);
      const b = Math.min(a + 1, map.frames.length - 1);
      return blend(panel, k, map.frames[a], map.frames[b], place - a, map, state.t > 0.5 && !scene.stages ? "cross" : "disc", state.t > 0.5 ? 1 : 0);
    });
  }

  function blend(panel, slot, a, b, t, map, mark, row) {
    panel.buffers ??= [];
    const buffer = (panel.buffers[slot] ??= new Float32Array(scene.count * 2));
    if (t === 0) return { map, mark, row, xy: a.xy, data: a };
    const from = a.xy, to = b.xy;
    for (let i = 0; i < buffer.length; i++) buffer[i] = from[i] + (to[i] - from[i]) * t;
    return { map, mark, row, xy: buffer, data: t < 0.5 ? a : b, between: [a, b, t] };
  }

  /** pixels = a * map + b, for a canvas of w x h device pixels. */
  function transform(panel, w, h) {
    const [x0, y0, x1, y1] = panel.group.map?.fit ?? scene.bounds;
    const unit = 0.9 * Math.min(w / (x1 - x0 || 1), h / (y1 - y0 || 1)) * view.zoom, span = Math.max(x1 - x0, y1 - y0) || 1;
    const cx = (x0 + x1) / 2 + (view.x - 0.5) * span, cy = (y0 + y1) / 2 + (view.y - 0.5) * span;
    return { ax: unit, ay: -unit, bx: w / 2 - cx * unit, by: h / 2 + cy * unit, span };
  }

  const size = (panel) => [panel.box.clientWidth, panel.box.clientHeight];

  // ---------------------------------------------------------------- colour, filter, order

  function category(i, data) {
    if (state.colour === "true") return scene.labels[i];
    if (state.colour === "predicted") return data.predicted[i];
    if (state.colour === "flipped") return data.predicted[i] === scene.labels[i] ? 0 : 1;
    return -1;
  }

  const categories = () => (state.colour === "flipped" ? ["Predicted correctly", "Predicted wrongly"]
    : state.colour === "true" || state.colour === "predicted" ? scene.classes : []);
  const categoryColour = (c) => (state.colour === "flipped" ? FLIP[dark ? "dark" : "light"][c] : classColour(c, scene.classes.length, dark));
  const numeric = () => scene.numeric?.find((measure) => measure.id === state.colour);

  /** Colours and drawing order of a layer; made again only when colour, filter, selection or theme change. */
  function paint(data, any) {
    const key = `${state.colour}|${[...hidden]}|${any}|${dark}|${stats.selection}`;
    if (data.paint?.key === key) return data.paint;
    const { count } = scene, colours = new Uint32Array(count), faint = [], normal = [], strong = [];
    const table = categories().map((_, c) => pack(rgb(categoryColour(c))));
    const measure = numeric(), values = measure && data.values[measure.id];
    const ramp = measure && Array.from({ length: 256 }, (_, v) => pack(rampColour(v / 255)));
    const grey = pack(theme.faint);
    for (let i = 0; i < count; i++) {
      const c = category(i, data);
      if (c >= 0 && hidden.has(c)) continue;
      const off = any && !selected[i];
      colours[i] = off ? grey : measure ? (values ? ramp[values[i]] : pack(mix(theme.background, theme.text, 0.4))) : table[c];
      (off ? faint : any ? strong : normal).push(i);
    }
    // Wrong predictions are few and are what one looks for: on top.
    if (state.colour === "flipped") normal.sort((a, b) => category(a, data) - category(b, data));
    data.paint = { key, colours, order: Uint32Array.from([...faint, ...normal, ...strong]), faint: faint.length };
    return data.paint;
  }

  const visible = (i, data) => { const c = category(i, data); return c < 0 || !hidden.has(c); };

  function radius() {
    const n = scene.count * (state.view === "together" ? 2 : 1), base = n <= 700 ? 3.3 : n <= 3000 ? 2.4 : n <= 12000 ? 1.7 : 1.2;
    return base * clamp(Math.sqrt(view.zoom), 1, 2) * (main.clientWidth < 560 ? 0.85 : 1);
  }

  // ---------------------------------------------------------------- drawing

  function refresh(controls = true) {
    if (!scene) return;
    if (controls) drawControls();
    drawMorphText();
    schedule();
  }

  function schedule() { if (!redraw) redraw = requestAnimationFrame(draw); }

  function draw() {
    redraw = 0;
    if (!scene) return;
    const start = performance.now(), ratio = Math.min(devicePixelRatio || 1, 3), any = selected.includes(1);
    for (const panel of panels) {
      const [w, h] = size(panel);
      if (w < 2 || h < 2) continue;
      const width = Math.round(w * ratio), height = Math.round(h * ratio), map = transform(panel, width, height);
      panel.now = layersOf(panel);
      panel.raster.begin(width, height, theme.background);
      const halo = scene.count <= 3000 ? 0.75 * ratio : 0, ring = pack(contrast.matches ? theme.text : theme.background);
      for (const layer of panel.now) {
        const { colours, order, faint } = paint(layer.data, any);
        const r = radius() * ratio;
        if (faint) panel.raster.points(layer.xy, order, faint, colours, map, layer.mark, r * 0.85, 0, ring);
        panel.raster.points(layer.xy, faint ? order.subarray(faint) : order, order.length - faint, colours, map, layer.mark, r, halo, ring);
      }
      panel.raster.end();
      drawOverlay(panel, w, h, ratio);
    }
    stats.frameMs = performance.now() - start;
    stats.frames += 1;
    main.dataset.ready = "1";
  }

  function drawOverlay(panel, w, h, ratio) {
    const { overlay, pen } = panel;
    const width = Math.round(w * ratio), height = Math.round(h * ratio);
    if (overlay.width !== width || overlay.height !== height) { overlay.width = width; overlay.height = height; }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    const map = transform(panel, w, h), layers = panel.now;
    const at = (xy, i) => [xy[2 * i] * map.ax + map.bx, xy[2 * i + 1] * map.ay + map.by];
    if (state.lines && layers.length === 2 && scene.count <= 5000) drawPairs(pen, layers, at);
    if (state.names) drawNames(pen, layers, map, w, h);
    const way = wayOn(panel);
    if (way) drawWay(pen, way, map);
    const focus = hover ?? (cursor >= 0 ? { sample: cursor, row: 0 } : null);
    if (focus) drawFocus(pen, panel, layers, at, focus);
    if (drag?.lasso?.length > 1 && drag.panel === panel) {
      pen.beginPath();
      for (const [x, y] of drag.lasso) pen.lineTo(x, y);
      pen.closePath();
      pen.fillStyle = theme.accent; pen.globalAlpha = 0.12; pen.fill(); pen.globalAlpha = 1;
      pen.strokeStyle = theme.accent; pen.lineWidth = 1.5; pen.setLineDash([5, 3]); pen.stroke(); pen.setLineDash([]);
    }
  }

  function drawPairs(pen, [natural, attacked], at) {
    const any = selected.includes(1);
    pen.strokeStyle = `rgb(${theme.text})`;
    pen.lineWidth = 0.7;
    pen.globalAlpha = any ? 0.5 : clamp(60 / scene.count, 0.05, 0.22);
    pen.beginPath();
    for (let i = 0; i < scene.count; i++) {
      if (any ? !selected[i] : !visible(i, natural.data)) continue;
      pen.moveTo(...at(natural.xy, i));
      pen.lineTo(...at(attacked.xy, i));
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  /** The middle (per-axis median) of every class in a frame, once. */
  function middles(data) {
    const key = state.colour === "predicted" ? "predicted" : "true";
    data.middles ??= {};
    return (data.middles[key] ??= scene.classes.map((_, c) => {
      const groups = key === "predicted" ? data.predicted : scene.labels, xs = [], ys = [];
      for (let i = 0; i < scene.count; i++) if (groups[i] === c) { xs.push(data.xy[2 * i]); ys.push(data.xy[2 * i + 1]); }
      const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
      return xs.length >= Math.max(3, scene.count / scene.classes.length / 12) ? [median(xs), median(ys)] : null;
    }));
  }

  function middlesBetween(a, b, t) {
    const from = middles(a), to = middles(b);
    return from.map((start, c) => start && to[c] && [0, 1].map((axis) => start[axis] + (to[c][axis] - start[axis]) * t));
  }

  function drawNames(pen, layers, map, w, h) {
    if (scene.classes.length > 20 || !["true", "predicted"].includes(state.colour)) return;
    const { data, between } = layers[0], places = between ? middlesBetween(...between) : middles(data);
    pen.font = `700 ${w < 220 ? 12 : 14}px ${theme.font}`;
    pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineJoin = "round";
    places.forEach((middle, c) => {
      if (!middle || hidden.has(c)) return;
      const x = clamp(middle[0] * map.ax + map.bx, 8, w - 8), y = clamp(middle[1] * map.ay + map.by - 13, 9, h - 9);
      const text = scene.classes[c].length > 12 ? `${scene.classes[c].slice(0, 11)}…` : scene.classes[c];
      pen.lineWidth = 4; pen.strokeStyle = `rgb(${theme.background})`; pen.strokeText(text, x, y);
      pen.fillStyle = `rgb(${theme.text})`; pen.fillText(text, x, y);
    });
  }

  /** The way of one image over a panel's map, placed there without having been laid out. */
  const wayOn = (panel) => (panel.group.map ? projected[scene.maps.indexOf(panel.group.map)] : null);

  function drawWay(pen, { xy, predicted }, map) {
    const places = xy.map(([x, y]) => [x * map.ax + map.bx, y * map.ay + map.by]), last = places.length - 1;
    for (const [width, colour] of [[5, theme.background], [2, theme.text]]) {
      pen.lineWidth = width; pen.strokeStyle = `rgb(${colour})`; pen.setLineDash(width === 2 ? [5, 3] : []);
      pen.beginPath(); for (const place of places) pen.lineTo(...place); pen.stroke();
    }
    pen.setLineDash([]);
    places.forEach(([x, y], step) => {
      const r = step === 0 || step === last ? 7.5 : 4.5;
      pen.beginPath(); pen.moveTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.lineTo(x - r, y); pen.closePath();
      pen.lineWidth = 4; pen.strokeStyle = `rgb(${theme.background})`; pen.stroke();
      pen.fillStyle = classColour(predicted[step], scene.classes.length, dark); pen.fill();
      pen.lineWidth = 1.8; pen.strokeStyle = `rgb(${theme.text})`; pen.stroke();
    });
  }

  /** What to say of the place of a way under the pointer, or nothing. */
  function wayWords(panel, x, y) {
    const way = wayOn(panel);
    if (!way) return null;
    const map = transform(panel, ...size(panel));
    let best = 10, words = null;
    way.xy.forEach(([a, b], step) => {
      const far = Math.hypot(a * map.ax + map.bx - x, b * map.ay + map.by - y);
      if (far <= best) { best = far; words = way.words[step]; }
    });
    return words && [way.title, words];
  }

  /** The point under the pointer in every map: a ring, its way under attack, its true neighbours. */
  function drawFocus(pen, panel, layers, at, focus) {
    const i = focus.sample, layer = layers.find((one) => one.row === focus.row) ?? layers[0], { map } = layer;
    const natural = map.frames[0], attacked = map.frames.length > 1 && map.frames[map.frames.length - 1];
    const here = at(layer.xy, i), morphing = layer.xy !== layer.data.xy;
    if (!morphing && map.neighbours) {
      const { k, ids } = map.neighbours, node = (layer.row && attacked ? scene.count : 0) + i;
      pen.strokeStyle = `rgb(${theme.text})`; pen.lineWidth = 1;
      for (let n = 0; n < k; n++) {
        const id = ids[node * k + n];
        if (id === undefined || id < 0 || id >= 2 * scene.count) continue;
        const other = at((id >= scene.count && attacked ? attacked : natural).xy, id % scene.count);
        pen.globalAlpha = 0.55;
        pen.beginPath(); pen.moveTo(...here); pen.lineTo(...other); pen.stroke();
        pen.globalAlpha = 0.9;
        pen.beginPath(); pen.arc(...other, 3.5, 0, 7); pen.stroke();
      }
      pen.globalAlpha = 1;
    }
    if (attacked && !morphing) {
      const [x0, y0] = at(natural.xy, i), [x1, y1] = at(attacked.xy, i), angle = Math.atan2(y1 - y0, x1 - x0);
      if (Math.hypot(x1 - x0, y1 - y0) > 9) {
        pen.strokeStyle = pen.fillStyle = dark ? "#ff8a3d" : "#d55e00"; pen.lineWidth = 2;
        pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1, y1); pen.stroke();
        pen.beginPath(); pen.moveTo(x1, y1);
        for (const turn of [2.7, -2.7]) pen.lineTo(x1 + 9 * Math.cos(angle + turn), y1 + 9 * Math.sin(angle + turn));
        pen.fill();
      }
    }
    pen.lineWidth = 4; pen.strokeStyle = `rgb(${theme.background})`;
    pen.beginPath(); pen.arc(...here, 8, 0, 7); pen.stroke();
    pen.lineWidth = 2; pen.strokeStyle = `rgb(${theme.text})`;
    pen.beginPath(); pen.arc(...here, 8, 0, 7); pen.stroke();
  }

  // ---------------------------------------------------------------- controls

  function options(element, list, value) {
    const key = JSON.stringify(list);
    if (element.dataset.key !== key) {
      element.replaceChildren(...list.map(([id, title]) => h("option", { value: id }, title)));
      element.dataset.key = key;
    }
    element.value = value;
  }

  function drawControls() {
    options(colourSelect, [["true", "True label"], ["predicted", "Predicted label"], ["flipped", "Right or wrong prediction"],
      ...(scene.numeric ?? []).map(({ id, title }) => [id, title])], state.colour);
    options(viewSelect, views(), state.view);
    for (const [button, on] of [[panButton, state.tool === "pan"], [lassoButton, state.tool === "lasso"], [namesButton, state.names], [linesButton, state.lines]])
      button.setAttribute("aria-pressed", on);
    main.classList.toggle("lasso", state.tool === "lasso");
    const measure = numeric();
    const mark = (shape) => { const span = h("span"); span.innerHTML = `<svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">${shape}</svg>`; return span.firstChild; };
    const marks = adversarial() && !scene.stages ? h("span", { class: "fm-marks" },
      h("span", {}, mark('<circle r="4.5" fill="currentColor"/>'), scene.rows[0]),
      h("span", {}, mark('<path d="M-4-4L4 4M4-4L-4 4" stroke="currentColor" stroke-width="2.6"/>'), scene.rows[1]),
      projected.length ? h("span", {}, mark('<path d="M0-5L5 0L0 5L-5 0Z" fill="none" stroke="currentColor" stroke-width="1.6"/>'), "Projected") : null) : null;
    const focused = [...legend.children].indexOf(root.getRootNode().activeElement);
    legend.replaceChildren(...(measure
      ? [h("span", {}, measure.lowText ?? String(measure.low)), h("span", { class: "fm-ramp", style: `background:linear-gradient(90deg,${RAMP})` }),
        h("span", {}, measure.highText ?? String(measure.high))]
      : categories().map((name, c) => h("button", { type: "button", "aria-pressed": !hidden.has(c), title: `${name}: press to hide or show, double-press for this one alone`,
        onclick: (event) => filter(c, event.detail > 1 || event.shiftKey) },
      h("span", { class: "fm-dot", style: `background:${categoryColour(c)}` }), name))),
    ...(hidden.size ? [h("button", { type: "button", onclick: () => { hidden = new Set(); refresh(); } }, "Show all")] : []), ...(marks ? [marks] : []));
    if (focused >= 0) legend.children[focused]?.focus();
    const chosen = selected.reduce((sum, flag) => sum + flag, 0);
    statusText.textContent = chosen ? `${chosen} of ${scene.count} images selected.`
      : state.tool === "lasso" ? "Draw around points in any map to select them in all." : "Point at an image to see it; press it to select; choose the lasso for several.";
    clearButton.hidden = !chosen;
  }

  function drawMorphText() {
    if (morph.hidden) return;
    const maps = scene.maps, t = state.t;
    if (state.view === "models") {
      const a = Math.min(Math.floor(t), maps.length - 1), b = Math.min(a + 1, maps.length - 1), part = t - a;
      morphText.textContent = part < 0.005 || a === b ? maps[a].title : `${maps[a].title} → ${maps[b].title} ${Math.round(part * 100)} %`;
    } else {
      const { frames } = maps.find((map) => map.frames.length > 1), place = t * (frames.length - 1), near = Math.round(place);
      const low = Math.min(Math.floor(place), frames.length - 2);
      morphText.textContent = Math.abs(place - near) < 0.01 ? frames[near].title
        : frames.length > 2 ? `${frames[low].title} → ${frames[low + 1].title}` : `${Math.round(t * 100)} % of the way`;
    }
    playButton.textContent = playing ? "❚❚" : "▶";
    slider.setAttribute("aria-valuetext", morphText.textContent);
  }

  function filter(c, alone) {
    if (alone) hidden = new Set(categories().map((_, other) => other).filter((other) => other !== c));
    else if (!hidden.delete(c)) hidden.add(c);
    refresh();
  }

  function setColour(colour, tell) {
    if (state.colour !== colour) hidden = new Set();
    state.colour = colour;
    refresh();
    if (tell) emit("colour", colour);
  }

  function setView(name, tell) {
    state.view = views().some(([id]) => id === name) ? name : "rows";
    state.t = 0;
    hover = null;
    build();
    if (tell) emit("view", state.view);
  }

  function setTool(name) { state.tool = name; refresh(); }

  function select(flags, tell = true) {
    selected = flags;
    stats.selection = (stats.selection ?? 0) + 1;
    refresh();
    if (tell) emit("selection", selected.includes(1) ? packBits(selected) : "");
  }

  function play() {
    const end = +slider.max;
    if (reduced.matches) { state.t = state.t >= end ? 0 : end; slider.value = state.t; refresh(false); return; }
    const steps = state.view === "attack" ? Math.max(...scene.maps.map((map) => map.frames.length)) - 1 : 1;
    const duration = 2200 * clamp(steps / 4, 1, 6);
    let before = performance.now();
    if (state.t >= end - 1e-3) state.t = 0;
    const tick = (now) => {
      // The first frame's time may lie before the press that asked for it.
      state.t = clamp(state.t + (now - before) / duration, 0, end);
      before = now;
      slider.value = state.t;
      playing = state.t < end ? requestAnimationFrame(tick) : 0;
      drawMorphText();
      draw();
    };
    playing = requestAnimationFrame(tick);
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    playButton.textContent = "▶";
  }

  /** Let every point move from its place in the scene before to its new one, so that the eye can follow it. */
  function glide(before) {
    cancelAnimationFrame(gliding);
    const alike = before && before.maps.length === scene.maps.length && before.maps.every((map, m) => map.title === scene.maps[m].title);
    if (!alike || reduced.matches || scene.count > 20_000) return;
    const side = ([x0, y0, x1, y1]) => Math.max(x1 - x0, y1 - y0) || 1, ways = [];
    scene.maps.forEach((map, m) => map.frames.forEach((frame, f) => {
      const old = before.maps[m].frames[f], was = before.maps[m].fit, is = map.fit, to = frame.xy;
      if (!old) return;
      const scale = side(is) / side(was), from = new Float32Array(to.length);
      for (let i = 0; i < to.length; i++)
        from[i] = (is[i & 1] + is[(i & 1) + 2]) / 2 + (old.xy[i] - (was[i & 1] + was[(i & 1) + 2]) / 2) * scale;
      frame.xy = from.slice();
      ways.push({ frame, from, to });
    }));
    const began = performance.now();
    const tick = (now) => {
      const share = clamp((now - began) / 700, 0, 1), t = share * share * (3 - 2 * share);
      for (const { frame, from, to } of ways) {
        if (share === 1) frame.xy = to;
        else for (let i = 0; i < to.length; i++) frame.xy[i] = from[i] + (to[i] - from[i]) * t;
        frame.middles = null;
      }
      draw();
      if (share < 1) gliding = requestAnimationFrame(tick);
    };
    gliding = requestAnimationFrame(tick);
  }

  // ---------------------------------------------------------------- view

  function fit() { view = { ...FIT }; schedule(); }

  /** Zoom by a factor about a place of a panel (CSS pixels), or about its middle. */
  function zoomBy(factor, panel = panels[0], place = null) {
    const [w, h] = size(panel), old = transform(panel, w, h), zoom = clamp(view.zoom * factor, 0.5, 60), ratio = zoom / view.zoom;
    const [px, py] = place ?? [w / 2, h / 2];
    view.x += ((px - w / 2) / old.ax / old.span) * (1 - 1 / ratio);
    view.y += ((py - h / 2) / old.ay / old.span) * (1 - 1 / ratio);
    view.zoom = zoom;
    schedule();
  }

  function panBy(dx, dy, panel = panels[0]) {
    const map = transform(panel, ...size(panel));
    view.x = clamp(view.x - dx / map.ax / map.span, -1, 2);
    view.y = clamp(view.y - dy / map.ay / map.span, -1, 2);
    schedule();
  }

  // ---------------------------------------------------------------- pointer and keyboard

  /** The nearest shown point within `reach` CSS pixels: {sample, row}. A plain scan: 0.2 ms for 100,000 points. */
  function hit(panel, x, y, reach) {
    const map = transform(panel, ...size(panel));
    const mx = (x - map.bx) / map.ax, my = (y - map.by) / map.ay;
    let best = (reach / map.ax) ** 2, found = null;
    for (const layer of panel.now ?? []) {
      const { xy } = layer;
      for (let i = 0; i < scene.count; i++) {
        const dx = xy[2 * i] - mx, dy = xy[2 * i + 1] - my, distance = dx * dx + dy * dy;
        if (distance < best && visible(i, layer.data)) { best = distance; found = { sample: i, row: layer.row, map: layer.map }; }
      }
    }
    return found;
  }

  const local = (panel, event) => {
    const box = panel.box.getBoundingClientRect();
    return [event.clientX - box.left - panel.box.clientLeft, event.clientY - box.top - panel.box.clientTop];
  };

  function listen(panel) {
    const { box } = panel, touches = new Map();
    box.onpointerdown = (event) => {
      if (event.button > 0) return;
      const place = local(panel, event);
      touches.set(event.pointerId, place);
      if (touches.size === 2) { drag = { panel, pinch: true }; hideTip(); return; }
      const lasso = state.tool === "lasso" || event.shiftKey;
      if (event.pointerType !== "touch" || lasso) box.setPointerCapture(event.pointerId);
      drag = { panel, start: place, last: place, moved: false, lasso: lasso ? [place] : null, touch: event.pointerType === "touch" };
    };
    box.onpointermove = (event) => {
      const place = local(panel, event);
      if (touches.has(event.pointerId) && touches.size === 2) return pinch(event.pointerId, place);
      if (drag && !drag.pinch && drag.panel === panel && touches.has(event.pointerId)) return move(place);
      if (event.pointerType !== "mouse" && event.pointerType !== "pen") return;
      const words = wayWords(panel, ...place);
      if (!words) return point(hit(panel, ...place, 12), place);
      if (hover) { hover = null; schedule(); }
      tip.replaceChildren(h("div", {}, h("b", {}, words[0]), " (projected)"), h("div", {}, words[1]));
      tip.hidden = false;
      placeTip(panel, place);
    };
    const pinch = (id, place) => {
      const [other] = [...touches].filter(([key]) => key !== id).map(([, value]) => value), before = touches.get(id);
      const gap = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      zoomBy(gap(place) / gap(before), panel, [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2]);
      panBy((place[0] - before[0]) / 2, (place[1] - before[1]) / 2, panel);
      touches.set(id, place);
    };
    const move = (place) => {
      const far = Math.hypot(place[0] - drag.start[0], place[1] - drag.start[1]);
      drag.moved ||= far > 4;
      if (!drag.moved) return;
      hideTip();
      if (drag.lasso) {
        const last = drag.lasso[drag.lasso.length - 1];
        if (Math.hypot(place[0] - last[0], place[1] - last[1]) > 2) drag.lasso.push(place);
        schedule();
      } else if (!drag.touch) panBy(place[0] - drag.last[0], place[1] - drag.last[1], panel);
      drag.last = place;
    };
    const point = (found, place) => {
      const same = found?.sample === hover?.sample && found?.row === hover?.row && found?.map === hover?.map;
      if (same && (found || tip.hidden)) return;
      hover = found;
      if (found) showTip(panel, found, place); else hideTip();
      schedule();
    };
    box.onpointerup = (event) => {
      const was = drag;
      touches.delete(event.pointerId);
      if (!was || was.pinch) { if (!touches.size) drag = null; return; }
      drag = null;
      const place = local(panel, event);
      if (was.lasso && was.lasso.length > 2) return finishLasso(panel, was.lasso, event);
      if (was.moved) return;
      const found = hit(panel, ...place, was.touch ? 22 : 12);
      if (was.touch) point(found, place);
      if (!found) { if (selected.includes(1)) select(new Uint8Array(scene.count)); return; }
      toggle(found.sample, event.shiftKey || event.ctrlKey || event.metaKey);
    };
    box.onpointercancel = (event) => { touches.delete(event.pointerId); drag = null; schedule(); };
    box.onpointerleave = (event) => { if (event.pointerType !== "touch" && !drag) point(null); };
    box.ontouchmove = (event) => { if (event.touches.length > 1) event.preventDefault(); };
    box.onwheel = (event) => {
      // The page must stay scrollable: the wheel zooms once the map was pressed, or with Ctrl (a trackpad's pinch sends that too).
      if (!event.ctrlKey && !event.metaKey && root.getRootNode().activeElement !== box) {
        panel.hint.textContent = "Press the map, or hold Ctrl, to zoom with the wheel";
        panel.hint.classList.add("on");
        clearTimeout(panel.hintTimer);
        panel.hintTimer = setTimeout(() => panel.hint.classList.remove("on"), 1400);
        return;
      }
      event.preventDefault();
      zoomBy(Math.exp(-clamp(event.deltaY, -120, 120) / (event.ctrlKey && Math.abs(event.deltaY) < 40 ? 60 : 300)), panel, local(panel, event));
    };
    box.ondblclick = (event) => { if (!hit(panel, ...local(panel, event), 12)) fit(); };
    box.onkeydown = (event) => keyboard(panel, event);
    box.onblur = () => { if (cursor >= 0) { cursor = -1; hideTip(); schedule(); } };
  }

  function toggle(sample, add) {
    const flags = add ? selected.slice() : new Uint8Array(scene.count);
    flags[sample] = add ? 1 - flags[sample] : 1;
    select(flags);
  }

  function finishLasso(panel, outline, event) {
    const start = performance.now(), map = transform(panel, ...size(panel));
    const polygon = outline.map(([x, y]) => [(x - map.bx) / map.ax, (y - map.by) / map.ay]);
    const add = event.shiftKey && state.tool === "lasso", flags = add ? selected.slice() : new Uint8Array(scene.count);
    for (const layer of panel.now) {
      const inside = insidePolygon(layer.xy, scene.count, polygon);
      for (let i = 0; i < scene.count; i++) if (inside[i] && visible(i, layer.data)) flags[i] = event.altKey ? 0 : 1;
    }
    stats.lassoMs = performance.now() - start;
    select(flags);
  }

  function keyboard(panel, event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = 40, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const actions = { ArrowLeft: () => panBy(step, 0, panel), ArrowRight: () => panBy(-step, 0, panel), ArrowUp: () => panBy(0, step, panel),
      ArrowDown: () => panBy(0, -step, panel), "+": () => zoomBy(1.4, panel), "=": () => zoomBy(1.4, panel), "-": () => zoomBy(1 / 1.4, panel),
      0: fit, l: () => setTool(state.tool === "lasso" ? "pan" : "lasso"), n: () => walk(panel, 1), p: () => walk(panel, -1),
      Enter: () => cursor >= 0 && toggle(cursor, event.shiftKey), " ": () => cursor >= 0 && toggle(cursor, event.shiftKey),
      Escape: () => { cursor = -1; hover = null; drag = null; hideTip(); if (selected.includes(1)) select(new Uint8Array(scene.count)); schedule(); } };
    if (!actions[key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[key]();
  }

  /** Go to the next shown image (of the selection, when there is one). */
  function walk(panel, step) {
    const any = selected.includes(1) && selected.reduce((sum, flag) => sum + flag, 0) > 1, layer = panel.now[0];
    for (let tries = 0, i = cursor; tries < scene.count; tries++) {
      i = (i + step + scene.count) % scene.count;
      if (visible(i, layer.data) && (!any || selected[i])) {
        cursor = i;
        const map = transform(panel, ...size(panel)), place = [layer.xy[2 * i] * map.ax + map.bx, layer.xy[2 * i + 1] * map.ay + map.by];
        showTip(panel, { sample: i, row: layer.row, map: layer.map }, place);
        live.textContent = sentence(i, layer.map);
        schedule();
        return;
      }
    }
  }

  // ---------------------------------------------------------------- what a point is

  const className = (c) => scene.classes[c] ?? "?";

  function sentence(i, map) {
    const frames = map.frames.length > 1 ? [map.frames[0], map.frames[map.frames.length - 1]] : [map.frames[0]];
    return `${scene.split ?? ""} image ${scene.indices[i]}, true ${className(scene.labels[i])}, ${map.title} predicts `
      + frames.map((frame, row) => `${className(frame.predicted[i])}${frames.length > 1 ? ` (${scene.rows[row]})` : ""}`).join(", ");
  }

  function thumbnail(map, row, i, side) {
    const sprite = (row ? sprites.maps[scene.maps.indexOf(map)] : null) ?? sprites.natural;
    if (!sprite?.image?.complete || !sprite.image.naturalWidth) return null;
    const { width, height, columns } = sprite, ratio = devicePixelRatio || 1;
    const canvas = h("canvas", { style: `width:${side}px;height:${(side * height) / width}px` });
    canvas.width = side * ratio; canvas.height = (side * ratio * height) / width;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = width > 40;
    pen.drawImage(sprite.image, (i % columns) * width, Math.floor(i / columns) * height, width, height, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  function showTip(panel, { sample, row, map }, [x, y]) {
    const frames = map.frames.length > 1 ? [map.frames[0], map.frames[map.frames.length - 1]] : [map.frames[0]];
    const figures = frames.map((frame, r) => h("figure", {}, thumbnail(map, r, sample, 64),
      h("span", {}, frames.length > 1 ? `${scene.rows[r]}: ` : "predicted ", h("b", {}, className(frame.predicted[sample])))));
    tip.replaceChildren(h("div", {}, h("b", {}, `True label ${className(scene.labels[sample])}`), ` · ${scene.split ?? ""} image ${scene.indices[sample]}`),
      h("div", { class: "fm-thumbs" }, ...figures));
    const shown = (scene.numeric ?? []).filter(({ id }) => frames[row ? frames.length - 1 : 0].values[id]);
    for (const { id, title, low, high, unit } of shown) {
      const value = low + ((high - low) * frames[row ? frames.length - 1 : 0].values[id][sample]) / 255;
      tip.append(h("div", {}, `${title}: `, h("b", {}, unit === "%" ? `${Math.round(value * 100)} %` : value.toFixed(2))));
    }
    if (map.neighbours) {
      const { k, ids } = map.neighbours, node = (row && frames.length > 1 ? scene.count : 0) + sample, strip = h("div", { class: "fm-thumbs" });
      for (let n = 0; n < Math.min(k, 6); n++) {
        const id = ids[node * k + n];
        if (id === undefined || id < 0 || id >= 2 * scene.count) continue;
        const other = id % scene.count, picture = thumbnail(map, id >= scene.count ? 1 : 0, other, 32);
        if (picture && scene.labels[other] !== scene.labels[sample]) picture.classList.add("lost");
        strip.append(h("figure", {}, picture, h("span", {}, `${className(scene.labels[other])}${id >= scene.count ? " adv" : ""}`)));
      }
      if (strip.children.length) tip.append(h("div", { style: "margin-top:4px" }, "Nearest in the full feature space (true label):"), strip);
    }
    tip.hidden = false;
    placeTip(panel, [x, y]);
  }

  function placeTip(panel, [x, y]) {
    const box = panel.box.getBoundingClientRect(), outer = main.getBoundingClientRect();
    let left = box.left - outer.left + x + 16, top = box.top - outer.top + y + 16;
    if (left + tip.offsetWidth > outer.width) left = Math.max(0, box.left - outer.left + x - tip.offsetWidth - 14);
    if (box.top + y + 16 + tip.offsetHeight > innerHeight) top = Math.max(4 - outer.top, box.top - outer.top + y - tip.offsetHeight - 14);
    tip.style.left = `${left}px`;
    tip.style.top = `${top}px`;
  }

  function hideTip() { tip.hidden = true; hover = null; }

  // ---------------------------------------------------------------- from outside

  /** Take a scene, and a command ({id, colour, view, selection}) the first time its id is seen. */
  function update(data) {
    readTheme();
    projected = data.projected ?? [];
    const fresh = !scene || scene.id !== data.scene.id;
    if (fresh) {
      const start = performance.now(), kept = scene && scene.key === data.scene.key && scene.count === data.scene.count;
      const before = scene;
      scene = readScene(data.scene);
      glide(kept ? before : null);
      sprites = { natural: loadSprite(scene.sprite, schedule), maps: scene.maps.map((map) => loadSprite(map.sprite, schedule)) };
      if (!kept) { selected = new Uint8Array(scene.count); cursor = -1; view = { ...FIT }; hidden = new Set(); }
      hover = null;
      stats.decodeMs = performance.now() - start;
    }
    const known = new Set(["true", "predicted", "flipped", ...(scene.numeric ?? []).map(({ id }) => id)]);
    const { command } = data;
    if (command && command.id !== commandId) {
      commandId = command.id;
      if (command.colour && known.has(command.colour)) { if (command.colour !== state.colour) hidden = new Set(); state.colour = command.colour; }
      if (command.view) { state.view = command.view; state.t = 0; }
      if (typeof command.selection === "string") { selected = unpackBits(command.selection, scene.count); stats.selection = (stats.selection ?? 0) + 1; }
      if (!views().some(([id]) => id === state.view)) state.view = "rows";
      build();
    } else if (fresh) {
      if (!known.has(state.colour)) state.colour = "true";
      if (!views().some(([id]) => id === state.view)) state.view = "rows";
      build();
    } else refresh();
  }

  function destroy() {
    stop();
    cancelAnimationFrame(gliding);
    cancelAnimationFrame(redraw);
    observer.disconnect();
    main.remove();
  }

  const ratioChange = () => { schedule(); };
  addEventListener("resize", ratioChange);

  /** For tests: where a sample's point is on the screen. */
  function locate(panelIndex, sample, layerIndex = 0) {
    if (!panels[panelIndex].now?.[layerIndex]) draw(); // a new scene has no positions before its first frame
    const panel = panels[panelIndex], box = panel.box.getBoundingClientRect(), map = transform(panel, ...size(panel)), { xy } = panel.now[layerIndex];
    return [box.left + panel.box.clientLeft + xy[2 * sample] * map.ax + map.bx, box.top + panel.box.clientTop + xy[2 * sample + 1] * map.ay + map.by];
  }

  const api = { update, destroy: () => { removeEventListener("resize", ratioChange); destroy(); }, stats, locate, state,
    selection: () => selected, hover: () => hover, view: () => ({ ...view }), drawNow: draw };
  main.featureMap = api;
  return api;
}

const mounted = new WeakMap();

/** Streamlit's entry: called on every new `data` or theme; the widget is made once and then updated. */
export default function ({ parentElement, data, setStateValue }) {
  let entry = mounted.get(parentElement);
  if (!entry) {
    const holder = parentElement.querySelector(".feature-map");
    entry = {};
    entry.map = createFeatureMap(holder, (name, value) => entry.tell(name, value));
    mounted.set(parentElement, entry);
  }
  entry.tell = setStateValue;
  if (data?.scene) entry.map.update(data);
  return () => {
    entry.map.destroy();
    mounted.delete(parentElement);
  };
}

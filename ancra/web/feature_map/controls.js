// The controls above the maps, and what they set.
import { packBits } from "../shared/codec.js"
import { h } from "../shared/dom.js"
import { RAMP } from "../shared/theme.js"

export function controls(fm) {
  function options(element, list, value) {
    const key = JSON.stringify(list)
    if (element.dataset.key !== key) {
      element.replaceChildren(...list.map(([id, title]) => h("option", { value: id }, title)))
      element.dataset.key = key
    }
    element.value = value
  }

  /** One button an arrangement; those that move play by themselves when they are chosen. */
  function drawViews() {
    const key = JSON.stringify(fm.views())
    if (fm.viewGroup.dataset.key !== key) {
      fm.viewGroup.dataset.key = key
      fm.viewGroup.replaceChildren(
        ...fm.views().map(([id, short, title]) => {
          const onclick = () => {
            fm.setView(id, true)
            if (!fm.morph.hidden) fm.play()
          }
          return h("button", { type: "button", "data-view": id, title, onclick }, short)
        }),
      )
    }
    for (const button of fm.viewGroup.children)
      button.setAttribute("aria-pressed", button.dataset.view === fm.state.view)
  }

  function drawControls() {
    options(
      fm.colourSelect,
      [
        ["true", "True label"],
        ["predicted", "Predicted label"],
        ["flipped", "Right or wrong prediction"],
        ...(fm.scene.numeric ?? []).map(({ id, title }) => [id, title]),
      ],
      fm.state.colour,
    )
    drawViews()
    for (const [button, on] of [
      [fm.panButton, fm.state.tool === "pan"],
      [fm.lassoButton, fm.state.tool === "lasso"],
      [fm.namesButton, fm.state.names],
      [fm.linesButton, fm.state.lines],
    ])
      button.setAttribute("aria-pressed", on)
    fm.main.classList.toggle("lasso", fm.state.tool === "lasso")
    const measure = fm.numeric()
    const mark = (shape) => {
      const span = h("span")
      span.innerHTML = `<svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">${shape}</svg>`
      return span.firstChild
    }
    const marks =
      fm.adversarial() && !fm.scene.stages
        ? h(
            "span",
            { class: "fm-marks" },
            h("span", {}, mark('<circle r="4.5" fill="currentColor"/>'), fm.scene.rows[0]),
            h(
              "span",
              {},
              mark('<path d="M-4-4L4 4M4-4L-4 4" stroke="currentColor" stroke-width="2.6"/>'),
              fm.scene.rows[1],
            ),
            fm.projected.length
              ? h(
                  "span",
                  {},
                  mark('<path d="M0-5L5 0L0 5L-5 0Z" fill="none" stroke="currentColor" stroke-width="1.6"/>'),
                  "Projected",
                )
              : null,
          )
        : null
    const focused = [...fm.legend.children].indexOf(fm.root.getRootNode().activeElement)
    fm.legend.replaceChildren(
      ...(measure
        ? [
            h("span", {}, measure.lowText ?? String(measure.low)),
            h("span", { class: "fm-ramp", style: `background:linear-gradient(90deg,${RAMP})` }),
            h("span", {}, measure.highText ?? String(measure.high)),
          ]
        : fm.categories().map((name, c) =>
            h(
              "button",
              {
                type: "button",
                "aria-pressed": !fm.hidden.has(c),
                onclick: () => filter(c),
              },
              h("span", { class: "fm-dot", style: `background:${fm.categoryColour(c)}` }),
              name,
            ),
          )),
      ...(fm.hidden.size
        ? [
            h(
              "button",
              {
                type: "button",
                onclick: () => {
                  fm.hidden = new Set()
                  fm.refresh()
                },
              },
              "Show all",
            ),
          ]
        : []),
      ...(marks ? [marks] : []),
    )
    if (focused >= 0) fm.legend.children[focused]?.focus()
    const chosen = fm.selected.reduce((sum, flag) => sum + flag, 0)
    fm.statusText.textContent = chosen
      ? `${chosen} of ${fm.scene.count} images selected.`
      : fm.state.tool === "lasso"
        ? "Draw around points in any map to select them in all."
        : "Point at an image to see it; press it to select; choose the lasso for several."
    fm.clearButton.hidden = !chosen
  }

  function drawMorphText() {
    if (fm.morph.hidden) return
    const maps = fm.scene.maps,
      t = fm.state.t
    if (fm.state.view === "models") {
      const a = Math.min(Math.floor(t), maps.length - 1),
        b = Math.min(a + 1, maps.length - 1),
        part = t - a
      fm.morphText.textContent =
        part < 0.005 || a === b ? maps[a].title : `${maps[a].title} → ${maps[b].title} ${Math.round(part * 100)} %`
    } else {
      const { frames } = maps.find((map) => map.frames.length > 1),
        place = t * (frames.length - 1),
        near = Math.round(place)
      const low = Math.min(Math.floor(place), frames.length - 2)
      fm.morphText.textContent =
        Math.abs(place - near) < 0.01
          ? frames[near].title
          : frames.length > 2
            ? `${frames[low].title} → ${frames[low + 1].title}`
            : `${Math.round(t * 100)} % of the way`
    }
    fm.playButton.textContent = fm.playing ? "❚❚" : "▶"
    fm.slider.setAttribute("aria-valuetext", fm.morphText.textContent)
  }

  /** The first class that is pressed is lit alone; others join it, and what is pressed again goes out. */
  function filter(c) {
    const all = fm.categories().map((_, other) => other)
    if (!fm.hidden.size) fm.hidden = new Set(all.filter((other) => other !== c))
    else if (!fm.hidden.delete(c)) fm.hidden.add(c)
    if (fm.hidden.size === all.length) fm.hidden = new Set()
    fm.refresh()
  }

  function setColour(colour, tell) {
    if (fm.state.colour !== colour) fm.hidden = new Set()
    fm.state.colour = colour
    fm.refresh()
    if (tell) fm.emit("colour", colour)
  }

  function setView(name, tell) {
    fm.state.view = fm.views().some(([id]) => id === name) ? name : "rows"
    fm.state.t = 0
    fm.hover = null
    fm.build()
    if (tell) fm.emit("view", fm.state.view)
  }

  function setTool(name) {
    fm.state.tool = name
    fm.refresh()
  }

  function select(flags, tell = true) {
    fm.selected = flags
    fm.stats.selection = (fm.stats.selection ?? 0) + 1
    fm.refresh()
    fm.rest()
    if (tell) fm.emit("selection", fm.selected.includes(1) ? packBits(fm.selected) : "")
  }

  Object.assign(fm, { options, drawControls, drawMorphText, filter, setColour, setView, setTool, select })
}

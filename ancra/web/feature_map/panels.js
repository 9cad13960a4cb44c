// Which panels there are, in the order and with the layers of the chosen view.
import { h } from "../shared/dom.js"
import { Raster } from "../shared/raster.js"

export function panels(fm) {
  const adversarial = () => fm.scene.maps.some((map) => map.frames.length > 1)

  /** Views a scene can be seen in: id, what its button says, title. */
  function views() {
    const [natural, attacked] = fm.scene.rows
    const across = ["models", "Model to model", "Every point from its place in one model's map to the next"]
    const several = fm.scene.maps.length > 1 ? [across] : []
    if (!adversarial()) return [["rows", several.length ? "Side by side" : "The map", ""], ...several]
    return [
      ["rows", "Above and below", `${natural} above, ${attacked} below`],
      ["together", "Both in one", `${natural} and ${attacked} in one map`],
      ["attack", "Morph", `Every point from ${natural} to ${attacked}`],
      ...several,
    ]
  }

  /** The panels of the current view: each a list of layers {map, frame or frames to blend, mark}. */
  function panelPlan() {
    const last = (map) => map.frames.length - 1
    const cross = fm.scene.stages ? "disc" : "cross"
    const both = (map) =>
      map.frames.length > 1
        ? [
            { map, frame: 0, mark: "disc" },
            { map, frame: last(map), mark: cross },
          ]
        : [{ map, frame: 0, mark: "disc" }]
    if (fm.state.view === "models") return [{ title: "", map: null, panels: [{ title: "", layers: "models" }] }]
    return fm.scene.maps.map((map) => ({
      title: map.title,
      map,
      panels:
        fm.state.view === "together"
          ? [{ title: "", layers: both(map) }]
          : fm.state.view === "attack"
            ? [{ title: "", layers: [{ map, morph: true, mark: "disc" }] }]
            : map.frames.length > 1
              ? both(map).map((layer, row) => ({ title: fm.scene.rows[row], layers: [layer] }))
              : [{ title: adversarial() ? fm.scene.rows[0] : "", layers: both(map) }],
    }))
  }

  function build() {
    fm.stop()
    for (const panel of fm.panels) fm.observer.unobserve(panel.box)
    fm.panels = []
    fm.grid.replaceChildren()
    fm.hideTip()
    for (const group of panelPlan()) {
      const boxes = h("div", { class: "fm-panels" })
      for (const plan of group.panels) {
        const points = h("canvas"),
          overlay = h("canvas"),
          hint = h("div", { class: "fm-hint", "aria-hidden": "true" })
        const name = [group.title, plan.title].filter(Boolean).join(", ") || "Feature map"
        const box = h(
          "div",
          {
            class: "fm-panel",
            tabindex: 0,
            role: "application",
            "aria-roledescription": "feature map",
            "aria-label": `${name}: ${fm.scene.count} images`,
            "aria-describedby": fm.instructions.id,
          },
          points,
          overlay,
          hint,
        )
        const panel = {
          ...plan,
          box,
          hint,
          overlay,
          raster: new Raster(points),
          pen: overlay.getContext("2d"),
          group,
          layers: plan.layers,
        }
        fm.listen(panel)
        fm.panels.push(panel)
        const now =
          Array.isArray(plan.layers) && plan.layers.some(({ map, frame }) => fm.changed.has(map.frames[frame]))
        box.classList.toggle("fm-changed", now)
        const said = now ? h("b", { class: "fm-new" }, "changed") : null
        boxes.append(h("div", {}, plan.title ? h("div", { class: "fm-row-title" }, plan.title, said) : said, box))
        fm.observer.observe(box)
      }
      const measures = group.map?.measures?.length
        ? h(
            "table",
            { class: "fm-measures" },
            h(
              "tbody",
              {},
              ...group.map.measures.map(({ name, value, help }) =>
                h("tr", {}, h("th", { scope: "row", title: help }, name), h("td", {}, value)),
              ),
            ),
          )
        : null
      fm.grid.append(
        h(
          "section",
          { class: "fm-map", "aria-label": group.title || "Feature map" },
          group.title ? h("h2", {}, group.title) : null,
          boxes,
          measures,
          group.map?.note ? h("p", { class: "fm-note" }, group.map.note) : null,
        ),
      )
    }
    fm.morph.hidden = !["attack", "models"].includes(fm.state.view)
    fm.linesButton.hidden = !(adversarial() && fm.state.view !== "rows")
    fm.slider.max = fm.state.view === "models" ? fm.scene.maps.length - 1 : 1
    fm.state.t = Math.min(fm.state.t, +fm.slider.max)
    fm.slider.value = fm.state.t
    fm.arrange()
    fm.refresh()
  }

  Object.assign(fm, { adversarial, views, panelPlan, build })
}

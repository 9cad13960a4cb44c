// What a point is: its card beside the maps, and its sentence for screen readers.
import { h } from "../shared/dom.js"

const MOST = 12 // Selected images that are shown beside the maps.

export function words(fm) {
  const className = (c) => fm.scene.classes[c] ?? "?"

  function sentence(i, map) {
    const frames = map.frames.length > 1 ? [map.frames[0], map.frames[map.frames.length - 1]] : [map.frames[0]]
    return (
      `${fm.scene.split ?? ""} image ${fm.scene.indices[i]}, true ${className(fm.scene.labels[i])}, ${map.title} predicts ` +
      frames
        .map((frame, row) => `${className(frame.predicted[i])}${frames.length > 1 ? ` (${fm.scene.rows[row]})` : ""}`)
        .join(", ")
    )
  }

  function thumbnail(map, row, i, side) {
    const sprite = (row ? fm.sprites.maps[fm.scene.maps.indexOf(map)] : null) ?? fm.sprites.natural
    if (!sprite?.image?.complete || !sprite.image.naturalWidth) return null
    const { width, height, columns } = sprite,
      ratio = devicePixelRatio || 1
    const canvas = h("canvas", { style: `width:${side}px;height:${(side * height) / width}px` })
    canvas.width = side * ratio
    canvas.height = (side * ratio * height) / width
    const pen = canvas.getContext("2d")
    pen.imageSmoothingEnabled = width > 40
    pen.drawImage(
      sprite.image,
      (i % columns) * width,
      Math.floor(i / columns) * height,
      width,
      height,
      0,
      0,
      canvas.width,
      canvas.height,
    )
    return canvas
  }

  function showTip({ sample, row, map }) {
    const frames = map.frames.length > 1 ? [map.frames[0], map.frames[map.frames.length - 1]] : [map.frames[0]]
    const figures = frames.map((frame, r) =>
      h(
        "figure",
        {},
        thumbnail(map, r, sample, 64),
        h(
          "span",
          {},
          frames.length > 1 ? `${fm.scene.rows[r]}: ` : "predicted ",
          h("b", {}, className(frame.predicted[sample])),
        ),
      ),
    )
    fm.tip.replaceChildren(
      h(
        "div",
        {},
        h("b", {}, `True label ${className(fm.scene.labels[sample])}`),
        ` · ${fm.scene.split ?? ""} image ${fm.scene.indices[sample]}`,
      ),
      h("div", { class: "fm-thumbs" }, ...figures),
    )
    const shown = (fm.scene.numeric ?? []).filter(({ id }) => frames[row ? frames.length - 1 : 0].values[id])
    for (const { id, title, low, high, unit } of shown) {
      const value = low + ((high - low) * frames[row ? frames.length - 1 : 0].values[id][sample]) / 255
      fm.tip.append(
        h("div", {}, `${title}: `, h("b", {}, unit === "%" ? `${Math.round(value * 100)} %` : value.toFixed(2))),
      )
    }
    if (map.neighbours) {
      const { k, ids } = map.neighbours,
        node = (row && frames.length > 1 ? fm.scene.count : 0) + sample,
        strip = h("div", { class: "fm-thumbs" })
      for (let n = 0; n < Math.min(k, 6); n++) {
        const id = ids[node * k + n]
        if (id === undefined || id < 0 || id >= 2 * fm.scene.count) continue
        const other = id % fm.scene.count,
          picture = thumbnail(map, id >= fm.scene.count ? 1 : 0, other, 32)
        if (picture && fm.scene.labels[other] !== fm.scene.labels[sample]) picture.classList.add("lost")
        strip.append(
          h(
            "figure",
            {},
            picture,
            h("span", {}, `${className(fm.scene.labels[other])}${id >= fm.scene.count ? " adv" : ""}`),
          ),
        )
      }
      if (strip.children.length)
        fm.tip.append(h("div", { style: "margin-top:4px" }, "Nearest in the full feature space (true label):"), strip)
    }
  }

  /** What stands in the card's place while nothing is pointed at: what is selected, else what to do. */
  function rest() {
    if (fm.hover || fm.cursor >= 0 || !fm.scene) return
    const chosen = []
    fm.selected.forEach((flag, i) => flag && chosen.push(i))
    if (!chosen.length)
      return fm.tip.replaceChildren(h("p", { class: "fm-note" }, "Point at an image: it is shown here, in all maps."))
    const map = fm.scene.maps[fm.scene.maps.length - 1]
    if (chosen.length === 1) return showTip({ sample: chosen[0], row: 0, map })
    const pictures = chosen.slice(0, MOST).map((i) => {
      const picture = thumbnail(map, 0, i, 40)
      return picture && h("figure", {}, picture, h("span", {}, className(fm.scene.labels[i])))
    })
    const more = chosen.length > MOST ? `, of which ${MOST} are shown here` : ""
    fm.tip.replaceChildren(
      h("b", {}, `${chosen.length} selected images`),
      `${more}; each with all answers below the maps.`,
      h("div", { class: "fm-thumbs" }, ...pictures.filter(Boolean)),
    )
  }

  function hideTip() {
    fm.hover = null
    rest()
  }

  Object.assign(fm, { className, sentence, thumbnail, showTip, rest, hideTip })
}

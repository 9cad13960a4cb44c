// What a point is: its card, and its sentence for screen readers.
import { h } from "../shared/dom.js"

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

  function showTip(panel, { sample, row, map }, [x, y]) {
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
    fm.tip.hidden = false
    placeTip(panel, [x, y])
  }

  function placeTip(panel, [x, y]) {
    const box = panel.box.getBoundingClientRect(),
      outer = fm.main.getBoundingClientRect()
    let left = box.left - outer.left + x + 16,
      top = box.top - outer.top + y + 16
    if (left + fm.tip.offsetWidth > outer.width) left = Math.max(0, box.left - outer.left + x - fm.tip.offsetWidth - 14)
    if (box.top + y + 16 + fm.tip.offsetHeight > innerHeight)
      top = Math.max(4 - outer.top, box.top - outer.top + y - fm.tip.offsetHeight - 14)
    fm.tip.style.left = `${left}px`
    fm.tip.style.top = `${top}px`
  }

  function hideTip() {
    fm.tip.hidden = true
    fm.hover = null
  }

  Object.assign(fm, { className, sentence, thumbnail, showTip, placeTip, hideTip })
}

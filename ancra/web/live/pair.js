// One network's anchor and negative: the two images, how alike it takes them for, and the force between them.
import { push, similarity } from "../mechanism/column.js"
import { h, write } from "../shared/dom.js"
import { paint, sheet } from "./paper.js"
import { kind } from "./pick.js"

/** Its box; show(found, alpha, longest) draws what negatives.js has compared, or that there is none. */
export function createPair(title, { shape, classes }) {
  const [mine, other] = [sheet(shape, ""), sheet(shape, `The negative, ${title}`)]
  const said = h("p", { class: "soft" })
  const body = h("div", { class: "pair" })
  const box = h("section", { "aria-label": title }, h("h2", { class: "small" }, title), said, body)
  const data = { classes, kinds: classes.map(kind), heads: [{}], picture: "" }
  const one = { heads: [{}], frames: [""] }
  const look = getComputedStyle(document.documentElement)
  const colours = {
    anchor: look.getPropertyValue("--st-blue-color") || "#0072b2",
    negative: look.getPropertyValue("--st-orange-color") || "#d55e00",
  }
  const alike = similarity(body, one, data)
  const forced = push(body, one, data, colours)

  function show(found, alpha, longest) {
    body.hidden = !found
    if (!found) return write(said, "No image here is of another class: there is no negative.")
    const { answers, confidences, onAnchor, onNegative } = found.head
    paint(mine, found.mine, shape)
    paint(other, found.other, shape)
    data.picture = mine.toDataURL()
    one.frames[0] = other.toDataURL()
    Object.assign(data.heads[0], {
      answer: answers[0],
      confidence: confidences[0],
      told: found.head !== found.heads[0],
    })
    Object.assign(one.heads[0], {
      answers: [answers[1]],
      confidences: [confidences[1]],
      similarity: [found.head.similarity],
      onAnchor: [onAnchor],
      onNegative: [onNegative],
    })
    const how = found.fallback ? " No image fits, so it is drawn by lot." : ""
    const attacked = found.targeted ? " under attack" : ""
    write(
      said,
      `The negative${attacked} is ${kind(classes[found.label])}, called **${kind(classes[found.answer])}**.${how}`,
    )
    const state = { head: 0, frame: 0, alpha, longest }
    alike(state)
    forced(state)
  }

  return { box, show }
}

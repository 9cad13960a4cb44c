// One network's column: the image as it sees it, what was added, its answers, and what the attack has reached.
import { percent } from "../shared/codec.js"
import { h, write } from "../shared/dom.js"
import { changed } from "../shared/film.js"
import { classColour, rgb, themed } from "../shared/theme.js"
import { paint, sheet } from "./paper.js"

/** The largest change of a pixel. */
export const distance = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)

/** Its column; `aim(class)` is called when an answer's bar is pressed. */
export function createColumn(network, data, aim) {
  const { shape, classes } = data
  const colours = themed(data.dark)
  const tints = [colours.background, colours.final, colours.adversarial].map(rgb)
  const attacked = sheet(shape, `The image under attack, ${network.title}`)
  const change = sheet(shape, "What was added to it, magnified")
  const under = h("figcaption", {}, "")
  const said = h("p", { class: "said" })
  const found = h("p", { class: "soft found" })
  const noise = h("p", { class: "soft" })
  const attention = h("p", { class: "soft attention" })
  const rows = classes.map((name, index) => {
    const [bar, first] = [h("i"), h("u")]
    const value = h("output")
    const row = h(
      "button",
      { type: "button", class: "answer", onclick: () => aim(index) },
      h(
        "span",
        {},
        h("b", { class: "dot", style: `background: ${classColour(index, classes.length, data.dark)}` }),
        name,
      ),
      h("div", { class: "track" }, bar, first),
      value,
    )
    return { row, bar, first, value }
  })
  const map = h("div", { class: "walk" })
  const box = h(
    "section",
    { class: "column", "aria-label": network.title },
    h("h2", {}, network.title),
    said,
    h(
      "div",
      { class: "pictures" },
      h("figure", {}, attacked, h("figcaption", {}, "what it sees")),
      h("figure", {}, change, under),
    ),
    h("div", { class: "both" }, h("div", { class: "answers" }, ...rows.map(({ row }) => row)), map),
    attention,
    found,
    noise,
  )
  let best = null
  let wrong = false // Nothing was lost to the attack that was lost before it.

  /** Forget what was found: another image, class or norm. */
  function forget() {
    best = null
    wrong = false
    write(found, "\u00a0")
  }

  function note(frame, point, lost, state) {
    if (!lost) return
    if (!frame.step) wrong = true
    const { target } = state.settings
    const there = target === null ? "Lost" : `It says ${classes[target]}`
    if (wrong) return write(found, target === null ? "It was lost before any attack." : `${there} without any attack.`)
    const far = distance(point.image, state.natural)
    best ??= { steps: frame.step, epsilon: far }
    best.steps = Math.min(best.steps, frame.step)
    best.epsilon = Math.min(best.epsilon, far)
    write(
      found,
      `${there} after **${best.steps}** ${best.steps === 1 ? "step" : "steps"} at the earliest; smallest change that did it: **${data.write(best.epsilon)}**`,
    )
  }

  /** Draw a point of the run; returns [the answer's class, whether the image is lost]. */
  function show(frame, point, state) {
    const { natural, label, settings } = state
    const { p, blocks } = point.answer
    const answer = point.answer.predicted
    const lost = settings.target === null ? answer !== label : answer === settings.target
    const largest = settings.epsilon || 1
    const [channels, height, width] = shape
    const size = height * width
    const pixel = (image, i) => Array.from({ length: channels }, (_, c) => 255 * image[c * size + i])
    paint(attacked, point.image, shape)
    const context = change.getContext("2d")
    const pixels = context.createImageData(width, height)
    for (let i = 0; i < size; i++) {
      pixels.data.set(
        [...changed(pixel(natural, i), pixel(point.image, i), 255 * largest, channels === 1, tints), 255],
        i * 4,
      )
    }
    context.putImageData(pixels, 0, 0)
    write(under, settings.epsilon ? `change × ${Number((1 / largest).toPrecision(2))}` : "nothing may change")
    box.classList.toggle("lost", answer !== label)
    write(said, `${answer === label ? "✓" : "✗"} It says **${classes[answer]}**, ${percent(p[answer])}`)
    for (const [index, { row, bar, first, value }] of rows.entries()) {
      bar.style.width = `${p[index] * 100}%`
      first.hidden = !blocks.length
      if (blocks.length) first.style.width = `${blocks[0][index] * 100}%`
      row.classList.toggle("first", index === answer)
      row.classList.toggle("true", index === label)
      row.setAttribute("aria-pressed", index === settings.target)
      value.textContent = percent(p[index])
      row.title = `${classes[index]}, ${percent(p[index])}: press to drive the image there`
    }
    const { attended } = point.answer
    attention.hidden = !attended.length
    if (attended.length) {
      const rows = attended.map((row) => `**${classes[row]}**`).join(", then ")
      write(attention, `Its attention takes the row of ${rows}. The thin bars are p, before any attention.`)
    }
    note(frame, point, lost, state)
    return [answer, lost]
  }

  /** What noise of the same size does. */
  function compare(answer) {
    const said = answer.predicted
    write(noise, `Noise of the same size: it says ${classes[said]}, ${percent(answer.p[said])}`)
  }

  forget()
  return { box, map, show, forget, compare }
}

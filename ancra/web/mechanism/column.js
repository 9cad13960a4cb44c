// One strategy: its negative, how alike the model takes the two for, and the force between them.
import { arrow } from "../shared/arrow.js"
import { percent } from "../shared/codec.js"
import { draw, make, write } from "../shared/dom.js"

const REACH = 74 // Length of the strongest force, in the units of the force picture.

/** The negative, before and after the attack, with a slider over its steps. */
export function negative(parent, one, data, moved) {
  const box = parent.appendChild(make("div", "pick"))
  const images = box.appendChild(make("div", "pictures"))
  const add = (source, caption, alt) => {
    const figure = images.appendChild(make("figure"))
    const image = figure.appendChild(make("img"))
    image.src = source
    image.alt = alt
    return [image, figure.appendChild(make("figcaption", "", caption))]
  }
  const last = one.frames.length - 1
  const own = data.kinds[one.label]
  add(one.frames[0], `Is ${own}, called ${data.kinds[one.answers[0]]}`, `The negative of ${one.title}, ${own}`)
  if (one.fallback) box.appendChild(make("span", "badge", "Falls back to Random"))
  box.appendChild(make("p", "soft", one.how))
  if (!last) return () => {}
  const [image, caption] = add(one.frames[last], "", "The same after the attack")
  const steps = box.appendChild(make("div", "steps"))
  const button = (text, name, by) => {
    const made = steps.appendChild(make("button", "", text))
    made.type = "button"
    made.setAttribute("aria-label", name)
    made.onclick = () => {
      says.setAttribute("aria-live", "polite")
      moved(Math.max(0, Math.min(last, Number(slider.value) + by)))
    }
    return made
  }
  button("‹", "One step back", -1)
  const slider = steps.appendChild(make("input"))
  Object.assign(slider, { type: "range", min: 0, max: last, step: 1 })
  slider.setAttribute("aria-label", `Step of the attack on the negative of ${one.title}`)
  button("›", "One step on", 1)
  const says = steps.appendChild(make("p"))
  slider.oninput = () => {
    says.setAttribute("aria-live", "off") // The slider says it.
    moved(Number(slider.value))
  }
  return (frame) => {
    slider.value = frame
    image.src = one.frames[frame]
    const when =
      frame === 0 ? "Before the attack" : frame === 1 ? "At its start" : `After step ${frame - 1} of ${last - 1}`
    write(caption, `${when}: called ${data.kinds[one.answers[frame]]}`)
    const arrived = one.answers[frame] === data.label ? " The attack is there." : ""
    write(
      says,
      `${when} the model calls it **${data.classes[one.answers[frame]]}**; probability of ${data.classes[data.label]}: **${percent(one.probability[frame])}**.${arrived}`,
    )
    slider.setAttribute("aria-valuetext", says.textContent)
  }
}

export function similarity(parent, one, data) {
  const box = parent.appendChild(make("div"))
  const title = box.appendChild(make("div"))
  const meter = box.appendChild(make("div", "meter"))
  meter.setAttribute("role", "img")
  const fill = meter.appendChild(make("i"))
  const says = box.appendChild(make("p", "soft"))
  return ({ head, frame }) => {
    const [mine, theirs] = [data.heads[head], one.heads[head]]
    const value = theirs.similarity[frame]
    write(title, `Similarity **${value.toFixed(2)}**`)
    fill.style.width = `${value * 100}%`
    meter.setAttribute("aria-label", `Similarity ${value.toFixed(2)} of at most 1`)
    const [a, b] = [data.classes[mine.answer], data.classes[theirs.answers[frame]]]
    write(
      says,
      a === b
        ? `Both are taken for ${data.kinds[mine.answer]}, with these probabilities: √(${mine.confidence.toFixed(3)} × ${theirs.confidences[frame].toFixed(3)}).`
        : `${mine.told ? "With the true labels given, not" : "Not"} taken for the same: the anchor for ${data.kinds[mine.answer]}, the negative for ${data.kinds[theirs.answers[frame]]}. So it is 0.`,
    )
  }
}

/** The anchor and the negative with an arrow each, away from one another. */
export function push(parent, one, data, colours) {
  const box = parent.appendChild(make("div", "force"))
  const svg = draw("svg", { viewBox: "0 0 250 52", role: "img" }, box)
  const picture = (href, x) => draw("image", { href, x, y: 4, width: 44, height: 44 }, svg)
  const own = picture(data.picture, 79)
  const other = picture(one.frames[one.frames.length - 1], 127)
  const arrows = draw("g", {}, svg)
  const line = box.appendChild(make("div", "numbers"))
  const numbers = [line.appendChild(make("span")), line.appendChild(make("span"))]
  const says = box.appendChild(make("p", "soft"))
  says.setAttribute("aria-live", "polite")
  return ({ head, frame, alpha, longest }) => {
    const pair = one.heads[head]
    const [onAnchor, onNegative] = [(1 - alpha) * pair.onAnchor[frame], alpha * pair.onNegative[frame]]
    own.setAttribute("href", data.picture)
    other.setAttribute("href", one.frames[frame])
    arrows.replaceChildren()
    const by = (force) => (longest ? (force / longest) * REACH : 0)
    arrow(arrows, [75, 26], [75 - by(onAnchor), 26], colours.anchor, "The force on the anchor", 4)
    arrow(arrows, [175, 26], [175 + by(onNegative), 26], colours.negative, "The force on the negative", 4)
    numbers[0].textContent = `anchor ${onAnchor.toFixed(3)}`
    numbers[1].textContent = `negative ${onNegative.toFixed(3)}`
    const none = pair.similarity[frame] === 0
    const faint = (force, share) => share > 0 && force < 0.01 * longest
    const words = none
      ? "No force: the two are not taken for the same class, so there is nothing to push apart."
      : faint(onAnchor, 1 - alpha)
        ? "The model is so sure of the anchor that hardly any force is left on it."
        : faint(onNegative, alpha)
          ? "The model is so sure of the negative that hardly any force is left on it."
          : alpha === 1
            ? "The anchor stays put; the negative is pushed away from the class that they share."
            : alpha === 0
              ? "The negative stays put; the anchor is pushed away from the class that they share."
              : "Both are pushed away from the class that they share."
    write(says, words)
    svg.setAttribute(
      "aria-label",
      `Force on the anchor ${onAnchor.toFixed(3)}, on the negative ${onNegative.toFixed(3)}. ${words}`,
    )
  }
}

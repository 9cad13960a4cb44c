// One image, a small change, two models: plays a stored attack once by itself, and again when asked.
import { decode, percent } from "../shared/codec.js"
import { calm, h, write } from "../shared/dom.js"
import { changed, magnifier, painted, planes } from "../shared/film.js"
import { followed, keep, kept } from "../shared/kept.js"
import { onceSeen } from "../shared/seen.js"
import { rgb, themed } from "../shared/theme.js"

const PACE = 260 // Milliseconds a step.
const BEFORE = 900 // Milliseconds in which the untouched image can be seen.
const BARS = 3

/** One model's line: image + change = image, and the answers that follow. */
function line(model, data, colours) {
  const pixel = planes(decode({ dtype: "u8", data: model.images }), data)
  const natural = planes(decode({ dtype: "u8", data: data.natural }), data)
  const chances = decode({ dtype: "f32", data: model.chances })
  const [count, kinds] = [data.labels.length, data.classes.length]
  const chance = (step, n, kind) => chances[(step * count + n) * kinds + kind]
  const [before, showBefore] = painted(data, "The image", (n, i) => natural(n, i))
  const [change, showChange] = painted(data, "What is added to it, magnified", ([step, n, scale], i) =>
    changed(natural(n, i), pixel(step * count + n, i), data.change.largest[scale], data.change.grey, colours.change),
  )
  const [after, showAfter] = painted(data, "The image with the change", ([step, n], i) => pixel(step * count + n, i))
  const added = h("figcaption")
  const said = h("p", { class: "said" })
  const bars = h("div", { class: "answers" })
  const box = h(
    "section",
    { class: "model" },
    h("h2", {}, model.title),
    h(
      "div",
      { class: "sum" },
      h("figure", {}, before, h("figcaption", {}, "image")),
      h("b", { "aria-hidden": "true" }, "+"),
      h("figure", {}, change, added),
      h("b", { "aria-hidden": "true" }, "="),
      h("figure", {}, after, h("figcaption", {}, "what it sees")),
    ),
    said,
    bars,
  )
  let rows = []
  const choose = (n) => {
    const last = data.steps
    const rank = [...data.classes.keys()].sort((a, b) => chance(last, n, b) - chance(last, n, a))
    const label = data.labels[n]
    const shown = [label, ...rank.filter((kind) => kind !== label)].slice(0, BARS)
    rows = shown.map((kind) => {
      const fill = h("i")
      const value = h("output")
      const row = h(
        "div",
        { class: "answer" },
        h("span", {}, data.classes[kind]),
        h("div", { class: "track" }, fill),
        value,
      )
      return { kind, fill, value, row }
    })
    bars.replaceChildren(...rows.map(({ row }) => row))
    showBefore(n)
  }
  const show = (step, n, scale) => {
    showChange([step, n, scale])
    write(added, `change × ${data.change.factors[scale]}`)
    showAfter([step, n])
    const label = data.labels[n]
    const answer = [...data.classes.keys()].reduce((a, b) => (chance(step, n, b) > chance(step, n, a) ? b : a))
    const lost = answer !== label
    box.classList.toggle("lost", lost)
    write(said, `${lost ? "✗" : "✓"} It says **${data.classes[answer]}**, ${percent(chance(step, n, answer))}`)
    for (const { kind, fill, value, row } of rows) {
      fill.style.width = `${chance(step, n, kind) * 100}%`
      row.classList.toggle("first", kind === answer)
      value.textContent = percent(chance(step, n, kind))
    }
    return [lost, data.classes[answer]]
  }
  return { box, choose, show }
}

function build(root, data) {
  const theme = themed(data.dark)
  const colours = { change: [theme.background, theme.final, theme.adversarial].map(rgb) }
  const view = { step: 0, n: 0, scale: 0, timer: 0 }
  const lines = data.models.map((model) => line(model, data, colours))
  const tell = h("p", { class: "tell", "aria-live": "polite" })
  const where = h("output", { class: "where" })
  const again = h("button", { type: "button", class: "again", onclick: () => (view.timer ? stop() : play(0)) })
  const next = h("button", { type: "button", onclick: () => on() }, "Next image")
  const magnify = magnifier(data.change, (scale) => {
    view.scale = scale
    go(view.step)
  })
  root.replaceChildren(
    tell,
    h("div", { class: "lines" }, ...lines.map(({ box }) => box)),
    h("div", { class: "bar" }, again, next, magnify, where),
  )

  function go(step) {
    view.step = step
    const ends = lines.map(({ show }) => show(step, view.n, view.scale))
    write(where, `step **${step}** of ${data.steps}`)
    return ends
  }
  function sentence(ends) {
    const name = data.classes[data.labels[view.n]]
    const [[lost, called]] = ends
    if (!lost) return `Both networks know this **${name}**. Watch what a small change of its pixels does.`
    return `One network now takes this **${name}** for **${called}**. The other, trained against such changes, does not.`
  }
  function settle() {
    write(tell, sentence(go(view.step)))
    again.textContent = view.timer ? "Pause" : "Play again"
  }
  function play(from) {
    stop()
    view.step = from
    if (calm()) view.step = data.steps
    else {
      const tick = () => {
        const ends = go(view.step + 1)
        if (ends[0][0]) write(tell, sentence(ends))
        if (view.step >= data.steps) stop()
        else view.timer = setTimeout(tick, PACE)
      }
      view.timer = setTimeout(tick, BEFORE)
    }
    settle()
  }
  function stop() {
    clearTimeout(view.timer)
    view.timer = 0
    settle()
  }
  function turn(n) {
    view.n = n in data.labels ? n : 0
    for (const { choose } of lines) choose(view.n)
    play(0)
  }
  function follow() {
    if (Number(kept("demonstrated")) !== view.n) turn(Number(kept("demonstrated")))
    magnify.follow()
  }
  function on() {
    turn((view.n + 1) % data.labels.length)
    keep("demonstrated", view.n || null)
  }
  turn(Number(kept("demonstrated")))
  stop()
  magnify.follow()
  const unfollow = followed(follow)
  const unawait = onceSeen(root, () => play(0))
  view.end = () => {
    clearTimeout(view.timer)
    unawait()
    unfollow()
  }
  return view
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".fooled")
  if (root.key !== data.key) {
    root.view?.end()
    root.key = data.key
    root.view = build(root, data)
  }
  return () => root.view?.end()
}

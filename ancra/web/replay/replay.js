// Plays stored traces. Built anew only when the content changes; a step only moves what depends on the step.
import { calm, make, spoken, write } from "../shared/dom.js"
import { changed, frames, magnifier, painted } from "../shared/film.js"
import { icon } from "../shared/icons.js"
import { followed } from "../shared/kept.js"
import { rgb } from "../shared/theme.js"
import { bars, course, legend } from "./charts.js"

const PACE = 130 // Milliseconds a step.
const REST = 350 // After this long without a move the step is read aloud and told to Python, so that links and figures follow.

function show(parent, model, data, go) {
  const box = parent.appendChild(make("section", "model"))
  box.appendChild(make("h2", "", model.title))
  const sum = box.appendChild(make("div", "sum"))
  const add = ([canvas, frame], caption = "") => {
    const figure = sum.appendChild(make("figure"))
    figure.appendChild(canvas)
    return { frame, caption: figure.appendChild(make("figcaption", "soft", caption)) }
  }
  const [before, after] = [frames(data.natural), frames(model.images)]
  const { colours, change } = data
  const tints = [colours.background, colours.final, colours.adversarial].map(rgb)
  const differing = ([frame, scale], i) =>
    changed(before(0, i), after(frame, i), change.largest[scale], change.grey, tints)
  add(painted(data.natural, "The natural image", before), "Before").frame(0)
  sum.appendChild(make("b", "", "+"))
  const added = add(painted(data.natural, "The perturbation, magnified", differing))
  sum.appendChild(make("b", "", "="))
  const attacked = add(painted(data.natural, `The attacked image, ${model.title}`, after))
  const outcome = box.appendChild(make("p", "soft"))
  legend(box, [
    ["natural", data.colours.natural, ""],
    ["attacked", data.colours.adversarial, ""],
  ])
  const moving = model.bars.map((row) => bars(box, row, model, data))
  if (model.without) box.appendChild(make("p", "soft", model.without))
  const note = box.appendChild(make("p", "soft"))
  moving.push(course(box, model, data, go))
  return (step, scale) => {
    attacked.frame(step)
    added.frame([step, scale])
    write(
      added.caption,
      `Perturbation ${change.factors[scale] ? `× ${change.factors[scale]}: ${change.tints}` : "none"}`,
    )
    write(attacked.caption, `After step ${step}: ${model.answers[step]}`)
    write(outcome, `${model.outcome} ${model.sizes[step]}`)
    write(note, model.notes[step])
    for (const move of moving) move(step)
  }
}

function build(root, data) {
  // told: the steps that Python was told and has not said again; heard: the last that it said.
  const view = { key: data.key, step: -1, scale: 0, timer: 0, rest: 0, told: [], heard: -1, commit: () => {} }
  root.replaceChildren()
  root.appendChild(make("p", "say", data.intro))
  const bar = root.appendChild(make("div", "bar"))
  const button = (image, name, action) => {
    const made = bar.appendChild(make("button", image))
    made.innerHTML = icon(image)
    made.type = "button"
    made.setAttribute("aria-label", name)
    made.title = name
    made.onclick = action
    return made
  }
  const play = button("play", "Play", () => (view.timer ? stop() : start()))
  button("first", "First step (Home)", () => move(0))
  button("back", "One step back (left)", () => move(view.step - 1))
  const slider = bar.appendChild(make("input"))
  Object.assign(slider, { type: "range", min: 0, max: data.steps, step: 1 })
  slider.setAttribute("aria-label", "Step of the attack")
  button("on", "One step on (right)", () => move(view.step + 1))
  button("last", "Last step (End)", () => move(data.steps))
  const where = bar.appendChild(make("output"))
  where.setAttribute("aria-live", "off") // Else every step of a replay would be read aloud.
  const magnify = magnifier(data.change, (scale) => {
    view.scale = scale
    go(view.step, false)
  })
  bar.appendChild(magnify)
  const live = spoken(root)
  const label = (playing) => {
    play.innerHTML = playing ? `${icon("pause")} Pause` : `${icon("play")} Play`
    play.title = "The space bar does the same"
    play.setAttribute("aria-label", playing ? "Pause" : "Play")
  }
  label(false)
  const models = root.appendChild(make("div", "models"))
  models.style.setProperty("--count", data.models.length)
  const move = (step) => {
    stop()
    go(step)
  }
  const parts = data.models.map((model) => show(models, model, data, move))
  root.appendChild(make("p", "soft", `${data.hint} Keys: space plays, arrows step.`))

  function go(step, tell = true) {
    view.step = Math.max(0, Math.min(data.steps, step))
    slider.value = view.step
    write(where, `Step **${view.step}** of ${data.steps}`)
    for (const part of parts) part(view.step, view.scale)
    clearTimeout(view.rest)
    if (!view.timer) view.rest = setTimeout(rest, REST, tell)
  }
  function rest(tell) {
    const answers = data.models.map(({ title, answers }) => `${title}: ${answers[view.step]}.`)
    write(live, `${where.textContent}. ${answers.join(" ")}`)
    if (tell) view.commit(view.step)
  }
  function start() {
    if (calm()) return go(view.step < data.steps ? data.steps : 0)
    if (view.step >= data.steps) go(0, false)
    clearTimeout(view.rest)
    view.timer = setInterval(() => (view.step < data.steps ? go(view.step + 1, false) : stop()), PACE)
    label(true)
  }
  function stop() {
    if (!view.timer) return
    clearInterval(view.timer)
    view.timer = 0
    label(false)
    go(view.step)
  }
  slider.oninput = () => move(Number(slider.value))
  root.onkeydown = (event) => {
    const typed = event.composedPath()[0]
    if (event.key === " " && typed.tagName !== "BUTTON") view.timer ? stop() : start()
    else if (typed === slider) return
    else if (event.key === "ArrowLeft") move(view.step - 1)
    else if (event.key === "ArrowRight") move(view.step + 1)
    else if (event.key === "Home") move(0)
    else if (event.key === "End") move(data.steps)
    else return
    event.preventDefault()
  }
  if (!magnify.disabled) magnify.follow()
  const unfollow = followed(magnify.follow)
  view.show = (step) => go(step, false)
  view.playOnce = () => {
    if (calm()) return
    stop()
    go(0, false)
    start()
  }
  view.end = () => {
    clearInterval(view.timer)
    clearTimeout(view.rest)
    unfollow()
  }
  return view
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".replay")
  if (root.view?.key !== data.key) {
    root.view?.end()
    root.view = build(root, data)
    root.view.show(data.step)
    root.view.heard = data.step
  } else {
    const { told, heard, timer } = root.view
    const echoed = told.lastIndexOf(data.step)
    told.splice(0, echoed + 1)
    // What Python has heard of an earlier step may come after a later one was chosen here.
    if (echoed < 0 && data.step !== heard && !timer) root.view.show(data.step)
    root.view.heard = data.step
  }
  root.view.commit = (step) => {
    const { told, heard } = root.view
    if (step === (told.at(-1) ?? heard)) return
    told.push(step)
    setTriggerValue("step", step)
  }
  const [number, place] = data.reveal ?? [0, ""]
  if (root.revealed === undefined) root.revealed = 0
  if (number > root.revealed) {
    root.revealed = number
    // The rest of the page is still being drawn.
    setTimeout(() => reveal(document.querySelector(`.st-key-${place}`)), 700)
    if (place === "replay_place") root.view.playOnce()
  }
  return () => root.view?.end()
}

/** Scroll there, unless enough of it can be seen already. */
function reveal(node) {
  if (node && node.getBoundingClientRect().top > window.innerHeight * 0.6) {
    node.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "start" })
  }
}

// The bar of controls: play and step, epsilon, what the attacker maximises.
import { OBJECTIVES } from "../attacker/objectives.js"
import { h } from "../shared/dom.js"
import { icon } from "../shared/icons.js"

/** Steps a second that can be chosen; the device may do fewer. */
export const PACES = [5, 15, 30, 60]
/** Lengths of a step, in shares of epsilon; a whole epsilon in one step is FGSM. */
export const STEPS = { "epsilon / 20": 0.05, "epsilon / 10": 0.1, "epsilon / 4": 0.25, "epsilon (FGSM)": 1 }

/** Write an epsilon as people do: in grey levels where photographs are meant. */
export const writer = (greys) => (epsilon) =>
  greys ? `${Number((epsilon * 255).toFixed(1))}/255` : Number(epsilon.toPrecision(3)).toString()

/** What was sent, with the objectives that fit its classes and how its epsilons are written. */
export function equipped(sent) {
  const objectives = Object.entries(OBJECTIVES).filter(([, { fewestClasses }]) => sent.classes.length >= fewestClasses)
  return { ...sent, objectives, write: writer(sent.epsilon.greys) }
}

function signed(name, text = "") {
  const holder = document.createElement("span")
  holder.innerHTML = icon(name)
  return [holder.firstChild, ...(text ? [text] : [])]
}

function choice(label, options, value, set) {
  const select = h(
    "select",
    { "aria-label": label, onchange: () => set(select.value) },
    ...options.map(([key, text, explanation]) => h("option", { value: key, title: explanation }, text)),
  )
  select.value = value
  return [h("label", {}, h("span", {}, label), select), select]
}

/**
 * The bar. acts: {play, back, on, reset, go(index)}; settings(changes) takes over what was chosen.
 *
 * Returns {bar, show(session, state)}.
 */
export function createControls(data, state, acts, settings) {
  const button = (name, text, title, onclick) =>
    h("button", { type: "button", class: name, title, "aria-label": title, onclick }, ...signed(name, text))
  const play = button("play", "Play", "Play or pause (space)", acts.play)
  const scrub = h("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Step of the attack" })
  const where = h("output", { class: "where" })
  const epsilon = h("input", {
    type: "range",
    min: 0,
    max: data.epsilon.most,
    step: data.epsilon.step,
    value: state.settings.epsilon,
    "aria-label": "Epsilon: how far a pixel may move",
  })
  const size = h("output", {}, data.write(state.settings.epsilon))
  scrub.oninput = () => acts.go(Number(scrub.value))
  epsilon.oninput = () => settings({ epsilon: Number(epsilon.value) })
  const [norm, norms] = choice(
    "Norm",
    [
      ["linf", "L∞: each pixel alone"],
      ["l2", "L2: all together"],
    ],
    state.settings.norm,
    (value) => settings({ norm: value }),
  )
  const [aim, goals] = choice(
    "The attacker maximises",
    data.objectives.map(([name, { title, explanation }]) => [name, title, explanation]),
    state.settings.objective,
    (value) => settings({ objective: value }),
  )
  const [target, targets] = choice(
    "towards",
    [["", "any wrong class"], ...data.classes.map((name, index) => [String(index), name])],
    "",
    (value) => settings({ target: value === "" ? null : Number(value) }),
  )
  const [length] = choice(
    "Step",
    Object.keys(STEPS).map((text) => [text, text]),
    "epsilon / 10",
    (value) => settings({ share: STEPS[value] }),
  )
  const [pace] = choice(
    "Pace",
    PACES.map((each) => [each, `${each} steps a second`]),
    state.pace,
    (value) => {
      state.pace = Number(value)
    },
  )
  const bar = h(
    "div",
    { class: "bar" },
    h(
      "div",
      { class: "row time" },
      play,
      button("back", "", "One step back (left)", acts.back),
      button("on", "", "One step on (right)", acts.on),
      button("reset", "", "From the beginning (Home)", acts.reset),
      scrub,
      where,
    ),
    h("div", { class: "row size" }, h("label", { class: "epsilon" }, h("span", {}, "Epsilon"), epsilon, size)),
    h("div", { class: "row more" }, aim, target, length, norm, pace),
  )

  let shown = false // Whether the button says that it plays.
  function show(session) {
    const running = session.playing
    if (running !== shown) play.replaceChildren(...signed(running ? "pause" : "play", running ? "Pause" : "Play"))
    shown = running
    scrub.max = Math.max(session.last(), 0)
    scrub.value = session.at
    where.textContent = `Step ${session.frame()?.step ?? 0}`
    const { most, step, l2 } = data.epsilon
    const [scale, say] = state.settings.norm === "l2" ? [l2, writer(false)] : [1, data.write]
    epsilon.max = most * scale
    epsilon.step = step * scale
    size.textContent = say(state.settings.epsilon)
    epsilon.value = state.settings.epsilon
    goals.value = state.settings.objective
    norms.value = state.settings.norm
    targets.value = state.settings.target === null ? "" : String(state.settings.target)
    for (const [index, option] of [...targets.options].entries()) option.disabled = index - 1 === state.label
  }
  return { bar, show }
}

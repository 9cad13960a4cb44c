// The image beside a negative: how alike each network takes the two for, and the forces of the contrast, while one draws
// and while the attack runs.
import { h, write } from "../shared/dom.js"
import { createPair } from "./pair.js"
import { pick, STRATEGIES } from "./pick.js"

const BY_HAND = "class:"

/** The section, closed at first; image(n) is the n-th image of the stage. Returns {box, follow, forget}. */
export function createNegatives(data, state, session, client, image) {
  const pairs = data.networks.map(({ title }) => createPair(title, data))
  const drives = data.networks.map(() => null) // Of each network, how far its negative is attacked.
  const select = (name, options) =>
    h(
      "select",
      { "aria-label": name, onchange: follow },
      ...options.map(([value, text]) => h("option", { value }, text)),
    )
  const strategy = select("How the negative is picked", [
    ...Object.entries(STRATEGIES).map(([key, { title }]) => [key, title]),
    ...data.classes.map((name, index) => [`${BY_HAND}${index}`, `By hand: ${name}`]),
  ])
  const lot = h("button", { type: "button", onclick: draws }, "Draw another")
  const heads = select("Which answer is compared", [])
  const alpha = h("input", { type: "range", min: 0, max: 1, step: 0.01, value: data.alpha, "aria-label": "alpha" })
  const share = h("output")
  const words = h("p", { class: "soft" })
  const body = h(
    "div",
    { class: "against", hidden: true },
    h(
      "div",
      { class: "row" },
      h("label", {}, h("span", {}, "Negative by"), strategy),
      lot,
      h("label", {}, h("span", {}, "Compared"), heads),
      h("label", { class: "alpha" }, h("span", {}, "alpha"), alpha, share),
    ),
    words,
    h("div", { class: "pairs", style: `--count: ${pairs.length}` }, ...pairs.map(({ box }) => box)),
  )
  const button = h("button", { type: "button", "aria-expanded": false }, "Beside a negative")
  const box = h("div", { class: "negatives" }, button, body)
  const blocks = () => Math.max(...session.frame().points.map(({ answer }) => answer.blocks.length))
  let candidates = null // What each network answers to the images of the stage: asked for once.
  let busy = false
  let again = false
  let drawn = null
  let longest = 0
  let seed = 0

  button.onclick = () => {
    body.hidden = !body.hidden
    button.setAttribute("aria-expanded", !body.hidden)
    follow()
  }
  alpha.oninput = draw

  /** The class that was chosen by hand, or -1. */
  const chosen = () => (strategy.value.startsWith(BY_HAND) ? Number(strategy.value.slice(BY_HAND.length)) : -1)

  /** What may be picked: by hand the images of one class, of which the others count as the anchor's own. */
  const among = (index) =>
    candidates[index].map((each) => (chosen() < 0 || each.label === chosen() ? each : { ...each, label: state.label }))

  function draws() {
    seed += 1
    follow()
  }

  async function studied() {
    const found = data.networks.map(() => [])
    for (const [n, label] of data.labels.entries())
      for (const [index, { logits, predicted }] of (await client.look(image(n))).entries())
        found[index].push({ label, logits, predicted })
    return found
  }

  /** The negative's image where its attack has made as many steps as the image's own has. */
  async function driven(index, n, step) {
    const { label, settings } = state
    const wanted = JSON.stringify(settings)
    const key = `${n}/${label}`
    const drive = drives[index]
    if (drive?.key !== key || (!step && drive.settings !== wanted)) {
      const question = { image: image(n), label: data.labels[n], settings: { ...settings, target: label } }
      drives[index] = { key, settings: wanted, points: [await client.negative.begin(index, question)] }
    }
    const { points } = drives[index]
    if (drives[index].settings !== wanted) {
      await client.negative.set(index, { ...settings, target: label })
      drives[index].settings = wanted
    }
    while (points.length <= step) points.push(await client.negative.step(index))
    return points[step]
  }

  async function compared(index) {
    const { label, natural } = state
    const frame = session.frame()
    const targeted = strategy.value === "targeted_attack"
    const anchor = { label, predicted: session.frames[0].points[index].answer.predicted }
    const found = pick(chosen() < 0 ? strategy.value : "random", anchor, among(index), seed)
    if (!found) return null
    const point = targeted ? await driven(index, found.index, frame.step) : null
    const mine = targeted ? natural : frame.points[index].image
    const other = point ? point.image : image(found.index)
    const question = { image: mine, label, negative: other, negativeLabel: data.labels[found.index] }
    const { heads: said } = await client.contrast(index, question)
    const answer = point ? point.answer.predicted : candidates[index][found.index].predicted
    return { ...found, mine, other, heads: said, label: data.labels[found.index], answer, targeted }
  }

  /** Look anew; what is asked for meanwhile is looked at once more, when this is done. */
  async function follow() {
    if (body.hidden || !session.frames.length) return
    again = true
    if (busy) return
    busy = true
    try {
      if (!candidates) write(words, "Asking the networks about the images …")
      candidates ??= await studied()
      while (again && !body.hidden) {
        again = false
        const found = []
        for (const index of pairs.keys()) found.push(await compared(index))
        drawn = found
        draw()
      }
    } catch (error) {
      write(words, error.message)
    }
    busy = false
  }

  function draw() {
    share.textContent = Number(alpha.value).toFixed(2)
    if (!drawn) return
    const count = blocks()
    if (heads.options.length !== count + 1) {
      const names = ["p', the final answer", ...Array.from({ length: count }, (_, b) => `p of block ${b + 1}`)]
      heads.replaceChildren(...names.map((name, n) => h("option", { value: n - 1 }, name)))
      heads.value = count ? 0 : -1
    }
    const head = Number(heads.value)
    const shown = drawn.map((found) => found && { ...found, head: found.heads.at(found.heads.length > 1 ? head : -1) })
    for (const found of shown) if (found) longest = Math.max(longest, found.head.onAnchor, found.head.onNegative)
    const own = data.classes[state.label]
    write(words, chosen() < 0 ? STRATEGIES[strategy.value].words(own) : "An image of the class that you have chosen.")
    for (const [index, pair] of pairs.entries()) pair.show(shown[index], Number(alpha.value), longest)
  }

  /** Another image: its forces have a scale of their own. */
  function forget() {
    longest = 0
  }

  return { box, follow, forget }
}

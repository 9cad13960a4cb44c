// One anchor and what each strategy makes of it. Alpha, the attack's steps and the map's arrows need no server; only
// another anchor does. What a person has set stays while anchors come and go.
import { percent } from "../shared/codec.js"
import { calm, make, spoken, write } from "../shared/dom.js"
import { clamp } from "../shared/geometry.js"
import { followed, keep, kept } from "../shared/kept.js"
import { negative, push, similarity } from "./column.js"
import { plane } from "./plane.js"
import { sheet } from "./sheet.js"

const SIGNS = "**gt**: what an image is. **h**: what the model calls it. **ne**: the anchor. **OE**: its negative."
const GLIDE = 1500 // Milliseconds that alpha takes from one end to the other where a story moves it.
const ASK = 120 // Milliseconds without another key before the next anchor is asked for.

/** What alpha does, in words. */
function shares(alpha) {
  if (alpha === 1) return "All of the force is on the negative: **the anchor stays put.**"
  if (alpha === 0) return "All of the force is on the anchor: the negative stays put."
  return `${Math.round(alpha * 100)} % of the force on the negative, ${Math.round((1 - alpha) * 100)} % on the anchor.`
}

/** Take over what the URL says; what it does not say is as usual. */
function take(view, data) {
  const alpha = Number(kept("alpha") ?? data.alpha)
  view.alpha = Number.isFinite(alpha) ? clamp(alpha, 0, 1) : data.alpha
  view.head = Math.max(
    0,
    data.heads.findIndex(({ name }) => name === kept("compared")),
  )
  view.mode = kept("arrows") === "weights" ? "weights" : "features"
  view.near = kept("near") === "true"
}

function build(root, data, view) {
  view.live ??= spoken(root)
  for (const child of [...root.children]) if (child !== view.live) child.remove()
  const look = getComputedStyle(root)
  const colours = {
    text: look.getPropertyValue("--st-text-color"),
    background: look.getPropertyValue("--st-background-color"),
    anchor: look.getPropertyValue("--st-blue-color") || "#0072b2",
    negative: look.getPropertyValue("--st-orange-color") || "#d55e00",
  }
  if (view.alpha === undefined) take(view, data)
  view.head = Math.min(view.head, data.heads.length - 1)
  const frames = data.strategies.map((one) => one.frames.length - 1)
  const rank = data.order.indexOf(data.anchor)

  const bar = root.appendChild(make("div", "bar"))
  const step = (name, key, by, className) => {
    const button = bar.appendChild(make("button", className, name))
    button.type = "button"
    button.append(" ", make("kbd", "", key))
    button.title = `${name} anchor (${key}, arrow keys)`
    button.setAttribute("aria-keyshortcuts", by > 0 ? "n ArrowRight" : "p ArrowLeft")
    button.onclick = () => view.move(by)
    return button
  }
  step("Previous", "p", -1, "step").setAttribute("aria-label", "Previous anchor")
  step("Next", "n", 1, "main step").setAttribute("aria-label", "Next anchor")
  view.where = bar.appendChild(make("output", "", `Anchor **${rank + 1}** of ${data.order.length}`))
  view.where.setAttribute("aria-live", "off") // Said with what the anchor is, once it is there.
  view.where.title = "In the order in which the strategies differ, most first"
  const alpha = bar.appendChild(make("div", "alpha"))
  alpha.appendChild(make("label", "", "alpha")).htmlFor = "alpha"
  const slider = alpha.appendChild(make("input"))
  Object.assign(slider, { type: "range", min: 0, max: 1, step: 0.01, id: "alpha", value: view.alpha })
  const value = alpha.appendChild(make("output"))
  value.setAttribute("aria-live", "off") // The slider says it.
  const says = alpha.appendChild(make("p", "soft"))

  const heads = root.appendChild(make("div", "heads"))
  const choice = heads.appendChild(make("div", "group"))
  choice.setAttribute("role", "group")
  choice.setAttribute("aria-label", "Which answer is compared")
  const choices = data.heads.map((head, index) => {
    const button = choice.appendChild(make("button", "", head.name))
    button.type = "button"
    button.onclick = () => {
      view.head = index
      update()
      keep("compared", index ? head.name : null)
    }
    return button
  })
  choice.hidden = data.heads.length === 1
  const note = heads.appendChild(make("p", "soft"))
  note.setAttribute("aria-live", "polite")

  const board = root.appendChild(make("div", "board"))
  board.style.setProperty("--count", data.strategies.length)
  const anchor = board.appendChild(make("div", "anchor"))
  const image = anchor.appendChild(make("img"))
  image.src = data.picture
  image.alt = `The anchor, ${data.kinds[data.label]}`
  const told = anchor.appendChild(make("div"))
  told.appendChild(make("h2", "", `The anchor is ${data.kinds[data.label]}`))
  const right = data.label === data.answer
  const answer = `The model calls it **${data.kinds[data.answer]}** (${percent(data.confidence)})${right ? "" : ": a mistake"}.`
  told.appendChild(make("p", "", answer))
  write(view.live, `${view.where.textContent} is ${data.kinds[data.label]}. ${answer}`)
  told.appendChild(
    make(
      "p",
      "soft",
      `Image ${data.anchor} of the batch, dashed in every column. Each column is a strategy: lit images may serve as the negative, the outlined one is picked. Point at an image to see why; click it to make it the anchor. Arrow keys and Enter do the same.`,
    ),
  )

  const sprite = new Image()
  const parts = data.strategies.map((one, index) => {
    const column = board.appendChild(make("section", "column"))
    column.setAttribute("aria-label", one.title)
    column.appendChild(make("h2", "", one.title))
    const rule = column.appendChild(make("div"))
    rule.appendChild(make("p", "", one.words))
    const signs = rule.appendChild(make("details"))
    signs.appendChild(make("summary", "", "In the paper's signs"))
    signs.appendChild(make("code", "", one.notation))
    signs.appendChild(make("p", "soft", SIGNS))
    const forced = push(column, one, data, colours)
    const alike = similarity(column, one, data)
    const paint = sheet(column, one, data, sprite, (wanted) => view.go(wanted))
    const shown = negative(column, one, data, (frame) => {
      frames[index] = frame
      update()
    })
    return (state) => {
      if (state.paint) paint()
      shown(state.frame)
      alike(state)
      forced(state)
    }
  })
  root.appendChild(
    make(
      "p",
      "soft",
      "Arrows: the force on the anchor (blue) and on the negative (orange) is the length of the gradient of the contrast on their features, times each one's share of alpha. All columns share one scale.",
    ),
  )
  const mapped = plane(root, data, view, colours, () => update())

  function update(paint = false) {
    value.textContent = view.alpha.toFixed(2)
    write(says, shares(view.alpha))
    slider.setAttribute("aria-valuetext", says.textContent)
    choices.forEach((button, index) => button.setAttribute("aria-pressed", String(index === view.head)))
    write(note, data.heads[view.head].note)
    const strongest = data.strategies.flatMap((one) => [
      ...one.heads[view.head].onAnchor,
      ...one.heads[view.head].onNegative,
    ])
    const longest = Math.max(...strongest)
    parts.forEach((part, index) => part({ head: view.head, frame: frames[index], alpha: view.alpha, longest, paint }))
    mapped(frames)
  }
  slider.oninput = () => {
    view.alpha = Number(slider.value)
    update()
  }
  const keepAlpha = (alpha) => keep("alpha", alpha === data.alpha ? null : alpha)
  slider.onchange = () => keepAlpha(view.alpha)
  view.follow = () => {
    cancelAnimationFrame(view.gliding)
    take(view, data)
    slider.value = view.alpha
    update()
  }
  view.glide = (alpha) => {
    cancelAnimationFrame(view.gliding)
    keepAlpha(alpha)
    const [from, began] = [alpha === 0 ? 1 : view.alpha, performance.now()]
    const draw = (now) => {
      const share = calm() ? 1 : clamp((now - began) / GLIDE, 0, 1)
      view.alpha = from + (alpha - from) * share
      slider.value = view.alpha
      update()
      if (share < 1) view.gliding = requestAnimationFrame(draw)
    }
    draw(began)
  }
  sprite.onload = () => update(true)
  sprite.src = data.sprite
  view.watch?.disconnect()
  view.watch = new ResizeObserver(() => update(true))
  view.watch.observe(board)
  update()
}

/** Whether a key pressed here is meant for what has the focus. */
function taken(event) {
  const node = event.composedPath()[0]
  if (event.ctrlKey || event.metaKey || event.altKey || !node?.closest) return true
  if (node.matches("textarea, select, [contenteditable=true], input:not([type=range])")) return true
  return (
    event.key.startsWith("Arrow") && node.matches("input, [role=tab], [role=radio], [role=option], [role=combobox]")
  )
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".mechanism")
  const view = (root.view ??= { timer: 0 })
  view.unfollow ??= followed(() => view.follow())
  const focused = root.getRootNode().activeElement?.getAttribute("aria-label")
  view.go = (anchor) => {
    clearTimeout(view.timer)
    view.next = anchor === data.anchor && view.asked === undefined ? undefined : anchor
    write(view.where, `Anchor **${data.order.indexOf(anchor) + 1}** of ${data.order.length}`)
    root.classList.toggle("waiting", view.next !== undefined)
    if (view.next === undefined) return
    view.timer = setTimeout(() => {
      view.asked = anchor
      setTriggerValue("anchor", anchor)
    }, ASK)
  }
  view.move = (by) => {
    const { order } = data
    const from = order.indexOf(view.next ?? data.anchor)
    view.go(order[(from + by + order.length) % order.length])
  }
  const look = getComputedStyle(root).getPropertyValue("--st-background-color")
  if (view.key !== data.key + look) {
    view.key = data.key + look
    build(root, data, view)
    if (focused) root.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus()
  }
  if (data.played && data.played.id !== view.played) {
    view.played = data.played.id
    view.glide(data.played.alpha ?? data.alpha)
  }
  if (view.asked === data.anchor) view.asked = undefined
  if (view.next === data.anchor || view.next === undefined) {
    view.next = undefined
    root.classList.remove("waiting")
  }
  root.onkeydown = (event) => {
    if (event.defaultPrevented || taken(event)) return
    const by = { n: 1, ArrowRight: 1, p: -1, ArrowLeft: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    view.move(by)
  }
  return () => {
    view.unfollow?.()
    view.unfollow = undefined
  }
}

// Words for what an act has begun, in the place where its result will appear, before the server has answered.
//
// What stood there stays, dimmed and in its full height, until the page has been drawn anew. An act has begun something
// when the browser sends to the server right after it; the page's own controls are known to, and are not waited for.
import { h } from "../shared/dom.js"
import { HEARD, SENT, tellTraffic } from "../shared/traffic.js"
import { openWhole } from "./opening.js"
import { MAIN, placeOf, remember, showing } from "./places.js"

const ACTS = ["pointerdown", "pointerup", "click", "keydown", "change", "popstate"]
const BEFORE = ["pointerdown", "keydown"]
const FRESH = 700 // Milliseconds after an act in which what is sent is its consequence.
const GIVEN_UP = { acted: 1000, sent: 20_000 } // Milliseconds of words without a run after which nothing was begun.
const SURE = [
  "[role=option]",
  "[role=tab][aria-selected=false]",
  "[data-variant=segmented_control]",
  "[data-testid=stButton] button:enabled",
  "[data-testid=stCheckbox]",
  "[data-testid=stSlider]",
  ".accuracies tbody tr",
  ".toolbar .undo:enabled",
  ".toolbar .redo:enabled",
].join()
const TICK = 100
const UNSEEN = 300 // Milliseconds after an answer in which a run shows, unless it was over before it could be drawn.
const STEERING = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]
const STATE = "data-test-script-state"

export function keepWaiting(tables) {
  const act = { keys: [], at: Number.NEGATIVE_INFINITY, page: "" }
  const pill = document.body.appendChild(h("div", { class: "ancra-waiting", role: "status", hidden: true }))
  const [said, seconds] = [pill.appendChild(h("span")), pill.appendChild(h("span", { "aria-hidden": "true" }))]
  let now = null
  let ticking = 0
  let frame = 0

  function note(event) {
    if (!event.isTrusted && event.type !== "popstate") return
    const path = event.composedPath().filter((node) => node instanceof Element)
    const keys = path.flatMap((node) => [...node.classList].filter((name) => name.startsWith("st-key-")))
    const link = path.find((node) => node.matches("a[href]"))
    act.at = performance.now()
    act.page = link ? pageOf(new URL(link.href).pathname) : ""
    // A menu's choices lie beside the page: they belong to what was pressed before.
    if (keys.length || path.some((node) => node.matches("main, header, [data-testid=stSidebar]"))) {
      act.keys = keys.map((name) => name.slice("st-key-".length))
    }
    if (event.type === "popstate") return begin("acted") // The server is always asked for the view.
    const steered = event.type === "keydown" && STEERING.includes(event.key) && path[0]?.type === "range"
    if (event.type === "pointerup" ? act.page || path.some((node) => node.matches(SURE)) : steered) begin("acted")
  }

  /** What the menu calls another page than this one. */
  function pageOf(path) {
    const named = [...document.querySelectorAll("header a[href], [data-testid=stSidebarNavLink]")]
    const entry = path !== location.pathname && named.find((each) => new URL(each.href).pathname === path)
    return entry ? entry.innerText.trim().split("\n").pop() : ""
  }

  function begin(by) {
    show(act.page ? { where: MAIN, says: `Opening ${act.page}`, opens: true } : placeOf(tables(), act.keys), act.at, by)
  }

  function show(place, at, by = "sent") {
    if (!place) return
    if (now && now.place.where !== place.where) showing(now.place, false)
    now = { place, at, by, seen: null, ran: running(), heard: Number.POSITIVE_INFINITY }
    said.textContent = `${place.says} …`
    // In the next frame: measured at once, the page would be laid out again for what its own controls then change.
    frame ||= requestAnimationFrame(tick)
    clearInterval(ticking)
    ticking = setInterval(tick, TICK)
  }

  function tick() {
    cancelAnimationFrame(frame)
    frame = 0
    now.seen ??= performance.now()
    const given = Math.min(now.seen + GIVEN_UP[now.by], now.heard + UNSEEN)
    if (!now.ran && performance.now() > given) return end()
    const [left, top, width] = showing(now.place, true)
    // What the server says of its queue and of how far it is knows more.
    const told = asked()
    if (told) said.textContent = told
    seconds.textContent = ` ${((performance.now() - now.at) / 1000).toFixed(1)} s`
    pill.style.cssText = `left: ${left}px; top: ${top}px; max-width: ${width}px`
    pill.hidden = false
  }

  function end() {
    cancelAnimationFrame(frame)
    frame = 0
    clearInterval(ticking)
    if (now) showing(now.place, false)
    now = null
    pill.hidden = true
  }

  const asked = () => document.querySelector(".ancra-asked")?.textContent.trim()
  const app = () => document.querySelector(`[${STATE}]`)
  const running = () => (app()?.getAttribute(STATE) ?? "notRunning") !== "notRunning"
  const follow = new MutationObserver(() => {
    if (now && running()) now.ran = true
    else if (now?.ran) end()
    else if (asked() && running()) show(placeOf(tables(), []), performance.now())
  })
  follow.observe(document.body, { subtree: true, childList: true, attributeFilter: [STATE] })
  if (running()) show({ where: MAIN, says: "Opening this page", opens: true }, performance.now())
  openWhole(running)

  const heard = () => {
    if (now?.by === "sent") now.heard = Math.min(now.heard, performance.now())
  }
  const sent = () => {
    if (performance.now() - act.at < FRESH) begin("sent")
  }
  addEventListener(HEARD, heard)
  addEventListener(SENT, sent)
  const silence = tellTraffic()
  const before = () => remember(tables())
  for (const name of ACTS) addEventListener(name, note, true)
  for (const name of BEFORE) addEventListener(name, before, true)
  return function stop() {
    silence()
    removeEventListener(HEARD, heard)
    removeEventListener(SENT, sent)
    for (const name of ACTS) removeEventListener(name, note, true)
    for (const name of BEFORE) removeEventListener(name, before, true)
    follow.disconnect()
    end()
    pill.remove()
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".waiting")
  root.tables = data.places
  root.stop ??= keepWaiting(() => root.tables)
  return () => {
    root.stop?.()
    root.stop = undefined
  }
}

// The views of a page as entries of the browser's history: one for each thing that a person changes.
//
// Streamlit replaces the entry when a person moves a widget whose value stands in the URL, and adds one whenever a
// script sets a parameter. Here the first change of the URL after a person acted adds an entry, and what follows from
// it replaces that entry. What widgets keep in the URL by themselves (../shared/kept.js) stays there whatever Python writes.
import { KEEP, OWN, WALKED } from "../shared/kept.js"
import { HEARD, SENT } from "../shared/traffic.js"

const ACTS = ["pointerdown", "keydown", "input", "change"]
const TOGETHER = 400 // Milliseconds: a held key and a dragged slider are one change.
const ASKS = 300 // Milliseconds after a walk in which the server is asked to draw it, if it is to.
const SHOWS = 300 // Milliseconds after the server's first word in which a run shows, unless it is over already.
const PATIENCE = { unheard: 10_000, running: 3000 } // Milliseconds at most: a run may have much to compute.
const AGAIN = 3 // Times that a view is asked for again whose address an answer to the one before has written over.
const RUNNING = "[data-test-script-state]:not([data-test-script-state=notRunning])"
const TOPS = "ancra.views"

/** Keep the history of views; `moved` is called whenever another one is shown. */
export function keepViews(moved) {
  let acted = false
  let last = Number.NEGATIVE_INFINITY
  let wanted = 0 // Views that a person has asked to go, on or back.
  let walking = false // Until the browser has gone there.
  let walkedAt = Number.NEGATIVE_INFINITY
  let [askedAt, heardAt] = [walkedAt, walkedAt] // The first of each after the walk.
  let entry = history.state?.entry ?? arrival()
  let shown = choices(location.search)
  let [left, again] = [null, 0] // What was shown before the walk, until somebody acts.
  const { pushState, replaceState } = History.prototype
  const tops = () => JSON.parse(sessionStorage.getItem(TOPS) ?? "{}")
  const write = (call, next, url) => {
    entry = next
    shown = choices(url.search)
    call.call(history, { entry }, "", url)
    moved()
  }
  const instead = (call) => (_state, _unused, address) => {
    const url = new URL(address ?? location.href, location.href)
    if (url.pathname !== location.pathname) {
      acted = false
      return write(call, arrival(), url)
    }
    const here = new URLSearchParams(location.search)
    for (const name of OWN) put(url, name, here.get(name))
    follow(url)
  }
  const put = (url, name, value) => {
    if (url.searchParams.get(name) === value) return
    value === null ? url.searchParams.delete(name) : url.searchParams.set(name, value)
  }
  const keep = ({ detail: { name, value } }) => {
    const url = new URL(location.href)
    put(url, name, value === null ? null : String(value))
    if (url.search !== location.search) follow(url)
  }
  const follow = (url) => {
    // What changes nothing is not what the person's act has changed: that may follow yet.
    if (choices(url.search) === choices(location.search)) return write(replaceState, entry, url)
    // An answer that comes late is of the view that was left.
    if (!acted && choices(url.search) === left && again-- > 0) {
      dispatchEvent(new PopStateEvent("popstate", { state: history.state }))
      return
    }
    const now = performance.now()
    const follows = !acted || now - last < TOGETHER
    if (acted) last = now
    acted = false
    if (follows) return write(replaceState, entry, url)
    const next = { visit: entry.visit, view: entry.view + 1 }
    sessionStorage.setItem(TOPS, JSON.stringify({ ...tops(), [next.visit]: next.view }))
    write(pushState, next, url)
  }
  const act = (event) => {
    if (!event.isTrusted) return
    acted = true
    left = null
  }
  const walked = () => {
    entry = history.state?.entry ?? arrival()
    const here = choices(location.search)
    if (here !== shown) [left, again] = [shown, AGAIN]
    shown = here
    acted = walking = false
    walkedAt = performance.now()
    askedAt = heardAt = Number.POSITIVE_INFINITY
    moved()
    dispatchEvent(new Event(WALKED))
  }
  const walk = (by) => {
    if (!views[by < 0 ? "canUndo" : "canRedo"]()) return
    wanted += by
    go()
    moved()
  }
  const asked = () => {
    askedAt = Math.min(askedAt, performance.now())
  }
  const heard = () => {
    if (askedAt < Number.POSITIVE_INFINITY) heardAt = Math.min(heardAt, performance.now())
  }
  /** Whether the view that was gone to last is yet to be drawn by the server. */
  const drawing = () => {
    const now = performance.now()
    if (askedAt > now) return now - walkedAt < ASKS
    if (heardAt > now) return now - askedAt < PATIENCE.unheard
    return now - heardAt < SHOWS || (now - heardAt < PATIENCE.running && document.querySelector(RUNNING) !== null)
  }
  // Not before the view that was gone to last is drawn: what Python then writes into the URL is meant for that one.
  const go = () => {
    if (!wanted) return
    if (walking || drawing()) {
      requestAnimationFrame(go)
      return
    }
    const by = Math.max(-entry.view, Math.min((tops()[entry.visit] ?? 0) - entry.view, wanted))
    wanted = 0
    walking = by !== 0
    if (walking) history.go(by)
  }
  const views = {
    canUndo: () => entry.view + wanted > 0,
    canRedo: () => entry.view + wanted < (tops()[entry.visit] ?? 0),
    undo: () => walk(-1),
    redo: () => walk(1),
    end() {
      delete history.pushState
      delete history.replaceState
      for (const name of ACTS) removeEventListener(name, act, true)
      removeEventListener("popstate", walked)
      removeEventListener(KEEP, keep)
      removeEventListener(SENT, asked)
      removeEventListener(HEARD, heard)
    },
  }
  history.pushState = instead(pushState)
  history.replaceState = instead(replaceState)
  for (const name of ACTS) addEventListener(name, act, true)
  addEventListener("popstate", walked)
  addEventListener(KEEP, keep)
  addEventListener(SENT, asked)
  addEventListener(HEARD, heard)
  write(replaceState, entry, new URL(location.href))
  return views
}

/** What an address asks for, in whatever order. */
function choices(search) {
  return [...new URLSearchParams(search)].map(String).sort().join("&")
}

/** The first view of a page that was just come to. */
function arrival() {
  return { visit: String(Date.now()), view: 0 }
}

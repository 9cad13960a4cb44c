// The views of a page as entries of the browser's history: one for each thing that a person changes.
//
// Streamlit replaces the entry when a person moves a widget whose value stands in the URL, and adds one whenever a
// script sets a parameter. Here the first change of the URL after a person acted adds an entry, and what follows from
// it replaces that entry. What widgets keep in the URL by themselves (../shared/kept.js) stays there whatever Python writes.
import { KEEP, OWN, WALKED } from "../shared/kept.js"

const ACTS = ["pointerdown", "keydown", "input", "change"]
const TOGETHER = 400 // Milliseconds: a held key and a dragged slider are one change.
const ANSWER = 300 // Milliseconds after a walk in which the run that draws it begins.
const PATIENCE = 3000 // Milliseconds that are waited for it at most: it may have much to compute.
const RUNNING = "[data-test-script-state]:not([data-test-script-state=notRunning])"
const TOPS = "ancra.views"

/** Keep the history of views; `moved` is called whenever another one is shown. */
export function keepViews(moved) {
  let acted = false
  let last = Number.NEGATIVE_INFINITY
  let wanted = 0 // Views that a person has asked to go, on or back.
  let walking = false // Until the browser has gone there.
  let walkedAt = Number.NEGATIVE_INFINITY
  let entry = history.state?.entry ?? arrival()
  const { pushState, replaceState } = History.prototype
  const tops = () => JSON.parse(sessionStorage.getItem(TOPS) ?? "{}")
  const write = (call, next, url) => {
    entry = next
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
    if (event.isTrusted) acted = true
  }
  const walked = () => {
    entry = history.state?.entry ?? arrival()
    acted = walking = false
    walkedAt = performance.now()
    moved()
    dispatchEvent(new Event(WALKED))
  }
  const walk = (by) => {
    if (!views[by < 0 ? "canUndo" : "canRedo"]()) return
    wanted += by
    go()
    moved()
  }
  // Not before the view that was gone to last is drawn: what Python then writes into the URL is meant for that one.
  const go = () => {
    if (!wanted) return
    const since = performance.now() - walkedAt
    const drawing = since < ANSWER || (since < PATIENCE && document.querySelector(RUNNING))
    if (walking || drawing) {
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
    },
  }
  history.pushState = instead(pushState)
  history.replaceState = instead(replaceState)
  for (const name of ACTS) addEventListener(name, act, true)
  addEventListener("popstate", walked)
  addEventListener(KEEP, keep)
  write(replaceState, entry, location.href)
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

// The views of a page as entries of the browser's history: one for each thing that a person changes.
//
// Streamlit replaces the entry when a person moves a widget whose value stands in the URL, and adds one whenever a
// script sets a parameter. Here the first change of the URL after a person acted adds an entry, and what follows from
// it replaces that entry.

const ACTS = ["pointerdown", "keydown", "input", "change"]
const TOGETHER = 400 // Milliseconds: a held key and a dragged slider are one change.
const TOPS = "ancra.views"

/** Keep the history of views; `moved` is called whenever another one is shown. */
export function keepViews(moved) {
  let acted = false
  let last = Number.NEGATIVE_INFINITY
  let walking = false
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
    const now = performance.now()
    const follows = !acted || now - last < TOGETHER || url.search === location.search
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
    moved()
  }
  const walk = (by) => {
    if (walking || !views[by < 0 ? "canUndo" : "canRedo"]()) return
    walking = true
    history.go(by)
  }
  const views = {
    canUndo: () => entry.view > 0,
    canRedo: () => entry.view < (tops()[entry.visit] ?? 0),
    undo: () => walk(-1),
    redo: () => walk(1),
    end() {
      delete history.pushState
      delete history.replaceState
      for (const name of ACTS) removeEventListener(name, act, true)
      removeEventListener("popstate", walked)
    },
  }
  history.pushState = instead(pushState)
  history.replaceState = instead(replaceState)
  for (const name of ACTS) addEventListener(name, act, true)
  addEventListener("popstate", walked)
  write(replaceState, entry, location.href)
  return views
}

/** The first view of a page that was just come to. */
function arrival() {
  return { visit: String(Date.now()), view: 0 }
}

// What stands in the header of every page: take back the last change of view, and make it again.
import { h } from "../shared/dom.js"
import { typed } from "../shared/keys.js"
import { keepViews } from "./views.js"

const ICONS = {
  undo: "M12.5 8c-2.65 0-5.05 1-6.9 2.6L2 7v9h9l-3.62-3.62A8 8 0 0 1 20.1 16l2.37-.78A10.5 10.5 0 0 0 12.5 8z",
  redo: "M18.4 10.6A10.5 10.5 0 0 0 1.54 15.2l2.36.8a8 8 0 0 1 12.72-3.62L13 16h9V7l-3.6 3.6z",
}

function button(parent, name, title, onclick) {
  const made = parent.appendChild(h("button", { type: "button", class: name, "aria-label": title, title, onclick }))
  made.innerHTML = `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`
  return made
}

function build(root) {
  root.replaceChildren()
  const undo = button(root, "undo", "Undo the last change (Ctrl+Z)", () => views.undo())
  const redo = button(root, "redo", "Redo (Ctrl+Shift+Z)", () => views.redo())
  const views = keepViews(() => queueMicrotask(show))
  function show() {
    undo.disabled = !views.canUndo()
    redo.disabled = !views.canRedo()
  }
  function press(event) {
    if (typed(event) || !(event.ctrlKey || event.metaKey) || event.altKey) return
    const key = event.key.toLowerCase()
    if (key === "z") event.shiftKey ? views.redo() : views.undo()
    else if (key === "y") views.redo()
    else return
    event.preventDefault()
  }
  document.addEventListener("keydown", press)
  return () => {
    document.removeEventListener("keydown", press)
    views.end()
    root.end = undefined
  }
}

export default function ({ parentElement }) {
  const root = parentElement.querySelector(".toolbar")
  root.end ??= build(root)
  return () => root.end?.()
}

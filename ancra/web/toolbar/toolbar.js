// What stands in the header of every page: undo and redo of changes of view, its link, and Present, for a projector.
import { h, spoken, write } from "../shared/dom.js"
import { typed } from "../shared/keys.js"
import { keepViews } from "./views.js"

const ICONS = {
  undo: "M12.5 8c-2.65 0-5.05 1-6.9 2.6L2 7v9h9l-3.62-3.62A8 8 0 0 1 20.1 16l2.37-.78A10.5 10.5 0 0 0 12.5 8z",
  redo: "M18.4 10.6A10.5 10.5 0 0 0 1.54 15.2l2.36.8a8 8 0 0 1 12.72-3.62L13 16h9V7l-3.6 3.6z",
  link: "M3.9 12a3.1 3.1 0 0 1 3.1-3.1h4V7H7a5 5 0 0 0 0 10h4v-1.9H7A3.1 3.1 0 0 1 3.9 12zM8 13h8v-2H8zm9-6h-4v1.9h4a3.1 3.1 0 0 1 0 6.2h-4V17h4a5 5 0 0 0 0-10z",
  done: "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z",
  present: "M21 3H3a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h6l-2 3h10l-2-3h6a2 2 0 0 0 2-2V5a2 2 0 0 0-2-2zm0 13H3V5h18z",
}
const COPIED = 2000 // Milliseconds that a copied link is said.
const STORY = { ArrowLeft: "story_back", ArrowRight: "story_next" }

function button(parent, name, title, onclick) {
  const made = parent.appendChild(h("button", { type: "button", class: name, "aria-label": title, title, onclick }))
  made.innerHTML = icon(name)
  return made
}

const icon = (name) =>
  `<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`

/** The button that copies the address of this view; where a browser does not let a page do that, it says so. */
function copying(root) {
  const name = "Copy a link to this view"
  const made = button(root, "link", name, async () => {
    try {
      await navigator.clipboard.writeText(location.href)
      made.innerHTML = icon("done")
      say("The link is copied.")
    } catch {
      say("This browser lets no page copy here: copy the address above.")
    }
    setTimeout(() => {
      made.innerHTML = icon("link")
      made.title = name
    }, COPIED)
  })
  const live = spoken(root)
  const say = (sentence) => {
    made.title = sentence
    write(live, sentence)
  }
}

function build(root) {
  const page = document.documentElement
  const tools = { tell: () => {} }
  root.replaceChildren()
  const undo = button(root, "undo", "Undo the last change (Ctrl+Z)", () => views.undo())
  const redo = button(root, "redo", "Redo (Ctrl+Shift+Z)", () => views.redo())
  copying(root)
  const present = button(root, "present", "Present: large type, and arrow keys walk the story (Escape ends it)", () =>
    show(!shown()),
  )
  const views = keepViews(() => queueMicrotask(follow))
  const shown = () => "present" in page.dataset
  function dress(wanted) {
    if (wanted === shown()) return
    page.toggleAttribute("data-present", wanted)
    present.setAttribute("aria-pressed", wanted)
    dispatchEvent(new Event("resize")) // Figures take their new type and width.
  }
  function show(wanted) {
    dress(wanted)
    tools.tell(wanted)
  }
  function follow() {
    undo.disabled = !views.canUndo()
    redo.disabled = !views.canRedo()
    dress(new URLSearchParams(location.search).get("present") === "1")
  }
  function change(event) {
    const key = event.key.toLowerCase()
    if (event.altKey || (key !== "z" && key !== "y")) return
    key === "y" || event.shiftKey ? views.redo() : views.undo()
    event.preventDefault()
  }
  function press(event) {
    if (event.defaultPrevented || typed(event)) return
    if (event.ctrlKey || event.metaKey) return change(event)
    if (!shown() || event.composedPath()[0].type === "range") return
    if (event.key === "Escape") show(false)
    else if (event.key in STORY) document.querySelector(`.st-key-${STORY[event.key]} button`)?.click()
  }
  document.addEventListener("keydown", press)
  tools.end = () => {
    document.removeEventListener("keydown", press)
    views.end()
    root.tools = undefined
  }
  return tools
}

export default function ({ parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".toolbar")
  root.tools ??= build(root)
  root.tools.tell = (wanted) => setTriggerValue("present", wanted ? "yes" : "no")
  return () => root.tools?.end()
}

// One button a picture, all of them cut from one sprite; built again only when the sprite changes.
// The sheet is one stop of the tab key; arrow keys walk over its pictures, Home and End go to the first and last.

/** How many pictures stand in a row of the sheet as it is laid out now. */
function perRow(buttons) {
  const top = buttons[0].offsetTop
  const next = buttons.findIndex((button) => button.offsetTop !== top)
  return next < 0 ? buttons.length : next
}

export default function ({ data, parentElement, setTriggerValue }) {
  const sheet = parentElement.querySelector(".sheet")
  const { sprite, names, columns, selected, side, label } = data
  const rows = Math.ceil(names.length / columns)
  sheet.setAttribute("role", "listbox")
  sheet.setAttribute("aria-label", label)
  sheet.style.setProperty("--side", `${side}px`)
  if (sheet.sprite !== sprite) {
    sheet.sprite = sprite
    sheet.scrollTop = 0
    sheet.replaceChildren(
      ...names.map((name, index) => {
        const button = document.createElement("button")
        button.type = "button"
        button.title = name
        button.setAttribute("role", "option")
        button.setAttribute("aria-label", name)
        button.style.backgroundImage = `url(${sprite})`
        button.style.backgroundSize = `${columns * side}px ${rows * side}px`
        button.style.backgroundPosition = `${-(index % columns) * side}px ${-Math.floor(index / columns) * side}px`
        return button
      }),
    )
  }
  const buttons = [...sheet.children]
  const stop = (index) => buttons.forEach((button, other) => (button.tabIndex = other === index ? 0 : -1))
  const mark = (chosen) => {
    buttons.forEach((button, index) => button.setAttribute("aria-selected", String(index === chosen)))
    stop(Math.max(0, chosen))
  }
  buttons.forEach((button, index) => {
    button.onclick = () => {
      mark(index)
      setTriggerValue("picked", index)
    }
    button.onfocus = () => stop(index)
  })
  sheet.onkeydown = (event) => {
    const from = buttons.indexOf(event.composedPath()[0])
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow(buttons), ArrowDown: perRow(buttons) }[event.key]
    const to = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : from + by
    if (from < 0 || !(to >= 0 && to < buttons.length)) return
    event.preventDefault()
    buttons[to].focus()
  }
  mark(selected)
}

// One button a picture, all of them cut from one sprite; built again only when the sprite changes.
export default function ({ data, parentElement, setTriggerValue }) {
  const sheet = parentElement.querySelector(".sheet")
  const { sprite, names, columns, selected, side, label } = data
  const rows = Math.ceil(names.length / columns)
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
  const mark = (chosen) =>
    [...sheet.children].forEach((button, index) => button.setAttribute("aria-selected", String(index === chosen)))
  ;[...sheet.children].forEach((button, index) => {
    button.onclick = () => {
      mark(index)
      setTriggerValue("picked", index)
    }
  })
  mark(selected)
}

// Building elements.

/** Build an element: h("div", {class: "x", onclick}, child, ...). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue
    if (name.startsWith("on")) element[name] = value
    else if (name === "style") element.style.cssText = value
    else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value)
  }
  element.append(...children.filter((child) => child !== null && child !== undefined))
  return element
}

/** An element of a class that says something, in which **bold** is understood. */
export function make(tag, className = "", text = "") {
  const node = document.createElement(tag)
  if (className) node.className = className
  write(node, text)
  return node
}

/** Say a text with **bold** parts; nothing is touched when it is said already. */
export function write(node, text) {
  if (node.said === text) return
  node.said = text
  node.replaceChildren(
    ...text.split("**").map((part, index) => {
      if (index % 2 === 0) return document.createTextNode(part)
      const bold = document.createElement("b")
      bold.textContent = part
      return bold
    }),
  )
}

/** A sentence that is not seen but read aloud whenever it changes; `write` changes it. */
export function spoken(parent) {
  const node = parent.appendChild(make("p", "live"))
  node.setAttribute("aria-live", "polite")
  return node
}

/** An element of an SVG, appended to `parent` if there is one. */
export function draw(tag, attributes, parent, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  if (text) node.textContent = text
  parent?.appendChild(node)
  return node
}

/** Whether the person asks for less motion; asked anew each time. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches

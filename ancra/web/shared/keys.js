// What a press of a key is meant for.

const NO_TEXT = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]

/** Whether the key goes into a text field, which no other use may take it from. */
export function typed(event) {
  const target = event.composedPath()[0]
  if (target.tagName === "INPUT") return !NO_TEXT.includes(target.type)
  return target.tagName === "TEXTAREA" || target.isContentEditable === true
}

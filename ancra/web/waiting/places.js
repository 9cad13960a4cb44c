// Where the result of an act will appear, and how that place is held meanwhile.

export const MAIN = "[data-testid=stMainBlockContainer]"
const HEADER = 64 // Pixels of the page's header.
const AGAIN = 1500 // Milliseconds after which a place that was let go is held anew as it is then.
const LEAST = [220, 56] // What the words take, in width and height.

/** The place of an act: the first whose keys were pressed, else the last, which has none. */
export function placeOf(table, keys) {
  return table.find(({ acts, where }) => (!acts.length || acts.some((key) => matches(key, keys))) && found(where))
}

/** A key that ends with * stands for all that begin so. */
const matches = (key, keys) =>
  keys.some((held) => (key.endsWith("*") ? held.startsWith(key.slice(0, -1)) : held === key))

const found = (where) => document.querySelector(where)

/** Remember how high places are before an act: a tab that is opened has closed the one before by the time it is heard. */
export function remember(table) {
  for (const { where } of table) {
    const place = found(where)
    if (!place || place.hasAttribute("data-waiting")) continue
    place.heldHeight = place.getBoundingClientRect().height
    place.heldUntil = performance.now()
  }
}

/** Hold a place in its height, or let it go; returns where words stand in it: left, top, width. */
export function showing({ where, opens }, held) {
  for (const other of document.querySelectorAll("[data-waiting]")) {
    if (held && other.matches(where)) continue
    other.heldUntil = performance.now()
    other.removeAttribute("data-waiting")
    other.style.removeProperty("--held")
  }
  const place = found(where)
  if (!held || !place) return [16, HEADER, innerWidth - 32]
  const box = place.getBoundingClientRect()
  const strip = document.querySelector(".st-key-strip")?.getBoundingClientRect().bottom ?? 0
  if (!place.hasAttribute("data-waiting")) {
    // One act may begin several runs: what the first one has taken away is to be in the last one's result.
    const before = performance.now() - (place.heldUntil ?? Number.NEGATIVE_INFINITY) < AGAIN ? place.heldHeight : 0
    place.heldHeight = Math.max(before, box.height)
    place.setAttribute("data-waiting", opens ? "opening" : "")
    place.style.setProperty("--held", `${place.heldHeight}px`)
  }
  const top = Math.max(box.top, HEADER, box.top < strip ? strip : 0) + 8
  const left = Math.min(Math.max(box.left, 0) + 8, innerWidth - LEAST[0])
  return [left, Math.min(top, innerHeight - LEAST[1]), Math.max(LEAST[0], Math.min(box.right, innerWidth) - left - 8)]
}

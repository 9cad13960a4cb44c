// What plays by itself begins when it is seen: the app keeps a page back until it is whole (waiting/opening.js).

/** Call a function once an element is no longer kept back, which may be at once; returns what ends the waiting. */
export function onceSeen(element, begin) {
  const opening = new MutationObserver(look)
  function stop() {
    opening.disconnect()
    document.removeEventListener("animationend", look)
  }
  function look() {
    if (getComputedStyle(element).visibility === "hidden") return
    stop()
    begin()
  }
  opening.observe(document.documentElement, { attributeFilter: ["data-opened"] })
  // Where nobody opens the page, the end of an animation does (app/first_paint.py).
  document.addEventListener("animationend", look)
  look()
  return stop
}

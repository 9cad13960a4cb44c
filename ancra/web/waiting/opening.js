// A page that is come to first is kept back (app/first_paint.py) until it is whole.
import { MAIN } from "./places.js"

const WHOLE = { frames: 20, most: 4000 } // Drawn frames without a change, and milliseconds at most.

/** Show the page as soon as it is whole; `running` says whether its script still runs. */
export function openWhole(running) {
  const began = performance.now()
  let [height, still] = [0, 0]
  const look = () => {
    const main = document.querySelector(MAIN)
    const coming = running() || !main || main.querySelector("[data-testid=stSkeleton]")
    const now = coming ? Number.NaN : main.scrollHeight
    still = now === height ? still + 1 : 0
    height = now
    if (still < WHOLE.frames && performance.now() - began < WHOLE.most) requestAnimationFrame(look)
    else document.documentElement.setAttribute("data-opened", "")
  }
  look()
}

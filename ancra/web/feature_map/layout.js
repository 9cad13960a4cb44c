// How much room each panel takes, and the colours of the page around it.
import { calm } from "../shared/dom.js"
import { mix, rgb } from "../shared/theme.js"

const WIDE = 700 // Narrower windows scroll: there panels are as high as they are wide.
const LEAST = 140 // Pixels of height below which a map says nothing.
const [TITLE, ROW_TITLE] = [34, 26] // Pixels of a map's title, and of a row's.

export function layout(fm) {
  /** The smallest type that the page asks for, in pixels; 0 where it asks for none. */
  const leastType = () => Number.parseFloat(getComputedStyle(fm.main).getPropertyValue("--least-type")) || 0

  function readTheme() {
    const style = getComputedStyle(fm.main)
    const background = rgb(style.getPropertyValue("--fm-bg").trim() || "#fff"),
      text = rgb(style.color)
    fm.dark = background[0] + background[1] + background[2] < 384
    fm.theme = {
      background,
      text,
      line: rgb(style.getPropertyValue("--fm-line").trim() || "#ccc"),
      faint: mix(background, text, fm.dark ? 0.16 : 0.13),
      accent: style.getPropertyValue("--fm-accent").trim() || "#0b66c3",
      font: style.fontFamily,
      least: leastType(),
      type: Number.parseFloat(style.fontSize),
    }
  }

  /** Have a model's maps clear of the card, which on a narrow screen stays at its bottom. */
  function clear(maps) {
    maps.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" })
  }

  /** The height that a panel may have so that those below each other end with the window. */
  function room(aside) {
    const scroller = document.querySelector("[data-testid=stMain]") ?? document.scrollingElement
    const top = fm.grid.getBoundingClientRect().top + scroller.scrollTop
    const rows = aside ? 1 : Math.max(...[...fm.grid.children].map((map) => map.querySelectorAll(".fm-panel").length))
    const larger = Math.max(1, leastType() / 14)
    return (innerHeight - top - TITLE * larger) / rows - ROW_TITLE * larger
  }

  /** Columns and panel heights for the width at hand: a row of maps on a screen, two a row on a phone. */
  function arrange() {
    const width = fm.grid.clientWidth
    if (!width || !fm.scene) return
    fm.theme.least = leastType()
    fm.theme.type = Number.parseFloat(getComputedStyle(fm.main).fontSize)
    const count = fm.grid.children.length,
      gap = 10
    let columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (155 + gap))))
    if (count > columns) columns = Math.ceil(count / Math.ceil(count / columns))
    fm.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${count === 1 ? 1100 : 620}px))`
    const column = Math.min((width - gap * (columns - 1)) / columns, count === 1 ? 1100 : 620)
    const aside = count === 1 && fm.panels.length > 1 && column > 520
    for (const section of fm.grid.children)
      section.querySelector(".fm-panels").style.gridTemplateColumns = aside ? "1fr 1fr" : "1fr"
    const side = aside ? (column - 8) / 2 : column
    const most = Math.min(side * 0.92, count === 1 ? 560 : 460)
    const height = Math.round(width < WIDE || count > columns ? most : Math.min(most, Math.max(LEAST, room(aside))))
    for (const panel of fm.panels) panel.box.style.height = `${height}px`
    fm.rest()
  }

  // What arrives above the maps moves them down, and the page it is on grows: then they have less room.
  const whole = document.querySelector("[data-testid=stMainBlockContainer]")
  fm.observer = new ResizeObserver((entries) => {
    if (entries.some(({ target }) => target === fm.main || target === whole)) fm.arrange()
    fm.schedule()
  })
  if (whole) fm.observer.observe(whole)

  Object.assign(fm, { readTheme, arrange, clear })
}

// Arrows in an SVG.
import { draw } from "./dom.js"

/** An arrow; one that is too short for its head is a line or nothing. */
export function arrow(parent, [x0, y0], [x1, y1], colour, title, width = 3) {
  const length = Math.hypot(x1 - x0, y1 - y0)
  if (length < 0.5) return
  const tip = Math.min(4 * width, length)
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length]
  const [bx, by] = [x1 - ux * tip, y1 - uy * tip]
  const group = draw("g", { stroke: colour, fill: colour }, parent)
  draw("line", { x1: x0, y1: y0, x2: bx, y2: by, "stroke-width": width }, group)
  const half = tip * 0.45
  const corners = [
    [x1, y1],
    [bx - uy * half, by + ux * half],
    [bx + uy * half, by - ux * half],
  ]
  draw("polygon", { points: corners.map((corner) => corner.join(",")).join(" "), stroke: "none" }, group)
  draw("title", {}, group, title)
}

// The loss around the image in a plane: to the right along each network's own attack, upwards to where the line turns.
import { h, write } from "../shared/dom.js"
import { rampColour } from "../shared/theme.js"

const POINTS = 21
const REACH = 2 // The plane goes to so many epsilons on each side.

/**
 * The pictures, drawn when asked for: a plane costs hundreds of looks at the image.
 *
 * directions(): one [u, v] a network, of length 1 in the norm. plane(natural, directions, span, points): their losses.
 */
export function createSurface(data, state, session, directions, plane) {
  const pictures = data.networks.map(({ title }) => {
    const canvas = h("canvas", {
      width: POINTS,
      height: POINTS,
      role: "img",
      "aria-label": `The loss around the image, ${title}`,
    })
    return {
      canvas,
      figure: h(
        "figure",
        {},
        h("div", { class: "ground" }, canvas, h("i", { class: "within" })),
        h("figcaption", {}, title),
      ),
    }
  })
  const caption = h("figcaption")
  const grid = h("div", { class: "surfaces", hidden: true }, ...pictures.map(({ figure }) => figure))
  const button = h("button", { type: "button", onclick: () => session.busyWith(draw) }, "Draw the loss surface")
  const box = h("div", { class: "surface" }, button, grid, caption)

  async function draw() {
    if (!state.settings.epsilon || !session.frames.length) return
    write(caption, "Looking around the image …")
    const found = await plane(state.natural, directions(), REACH * state.settings.epsilon, POINTS)
    const all = found.flatMap(({ losses }) => [...losses]).filter(Number.isFinite)
    const [low, high] = [Math.min(...all), Math.max(...all)]
    for (const [index, { losses }] of found.entries()) {
      const context = pictures[index].canvas.getContext("2d")
      const pixels = context.createImageData(POINTS, POINTS)
      for (let row = 0; row < POINTS; row++) {
        for (let column = 0; column < POINTS; column++) {
          // Along a line of the answer runs v, from line to line u: the picture has u to the right and v upwards.
          const loss = losses[column * POINTS + (POINTS - 1 - row)]
          pixels.data.set([...rampColour((loss - low) / Math.max(high - low, 1e-9)), 255], (row * POINTS + column) * 4)
        }
      }
      context.putImageData(pixels, 0, 0)
    }
    grid.hidden = false
    write(
      caption,
      `To the right: each network's own attack; upwards: where the line turns. Dark is ${low.toFixed(1)}, bright ${high.toFixed(1)}, for all of them; the frame is epsilon.`,
    )
  }

  /** What was drawn belongs to another image or setting now. */
  function forget() {
    grid.hidden = true
    write(caption, "")
  }

  return { box, forget }
}

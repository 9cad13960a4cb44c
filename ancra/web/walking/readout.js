// One network's word on the image under attack: what it sees, and what it says.
import { paint, sheet } from "../live/paper.js"
import { percent } from "../shared/codec.js"
import { h, write } from "../shared/dom.js"

/** Its picture and sentence. Returns {box, show(point, label, far), clear}. */
export function createReadout(title, { shape, classes }) {
  const picture = sheet(shape, `The image under attack, ${title}`)
  const words = h("p", { class: "said" }, "\u00a0")
  const note = h("p", { class: "soft" }, "")
  const box = h(
    "section",
    { class: "readout", "aria-label": title },
    picture,
    h("div", {}, h("b", {}, title), words, note),
  )

  function show({ image, answer }, label, far) {
    const { p, predicted } = answer
    const right = predicted === label
    paint(picture, image, shape)
    box.classList.toggle("lost", !right)
    write(words, `${right ? "✓" : "✗"} It says **${classes[predicted]}**, ${percent(p[predicted])}`)
    write(note, far ? "Far from all others: its place means little." : "")
  }

  function clear() {
    picture.getContext("2d").clearRect(0, 0, picture.width, picture.height)
    box.classList.remove("lost")
    write(words, "\u00a0")
    write(note, "")
  }
  return { box, show, clear }
}

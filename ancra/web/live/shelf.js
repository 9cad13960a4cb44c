// Where images come from: the pen, test images, a file; and what the image is.
import { decode } from "../shared/codec.js"
import { h, write } from "../shared/dom.js"
import { paint, read, sheet } from "./paper.js"

// Safari has no such call.
const whenIdle = globalThis.requestIdleCallback ?? setTimeout

/** The column beside the networks. acts: {choose(image, label), name(label), tool, restore}. */
export function createShelf(data, paper, acts) {
  const { shape, classes, labels } = data
  const size = shape[0] * shape[1] * shape[2]
  const bytes = decode(data.images)
  const image = (n) => Float32Array.from(bytes.subarray(n * size, (n + 1) * size), (value) => value / 255)
  const said = h("p", { class: "soft", role: "status" })
  const kind = h(
    "select",
    { "aria-label": "What the image shows", onchange: () => acts.name(Number(kind.value)) },
    ...classes.map((name, index) => h("option", { value: index }, name)),
  )
  const thumbs = labels.map((label, n) => {
    const canvas = sheet(shape, "")
    whenIdle(() => paint(canvas, image(n), shape)) // Before the first step they would hold it up.
    canvas.removeAttribute("role")
    return h(
      "button",
      {
        type: "button",
        class: "thumb",
        title: classes[label],
        "aria-label": `Image ${n + 1}: ${classes[label]}`,
        onclick: () => acts.choose(image(n), label, n),
      },
      canvas,
    )
  })
  const tool = (name, title, text) => {
    const made = h("button", { type: "button", title, "aria-pressed": name === "draw" }, text)
    made.onclick = () => {
      paper.tools.pen = name
      for (const each of pens) each.setAttribute("aria-pressed", each === made)
    }
    return made
  }
  const pens = [
    tool("draw", shape[0] === 1 ? "Draw in white" : "Smudge: draw with the colour under the pen", "Draw"),
    tool("rub", "Rub out", "Rub out"),
  ]
  const width = h("input", {
    type: "range",
    min: 0.5,
    max: shape[2] / 6,
    step: 0.25,
    value: paper.tools.radius,
    "aria-label": "Width of the pen",
  })
  width.oninput = () => {
    paper.tools.radius = Number(width.value)
  }
  const file = h("input", { type: "file", accept: "image/*", "aria-label": "A picture of your own" })
  file.onchange = async () => {
    try {
      acts.choose(await read(file.files[0], shape), null, null)
      write(said, "It stays in this browser. The networks see it as it stands above; say what it shows.")
    } catch (error) {
      write(said, error.message)
    }
    file.value = ""
  }
  const blank = () => acts.choose(new Float32Array(size), null, null)
  const echo = h("p", { class: "echo", "aria-hidden": "true" }) // On a phone the answers are out of sight while one draws.
  const box = h(
    "div",
    { class: "shelf" },
    paper.canvas,
    echo,
    h(
      "div",
      { class: "tools" },
      ...pens,
      width,
      h(
        "button",
        {
          type: "button",
          title: "Back to the image as it was chosen",
          "aria-label": "Back to the image as it was chosen",
          onclick: acts.restore,
        },
        "Restore",
      ),
      h("button", { type: "button", title: "An empty sheet to draw on", onclick: blank }, "Empty"),
    ),
    h("label", { class: "kind" }, h("span", {}, "It is"), kind),
    h("div", { class: "thumbs", role: "group", "aria-label": "Images to attack" }, ...thumbs),
    h("label", { class: "file" }, "Your own picture", file),
    said,
  )

  function show(state) {
    kind.value = state.label
    for (const [n, thumb] of thumbs.entries()) thumb.setAttribute("aria-pressed", n === state.index)
  }
  return { box, show, image, say: (answers) => write(echo, answers) }
}

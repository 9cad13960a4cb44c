// A Plotly figure as it is seen (its zoom, what is hidden in its legend), saved by Plotly as a picture or as vectors.
import { h } from "../shared/dom.js"

const FONT = "Arial, Helvetica, sans-serif"
const SCALE = { png: 2, svg: 1 }

/** The figure that Streamlit has drawn under this key, or null. */
function plotted(key) {
  return document.querySelector(`.st-key-${key.trim().replace(/[^a-zA-Z0-9_-]/g, "-")} .js-plotly-plot`)
}

/** Press the one button of the figure's own bar, which is never shown: it saves what stands there now. */
function save(plot, format, filename) {
  Object.assign(plot._context.toImageButtonOptions, { format, filename, scale: SCALE[format] })
  const { layout } = plot
  const { paper_bgcolor, font } = layout
  const background = getComputedStyle(document.querySelector(".stApp")).backgroundColor
  // A file has not the page's fonts: text is measured in one that it has, or labels would be cut off.
  Object.assign(layout, { paper_bgcolor: background, font: { ...font, family: FONT } })
  plot.querySelector(".modebar-btn").click()
  Object.assign(layout, { paper_bgcolor, font })
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".as-seen")
  const buttons = Object.keys(SCALE).map((format) =>
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          const plot = plotted(data.chart)
          if (plot) save(plot, format, data.name)
        },
      },
      format.toUpperCase(),
    ),
  )
  root.replaceChildren(...buttons)
}

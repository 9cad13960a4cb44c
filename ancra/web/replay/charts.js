// The bars of the answers, and their course over the steps.
import { make } from "../shared/dom.js"
import { ink } from "../shared/theme.js"

const ONE_LINE = 55 // Letters that fit below the bars side by side; more stand on two lines, by turns.

export function legend(parent, entries) {
  const box = parent.appendChild(make("div", "legend"))
  for (const [name, colour, kind] of entries) {
    const entry = box.appendChild(make("span"))
    const mark = entry.appendChild(make("i", kind))
    mark.style[kind ? "borderColor" : "background"] = colour
    entry.append(name)
  }
}

function axis(parent) {
  const scale = parent.appendChild(make("div", "axis"))
  for (const [place, text] of [
    ["0", "100 %"],
    ["50%", "50 %"],
    ["100%", "0"],
  ]) {
    scale.appendChild(make("span", "", text)).style.top = place
  }
}

export function bars(parent, row, model, data) {
  const chart = parent.appendChild(make("div", "chart"))
  chart.appendChild(make("h3", "", row.title))
  axis(chart)
  const plot = chart.appendChild(make("div", "bars"))
  const called = model.shown.map((index) => data.classes[index])
  const long = Math.max(...called.map((name) => name.length)) * called.length > ONE_LINE
  const names = chart.appendChild(make("div", long ? "names two" : "names"))
  names.style.setProperty("--count", called.length)
  const columns = model.shown.map((index, place) => {
    const column = plot.appendChild(make("div"))
    const [before, after] = ["natural", "adversarial"].map((kind) => {
      const bar = column.appendChild(make("i"))
      bar.style.background = data.colours[kind]
      return bar
    })
    before.style.height = `${row.before[place] * 100}%`
    const name = called[place]
    const label = names.appendChild(make("span", "", index === data.label ? `**${name}**` : name))
    label.title = name
    label.style.setProperty("--place", place)
    return [column, after, name, place]
  })
  return (step) => {
    for (const [column, after, name, place] of columns) {
      const value = row.after[step][place]
      after.style.height = `${value * 100}%`
      const [was, is] = [row.before[place], value].map((share) => `${(share * 100).toFixed(1)} %`)
      column.title = `${name}: natural ${was}, attacked ${is}`
    }
  }
}

export function course(parent, model, data, go) {
  const count = data.steps + 1
  const chart = parent.appendChild(make("div", "chart course"))
  chart.appendChild(make("h3", "", `Probability of the true class, ${data.classes[data.label]}, at every step`))
  axis(chart)
  const time = chart.appendChild(make("div", "time"))
  const lines = model.course
    .map(({ values, colour, name }, index) => {
      const points = values.map((value, step) => `${step + 0.5},${1 - value}`).join(" ")
      const dash = index ? 'stroke-dasharray="7 5"' : ""
      return `<polyline points="${points}" fill="none" stroke="${data.colours[colour]}" stroke-width="3" ${dash}
        vector-effect="non-scaling-stroke"><title>${name}</title></polyline>`
    })
    .join("")
  time.innerHTML = `<svg viewBox="0 0 ${count} 1" preserveAspectRatio="none" aria-hidden="true">${lines}</svg>`
  const now = time.appendChild(make("div", "now"))
  const places = [time]
  for (const strip of model.strips) {
    chart.appendChild(make("div", "label", strip.name))
    const row = chart.appendChild(make("div", "time")).appendChild(make("div", "strip"))
    places.push(row.parentElement)
    let from = 0
    for (const [value, length] of strip.runs) {
      // The true class keeps quiet, so that a change is seen.
      const colour = value === data.label ? data.colours.natural : data.classColours[value % data.classColours.length]
      const cell = row.appendChild(make("span", "", data.classes[value]))
      cell.style.cssText = `flex: ${length} 1 0; background: ${colour}; color: ${ink(colour)}`
      cell.title = `${strip.name}: ${data.classes[value]}, steps ${from} to ${from + length - 1}`
      from += length
    }
  }
  const marks = places.slice(1).map((place) => place.appendChild(make("div", "now")))
  for (const place of places) {
    place.onclick = (event) => {
      const box = place.getBoundingClientRect()
      go(Math.floor(((event.clientX - box.left) / box.width) * count))
    }
  }
  legend(
    parent,
    model.course.map(({ name, colour }, index) => [name, data.colours[colour], index ? "line dash" : "line"]),
  )
  if (model.strips.length > 1) {
    parent.appendChild(
      make(
        "p",
        "soft",
        "The stripes: whose row each attention multiplies by, and the answer p' under them; grey is the true class.",
      ),
    )
  }
  return (step) => {
    for (const mark of [now, ...marks]) mark.style.left = `${((step + 0.5) / count) * 100}%`
  }
}

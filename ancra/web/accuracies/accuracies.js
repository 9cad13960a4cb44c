// Models against attacks: a press on a heading sorts, a press on a row chooses. On a phone the row that is chosen
// unfolds what its line has no room for.
import { h } from "../shared/dom.js"
import { followed, keep, kept } from "../shared/kept.js"

const ORDERS = { none: "descending", descending: "ascending", ascending: "none" }

/** The order that the URL asks for, as `key,order`. */
function asked({ columns }) {
  const [key, order] = (kept("sort") ?? "").split(",")
  return order in ORDERS && columns.some((column) => column.key === key) ? { key, order } : { key: "", order: "none" }
}

function sorted(rows, { key, order }) {
  if (order === "none") return rows
  const sign = order === "ascending" ? 1 : -1
  const value = (row) => row.cells[key].value
  const [known, unknown] = [rows.filter((row) => value(row) !== null), rows.filter((row) => value(row) === null)]
  return [...known.sort((a, b) => sign * (value(a) - value(b))), ...unknown]
}

function heading(column, view, redraw) {
  const order = view.sort.key === column.key ? view.sort.order : "none"
  const arrow = { none: "", descending: " ↓", ascending: " ↑" }[order]
  const press = () => {
    view.sort = { key: column.key, order: ORDERS[order] }
    redraw()
    keep("sort", view.sort.order === "none" ? null : `${view.sort.key},${view.sort.order}`)
  }
  const words = `${column.title}${arrow}`.split(" ").flatMap((word) => [" ", h("span", {}, word)])
  const button = h("button", { type: "button", title: column.help, onclick: press }, ...words.slice(1))
  return h("th", { scope: "col", class: column.kind, "aria-sort": order, "data-lit": column.lit }, button)
}

function cell(column, { text, interval }) {
  const told = interval ? h("small", {}, ` ${interval}`) : ""
  return h(
    "td",
    { class: column.kind, "data-lit": column.lit, title: interval ? `${text} %, ${interval}` : null },
    text,
    told,
  )
}

function row(data, one, choose) {
  const chosen = one.name === data.chosen
  const title = h("button", { type: "button", "aria-pressed": String(chosen) }, one.title)
  const badge = h("span", { class: `badge ${one.verdict.kind}`, title: one.verdict.text }, one.verdict.sign)
  badge.append(h("span", {}, ` ${one.verdict.text}`))
  const cells = data.columns.map((column) => cell(column, one.cells[column.key]))
  const line = h(
    "tr",
    { class: chosen ? "chosen" : "", onclick: () => choose(one.name) },
    h("th", { scope: "row" }, title),
  )
  line.append(...cells, h("td", { class: "verdict", "data-lit": data.verdictLit }, badge))
  if (!chosen) return [line]
  const more = data.columns.map(({ key, title: name }) => {
    const { text, interval } = one.cells[key]
    return h("span", {}, `${name} `, h("b", {}, text), interval ? ` ${interval}` : "")
  })
  return [line, h("tr", { class: "more" }, h("td", { colspan: data.columns.length + 2 }, ...more))]
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".accuracies")
  const view = (root.view ??= { sort: asked(data) })
  const choose = (name) => {
    if (name === view.chosen) return
    view.chosen = name
    draw()
    setTriggerValue("pressed", name)
  }
  view.chosen = data.chosen
  function draw() {
    const now = { ...data, chosen: view.chosen }
    const focused = root.getRootNode().activeElement?.textContent
    const head = h("tr", {}, h("th", { scope: "col" }, "Model"))
    head.append(...data.columns.map((column) => heading(column, view, draw)))
    head.append(h("th", { scope: "col", class: "verdict", "data-lit": data.verdictLit }, "Can PGD be believed?"))
    const body = sorted([...data.rows], view.sort).flatMap((one) => row(now, one, choose))
    root.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, ...body)))
    if (focused) [...root.querySelectorAll("button")].find((each) => each.textContent === focused)?.focus()
  }
  draw()
  view.unfollow?.()
  view.unfollow = followed(() => {
    view.sort = asked(data)
    draw()
  })
  return () => view.unfollow()
}

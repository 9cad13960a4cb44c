// Linked feature maps of an exported page, over which an image's point walks while the image is attacked in the page.
import { startWorker } from "../attacker/client.js"
import { createFeatureMap } from "../feature_map/linked.js"
import { createControls, equipped } from "../live/controls.js"
import { asked, fetched } from "../live/networks.js"
import { acts, adjust, choices, createSession, keyed } from "../live/session.js"
import { placing } from "../live/walk.js"
import { percent } from "../shared/codec.js"
import { calm, h, spoken, write } from "../shared/dom.js"
import { createReadout } from "./readout.js"
import { createTiles } from "./tiles.js"

const CALL = "Press a point: its image is attacked here, in this browser, and walks over each map."
const FAR = 3 // Typical distances between neighbours beyond which a place means little.

/**
 * Build the maps in `root` and the attack's controls in `bar`.
 * @param data {scene, command} as of the map widget, and `walk` from ancra.scenes.walking
 */
export default function createWalking(root, bar, { scene, command, walk }) {
  const data = equipped({ ...walk, dark: false })
  const state = choices(data)
  const tiles = createTiles(walk.sprite ?? scene.sprite, walk.shape)
  const status = h("p", { class: "status", role: "status" }, CALL)
  const worker = startWorker(walk.worker)
  const client = asked(worker, data, state)
  const session = createSession(client, state, show, (sentence) => write(status, sentence))
  const places = walk.networks.map(({ digest }) => placing(walk.maps[digest]))
  const readouts = walk.networks.map(({ title }) => createReadout(title, walk))
  const usual = acts(session)
  const controls = createControls(
    data,
    state,
    { ...usual, play: () => begun(usual.play), on: () => begun(usual.on) },
    (changes) => {
      adjust(state, changes, data)
      session.change()
      controls.show(session)
    },
  )
  const another = h("button", { type: "button", onclick: () => maps.pick(next()) }, "Next image")
  bar.append(
    h(
      "div",
      { class: "whole" },
      h("div", { class: "call" }, another, status),
      controls.bar,
      h("div", { class: "readouts" }, ...readouts.map(({ box }) => box)),
    ),
  )
  const live = spoken(bar)
  bar.onkeydown = keyed(session)
  const maps = createFeatureMap(root, (name) => name === "selection" && chosen())
  maps.update({ scene, command })
  controls.show(session)
  document.addEventListener("visibilitychange", () => document.hidden && session.pause())

  let opened = null // The networks are read when they are first needed.
  let before = ""

  const open = () =>
    Promise.all(data.networks.map(async (network) => worker.open(network.digest, await fetched(network))))

  /** The next image that every network knows, from the one that is attacked on. */
  function next() {
    const { count, labels, maps: shown } = maps.scene()
    const from = state.index ?? -1
    const order = Array.from({ length: count }, (_, n) => (from + 1 + n) % count)
    return order.find((n) => shown.every(({ frames }) => frames[0].predicted[n] === labels[n])) ?? order[0]
  }

  /** Do it, or with no image yet choose one. */
  const begun = (act) => (session.frames.length ? act() : maps.pick(next()))

  /** What is selected on the maps: one image is attacked, none or several are not. */
  async function chosen() {
    const picked = [...maps.selection().keys()].filter((n) => maps.selection()[n])
    session.pause()
    if (picked.length !== 1) {
      state.index = null
      session.frames = []
      maps.follow([])
      for (const { clear } of readouts) clear()
      write(status, picked.length ? "Select one image alone to attack it." : CALL)
      controls.show(session)
      return
    }
    const [sample] = picked
    if (sample === state.index) return
    state.index = sample
    session.ghost = []
    try {
      write(status, "Reading the networks …")
      opened ??= open()
      await opened
      const image = await tiles(sample)
      if (state.index !== sample) return
      state.natural = image
      state.label = maps.scene().labels[sample]
      if (state.settings.target === state.label) state.settings.target = null
      const { indices, split } = maps.scene()
      const name = `${split} image ${indices[sample]}`
      write(status, `Attacked: **${name}**, ${walk.classes[state.label]}. Press another point, or clear the selection.`)
      await session.begin()
      if (!calm() && state.index === sample) session.play()
    } catch (error) {
      state.index = null
      write(status, error.message)
    }
  }

  /** The way over one map so far: it starts at the image's own point, and goes where its features lead. */
  function way(index) {
    const frames = session.frames.slice(0, session.at + 1)
    const answers = frames.map(({ points }) => points[index].answer)
    const found = answers.map(places[index])
    const { xy } = maps.scene().maps[index].frames[0]
    const own = [xy[2 * state.index], xy[2 * state.index + 1]]
    return {
      title: "The image under attack",
      xy: found.map(({ x, y }, n) => (frames[n].step ? [x, y] : own)),
      predicted: answers.map(({ predicted }) => predicted),
      words: answers.map((answer, n) => `Step ${frames[n].step}: it says ${said(answer)}`),
      far: found.at(-1).distance > FAR,
    }
  }

  const said = ({ p, predicted }) => `${walk.classes[predicted]}, ${percent(p[predicted])}`

  function show() {
    controls.show(session)
    const frame = session.frame()
    if (!frame || state.index === null) return
    const ways = walk.networks.map((_, index) => way(index))
    maps.follow(ways)
    for (const [index, readout] of readouts.entries()) readout.show(frame.points[index], state.label, ways[index].far)
    const told = frame.points
      .map(({ answer }, index) => `${walk.networks[index].title} says ${walk.classes[answer.predicted]}`)
      .join(", ")
    if (told !== before) write(live, `Step ${frame.step}: ${told}.`)
    before = told
  }

  /** Draw all anew, in the colours that the page has now. */
  function redraw() {
    maps.update({ scene, command })
    show()
  }

  return { maps, redraw }
}

// An attack that runs in this browser while one drags, draws and watches.
import { startWorker } from "../attacker/client.js"
import { calm, h, spoken, write } from "../shared/dom.js"
import { followed, kept } from "../shared/kept.js"
import { themed } from "../shared/theme.js"
import { createColumn } from "./column.js"
import { createControls, equipped } from "./controls.js"
import { createCourse } from "./course.js"
import { createCut, noise } from "./cut.js"
import { createNegatives } from "./negatives.js"
import { asked, fetched } from "./networks.js"
import { createPaper } from "./paper.js"
import { acts, adjust, choices, createSession, keyed, linked } from "./session.js"
import { createShelf } from "./shelf.js"
import { createSurface } from "./surface.js"
import { createWalks } from "./walk.js"

const REST = 400 // After this long without a change the line is looked along anew, and Python is told.
const COLOURS = ["good", "bad", "natural", "final", "auxiliary"]
const SLOW = 100 // Milliseconds a step: a slower device is said to be slow.

/**
 * Build the stage in `root`. sent: from ancra.live.stage. tell(view): says where one is, for links; ask(found): asks the
 * core for its verdict, or null without a server.
 */
export function createLive(root, sent, { tell = () => {}, ask = null } = {}) {
  const data = equipped(sent)
  for (const name of COLOURS) root.style.setProperty(`--${name}`, themed(data.dark)[name])
  const view = data.view ?? {}
  const state = choices(data, view)
  const status = h("p", { class: "status", role: "status" }, "Loading the networks …")
  const live = spoken(root)
  root.replaceChildren(status, live)
  const worker = startWorker(data.worker)
  const client = asked(worker, data, state)
  let session = null
  let rest = 0
  let ended = false

  const fail = (sentence) => {
    status.hidden = false
    write(status, sentence)
  }

  async function open() {
    await Promise.all(
      data.networks.map(async (network) => {
        await worker.open(network.digest, await fetched(network))
      }),
    )
    if (!ended) build()
  }

  function build() {
    const columns = data.networks.map((network) => createColumn(network, data, aim))
    const walks = createWalks(columns, data, () => !ended && show())
    stage.maps = (maps) => {
      Object.assign(data, { maps })
      if (session && !ended) show()
    }
    const paper = createPaper(data.shape, drawn)
    const shelf = createShelf(data, paper, { choose, name, restore })
    session = createSession(client, state, show, fail)
    const [course, showCourse] = createCourse(data, (index) => session.go(index))
    const cut = createCut(data, state, session, client, shelf.image)
    const surface = createSurface(data, state, session, cut.directions, client.plane)
    const negatives = createNegatives(data, state, session, client, shelf.image)
    const controls = createControls(data, state, acts(session), changed)
    const verdict = h("p", { class: "soft verdict", role: "status" })
    const asking = ask
      ? h("button", { type: "button", class: "ask", onclick: () => ask(found()) }, "Ask the server for its verdict")
      : null
    root.replaceChildren(
      status,
      live,
      h(
        "div",
        { class: "whole" },
        controls.bar,
        h(
          "div",
          { class: "stage", style: `--count: ${columns.length}` },
          shelf.box,
          h("div", { class: "columns" }, ...columns.map(({ box }) => box)),
          h("div", { class: "charts" }, course, cut.figure, surface.box, asking, verdict),
        ),
        negatives.box,
      ),
    )
    status.hidden = true
    root.onkeydown = keyed(session)
    document.addEventListener("visibilitychange", hidden)
    const first = Math.min(view.image ?? 0, data.labels.length - 1)
    if (data.told) tellStep(data.told)
    else choose(shelf.image(first), data.labels[first], first, false, !calm()).then(begun)
    stage.told = tellStep
    let said = JSON.stringify({ ...where(), image: first })

    function show() {
      const frame = session.frame()
      controls.show(session)
      shelf.show(state)
      if (!frame) return
      if (frame.step) walks.draw() // Before the first step they would hold it up.
      const ends = columns.map((column, index) => column.show(frame, frame.points[index], state))
      for (const [index, walk] of walks.all.entries()) {
        const answers = session.frames.slice(0, session.at + 1).map(({ points }) => points[index].answer)
        walk?.(answers, state.label, ends[index][0])
      }
      showCourse(session, state)
      negatives.follow()
      say(ends)
      clearTimeout(rest)
      if (!session.playing) rest = setTimeout(rested, REST)
    }

    /** Where one is, for links; what a link has opened need not be told. */
    function where() {
      const { epsilon, objective, norm, target } = state.settings
      return { image: state.index, epsilon, objective, norm: norm === "linf" ? null : norm, towards: target }
    }

    let before = ""
    function say(ends) {
      const answers = ends
        .map(([answer], index) => `${data.networks[index].title} says ${data.classes[answer]}`)
        .join(", ")
      shelf.say(`${answers}.`)
      if (answers !== before) write(live, `Step ${session.frame().step}: ${answers}.`)
      before = answers
      const slow = session.playing && session.rate > SLOW
      status.hidden = !slow
      if (slow) write(status, `This device makes ${(1000 / session.rate).toFixed(1)} steps a second.`)
    }

    function rested() {
      walks.draw()
      session.busyWith(async () => {
        await cut.refresh()
        for (const [index, answer] of (await client.look(noise(state))).entries()) columns[index].compare(answer)
      })
      const text = JSON.stringify(where())
      if (text !== said) tell(where())
      said = text
    }

    /** Show the view that the URL names, which one has come back to; a drawing is not in it. */
    function follow() {
      const image = Number(kept("image")) in data.labels ? Number(kept("image")) : 0
      state.settings = choices(data, linked()).settings
      state.settings.stepSize = state.share * state.settings.epsilon
      surface.forget()
      choose(shelf.image(image), data.labels[image], image, image === state.index && !state.drawn)
      said = JSON.stringify(where())
    }

    function forget() {
      for (const column of columns) column.forget()
      surface.forget()
      negatives.forget()
    }

    function choose(image, label, index, known = false, plays = false) {
      session.pause()
      paper.show(image)
      state.natural = paper.image
      state.chosen = Float32Array.from(image)
      state.index = index
      state.drawn = false
      if (!known) forget()
      write(verdict, "")
      session.ghost = []
      if (label !== null) return named(label, plays)
      return client.look(image).then(([answer]) => named(answer.predicted))
    }

    function named(label, plays = false) {
      state.label = label
      if (state.settings.target === label) state.settings.target = null
      return session.begin(0, plays)
    }

    function name(label) {
      session.pause()
      forget()
      session.ghost = []
      named(label)
    }

    function begun() {
      if (!calm() && !ended) session.play()
    }

    /** Set what a step of the story speaks of: the first image, driven to `target`, attacked at once or not yet. */
    function tellStep({ target, play, rest }) {
      session.pause()
      const aimed = target !== state.settings.target
      if (aimed) {
        state.settings.target = target
        forget()
      }
      if (rest && !aimed && state.index === 0 && !state.drawn) return
      choose(shelf.image(0), data.labels[0], 0, state.index === 0 && !state.drawn).then(() => play && begun())
    }

    function restore() {
      choose(state.chosen, state.label, state.index)
    }

    let resume = false
    function drawn(done) {
      if (session.playing) {
        resume = true
        session.pause()
      }
      state.natural = paper.image
      state.drawn = true
      forget()
      session.begin().then(() => {
        if (done && resume) session.play()
        if (done) resume = false
      })
    }

    function changed(changes) {
      surface.forget()
      if (changes.norm) forget()
      adjust(state, changes, data)
      session.change()
      controls.show(session)
    }

    function aim(index) {
      const target = index === state.label || index === state.settings.target ? null : index
      forget()
      changed({ target })
    }

    function found() {
      const points = session.frame().points
      return { label: state.label, images: points.map(({ image }) => image), natural: state.natural }
    }

    stage.follow = follow
    stage.verdict = (sentence) => write(verdict, sentence)
  }

  function hidden() {
    if (document.hidden) session?.pause()
  }

  const stage = {
    verdict: () => {},
    follow: () => {},
    told: (told) => Object.assign(data, { told }),
    maps: (maps) => Object.assign(data, { maps }),
    end() {
      ended = true
      clearTimeout(rest)
      session?.pause()
      document.removeEventListener("visibilitychange", hidden)
      unfollow()
      worker.close()
    },
  }
  const unfollow = followed(() => stage.follow())
  open().catch((error) => fail(error.message))
  return stage
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live-stage")
  if (root.key !== data.key) {
    root.stage?.end()
    root.key = data.key
    const pack = (image) => btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(image).buffer)))
    root.stage = createLive(root, data, {
      tell: (view) => setTriggerValue("view", view),
      ask: ({ label, images, natural }) =>
        setTriggerValue("found", { label, images: images.map(pack), natural: pack(natural) }),
    })
  }
  root.stage.maps(data.maps)
  if (data.told && data.told.id !== root.step) {
    root.step = data.told.id
    root.stage.told(data.told)
  }
  if (data.verdict) root.stage.verdict(data.verdict)
  return () => root.stage?.end()
}

// The attack as it runs: what was reached at each step, and where one looks at it.

import { calm } from "../shared/dom.js"
import { kept } from "../shared/kept.js"

const STEPS = 40 // That a run makes before it rests.
const MOST_FRAMES = 400 // Older points are forgotten: 400 of two photographs take 10 MB.

/**
 * A run of one attack on all networks.
 *
 * client: the worker's (attacker/client.js). state: what a person has chosen, read anew whenever it is needed:
 * {natural, label, settings, pace, steps}. show(session): draws what there is. fail(sentence): says what went wrong.
 */
export function createSession(client, state, show, fail) {
  const session = { frames: [], at: 0, playing: false, rate: 0, ghost: [], busy: false }
  let run = 0 // Answers that belong to an earlier one are dropped.
  let wanted = null // What to do when the worker is free: the newest wish only.
  let ahead = null // The next step, where it was asked for while this one is still being drawn.
  let timer = 0
  let due = 0
  let until = 0

  const frame = () => session.frames[session.at]
  const last = () => session.frames.length - 1

  /** Do a task, or, while another is done, next; a newer wish takes its place, unless it `must` be done. */
  async function work(task, must = false) {
    if (session.busy) {
      if (wanted?.must && !must) return wanted.promise.then(() => work(task))
      wanted?.resolve()
      let resolve = null
      const promise = new Promise((done) => {
        resolve = done
      })
      wanted = { task, must, promise, resolve }
      return promise
    }
    session.busy = true
    try {
      await task(run)
    } catch (error) {
      pause()
      fail(error.message)
    }
    session.busy = false
    const next = wanted
    wanted = null
    if (next) work(next.task, next.must).then(next.resolve)
    else show(session)
  }

  function keep(points) {
    session.frames.push({ step: session.frames.length ? session.frames.at(-1).step + 1 : 0, points })
    if (session.frames.length > MOST_FRAMES) session.frames.splice(1, 1)
    session.at = last()
  }

  /** Start anew, and go on to a number of steps at once; `plays`: the step after them will be wanted, too. */
  function begin(steps = 0, plays = false) {
    run++
    ahead = null
    return work(async (mine) => {
      const { natural, label, settings } = state
      const beginning = client.begin(natural, label, settings)
      if (plays) ahead = client.step(1)
      ahead?.catch(() => {}) // Where it fails, so does the beginning, which says why.
      const points = await beginning
      if (mine !== run) return
      if (session.frames.length > 1) session.ghost = session.frames.map(({ points }) => points)
      session.frames = []
      keep(points)
      show(session)
      for (let step = 0; step < steps && mine === run; step++) {
        const reached = await client.step(1)
        if (mine === run) keep(reached)
      }
    }, true)
  }

  /** Take over changed settings: the run goes on within them, or, when it rests, is made anew as far as it was. */
  function change() {
    if (!session.frames.length) return
    if (session.playing) return work(() => client.set(state.settings))
    const steps = frame().step
    const ghost = session.ghost
    return begin(steps).then(() => {
      if (!steps) session.ghost = ghost
    })
  }

  function on() {
    if (session.at < last()) {
      session.at++
      show(session)
      return undefined
    }
    return work(async (mine) => {
      const points = await (ahead ?? client.step(1))
      ahead = null
      if (mine === run) keep(points)
    })
  }

  function go(at) {
    pause()
    session.at = Math.max(0, Math.min(last(), at))
    show(session)
  }

  function play(steps = state.steps) {
    if (session.playing) return
    session.playing = true
    if (session.at >= last()) until = (frame()?.step ?? 0) + steps
    else until = Math.max(frame().step + 1, session.frames.at(-1).step)
    due = performance.now()
    session.rate = 0
    show(session)
    tick()
  }

  async function tick() {
    if (!session.playing) return
    const before = performance.now()
    await on()
    const took = performance.now() - before
    session.rate = session.rate ? session.rate * 0.9 + took * 0.1 : took
    if (!session.playing) return
    if (frame().step >= until) return pause()
    due = Math.max(due + 1000 / state.pace, performance.now() - 100)
    timer = setTimeout(tick, Math.max(0, due - performance.now()))
  }

  function pause() {
    clearTimeout(timer)
    if (!session.playing) return
    session.playing = false
    show(session)
  }

  return Object.assign(session, { begin, change, on, go, play, pause, frame, last, busyWith: work })
}

/** What the URL asks for, as `choices` takes it. */
export function linked() {
  const [epsilon, towards] = ["epsilon", "towards"].map((name) =>
    kept(name) === null ? undefined : Number(kept(name)),
  )
  return { epsilon, towards, objective: kept("objective") ?? undefined, norm: kept("norm") ?? undefined }
}

/** What a person may choose, as it is at first. view: what a link asks for. */
export function choices(data, { epsilon = data.epsilon.start, objective = "ce", norm = "linf", towards = null } = {}) {
  const share = 0.1
  return {
    natural: null,
    label: 0,
    index: null,
    chosen: null,
    pace: 15,
    steps: STEPS,
    share,
    settings: {
      norm: norm === "l2" ? "l2" : "linf",
      epsilon,
      stepSize: share * epsilon,
      objective: data.objectives.some(([name]) => name === objective) ? objective : "ce",
      target: towards in data.classes ? towards : null,
      start: "centre",
      seed: 0,
    },
  }
}

/** Take over changed settings: a step is a share of epsilon, and epsilon keeps its meaning from norm to norm. */
export function adjust(state, changes, { epsilon: { l2 } }) {
  const { settings } = state
  if (changes.share) state.share = changes.share
  Object.assign(settings, changes)
  if (changes.norm) settings.epsilon = changes.norm === "l2" ? settings.epsilon * l2 : settings.epsilon / l2
  settings.stepSize = state.share * settings.epsilon
}

/** What the buttons of a run do; under reduced motion it goes step by step. */
export function acts(session) {
  return {
    play: () => (session.playing ? session.pause() : calm() ? session.on() : session.play()),
    back: () => session.go(session.at - 1),
    on: () => {
      session.pause()
      session.on()
    },
    reset: () => {
      session.pause()
      session.begin()
    },
    go: session.go,
  }
}

/** The same by keys: space, left, right and Home. */
export function keyed(session) {
  const { play, back } = acts(session)
  const keys = {
    " ": play,
    ArrowLeft: back,
    ArrowRight: () => session.on(),
    Home: () => session.go(0),
  }
  return (event) => {
    const typed = event.composedPath()[0]
    if (/^(INPUT|SELECT)$/.test(typed.tagName) || (event.key === " " && typed.tagName === "BUTTON")) return
    if (!keys[event.key]) return
    keys[event.key]()
    event.preventDefault()
  }
}

// What a page asks of the attacker, wherever it runs, in a worker or in the page itself, and what it hears.
//
// A question is {do, ask, ...}; ``ask`` is a number that all that is heard of it carries. ``ids`` chooses among the open
// networks; without it all are meant. Images are Float32Arrays (channel, y, x) with values in [0, 1].
//
//   {do: "open", id, buffer, wasm}                  {done: "opened", id, head}: title, digest, classes, shape, blocks,
//                                                   attention, simd
//   {do: "look", image, ids}                        {done: "looked", id, answer} of each network
//   {do: "begin", image, label, settings, start}    {done: "stepped", id, step: 0, loss, answer, image, natural}; natural
//                                                   is the answer to the image itself; settings are those of search.js
//   {do: "set", settings, ids}                      the next step obeys, also of steps that are under way
//   {do: "step", count, ids}                        {done: "stepped", id, step, loss, answer, image} of each step
//   {do: "move", image, step, ids}                  {done: "stepped", ...}: the search goes on from this image
//   {do: "stop"}                                    steps that are under way end
//   {do: "gradient", image, label, settings}        {done: "gradient", id, loss, gradient, answer}
//   {do: "line", image, direction, span, points, label, settings}
//                                                   {done: "line", id, losses, predicted}: at image + t * direction for
//                                                   ``points`` values of t from -span to span
//   {do: "plane", image, u, v, span, points, label, settings}
//                                                   {done: "plane", id, losses, predicted}: the same at
//                                                   image + s * u + t * v, row by row, t along a row
//   {do: "contrast", image, label, negative, negativeLabel, ids}
//                                                   {done: "contrast", id, heads}: as contrast.js gives them
//   {do: "close", ids}
//
// "begin", "set", "step" and "move" may name one of several searches on each network by ``as``.
//
// {done: "all", ask} comes last; {failed: sentence, id, ask} says what could not be done for a network.

import { contrast } from "./contrast.js"
import { openNetwork } from "./network.js"
import { OBJECTIVES } from "./objectives.js"
import { SETTINGS, search } from "./search.js"

/** Milliseconds after which whoever else shares the thread has a turn. */
const SLICE = 8

/**
 * Answers questions in their order, a few milliseconds at a time.
 * @param {(message: object) => void} post is given what is to be heard
 * @returns {(question: object) => void} takes a question
 */
export function answering(post) {
  const networks = new Map()
  const searches = new Map()
  const pause = slices()
  let stopped = false
  let last = Promise.resolve()

  /** Post what ``work`` gives for each network, or why it could not. */
  async function each({ ids, ask }, work) {
    for (const id of ids ?? [...networks.keys()]) {
      try {
        if (!networks.has(id)) throw new Error("This network is not open.")
        const found = await work(networks.get(id), id)
        if (found) post({ ...found, id, ask })
      } catch (error) {
        post({ failed: sentence(error), id, ask })
      }
      await pause()
    }
  }

  const place = (id, name = "") => `${name}/${id}`

  function running(id, name) {
    const found = searches.get(place(id, name))
    if (!found) throw new Error("No attack has begun on this network.")
    return found
  }

  function forget(id) {
    for (const key of [...searches.keys()]) if (key.endsWith(`/${id}`)) searches.delete(key)
  }

  const doing = {
    async open({ id, buffer, wasm, ask }) {
      try {
        const network = await openNetwork(buffer, { wasm })
        networks.set(id, network)
        forget(id)
        const { title, digest, classes, shape, blocks, attention, simd } = network
        post({ done: "opened", id, ask, head: { title, digest, classes, shape, blocks, attention, simd } })
      } catch (error) {
        post({ failed: sentence(error), id, ask })
      }
    },
    look: (question) => each(question, (network) => ({ done: "looked", answer: network.look(question.image) })),
    begin: (question) =>
      each(question, (network, id) => {
        const { image, label, settings, start } = question
        const begun = search(network, settings)
        searches.set(place(id, question.as), begun)
        const natural = network.look(image)
        return { done: "stepped", ...begun.begin(image, label, start), natural }
      }),
    async step(question) {
      stopped = false
      for (let k = 0; k < (question.count ?? 1) && !stopped; k++)
        await each(question, (_, id) => (stopped ? null : { done: "stepped", ...running(id, question.as).step() }))
    },
    move: (question) =>
      each(question, (_, id) => ({
        done: "stepped",
        ...running(id, question.as).moveTo(question.image, question.step),
      })),
    gradient: (question) =>
      each(question, (network) => {
        const { objective, label, target } = aim(network, question)
        return { done: "gradient", ...network.gradient(question.image, objective, label, target) }
      }),
    line: (question) =>
      each(question, async (network) => {
        const { image, direction, span, points } = question
        return { done: "line", ...(await sampled(network, question, image, [[direction, offsets(span, points)]])) }
      }),
    plane: (question) =>
      each(question, async (network) => {
        const { image, u, v, span, points } = question
        const axes = [u, v].map((direction) => [direction, offsets(span, points)])
        return { done: "plane", ...(await sampled(network, question, image, axes)) }
      }),
    contrast: (question) =>
      each(question, (network) => {
        const { image, label, negative, negativeLabel } = question
        return {
          done: "contrast",
          heads: contrast(network, { image, label }, { image: negative, label: negativeLabel }),
        }
      }),
    async close({ ids }) {
      for (const id of ids ?? [...networks.keys()]) {
        networks.delete(id)
        forget(id)
      }
    },
  }

  /** Losses and predicted classes at an image moved along one or two directions. */
  async function sampled(network, question, image, axes) {
    const { objective, label, target } = aim(network, question)
    const places = axes.reduce(
      (found, [direction, steps]) =>
        found.flatMap((place) => steps.map((step) => place.map((value, k) => value + step * direction[k]))),
      [Float32Array.from(image)],
    )
    const losses = new Float32Array(places.length)
    const predicted = new Int32Array(places.length)
    for (const [k, place] of places.entries()) {
      losses[k] = network.loss(place, objective, label, target)
      predicted[k] = network.look(place).predicted
      await pause()
    }
    return { losses, predicted }
  }

  return (question) => {
    if (question.do === "stop") stopped = true
    if (question.do === "set")
      for (const id of question.ids ?? [...networks.keys()])
        searches.get(place(id, question.as))?.set(question.settings)
    last = last.then(() => doing[question.do]?.(question)).then(() => post({ done: "all", ask: question.ask }))
  }
}

/** The objective of a question's settings, and the class that it is evaluated at. */
function aim(network, { image, label, settings }) {
  const { objective, target } = { ...SETTINGS, ...settings }
  if (target !== null || !OBJECTIVES[objective]?.needsTarget) return { objective, label, target }
  const { logits } = network.look(image)
  const ranked = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a])
  return { objective, label, target: ranked.find((k) => k !== label) }
}

/** ``points`` numbers from -span to span. */
function offsets(span, points) {
  return Array.from({ length: points }, (_, k) => (points > 1 ? span * ((2 * k) / (points - 1) - 1) : 0))
}

/** A function to await often: every few milliseconds it lets others have their turn. */
function slices() {
  const channel = new MessageChannel()
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE) return
    await new Promise((resume) => {
      channel.port1.onmessage = resume
      channel.port2.postMessage(null)
    })
    since = performance.now()
  }
}

function sentence(error) {
  if (error instanceof WebAssembly.RuntimeError) return "The network's computation failed: load the page again."
  return error.message
}

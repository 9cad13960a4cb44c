// The attacker as a page sees it: questions that give promises, wherever they are answered.

import { answering } from "./protocol.js"

/**
 * Start the attacker in a worker; in the page itself, a few milliseconds at a time, where there can be none.
 * @param {string} source the text of worker.js with all that it imports; empty to stay in the page
 */
export function startWorker(source) {
  return new Client(source)
}

class Client {
  constructor(source) {
    this.asked = 0
    this.waiting = new Map()
    this.threaded = Boolean(source)
    this.send = source ? this.toWorker(source) : this.inPage()
  }

  /** Open a network's file under a name. Gives its head; fails with a sentence. */
  async open(id, buffer, wasm = true) {
    const [{ head }] = only(await this.ask({ do: "open", id, buffer, wasm }))
    return head
  }

  /** The answers to an image by the names of the networks. */
  async look(image, ids) {
    return named(await this.ask({ do: "look", image, ids }), ({ answer }) => answer)
  }

  /** Begin an attack with {image, label, settings, start, ids, as}. Gives each network's point 0 by its name. */
  async begin(question) {
    return named(await this.ask({ ...question, do: "begin" }))
  }

  /** Steps; ``onStep`` is given each point as it is found. Gives the last one of each network. */
  async step(count = 1, onStep = () => {}, { ids, as } = {}) {
    return named(
      await this.ask({ do: "step", count, ids, as }, (message) => message.done === "stepped" && onStep(message)),
    )
  }

  /** Go on from another image. Gives each network's point there. */
  async move(image, step, ids) {
    return named(await this.ask({ do: "move", image, step, ids }))
  }

  /** Change the running searches. */
  set(settings, { ids, as } = {}) {
    return this.ask({ do: "set", settings, ids, as })
  }

  /** End the steps that are under way. */
  stop() {
    return this.ask({ do: "stop" })
  }

  /** {loss, gradient, answer} by network, of {image, label, settings, ids}. */
  async gradient(question) {
    return named(await this.ask({ ...question, do: "gradient" }))
  }

  /** {losses, predicted} by network along a line, of {image, direction, span, points, label, settings, ids}. */
  async line(question) {
    return named(await this.ask({ ...question, do: "line" }))
  }

  /** {losses, predicted} by network in a plane, of {image, u, v, span, points, label, settings, ids}. */
  async plane(question) {
    return named(await this.ask({ ...question, do: "plane" }))
  }

  /** {heads} by network of an anchor and its negative: {image, label, negative, negativeLabel, ids}. */
  async contrast(question) {
    return named(await this.ask({ ...question, do: "contrast" }))
  }

  /** Forget networks; without names all, and end the worker. */
  async close(ids) {
    await this.ask({ do: "close", ids })
    if (!ids) this.worker?.terminate()
  }

  /** All messages about a question; ``onMessage`` is given each as it comes. */
  ask(question, onMessage = () => {}) {
    const ask = ++this.asked
    return new Promise((resolve, reject) => {
      this.waiting.set(ask, { resolve, reject, onMessage, heard: [], question: { ...question, ask } })
      this.send({ ...question, ask })
    })
  }

  hear(message) {
    const waiting = this.waiting.get(message.ask)
    if (!waiting) return
    if (message.done === "all") {
      this.waiting.delete(message.ask)
      waiting.resolve(waiting.heard)
    } else {
      waiting.heard.push(message)
      waiting.onMessage(message)
    }
  }

  inPage() {
    return answering((message) => this.hear(message))
  }

  toWorker(source) {
    let heard = false
    const stay = () => {
      this.threaded = false
      this.worker = null
      this.send = this.inPage()
      for (const { question } of this.waiting.values()) this.send(question)
    }
    try {
      this.worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))
    } catch {
      this.threaded = false
      return this.inPage()
    }
    this.worker.onmessage = ({ data }) => {
      heard = true
      this.hear(data)
    }
    this.worker.onerror = (event) => {
      event.preventDefault?.()
      // A policy that forbids workers tells so only now; what was asked is asked again in the page.
      if (!heard) stay()
      else this.fail("The attack ended unexpectedly: load the page again, or let the server attack.")
    }
    return (question) => this.worker.postMessage(question)
  }

  fail(sentence) {
    for (const { reject } of this.waiting.values()) reject(new Error(sentence))
    this.waiting.clear()
  }
}

/** The messages, if none says that something failed. */
function only(messages) {
  const failed = messages.find((message) => message.failed)
  if (failed) throw new Error(failed.failed)
  return messages
}

/** The last message of each network by its name, or what ``pick`` takes of it; {failed: sentence} where it failed. */
function named(messages, pick = (message) => message) {
  return Object.fromEntries(messages.map((message) => [message.id, message.failed ? message : pick(message)]))
}

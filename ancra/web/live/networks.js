// The networks of a stage: their files, and what the worker answers for all of them, in their order.

import { decode } from "../shared/codec.js"

const NEGATIVE = "negative"

/** A network's file. Throws what to say where it cannot be had. */
export async function fetched(network) {
  // A file without a server holds its networks; the browser would be slower to fetch them from it.
  if (network.href.startsWith("data:")) return decode({ dtype: "u8", data: network.href.split(",")[1] }).buffer
  const answer = await fetch(network.href)
  if (!answer.ok)
    throw new Error(
      `${network.title} could not be loaded here (${answer.status}): the Attack page attacks it on the server.`,
    )
  return answer.arrayBuffer()
}

/** The worker's answers of all networks in their order on the stage; what failed is thrown. */
export function asked(worker, { networks }, state) {
  const inOrder = (found) =>
    networks.map(({ digest }) => {
      if (found[digest].failed) throw new Error(found[digest].failed)
      return found[digest]
    })
  /** The losses of each network where its own direction leads. */
  async function along(directions, question) {
    const { label, settings } = state
    const found = await Promise.all(
      networks.map(({ digest }, index) => {
        const { do: kind, ...asked } = question(directions[index])
        return worker[kind]({ ...asked, label, settings, ids: [digest] })
      }),
    )
    return inOrder(Object.assign({}, ...found))
  }

  /** What one network answers. */
  async function one(index, ask) {
    const { digest } = networks[index]
    const found = (await ask([digest]))[digest]
    if (found.failed) throw new Error(found.failed)
    return found
  }

  return {
    begin: async (image, label, settings) => inOrder(await worker.begin({ image, label, settings })),
    step: async () => inOrder(await worker.step(1)),
    set: (settings) => worker.set(settings),
    look: async (image) => inOrder(await worker.look(image)),
    line: (image, directions, span, points) =>
      along(directions, (direction) => ({ do: "line", image, direction, span, points })),
    contrast: (index, question) => one(index, (ids) => worker.contrast({ ...question, ids })),
    /** A second search, of the negatives. */
    negative: {
      begin: (index, question) => one(index, (ids) => worker.begin({ ...question, ids, as: NEGATIVE })),
      step: (index) => one(index, (ids) => worker.step(1, undefined, { ids, as: NEGATIVE })),
      set: (index, settings) => worker.set(settings, { ids: [networks[index].digest], as: NEGATIVE }),
    },
    plane: (image, directions, span, points) =>
      along(directions, ([u, v]) => ({ do: "plane", image, u, v, span, points })),
  }
}

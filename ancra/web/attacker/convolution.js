// A convolution (or a linear layer, which is one of a single pixel): its weights as the kernel takes them, and its gradient.

import { block } from "./kernel.js"

const pair = (value, missing) => value ?? [missing, missing]

/** The parts of a convolution by name: kernel (rows, columns), stride, padding, channels in and out of one group. */
export function geometry(operation, weight) {
  const [outputs, inputs, rows = 1, columns = 1] = weight.shape
  return {
    outputs,
    inputs,
    kernel: [rows, columns],
    stride: pair(operation.stride, 1),
    padding: pair(operation.padding, 0),
    groups: operation.groups ?? 1,
  }
}

/** How far the convolution reads over the edges of its input. */
export function reach({ kernel, stride, padding }, [, ...sides], [, ...outputs]) {
  const over = sides.map((side, axis) => (outputs[axis] - 1) * stride[axis] - padding[axis] + kernel[axis] - side)
  return Math.max(0, ...padding, ...over)
}

/** How far its gradient reads over the edges of the output's gradient. */
export function gradientReach(parts, [, ...sides], [, ...outputs]) {
  const found = [0, 1].flatMap((axis) =>
    phases(parts, axis, sides[axis]).map(({ taps, middle, count }) =>
      Math.max(taps - 1 - middle, middle + count - outputs[axis]),
    ),
  )
  return Math.max(0, ...found)
}

/**
 * The pixels of the input along an axis, sorted by which taps of the kernel see them: every stride-th has the same.
 * Pixel first + i * stride takes the gradients of the outputs from middle + i - taps + 1 to middle + i.
 */
function phases({ kernel, stride, padding }, axis, side) {
  const found = []
  for (let phase = 0; phase < stride[axis]; phase++) {
    const taps = Math.ceil((kernel[axis] - phase) / stride[axis])
    const first = (((phase - padding[axis]) % stride[axis]) + stride[axis]) % stride[axis]
    const count = Math.ceil((side - first) / stride[axis])
    const middle = (first + padding[axis] - phase) / stride[axis]
    if (taps > 0 && count > 0) found.push({ phase, taps, first, count, middle })
  }
  return found
}

/** A function that computes the convolution, and one that adds its gradient to that of the input. */
export function convolution(plan, parts, weight, bias, input, output, gradients) {
  const { kernel, stride, padding } = parts
  const forward = plan.reserve(kernel[0] * kernel[1] * input.pixel * output.pixel)
  const offset = plan.reserve(output.pixel)
  const back = phases(parts, 0, input.height).flatMap((row) =>
    phases(parts, 1, input.width).map((column) => {
      const size = row.taps * column.taps * gradients.output.pixel * gradients.input.pixel
      return { row, column, weights: plan.reserve(size) }
    }),
  )

  function pack(memory) {
    memory.set(bias?.values ?? [], offset)
    const lines = (firsts, steps, taps) =>
      Array.from({ length: taps[0] * taps[1] }, (_, k) => {
        const [y, x] = [Math.floor(k / taps[1]), k % taps[1]].map((tap, axis) => firsts[axis] + steps[axis] * tap)
        return y * kernel[1] + x
      })
    const { input: to, output: from } = gradients
    fill(memory, forward, weight.values, lines([0, 0], [1, 1], kernel), input.pixel, output, (o, i) =>
      origin(parts, o, i),
    )
    for (const { row, column, weights } of back) {
      const along = [row, column]
      const taps = along.map((each) => each.taps)
      const firsts = along.map((each, axis) => each.phase + stride[axis] * (each.taps - 1))
      const backwards = stride.map((each) => -each)
      fill(memory, weights, weight.values, lines(firsts, backwards, taps), from.pixel, to, (i, o) =>
        origin(parts, o, i),
      )
    }
  }

  return {
    pack,
    forward(_memory, convolve) {
      convolve(
        input.start - padding[0] * input.row - padding[1] * input.pixel,
        stride[0] * input.row,
        stride[1] * input.pixel,
        input.row,
        output.start,
        output.row,
        output.pixel,
        output.height,
        output.width,
        kernel[0],
        kernel[1] * input.pixel,
        forward,
        output.pixel,
        offset,
      )
    },
    backward(_memory, convolve) {
      const { input: to, output: from } = gradients
      for (const { row, column, weights } of back)
        convolve(
          from.start + (row.middle - row.taps + 1) * from.row + (column.middle - column.taps + 1) * from.pixel,
          from.row,
          from.pixel,
          from.row,
          to.start + row.first * to.row + column.first * to.pixel,
          stride[0] * to.row,
          stride[1] * to.pixel,
          row.count,
          column.count,
          row.taps,
          column.taps * from.pixel,
          weights,
          to.pixel,
          -1,
        )
    },
  }
}

/** Where the taps between an output's and an input's channel begin; -1 between groups and beyond the channels. */
function origin({ outputs, inputs, kernel, groups }, output, input) {
  const group = Math.floor((output * groups) / outputs)
  const own = input - group * inputs
  return output >= outputs || own < 0 || own >= inputs ? -1 : (output * inputs + own) * kernel[0] * kernel[1]
}

/**
 * Write weights in the kernel's order, into a memory of zeros: blocks of channels; in each the taps, and in each of them
 * what it reads. taps: their places after that which `place` gives of a channel and of one that it reads.
 */
function fill(memory, start, values, taps, read, { channels, pixel: width }, place) {
  let first = start
  for (let channel = 0; channel < width; ) {
    const size = block(width - channel)
    for (let lane = 0; lane < Math.min(size, channels - channel); lane++)
      for (let from = 0; from < read; from++) {
        const own = place(channel + lane, from)
        if (own < 0) continue
        for (let k = 0; k < taps.length; k++) memory[first + (k * read + from) * size + lane] = values[own + taps[k]]
      }
    first += taps.length * read * size
    channel += size
  }
}

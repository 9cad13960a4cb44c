// The operations of a network on one image (docs/live.md, Operations): forward, and backward to what they read.
//
// Each is made of {plan, operation, weights, inputs, output, gradients}: where its maps and their gradients lie. It
// gives functions of the memory: ``pack`` puts its weights in place, ``forward`` computes its result, ``backward`` adds
// the gradient of its result to those of its inputs.

import { convolution, geometry } from "./convolution.js"
import { places } from "./maps.js"

/** Call ``visit(i, j, count)`` for each row of two maps of one shape: where it starts in either, and its length. */
function rows(first, second, visit) {
  for (let y = 0; y < first.height; y++)
    visit(first.start + y * first.row, second.start + y * second.row, first.width * first.pixel)
}

function conv({ plan, operation, weights, inputs, output, gradients }) {
  const parts = geometry(operation, weights.weight)
  const along = { input: gradients.inputs[0], output: gradients.output }
  return convolution(plan, parts, weights.weight, weights.bias, inputs[0], output, along)
}

function relu({ inputs: [input], output, gradients }) {
  return {
    forward(f) {
      rows(input, output, (i, o, count) => {
        for (let k = 0; k < count; k++) f[o + k] = f[i + k] < 0 ? 0 : f[i + k]
      })
    },
    backward(f) {
      const shift = gradients.inputs[0]
      for (let y = 0; y < output.height; y++) {
        const o = output.start + y * output.row
        const from = gradients.output.start + y * gradients.output.row
        const to = shift.start + y * shift.row
        for (let k = 0; k < output.width * output.pixel; k++) f[to + k] += f[from + k] * +(f[o + k] > 0)
      }
    },
  }
}

function add({ inputs, output, gradients }) {
  return {
    forward(f) {
      const [left, right] = inputs
      for (let y = 0; y < output.height; y++) {
        const o = output.start + y * output.row
        const a = left.start + y * left.row
        const b = right.start + y * right.row
        for (let k = 0; k < output.width * output.pixel; k++) f[o + k] = f[a + k] + f[b + k]
      }
    },
    backward(f) {
      for (const to of gradients.inputs)
        rows(gradients.output, to, (from, at, count) => {
          for (let k = 0; k < count; k++) f[at + k] += f[from + k]
        })
    },
  }
}

/** The product of a map with another, or with one number a channel. */
function multiply({ inputs: [map, factor], output, gradients: { inputs: to, output: from } }) {
  const small = factor.height * factor.width === 1
  const pixels = (visit) => {
    for (let y = 0; y < output.height; y++)
      for (let x = 0; x < output.width; x++) visit(y, x, small ? 0 : y, small ? 0 : x)
  }
  const place = (of, y, x) => of.start + y * of.row + x * of.pixel
  return {
    forward(f) {
      pixels((y, x, v, u) => {
        const [o, a, b] = [place(output, y, x), place(map, y, x), place(factor, v, u)]
        for (let c = 0; c < output.channels; c++) f[o + c] = f[a + c] * f[b + c]
      })
    },
    backward(f) {
      pixels((y, x, v, u) => {
        const [a, b, g] = [place(map, y, x), place(factor, v, u), place(from, y, x)]
        const [s, t] = [place(to[0], y, x), place(to[1], v, u)]
        for (let c = 0; c < output.channels; c++) {
          f[s + c] += f[g + c] * f[b + c]
          f[t + c] += f[g + c] * f[a + c]
        }
      })
    },
  }
}

/** A factor and an offset for each channel. */
function affine({ plan, weights, inputs: [input], output, gradients }) {
  const scale = plan.reserve(output.pixel)
  const shift = plan.reserve(output.pixel)
  const { pixel } = output
  return {
    pack(f) {
      f.set(weights.scale.values, scale)
      f.set(weights.shift.values, shift)
    },
    forward(f) {
      rows(input, output, (i, o, count) => {
        for (let k = 0; k < count; k += pixel)
          for (let c = 0; c < pixel; c++) f[o + k + c] = f[i + k + c] * f[scale + c] + f[shift + c]
      })
    },
    backward(f) {
      rows(gradients.output, gradients.inputs[0], (from, to, count) => {
        for (let k = 0; k < count; k += pixel)
          for (let c = 0; c < pixel; c++) f[to + k + c] += f[from + k + c] * f[scale + c]
      })
    },
  }
}

/** The window of a pooling operation on the input behind each pixel of the output: ``visit(y, x, window)``. */
function windows({ operation, inputs: [input], output }) {
  const { kernel, stride, padding } = operation
  const found = []
  for (let y = 0; y < output.height; y++)
    for (let x = 0; x < output.width; x++) {
      const top = y * stride[0] - padding[0]
      const left = x * stride[1] - padding[1]
      // A window that was rounded up counts the pixels that it has within the padded map.
      const bottom = Math.min(top + kernel[0], input.height + padding[0])
      const right = Math.min(left + kernel[1], input.width + padding[1])
      const inside = {
        y,
        x,
        top: Math.max(top, 0),
        left: Math.max(left, 0),
        bottom: Math.min(bottom, input.height),
        right: Math.min(right, input.width),
      }
      const pixels = (inside.bottom - inside.top) * (inside.right - inside.left)
      found.push({ ...inside, count: operation.padded_count ? (bottom - top) * (right - left) : pixels })
    }
  return found
}

function average(parts) {
  const { inputs, output, gradients } = parts
  const all = windows(parts)
  const spread = (f, map, target, forward) => {
    for (const { y, x, top, left, bottom, right, count } of all) {
      const o = target.start + y * target.row + x * target.pixel
      for (let c = 0; c < output.channels; c++) {
        const share = f[o + c] / count
        let sum = 0
        for (let v = top; v < bottom; v++)
          for (let u = left, at = map.start + v * map.row + left * map.pixel + c; u < right; u++, at += map.pixel)
            if (forward) sum += f[at]
            else f[at] += share
        if (forward) f[o + c] = sum / count
      }
    }
  }
  return {
    forward: (f) => spread(f, inputs[0], output, true),
    backward: (f) => spread(f, gradients.inputs[0], gradients.output, false),
  }
}

function maximum(parts) {
  const { inputs, output, gradients } = parts
  const [input] = inputs
  const all = windows(parts)
  const visit = (f, found) => {
    for (const { y, x, top, left, bottom, right } of all)
      for (let c = 0; c < output.channels; c++) {
        let best = Number.NEGATIVE_INFINITY
        let where = [top, left]
        for (let v = top; v < bottom; v++)
          for (let u = left; u < right; u++) {
            const value = f[input.start + v * input.row + u * input.pixel + c]
            if (value > best || Number.isNaN(value)) [best, where] = [value, [v, u]]
          }
        found(y, x, c, best, where)
      }
  }
  return {
    forward: (f) =>
      visit(f, (y, x, c, best) => {
        f[output.start + y * output.row + x * output.pixel + c] = best
      }),
    backward: (f) =>
      visit(f, (y, x, c, _, [v, u]) => {
        const {
          inputs: [to],
          output: from,
        } = gradients
        f[to.start + v * to.row + u * to.pixel + c] += f[from.start + y * from.row + x * from.pixel + c]
      }),
  }
}

/** Operations that only lay values elsewhere: ``source(channel, y, x)`` is where an output's value comes from. */
const moving = (source) => (parts) => {
  const {
    inputs: [input],
    output,
    gradients,
  } = parts
  const origin = new Int32Array(output.channels * output.height * output.width)
  let at = 0
  for (let c = 0; c < output.channels; c++)
    for (let y = 0; y < output.height; y++)
      for (let x = 0; x < output.width; x++, at++) origin[at] = source(parts, c, y, x, at)
  const [from, to] = [places(input), places(output)]
  const [back, ahead] = [places(gradients.inputs[0]), places(gradients.output)]
  return {
    forward(f) {
      for (let k = 0; k < origin.length; k++) f[to[k]] = f[from[origin[k]]]
    },
    backward(f) {
      for (let k = 0; k < origin.length; k++) f[back[origin[k]]] += f[ahead[k]]
    },
  }
}

const order = ({ inputs: [{ height, width }] }, c, y, x) => (c * height + y) * width + x
const reshape = moving((_parts, _c, _y, _x, at) => at)
const repeat = moving((parts, c, y, x) => {
  const [tall, wide] = parts.operation.factor
  return order(parts, c, Math.floor(y / tall), Math.floor(x / wide))
})
const crop = moving((parts, c, y, x) => order(parts, c, y * parts.operation.step[0], x * parts.operation.step[1]))

/**
 * The row of a weight that reverse attention takes for logits: that of the likeliest class, of one that is forced, or
 * the expectation of the rows under the softmax, which alone lets a gradient through to the logits.
 */
function row({ plan, weights: { weight }, inputs: [logits], output, gradients }) {
  const table = plan.reserve(weight.values.length)
  const [classes, length] = weight.shape
  const shares = new Float64Array(classes)
  return {
    pack: (f) => f.set(weight.values, table),
    forward(f, _convolve, attention) {
      shares.fill(0)
      const own = f.subarray(logits.start, logits.start + classes)
      if (attention === "soft") shares.set(softmax(own))
      else shares[attention === "predicted" ? argmax(own) : attention] = 1
      for (let k = 0; k < length; k++) f[output.start + k] = 0
      for (let j = 0; j < classes; j++)
        if (shares[j] > 0) for (let k = 0; k < length; k++) f[output.start + k] += shares[j] * f[table + j * length + k]
    },
    backward(f, _convolve, attention) {
      if (attention !== "soft") return
      const {
        inputs: [to],
        output: from,
      } = gradients
      const pull = Array.from(shares, (_, j) => {
        let sum = 0
        for (let k = 0; k < length; k++) sum += f[table + j * length + k] * f[from.start + k]
        return sum
      })
      const mean = pull.reduce((sum, each, j) => sum + shares[j] * each, 0)
      for (let j = 0; j < classes; j++) f[to.start + j] += shares[j] * (pull[j] - mean)
    },
  }
}

/** The place of the largest value, the first of equals. */
export function argmax(values) {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i
  return best
}

/** exp(values) divided by their sum, in double precision. */
export function softmax(values) {
  const most = Math.max(...values)
  const powers = Float64Array.from(values, (value) => Math.exp(value - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

export const OPERATIONS = {
  conv,
  linear: conv,
  relu,
  add,
  multiply,
  affine,
  average,
  maximum,
  reshape,
  repeat,
  crop,
  row,
}

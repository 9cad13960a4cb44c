// The one computation that takes time, a convolution of one map, in WebAssembly with SIMD where the browser has it.

import kernel from "./kernel.json" with { type: "json" }

/** Channels that the kernel computes at once: eight while as many are left, else four. */
export const block = (left) => (left >= 8 ? 8 : 4)

/**
 * A memory of ``size`` numbers and the convolution over it.
 *
 * ``convolve(source, sourceRow, sourcePixel, line, target, targetRow, targetPixel, rows, columns, taps, run, weights,
 * channels, bias)`` computes for each of rows x columns pixels and each channel the sum over ``taps`` lines of ``run``
 * neighbouring numbers times weights; places and steps are counted in numbers. ``sourceRow`` and ``sourcePixel`` lead
 * from one pixel's patch to the next, ``line`` from a line of a patch to the next. Weights lie in blocks of eight or four
 * channels: for each number of the patch those of the block's channels. ``bias`` is the place of what is added, -1 to
 * add to what the target holds.
 *
 * @param {number} size numbers of 32 bits
 * @param {boolean} wasm whether WebAssembly may be used
 * @returns {Promise<{memory: Float32Array, convolve: Function, simd: boolean}>}
 * @throws {Error} one sentence where there is no memory for it
 */
export async function openKernel(size, wasm = true) {
  try {
    const module = wasm ? await compiled() : null
    if (module) {
      const shared = new WebAssembly.Memory({ initial: Math.ceil((size * 4) / 65536) })
      const { exports } = await WebAssembly.instantiate(module, { host: { memory: shared } })
      return { memory: new Float32Array(shared.buffer), convolve: exports.convolve, simd: true }
    }
    const memory = new Float32Array(size)
    return { memory, convolve: (...places) => convolve(memory, ...places), simd: false }
  } catch (error) {
    if (error instanceof RangeError)
      throw new Error("This device has no memory left for the network: close other pages, or let the server attack.")
    throw error
  }
}

let compiling = null

/** The compiled module; null where there is no WebAssembly with SIMD, or a policy of the page forbids it. */
function compiled() {
  compiling ??= compile().catch(() => null)
  return compiling
}

async function compile() {
  const bytes = Uint8Array.from(atob(kernel.wasm), (letter) => letter.charCodeAt(0))
  return WebAssembly.compile(bytes)
}

/** The same in plain JavaScript: two pixels and four channels at once. */
function convolve(
  f,
  source,
  sourceRow,
  sourcePixel,
  line,
  target,
  targetRow,
  targetPixel,
  rows,
  columns,
  taps,
  run,
  weights,
  channels,
  bias,
) {
  const count = rows * columns
  for (let channel = 0, kernel = weights; channel < channels; ) {
    const width = block(channels - channel)
    for (let half = 0; half < width; half += 4) {
      for (let pixel = 0; pixel < count; pixel += 2) {
        // An odd last pixel is computed twice.
        const other = Math.min(pixel + 1, count - 1)
        const y = (pixel / columns) | 0
        const z = (other / columns) | 0
        const p = source + y * sourceRow + (pixel - y * columns) * sourcePixel
        const q = source + z * sourceRow + (other - z * columns) * sourcePixel
        const s = target + y * targetRow + (pixel - y * columns) * targetPixel + channel + half
        const t = target + z * targetRow + (other - z * columns) * targetPixel + channel + half
        const from = bias < 0 ? s : bias + channel + half
        const also = bias < 0 ? t : from
        let a = f[from]
        let b = f[from + 1]
        let c = f[from + 2]
        let d = f[from + 3]
        let e = f[also]
        let g = f[also + 1]
        let h = f[also + 2]
        let i = f[also + 3]
        let w = kernel + half
        for (let tap = 0; tap < taps; tap++) {
          const end = p + tap * line + run
          for (let k = p + tap * line, l = q + tap * line; k < end; k++, l++, w += width) {
            const u = f[k]
            const v = f[l]
            a += u * f[w]
            b += u * f[w + 1]
            c += u * f[w + 2]
            d += u * f[w + 3]
            e += v * f[w]
            g += v * f[w + 1]
            h += v * f[w + 2]
            i += v * f[w + 3]
          }
        }
        f[s] = a
        f[s + 1] = b
        f[s + 2] = c
        f[s + 3] = d
        f[t] = e
        f[t + 1] = g
        f[t + 2] = h
        f[t + 3] = i
      }
    }
    channel += width
    kernel += taps * run * width
  }
}

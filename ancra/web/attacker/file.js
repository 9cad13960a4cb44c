// A network's file: named tensors in the safetensors format, with the operations as JSON text in its header.

const FORMAT = "ancra_live"
const VERSION = 1
const LONGEST_HEADER = 8 << 20
const SUBNORMAL = 2 ** -24 // The step between the smallest numbers of fp16.

const DAMAGED = "This network's file is damaged or cut off: load the page again."

/**
 * The head of a file and its weights.
 * @param {ArrayBuffer} buffer the whole file
 * @returns {{head: object, weights: Object<string, {shape: number[], values: Float32Array}>}}
 * @throws {Error} one sentence for a file that is damaged, made by another version, or holds what is no number
 */
export function readFile(buffer) {
  const { header, start } = readHeader(buffer)
  const head = parsed(header.__metadata__?.[FORMAT])
  if (!head) throw new Error("This file holds no network for a browser: make one with ancra live.")
  if (head.version !== VERSION)
    throw new Error(`This network's file has version ${head.version}, and this page reads ${VERSION}: make it again.`)
  if (checksum(new Uint8Array(buffer, start)) !== head.checksum) throw new Error(DAMAGED)
  const weights = {}
  for (const [name, entry] of Object.entries(header))
    if (name !== "__metadata__") weights[name] = { shape: entry.shape, values: numbers(buffer, start, entry) }
  return { head, weights }
}

function readHeader(buffer) {
  if (buffer.byteLength < 8) throw new Error(DAMAGED)
  const view = new DataView(buffer)
  const length = view.getUint32(0, true)
  const start = 8 + length
  if (view.getUint32(4, true) || length > LONGEST_HEADER || start > buffer.byteLength) throw new Error(DAMAGED)
  const header = parsed(new TextDecoder().decode(new Uint8Array(buffer, 8, length)))
  if (!header) throw new Error(DAMAGED)
  return { header, start }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A tensor's values in fp32. */
function numbers(buffer, start, { dtype, shape, data_offsets: [from, to] }) {
  const count = shape.reduce((product, side) => product * side, 1)
  const bytes = { F32: 4, F16: 2 }[dtype]
  if (!bytes) throw new Error(`This network's file holds numbers of a kind (${dtype}) that this page does not read.`)
  if (to - from !== count * bytes || start + to > buffer.byteLength) throw new Error(DAMAGED)
  const content = buffer.slice(start + from, start + to)
  const values = bytes === 4 ? new Float32Array(content) : widened(new Uint16Array(content))
  if (!values.every(Number.isFinite)) throw new Error("This network's weights are not all numbers: train it again.")
  return values
}

/** fp16, given as whole numbers of its bits, in fp32. */
function widened(halves) {
  const bits = new Uint32Array(halves.length)
  const values = new Float32Array(bits.buffer)
  for (let i = 0; i < halves.length; i++) {
    const sign = (halves[i] & 0x8000) << 16
    const exponent = (halves[i] >> 10) & 31
    const fraction = halves[i] & 1023
    if (exponent === 0) values[i] = (sign ? -fraction : fraction) * SUBNORMAL
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13)
  }
  return values
}

/** CRC-32 (IEEE 802.3), as zlib computes it. */
function checksum(bytes) {
  const table = new Int32Array(256)
  for (let i = 0; i < 256; i++) {
    let rest = i
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
    table[i] = rest
  }
  let sum = -1
  for (let i = 0; i < bytes.length; i++) sum = table[(sum ^ bytes[i]) & 255] ^ (sum >>> 8)
  return ~sum >>> 0
}

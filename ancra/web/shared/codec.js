// Numbers as text and back.

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array }

/** A typed array from {dtype, data: base64}; null for nothing. */
export function decode(packed) {
  if (!packed) return null
  const text = atob(packed.data)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return packed.dtype === "f16" ? halves(new Uint16Array(bytes.buffer)) : new TYPES[packed.dtype](bytes.buffer)
}

/** Numbers of half precision, given by their bits, as Float32Array. */
export function halves(bits) {
  return Float32Array.from(bits, (half) => {
    const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023]
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024))
  })
}

/** Base64 of one bit a sample, lowest bit first: 1.7 KB for 10,000 samples. */
export function packBits(flags) {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8))
  for (let i = 0; i < flags.length; i++) if (flags[i]) bytes[i >> 3] |= 1 << (i & 7)
  let text = ""
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096))
  return btoa(text)
}

/** What `packBits` packed, as one byte a sample. */
export function unpackBits(text, count) {
  const flags = new Uint8Array(count)
  const bytes = text ? decode({ dtype: "u8", data: text }) : []
  for (let i = 0; i < count; i++) flags[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1
  return flags
}

/** A share in per cent for people: a softmax is never quite 100 % or 0 %. */
export const percent = (share) =>
  share >= 0.9995 ? "> 99.9 %" : share < 0.0005 ? "< 0.1 %" : `${(share * 100).toFixed(1)} %`

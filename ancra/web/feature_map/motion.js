// Points that move: the morph, and the glide from one scene to the next.
import { clamp } from "../shared/geometry.js"

const NOTED = 0.01 // The share of answers that differ from which on a map is said to have changed.

export function motion(fm) {
  function play() {
    const end = +fm.slider.max
    if (fm.reduced.matches) {
      fm.state.t = fm.state.t >= end ? 0 : end
      fm.slider.value = fm.state.t
      fm.refresh(false)
      return
    }
    const steps = fm.state.view === "attack" ? Math.max(...fm.scene.maps.map((map) => map.frames.length)) - 1 : 1
    const duration = 2200 * clamp(steps / 4, 1, 6)
    let before = performance.now()
    if (fm.state.t >= end - 1e-3) fm.state.t = 0
    const tick = (now) => {
      // The first frame's time may lie before the press that asked for it.
      fm.state.t = clamp(fm.state.t + (now - before) / duration, 0, end)
      before = now
      fm.slider.value = fm.state.t
      fm.playing = fm.state.t < end ? requestAnimationFrame(tick) : 0
      fm.drawMorphText()
      fm.draw()
    }
    fm.playing = requestAnimationFrame(tick)
  }

  function stop() {
    cancelAnimationFrame(fm.playing)
    fm.playing = 0
    fm.playButton.textContent = "▶"
  }

  /** The frames whose answers differ from those in the scene before, while others stay as they are: what to look at. */
  function changes(before) {
    const found = new Set()
    let all = 0
    fm.scene.maps.forEach((map, m) =>
      map.frames.forEach((frame, f) => {
        const old = before.maps[m]?.title === map.title && before.maps[m].frames[f]
        if (!old) return
        all += 1
        const other = frame.predicted.reduce((sum, one, i) => sum + (one !== old.predicted[i]), 0)
        if (other > NOTED * fm.scene.count) found.add(frame)
      }),
    )
    return found.size < all ? found : new Set()
  }

  /** Let every point move from its place in the scene before to its new one, so that the eye can follow it. */
  function glide(before) {
    cancelAnimationFrame(fm.gliding)
    const alike =
      before &&
      before.maps.length === fm.scene.maps.length &&
      before.maps.every((map, m) => map.title === fm.scene.maps[m].title)
    if (!alike || fm.reduced.matches || fm.scene.count > 20_000) return
    const side = ([x0, y0, x1, y1]) => Math.max(x1 - x0, y1 - y0) || 1,
      ways = []
    fm.scene.maps.forEach((map, m) =>
      map.frames.forEach((frame, f) => {
        const old = before.maps[m].frames[f],
          was = before.maps[m].fit,
          is = map.fit,
          to = frame.xy
        if (!old) return
        const scale = side(is) / side(was),
          from = new Float32Array(to.length)
        for (let i = 0; i < to.length; i++)
          from[i] = (is[i & 1] + is[(i & 1) + 2]) / 2 + (old.xy[i] - (was[i & 1] + was[(i & 1) + 2]) / 2) * scale
        frame.xy = from.slice()
        ways.push({ frame, from, to })
      }),
    )
    const began = performance.now()
    const tick = (now) => {
      const share = clamp((now - began) / 700, 0, 1),
        t = share * share * (3 - 2 * share)
      for (const { frame, from, to } of ways) {
        if (share === 1) frame.xy = to
        else for (let i = 0; i < to.length; i++) frame.xy[i] = from[i] + (to[i] - from[i]) * t
        frame.middles = null
      }
      fm.draw()
      if (share < 1) fm.gliding = requestAnimationFrame(tick)
    }
    fm.gliding = requestAnimationFrame(tick)
  }

  Object.assign(fm, { play, stop, changes, glide })
}

// The signs on the buttons of what can be played.

const ICONS = {
  play: "M4 2l10 6-10 6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  first: "M2 2h2v12H2zM14 2v12L5 8z",
  back: "M12 2v12L3 8z",
  on: "M4 2v12l9-6z",
  last: "M12 2h2v12h-2zM2 2v12l9-6z",
  reset: "M8 3a5 5 0 1 1-4.6 3H1l3.5-4L8 6H5.6A3.4 3.4 0 1 0 8 4.6z",
}

/** A sign by its name, as HTML. */
export function icon(name) {
  return `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path fill="currentColor" d="${ICONS[name]}"/></svg>`
}

// Choices that are made in the browser alone and stand in the URL beside those that Python keeps.

/** Their names in the URL, on any page; Python leaves them as they are. */
export const OWN = ["alpha", "compared", "arrows", "near", "demonstrated", "magnify", "sort"]
export const KEEP = "ancra:keep"
export const WALKED = "ancra:walked"

/** What the URL says of a choice; null where it says nothing. */
export const kept = (name) => new URLSearchParams(location.search).get(name)

/** Put a choice into the URL, or take it out where it is the usual one, which is null: another view of the page. */
export function keep(name, value) {
  dispatchEvent(new CustomEvent(KEEP, { detail: { name, value } }))
}

/** Call a function whenever a person goes to another view of the page, back or forward; returns what ends that. */
export function followed(follow) {
  addEventListener(WALKED, follow)
  return () => removeEventListener(WALKED, follow)
}

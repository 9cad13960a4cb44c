// Linked feature maps as Streamlit shows them, and as the self-contained HTML export does, which calls `createFeatureMap`.
import { createFeatureMap } from "./linked.js"

const mounted = new WeakMap()

/** Streamlit's entry: called on every new `data` or theme; the widget is made once and then updated. */
export default function ({ parentElement, data, setStateValue }) {
  let entry = mounted.get(parentElement)
  if (!entry) {
    const holder = parentElement.querySelector(".feature-map")
    entry = {}
    entry.map = createFeatureMap(holder, (name, value) => entry.tell(name, value))
    mounted.set(parentElement, entry)
  }
  entry.tell = setStateValue
  if (data?.scene) entry.map.update(data)
  return () => {
    entry.map.destroy()
    mounted.delete(parentElement)
  }
}

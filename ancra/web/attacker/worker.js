// The attacker in a worker of its own: questions come as messages, and so does what is heard of them.

import { answering } from "./protocol.js"

const answer = answering((message) => self.postMessage(message))
self.onmessage = ({ data }) => answer(data)

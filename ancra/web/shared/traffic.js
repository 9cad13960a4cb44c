// What goes between the page and its server, as events of the window.

export const SENT = "ancra:sent"
export const HEARD = "ancra:heard"

/** Tell of all that is sent and heard from now on; returns what ends that. */
export function tellTraffic() {
  const { send } = WebSocket.prototype
  const sockets = new Set()
  const heard = () => dispatchEvent(new Event(HEARD))
  WebSocket.prototype.send = function (...sent) {
    dispatchEvent(new Event(SENT))
    if (!sockets.has(this)) this.addEventListener("message", heard)
    sockets.add(this)
    return send.apply(this, sent)
  }
  return function stop() {
    WebSocket.prototype.send = send
    for (const socket of sockets) socket.removeEventListener("message", heard)
  }
}

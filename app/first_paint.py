"""A style that the browser has before anything is drawn: a page that is come to is kept back until it is whole.

Streamlit draws a page's parts one by one as they come, and loads the styles that a script writes later than those; what
is seen meanwhile would move, the page's own frame too, which is half as wide until the script asks for more.
``ancra/web/waiting`` says when the page is whole.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Should nobody say so, the page is seen after some seconds nevertheless.
STYLE = b"""<style>
@keyframes ancra-opened { to { visibility: visible; } }
html:not([data-opened]) :is([data-testid="stMainBlockContainer"] > *, [data-testid="stHeader"]) {
    visibility: hidden; animation: ancra-opened 0s 6s forwards; }
html:not([data-opened]) :is([data-testid="stMainBlockContainer"] > *, [data-testid="stHeader"]) * {
    visibility: inherit !important; }
html:not([data-opened]) [data-testid="stMainBlockContainer"] { max-width: none; }
</style>"""
HEAD_END = b"</head>"


class FirstPaint:
    """Middleware that writes the style into the head of every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what no browser asks for as a page passes through."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("Accept", ""):
            await self._app(scope, receive, send)
            return
        # Compressed, the page could not be added to; it is small.
        scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"accept-encoding"]}
        begun: Message | None = None
        parts: list[bytes] = []

        async def with_style(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _page(message):
                begun = message
                return
            if begun is None or message["type"] != "http.response.body":
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts).replace(HEAD_END, STYLE + HEAD_END, 1)
            if scope["method"] != "HEAD":
                MutableHeaders(scope=begun)["Content-Length"] = str(len(body))
            await send(begun)
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, with_style)


def _page(message: Message) -> bool:
    kind = MutableHeaders(scope=message).get("Content-Type", "")
    return message["status"] == 200 and kind.startswith("text/html")

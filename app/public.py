"""What a public server refuses before any page sees it: other origins, files, inner paths, too many visitors."""

from collections import Counter
from collections.abc import Container

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

SESSIONS = 60
"""Visitors at once: open pages, in all."""
OF_ONE_ADDRESS = 40
"""Visitors at once from one address: a class shares one."""
INNER = "_stcore/"
STREAM = "stream"
SERVED = ("health", "host-config", STREAM, "bidi-components/")
"""What a browser needs below ``/_stcore/``; the rest (metrics, agents, health of scripts) is nobody's business."""
UPLOAD = "upload_file/"
FULL = "This server has as many visitors as it can bear. Try again in a few minutes; this page tries by itself, too."
PAGE = f"<!doctype html><title>Full</title><meta http-equiv=refresh content=30><p>{FULL}"


class PublicDoors:
    """Middleware of a public server.

    Args:
        editors: the sessions that may upload.
    """

    def __init__(self, app: ASGIApp, editors: Container[str]) -> None:
        self._app, self._editors = app, editors
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, refuse it, or count a visitor for as long as the page is open."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        address = scope["client"][0] if scope.get("client") else ""
        refusal = self._refusal(scope, address)
        if refusal is not None:
            return await refusal(scope, receive, send)
        if scope["type"] == "http":
            return await self._app(scope, receive, send)
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            self._open += Counter()  # forgets addresses without a page

    def _refusal(self, scope: Scope, address: str) -> Response | None:
        headers = Headers(scope=scope)
        _, inner, rest = scope["path"].partition(INNER)
        full = self._open.total() >= SESSIONS or self._open[address] >= OF_ONE_ADDRESS
        if scope["type"] == "websocket":
            if not is_own(headers):
                return PlainTextResponse("Pages of this server alone may connect to it.", 403)
            return PlainTextResponse(FULL, 503) if full else None
        if inner and rest.startswith(UPLOAD):
            session = rest.removeprefix(UPLOAD).partition("/")[0]
            return None if session in self._editors else PlainTextResponse("This server takes no files.", 403)
        if inner and not rest.startswith(SERVED):
            return PlainTextResponse("Not found.", 404)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("This server is for reading.", 405)
        if full and "text/html" in headers.get("accept", ""):
            return HTMLResponse(PAGE, 503, {"Retry-After": "30"})
        return None


def is_own(headers: Headers) -> bool:
    """Whether a connection comes from a page of this very server; programs that are no browsers say no origin."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")

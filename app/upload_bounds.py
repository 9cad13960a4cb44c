"""How much one session may send: a bound on the upload route itself, which takes files past every widget."""

from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ancra import limits

ROUTE = "/_stcore/upload_file/"
_SESSIONS = 10_000  # that are remembered


class UploadBounds:
    """Middleware that refuses a file when its session would hold more than ``limits.SESSION_BYTES`` with it.

    A file counts for as long as its session lives, or until the page lets go of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held: OrderedDict[str, dict[str, int]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        _, found, rest = str(scope.get("path", "")).partition(ROUTE)
        if scope["type"] != "http" or not found or scope["method"] not in ("PUT", "POST", "DELETE"):
            await self._app(scope, receive, send)
            return
        session, _, file = rest.partition("/")
        held = self._held.setdefault(session, {})
        self._held.move_to_end(session)
        held.pop(file, None)
        if scope["method"] != "DELETE":
            size = Headers(scope=scope).get("content-length", "")
            # Without a length it may be as large as the server takes.
            held[file] = int(size) if size.isdecimal() else limits.UPLOAD_BYTES
            if sum(held.values()) > limits.SESSION_BYTES:
                del held[file]
                text = f"One session holds at most {limits.SESSION_BYTES // 2**20} MB of files: remove one of them."
                await PlainTextResponse(text, status_code=413)(scope, receive, send)
                return
        while len(self._held) > _SESSIONS:
            self._held.popitem(last=False)
        await self._app(scope, receive, send)

"""The headers that every answer of the server carries: what a browser may do with it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    # A file is what its type says, whatever its bytes look like.
    "X-Content-Type-Options": "nosniff",
    # A link that leads elsewhere tells nothing of what was looked at here.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "; ".join(
        (
            # No foreign page may show this one in a frame and have its buttons pressed unseen.
            "frame-ancestors 'self'",
            # What a stranger writes into a title makes no visitor's browser ask another server.
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "frame-src 'self' data: blob:",
            "form-action 'self'",
            "object-src 'none'",
            "base-uri 'self'",
        )
    ),
}


class SecurityHeaders:
    """Middleware that adds ``HEADERS`` to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a websocket passes through."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)

"""The headers that every answer of the server carries: what a browser may do with it."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

BASE = {
    # No foreign page may show this one in a frame and have its buttons pressed unseen.
    "frame-ancestors": "'self'",
    # What a stranger writes into a title makes no visitor's browser ask another server.
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "frame-src": "'self' data: blob:",
    "form-action": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
}
"""The content security policy of every server."""
PUBLIC = {
    "default-src": "'self'",
    # Streamlit loads our components' scripts from blobs; of scripts within the page its own one alone may run.
    "script-src": "'self' 'wasm-unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "worker-src": "'self' blob:",
    "frame-ancestors": "'none'",
}
"""What a public server adds: nothing at all comes from elsewhere."""


def headers_of(policy: Mapping[str, str]) -> dict[str, str]:
    """The headers with a content security policy."""
    return {
        # A file is what its type says, whatever its bytes look like.
        "X-Content-Type-Options": "nosniff",
        # A link that leads elsewhere tells nothing of what was looked at here.
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
    }


HEADERS = headers_of(BASE)


def public_headers(embed: str | None) -> dict[str, str]:
    """The headers of a public server; ``embed`` is the site whose pages may show it in a frame."""
    scripts = f"{PUBLIC['script-src']} {own_scripts()}"
    return headers_of({**BASE, **PUBLIC, "script-src": scripts, **({"frame-ancestors": embed} if embed else {})})


def own_scripts() -> str:
    """The digests of the scripts within Streamlit's page, as a policy names them."""
    page = Path(get_static_dir(), "index.html").read_bytes()
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in scripts)


class SecurityHeaders:
    """Middleware that adds headers to every answer that does not set them itself.

    Args:
        headers: their names and values.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] = HEADERS) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a websocket passes through."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)

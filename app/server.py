"""The server: the pages, and what is made ready while the first browser is still opening.

``streamlit run app/streamlit_app.py`` serves the same pages without getting anything ready.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

# Plotly takes a pandas that another thread has half imported for a whole one: load it before any thread starts.
import pandas  # noqa: F401
import plotly.graph_objects  # noqa: F401
import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

FOLDER = Path(__file__).resolve().parent
if str(FOLDER.parent) not in sys.path:  # `streamlit run` puts this folder on the path, not the project's
    sys.path.insert(0, str(FOLDER.parent))

from ancra.environment import EMBED, PUBLIC  # noqa: E402
from app.access import upload_sessions  # noqa: E402
from app.engine.ending import end_all  # noqa: E402
from app.first_paint import FirstPaint  # noqa: E402
from app.headers import SecurityHeaders, public_headers  # noqa: E402
from app.live_files import live_file  # noqa: E402
from app.public import PublicDoors  # noqa: E402
from app.upload_bounds import UploadBounds  # noqa: E402


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Starts getting ready in a thread of its own, so that the server answers at once; ends what was begun."""
    from app.warming import warm_up

    threading.Thread(target=warm_up, name="ancra-warm-up", daemon=True).start()
    yield {}
    await asyncio.to_thread(end_all)


def middleware() -> list[Middleware]:
    """What stands between a request and the pages, from the outside in."""
    host = PUBLIC.read(None)
    if host is None:
        return [Middleware(SecurityHeaders), Middleware(UploadBounds), Middleware(FirstPaint)]
    return [
        Middleware(SecurityHeaders, headers=public_headers(EMBED.read(None))),
        # The other two are for probes of this machine.
        Middleware(TrustedHostMiddleware, allowed_hosts=[host, "localhost", "127.0.0.1"], www_redirect=False),
        Middleware(PublicDoors, editors=upload_sessions()),
        Middleware(UploadBounds),
        Middleware(FirstPaint),
    ]


app = st.App(
    FOLDER / "streamlit_app.py",
    lifespan=lifespan,
    middleware=middleware(),
    routes=[Route("/live-networks/{digest}", live_file)],
)

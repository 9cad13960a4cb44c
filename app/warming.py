"""Getting ready before the first visitor: libraries that take seconds to load, and the models that are shown first."""

import logging
import threading
import time
from contextlib import suppress

import streamlit as st

from ancra.progress import unheard
from app.engine.request import Engine, Request, Source
from app.memory import freeze_memory

COMPILE_AFTER = 10  # seconds: not while the page that asks for it is still being drawn

logger = logging.getLogger("ancra.app")
# Streamlit warns of every cache that is used outside a page: here that is what the caches are for.
_context_logger = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")


def warm_up() -> None:
    """Load what the first page needs. A failure here only means that the first visitor waits."""
    began = time.monotonic()
    level = _context_logger.level
    _context_logger.setLevel(logging.ERROR)
    try:
        import torch

        torch.set_num_threads(1)
        from app import compute
        from app.answers import live, maps
        from app.answers.models import MAP_MODELS, OPENING, OPENINGS, models_by_set, preferred

        title, names = next(iter(models_by_set().items()), ("", []))
        if names:
            for name in preferred(names, OPENINGS.get(title, OPENING).models):
                compute.dataset(name)
                compute.engine().get_ready(Request("ready", compute.source(name)))
            maps.get_ready(preferred(names, MAP_MODELS))
            for name in preferred(names, OPENINGS.get(title, OPENING).models):
                live.file_of(compute.card(name).digest)
    except Exception:
        logger.warning("Could not get ready before the first visitor", exc_info=True)
    finally:
        _context_logger.setLevel(level)
        freeze_memory()
    logger.info("Ready after %.1f s", time.monotonic() - began)


@st.cache_resource(show_spinner=False)
def compile_umap() -> None:
    """Let UMAP compile in the background, once a server, so that the first new map need not wait for it.

    In one process: the others find what it has compiled on the disk, and go on computing meanwhile.
    """
    from app import compute

    timer = threading.Timer(COMPILE_AFTER, _compile_umap, [compute.engine()])
    timer.daemon = True
    timer.start()


def _compile_umap(engine: Engine) -> None:
    with suppress(RuntimeError):  # a server that is ending starts no thread any more
        engine.run(Request("map-ready", Source("", "")), [None], unheard)

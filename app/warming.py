"""Getting ready before the first visitor: libraries that take seconds to load, and the models that are shown first."""

import gc
import logging
import time

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
        from app.answers import maps
        from app.parts.map_controls import MODELS
        from app.state import preferred

        names = list(compute.checkpoints())
        if names:
            for name in preferred(names, ["natural-ra", "pgd-at"]):
                compute.model(name)
                compute.dataset(name)
            maps.get_ready(preferred(names, MODELS))
    except Exception:
        logger.warning("Could not get ready before the first visitor", exc_info=True)
    finally:
        _context_logger.setLevel(level)
        settle_memory()
    logger.info("Ready after %.1f s", time.monotonic() - began)


def settle_memory() -> None:
    """Take what the libraries have made out of garbage collection.

    Streamlit collects everything after each run of a page, with all other threads standing still: with torch and
    Plotly loaded that took 0.2 s and more, during which no file reached the browser.
    """
    gc.collect()
    gc.freeze()

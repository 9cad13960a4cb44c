"""Garbage collection that does not hold up the visitors."""

import gc


def settle_memory() -> None:
    """Take what the libraries have made out of garbage collection.

    Streamlit collects everything after each run of a page, with all other threads standing still: with torch and
    Plotly loaded that took 0.2 s and more, during which no file reached the browser.
    """
    gc.collect()
    gc.freeze()

"""What a person sees when something goes wrong: one sentence, never a traceback."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import FragmentHandledException

from ancra.errors import AncraError
from ancra.plugins import load_plugins

logger = logging.getLogger("ancra.app")


def show_error(error: Exception) -> None:
    """Draw an error: an AncraError by its own sentence, anything else by a number that is also in the log."""
    if isinstance(error, AncraError):
        st.error(str(error), icon=":material/error:")
        return
    number = uuid.uuid4().hex[:8]
    logger.error("Error %s on a page", number, exc_info=error)
    st.error(
        f"Something went wrong that we did not foresee. Reload the page; if it happens again, "
        f"look for **{number}** in the server's log.",
        icon=":material/bug_report:",
    )


def show_plugins() -> None:
    """Have a person's own modules loaded, and tell of those that cannot be used."""
    for error in load_plugins():
        st.warning(str(error), icon=":material/extension_off:")


@contextmanager
def guard() -> Iterator[None]:
    """Catches every error of the block and draws it; a decorator as well: for fragments below ``@st.fragment``."""
    try:
        yield
    except FragmentHandledException:
        raise
    except Exception as error:
        show_error(error)

"""Who may do what: strangers of a public server look and try; starting, uploading, deleting is for its editors."""

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ancra.environment import EDITORS, PUBLIC
from ancra.errors import AncraError

P = ParamSpec("P")
T = TypeVar("T")


def is_public() -> bool:
    """Whether this server answers to strangers (``ancra app --public``)."""
    return PUBLIC.read(None) is not None


def may_change() -> bool:
    """Whether the visitor of this page may start, upload and delete; strangers of a public server may not."""
    if not is_public():
        return True
    email = signed_in_as()
    if email is None or email not in {each.lower() for each in EDITORS.read([])}:
        return False
    context = get_script_run_ctx()
    if context is not None:
        upload_sessions().add(context.session_id)
    return True


def signed_in_as() -> str | None:
    """The visitor's e-mail address as the provider of ``[auth]`` vouches for it; None without one."""
    if not (st.user.get("is_logged_in") and st.user.get("email_verified") is True):
        return None
    return str(st.user.get("email") or "").lower() or None


def can_sign_in() -> bool:
    """Whether signing in would open anything to anybody."""
    return is_public() and bool(EDITORS.read([])) and "is_logged_in" in st.user


@cache
def upload_sessions() -> set[str]:
    """The sessions of editors, whose files the server takes; the same set for the pages and for the server."""
    return set()


def changing(act: Callable[P, T]) -> Callable[P, T]:
    """Marks what starts, uploads or deletes: raises AncraError for whoever may not."""

    @wraps(act)
    def checked(*arguments: P.args, **named: P.kwargs) -> T:
        if not may_change():
            raise AncraError("This server is public: training, uploads, evaluation and deletion are for its editors.")
        return act(*arguments, **named)

    return checked

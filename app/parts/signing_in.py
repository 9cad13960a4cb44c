"""Signing in on a public server: for its editors, by the provider that the server's secrets name."""

import streamlit as st

from app.access import can_sign_in, may_change, signed_in_as


def signing_in() -> None:
    """A button below the page, where somebody may sign in; nothing elsewhere."""
    if not can_sign_in():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="signing_in"):
        if not st.user.is_logged_in:
            st.button("Sign in", icon=":material/login:", on_click=st.login, type="tertiary")
            return
        if not may_change():
            st.caption(f"{signed_in_as() or 'An address that is not verified'} is not among this server's editors.")
        st.button("Sign out", icon=":material/logout:", on_click=st.logout, type="tertiary")

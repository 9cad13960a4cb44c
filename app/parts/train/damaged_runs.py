"""Runs that cannot be shown: why, where they lie, and deleting them; the others are shown as ever."""

import streamlit as st

from app.answers import runs
from app.guard import guard


def damaged_runs() -> None:
    """One line a damaged run; nothing where there is none."""
    for name, reason in runs.damaged().items():
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"damaged-{name}"):
            st.badge("Damaged", icon=":material/broken_image:", color="red")
            st.text(f"{name}: {reason} It lies in {runs.folder(name)}.")
            with st.popover("Delete", icon=":material/delete:"):
                st.text(f"Everything in {name} goes, its weights too. It can be brought back for a day.")
                if st.button("Delete it", type="primary", key=f"delete-damaged-{name}"):
                    with guard():
                        runs.delete(name)
                        st.rerun()

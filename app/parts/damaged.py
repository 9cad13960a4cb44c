"""What is damaged in the workspace, and what was deleted in the last day: what it is, and what can be done."""

import streamlit as st

from ancra.bin import deleted
from ancra.progress import duration
from app.access import may_change
from app.answers import damaged as answers
from app.guard import guard
from app.parts.press import pressed

SHOWN = 10


def damaged_list() -> None:
    """One line a damaged thing; nothing where there is none."""
    for one in answers.damaged() if may_change() else []:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"damaged-{one.key}"):
            st.badge(f"Damaged {one.kind}", icon=":material/broken_image:", color="red")
            st.text(f"{one.path.name}: {one.reason} It lies in {one.path}.")
            with st.popover("Delete", icon=":material/delete:"):
                st.text(f"Everything in {one.path.name} goes. It can be brought back for a day.")
                if pressed("Delete it", type="primary", key=f"delete-damaged-{one.key}"):
                    with guard():
                        answers.discard(one.path)
                        st.rerun()


def bin_list() -> None:
    """The last things that were deleted; nothing where there is none."""
    found = deleted() if may_change() else []
    if not found:
        return
    with st.expander(f"Deleted in the last day ({len(found)})", icon=":material/delete_history:"):
        for entry in found[:SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{entry.name} ({entry.place.parent}), kept for another {duration(entry.left)}")
                if pressed("Bring it back", icon=":material/restore:", key=f"restore-{entry.key}"):
                    with guard():
                        answers.restore(entry.key)
                        st.rerun()

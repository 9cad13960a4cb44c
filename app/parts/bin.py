"""What was deleted in the last day, and bringing it back."""

import streamlit as st

from ancra.bin import deleted, restore
from ancra.progress import duration
from app.guard import guard

SHOWN = 10


def bin_list() -> None:
    """The last things that were deleted; nothing where there is none."""
    found = deleted()
    if not found:
        return
    with st.expander(f"Deleted in the last day ({len(found)})", icon=":material/delete_history:"):
        for entry in found[:SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{entry.name} ({entry.place.parent}), kept for another {duration(entry.left)}")
                if st.button("Bring it back", icon=":material/restore:", key=f"restore-{entry.key}"):
                    with guard():
                        restore(entry.key)
                        st.rerun()

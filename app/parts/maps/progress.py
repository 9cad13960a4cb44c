"""What the page says while maps are being laid out; it looks again every second, and nobody has to wait for it."""

import time
from collections.abc import Mapping

import streamlit as st

from app import state
from app.guard import guard
from app.queueing import Job

POLL = 1.0  # Seconds between two looks.
# In the page, all below would move when it goes, just when the maps arrive.
OVER_PAGE = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-laying_out) { position: fixed; bottom: 16px; z-index: 65;
    left: max(16px, calc(50% - 17rem)); width: min(34rem, 100vw - 32px); }
.st-key-laying_out { padding: 10px 16px 14px; border: 1px solid GRID; border-radius: 8px; background: BACKGROUND;
    box-shadow: 0 2px 10px rgb(0 0 0 / 35%); }
@media (max-width: 640px) { [data-testid="stLayoutWrapper"]:has(> .st-key-laying_out) { bottom: 96px; } }
</style>"""


def wait(jobs: Mapping[str, Job]) -> None:
    """A note with the progress of these jobs, by the models' titles; the page runs anew when one of them is done."""
    st.fragment(guard()(_show), run_every=POLL)(jobs)


def wait_over_page(jobs: Mapping[str, Job]) -> None:
    """The same over the page; once a page.

    Without a job its place is still kept among the page's parts: Streamlit draws all that follows anew else.
    """
    with st.container(key="laying_out"):
        if jobs:
            look = state.look()
            st.html(OVER_PAGE.replace("BACKGROUND", look.background).replace("GRID", look.grid))
            wait(jobs)


def _show(jobs: Mapping[str, Job]) -> None:
    if any(job.future.done() for job in jobs.values()):
        st.rerun(scope="app")
    shares = [job.progress.share or 0.0 for job in jobs.values()]
    who = " and ".join(jobs) if len(jobs) < 3 else f"{len(jobs)} models"
    started = [job.progress.started for job in jobs.values() if job.progress.started is not None]
    so_far = f" for {time.monotonic() - min(started):.0f} s" if started else ""
    st.progress(
        sum(shares) / len(shares),
        text=f"Being laid out{so_far}: {who}. Until then maps show the two principal components (PCA); what is "
        "measured in the full space holds already.",
    )

"""What the page says while maps are being laid out; it looks again every second, and nobody has to wait for it."""

import time
from collections.abc import Mapping

import streamlit as st

from app.guard import guard
from app.queueing import Job

POLL = 1.0  # Seconds between two looks.


def wait(jobs: Mapping[str, Job]) -> None:
    """A note with the progress of these jobs, by the models' titles; the page runs anew when one of them is done."""
    st.fragment(guard()(_show), run_every=POLL)(jobs)


def _show(jobs: Mapping[str, Job]) -> None:
    if any(job.future.done() for job in jobs.values()):
        st.rerun(scope="app")
    shares = [job.progress.share or 0.0 for job in jobs.values()]
    who = " and ".join(jobs) if len(jobs) < 3 else f"{len(jobs)} models"
    started = [job.progress.started for job in jobs.values() if job.progress.started is not None]
    so_far = f" for {time.monotonic() - min(started):.0f} s" if started else ""
    st.progress(
        sum(shares) / len(shares),
        text=f"Being laid out{so_far}: {who}. Until then the map shows the two principal components (PCA) of the "
        "features; all that is measured in the full space holds already.",
    )

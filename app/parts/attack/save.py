"""What can be taken away from the Attack page: images, trace, numbers."""

import re
from collections.abc import Callable

import streamlit as st

from ancra.origin import npz, signed
from app import state
from app.figures import pictures
from app.figures.replay import Replayed
from app.figures.trace_on_paper import trace_on_paper
from app.parts.attack.view import AttackView
from app.words.trace_table import trace_csv

ENLARGED = 512


def save_attack(view: AttackView) -> None:
    """One popover; the files are made when they are asked for."""
    with st.popover("Download", icon=":material/download:"):
        titles = {title: name for name, title in view.titles.items()}
        title = st.selectbox("Model", list(titles), key="saved") if len(titles) > 1 else next(iter(titles))
        name = titles[title]
        trace, step = view.traces[name], view.step
        origin = view.origin(name).with_changes(page=state.link())
        shown = Replayed(title, trace, view.settings)
        at_step = origin.with_changes(what=f"{origin.what}: step {step}")
        stem = re.sub(r"[^a-z0-9]+", "-", f"{title} {view.picture.title}".lower()).strip("-")
        image = trace.images[step, 0]
        height, width = image.shape[1:]
        files: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
            (
                f"Image, {width} x {height} (PNG)",
                f"step-{step}.png",
                "image/png",
                lambda: signed(pictures.png(image), "png", at_step),
            ),
            (
                "Image, enlarged (PNG)",
                f"step-{step}-large.png",
                "image/png",
                lambda: signed(pictures.png(image, ENLARGED), "png", at_step),
            ),
            (
                "Image, exact values (NPZ)",
                f"step-{step}.npz",
                "application/octet-stream",
                lambda: npz({"image": image}, at_step),
            ),
            ("Trace (NPZ)", "trace.npz", "application/octet-stream", lambda: npz(trace.arrays(), origin)),
            (
                "Figure for a paper (PDF)",
                f"step-{step}.pdf",
                "application/pdf",
                lambda: trace_on_paper([shown], step, view.classes, view.picture.label, "pdf", at_step),
            ),
            (
                "Figure for a paper (SVG)",
                f"step-{step}.svg",
                "image/svg+xml",
                lambda: trace_on_paper([shown], step, view.classes, view.picture.label, "svg", at_step),
            ),
            (
                "Numbers of the figures (CSV)",
                "trace.csv",
                "text/csv",
                lambda: signed(trace_csv(trace, view.classes).encode(), "csv", origin),
            ),
        )
        for number, (label, ending, kind, make) in enumerate(files):
            st.download_button(
                label, make, f"{stem}-{ending}", kind, on_click="ignore", key=f"save_attack_{number}", width="stretch"
            )
        st.caption(f"The image after step {step}. A PNG rounds to 8 bits; the NPZ holds what the model saw.")

"""What can be taken away from the Attack page: images, trace, numbers."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import streamlit as st

from ancra.attacks.trace import AttackTrace
from app.figures import pictures
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
        stem = re.sub(r"[^a-z0-9]+", "-", f"{title} {view.picture.title}".lower()).strip("-")
        image = trace.images[step, 0]
        height, width = image.shape[1:]
        files: tuple[tuple[str, str, str, Callable[[], bytes]], ...] = (
            (f"Image, {width} x {height} (PNG)", f"step-{step}.png", "image/png", lambda: pictures.png(image)),
            ("Image, enlarged (PNG)", f"step-{step}-large.png", "image/png", lambda: pictures.png(image, ENLARGED)),
            ("Image, exact values (NPY)", f"step-{step}.npy", "application/octet-stream", lambda: npy(image)),
            ("Trace (NPZ)", "trace.npz", "application/octet-stream", lambda: npz(trace)),
            ("Numbers of the figures (CSV)", "trace.csv", "text/csv", lambda: trace_csv(trace, view.classes).encode()),
        )
        for number, (label, ending, kind, make) in enumerate(files):
            st.download_button(
                label, make, f"{stem}-{ending}", kind, on_click="ignore", key=f"save_attack_{number}", width="stretch"
            )
        st.caption(f"The image after step {step}. A PNG rounds to 8 bits; the NPY holds what the model saw.")


def npy(image: np.ndarray) -> bytes:
    """An array as a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, image, allow_pickle=False)
    return buffer.getvalue()


def npz(trace: AttackTrace) -> bytes:
    """A trace as the file that ``AttackTrace.load`` reads."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.npz"
        trace.save(path)
        return path.read_bytes()

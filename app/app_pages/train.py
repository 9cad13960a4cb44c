"""Train: start runs, watch and compare them, and bring models and images of one's own."""

import streamlit as st

from app.answers import runs
from app.guard import guard
from app.parts import train_cards, train_form, train_runs, upload_images, upload_part

PARTS = {
    "New run": train_form.new_run_part,
    "Runs": train_runs.runs_part,
    "Upload": upload_part.upload_part,
}

with guard():
    train_form.show_started()
    train_cards.answer_presses()
    if (images := st.session_state.pop("train_on", None)) is not None:
        upload_images.train_on(images)
st.title("Train")
st.markdown(
    "Train a model by a recipe. It runs as a process of its own: you may leave this page, or close it. "
    "A stopped run goes on from its last whole epoch."
)
first = "Runs" if runs.views() else "New run"
tabs = st.tabs(list(PARTS), default=first, key="part", bind="query-params")
for tab, draw in zip(tabs, PARTS.values(), strict=True):
    if tab.open:
        with tab, guard():
            draw()

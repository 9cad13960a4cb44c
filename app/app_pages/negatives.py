"""Negatives: what the contrast is, which negative each strategy picks, and what comes of it."""

from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from app import state
from app.guard import guard

# A tab is drawn by the function of this name in app/parts/negatives_NAME.py, where that file exists.
TABS = {"Mechanism": "mechanism", "Population": "population", "Outcome": "outcome", "Figures 3 and 4": "figures"}

st.title("Negatives")
st.markdown(
    "Training with ANCRA takes every image in turn as the **anchor** and gives it a **negative**: an image of another "
    "class. The **contrast** measures how alike the model finds the two, and training pushes it down, so that classes "
    "come apart. Four **strategies** differ only in which negative they choose."
)
state.require_models()
found = {title: name for title, name in TABS.items() if find_spec(f"app.parts.negatives_{name}")}
for tab, name in zip(st.tabs(list(found), key="tab", bind="query-params"), found.values(), strict=True):
    if tab.open:
        with tab, guard():
            getattr(import_module(f"app.parts.negatives_{name}"), name)()

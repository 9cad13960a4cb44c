"""Negatives: what the contrast is, which negative each strategy picks, and what comes of it."""

import streamlit as st

from app import state
from app.guard import guard
from app.parts import story
from app.parts.asking import stand
from app.parts.negatives.figures import figures
from app.parts.negatives.mechanism import mechanism
from app.parts.negatives.outcome import outcome
from app.parts.negatives.population import population
from app.parts.negatives.story import STORY, tell
from app.parts.sweeps.start import CONFIRM, confirm

TABS = {"Mechanism": mechanism, "Population": population, "Outcome": outcome, "Figures 3 and 4": figures}

title, steps = st.columns([1, 3], gap="medium", vertical_alignment="bottom")
title.title("Negatives", anchor=False)
state.require_models()
where = story.place()
with guard():
    stand({CONFIRM: confirm})
for tab, draw in zip(st.tabs(list(TABS), key="tab", bind="query-params"), TABS.values(), strict=True):
    if tab.open:
        with tab, guard():
            draw()
with steps:
    current = story.steps(STORY)
story.strip(where, STORY, current, tell)
st.caption(
    "Training with ANCRA takes every image in turn as the **anchor** and gives it a **negative**: an image of another "
    "class. The **contrast** measures how alike the model finds the two, and training pushes it down, so that classes "
    "come apart. Four **strategies** differ only in which negative they choose."
)

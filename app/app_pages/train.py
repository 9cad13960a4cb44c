"""Train: start runs, watch and compare them, and bring models and images of one's own."""

import streamlit as st

from app.answers import runs
from app.guard import guard
from app.parts import story
from app.parts.asking import stand
from app.parts.damaged import bin_list, damaged_list
from app.parts.train import cards, form, run_tab
from app.parts.train.labels import change_labels
from app.parts.train.story import tell, train_story
from app.parts.uploads import images, models, upload_tab

PARTS = {
    "New run": form.new_run_part,
    "Runs": run_tab.runs_part,
    "Upload": upload_tab.upload_part,
}

QUESTIONS = {
    cards.NOTE: change_labels,
    cards.DELETE: cards.ask_to_delete,
    models.DELETE: models.ask_to_delete,
    images.DELETE: images.ask_to_delete,
}

# What is said before the start keeps its place while it is counted; on a phone curves come before numbers.
STYLE = """<style>
.st-key-outlook { min-height: 11rem; }
@media (max-width: 640px) {
    .st-key-run_stage > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] {
        flex-direction: column-reverse; }
}
</style>"""

with guard():
    form.show_started()
    cards.answer_presses()
    stand(QUESTIONS)
    if (chosen := st.session_state.pop("train_on", None)) is not None:
        images.train_on(chosen)
st.html(STYLE)
title, steps = st.columns([1, 3], gap="medium", vertical_alignment="bottom")
title.title("Train", anchor=False)
where = story.place()
# Decided once a visit: another default makes these other tabs, and what stands typed in the old ones goes with them.
first = st.session_state.setdefault("first_part", "Runs" if runs.views() else "New run")
tabs = st.tabs(list(PARTS), default=first, key="part", bind="query-params")
for tab, draw in zip(tabs, PARTS.values(), strict=True):
    if tab.open:
        with tab, guard():
            draw()
told = train_story(first)
with steps:
    current = story.steps(told)
story.strip(where, told, current, tell)
with guard():
    damaged_list()
    bin_list()
st.caption(
    "A run is a process of its own: you may leave this page, or close it. A stopped run goes on from its last whole "
    "epoch."
)

"""What a person calls a run: its name, a note and tags, shown with it and changed at any time."""

import streamlit as st

from ancra.errors import AncraError
from ancra.runs.labels import RunLabels
from app.answers import runs
from app.answers.runs import RunView
from app.parts.asking import answered, question
from app.parts.press import pressed


def labels_line(run: RunView) -> None:
    """The tags and the note of a run, where there are any."""
    labels = run.labels
    if labels.tags:
        with st.container(horizontal=True, gap="xxsmall"):
            for tag in labels.tags:
                st.badge(tag, color="gray")
    if labels.note:
        st.text(labels.note)


@question("Name and note", icon=":material/edit:")
def change_labels(name: str) -> None:
    """The fields, filled with what was noted before."""
    try:
        run = runs.view(name)
    except AncraError as error:
        st.error(str(error))
        return
    held = run.labels
    title = st.text_input("Name", held.title, placeholder=run.recipe.title, key=f"title/{name}")
    tags = st.text_input("Tags", ", ".join(held.tags), placeholder="words, separated by commas", key=f"tags/{name}")
    note = st.text_area("Note", held.note, placeholder="What is worth remembering?", key=f"note/{name}")
    if pressed("Save", type="primary", icon=":material/check:", key=f"save_labels/{name}"):
        try:
            runs.label(name, RunLabels(title=title.strip(), note=note.strip(), tags=tuple(tags.split(","))))
        except AncraError as error:
            st.error(str(error))
            return
        answered()

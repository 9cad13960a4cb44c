"""What is going to be trained, said before the start: network, sizes, attack, and what makes no sense together."""

from contextlib import suppress

import streamlit as st

from ancra.errors import AncraError
from ancra.recipe import Recipe
from app.answers import extents, recipes
from app.answers.extents import Counted
from app.queueing import Job
from app.words import recipes as words

PATIENCE = 0.5  # seconds that a page waits for the counts; most are there by then
KEPT = "extent"


def subject(recipe: Recipe) -> None:
    """Say what is trained, as far as it is counted by now."""
    title = recipes.network_title(recipe.model)
    st.markdown(
        f"A {words.network(recipe, title)}, {words.objective(recipe)}; data: {recipes.data_title(recipe.data)}."
    )
    try:
        counted = _counted(recipe)
    except AncraError as error:
        st.caption(f":material/info: {error}")
        return
    if counted is None:
        st.caption(":material/hourglass_empty: Counting images and parameters …")
        return
    extent = counted.extent
    st.markdown(f"{words.sizes(extent.images, extent.steps, recipe.batch_size, extent.parameters)}.")
    for doubt in counted.doubts:
        st.warning(doubt, icon=":material/warning:")


def _counted(recipe: Recipe) -> Counted | None:
    """The counts once they are there. Raises AncraError."""
    key = recipe.digest(), str(recipe.data.root)
    asked, job = st.session_state.get(KEPT, (None, None))
    if asked != key:
        job = extents.begin(recipe)
        st.session_state[KEPT] = key, job
    return _result(job)


def _result(job: Job) -> Counted | None:
    with suppress(TimeoutError):
        found: Counted = job.future.result(PATIENCE)
        return found
    return None

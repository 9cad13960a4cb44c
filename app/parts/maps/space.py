"""A third dimension: one model's map to turn, laid out when it is asked for."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ancra.maps.settings import ModelMapSettings
from ancra.text import percent
from app.answers import maps as answers
from app.figures import map_space
from app.guard import guard
from app.parts.chart import chart
from app.parts.maps import controls, progress
from app.parts.save_figure import save_figure


@st.fragment
@guard()
def three_dimensions(names: Sequence[str], settings: ModelMapSettings) -> None:
    """Choose a model and turn its map."""
    if not st.toggle("Lay out in three dimensions", key="space", bind="query-params"):
        st.caption("A third dimension keeps more of the true neighbours, and is harder to read: turn it.")
        return
    titles = dict(zip(answers.titles_of(names), names, strict=True))
    title = st.selectbox("Model", list(titles), index=len(titles) - 1, key="space_model", bind="query-params")
    made = answers.maps_of([titles[title]], answers.in_space(settings), place="space_jobs")
    one = next(iter(made.shown.values()))
    if made.jobs:
        progress.wait(made.jobs)
    draw, words = partial(map_space.space, one, colour=controls.colour()), f"The map of {title} in three dimensions"
    chart(draw, key="space_figure", alt=words)
    kept = one.faithfulness["kept"]
    st.caption(
        f"Drag to turn, scroll to zoom, press a class to hide it. Dots are natural, crosses adversarial. "
        f"This map keeps {percent(kept)} of each point's true neighbours."
    )
    if not made.jobs:
        origin = answers.origin([titles[title]], answers.in_space(settings), controls.colour())
        save_figure(draw, f"{words}, as it stands first", origin, "space")

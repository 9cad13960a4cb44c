"""Watching the classes of a run come apart: one map, a slider over its epochs."""

from functools import partial

import streamlit as st

from ancra.scenes.of_models import format_measure
from app.answers import epochs, runs
from app.answers.epochs import EpochView
from app.components.feature_map import feature_map
from app.figures import map_epochs
from app.guard import guard
from app.parts.chart import chart
from app.parts.save_figure import save_figure

POLL = 5.0  # Seconds between two looks at a run that goes on.
KEY = "silhouette_true"
MODELS, EPOCHS = "Models side by side", "Epochs of a run"


def wanted() -> bool:
    """A switch between models and epochs; only where a run has kept its epochs. Whether it stands on epochs."""
    if not epochs.runs_with_epochs():
        return False
    options = (MODELS, EPOCHS)
    return st.segmented_control("Maps of", options, default=MODELS, required=True, key="of", bind="query-params") == (
        EPOCHS
    )


def show() -> None:
    """Choose a run and watch it."""
    titles = epochs.runs_with_epochs()
    name = st.selectbox("Run", list(titles), format_func=titles.__getitem__, key="run", bind="query-params")
    view = epochs.view(name)
    st.fragment(guard()(_watch), run_every=POLL if view.active else None)(name, view.active)


def _watch(name: str, was_active: bool) -> None:
    view = epochs.view(name)
    if view.active != was_active:
        st.rerun(scope="app")
    if view.scene is None:
        st.info("The maps appear when two epochs are mapped.", icon=":material/hourglass_empty:")
        return
    st.markdown(_sentence(view))
    feature_map(view.scene, key="epochs", command={"id": name, "view": "attack", "colour": "true"})
    chart(
        partial(map_epochs.separation, view.maps),
        key="separation",
        alt="Silhouettes of natural and adversarial images after each epoch",
    )
    st.caption(f"{view.scene.caption} The silhouettes are measured in the full feature space.")
    words = f"Silhouettes of {view.title} after each epoch"
    save_figure(partial(map_epochs.separation, view.maps), words, runs.origin([name]), "separation")


def _sentence(view: EpochView) -> str:
    first, last = min(view.maps), max(view.maps)

    def course(row: int) -> str:
        before, after = (format_measure(KEY, view.maps[epoch].measures[row].get(KEY)) for epoch in (first, last))
        return f"from {before} to **{after}**"

    text = (
        f"Press play, or drag the slider, to follow **{view.title}** through its training. From epoch {first} to "
        f"{last} the silhouette by true class goes {course(0)} on natural images"
    )
    return f"{text}, and {course(-1)} under attack." if view.maps[last].attacked else f"{text}."

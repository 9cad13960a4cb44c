"""The part of the Train page that shows runs: the list, and what the chosen ones do, looked at again and again."""

from collections.abc import Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from ancra.web.palette import Palette
from app import state
from app.answers import runs
from app.answers.runs import RunView
from app.figures import compared, learning
from app.figures.learning import Axes
from app.guard import guard
from app.parts.chart import chart
from app.parts.details import details
from app.parts.save_figure import save_figure
from app.parts.train import selection as selection
from app.parts.train.cards import card, cards, logs, settings_table
from app.parts.train.finals import final_numbers
from app.parts.train.run_list import run_list
from app.parts.train.side_by_side import axes_of, line_of, together

POLL, IDLE_POLL = 2.0, 10.0  # seconds between two looks, while a run goes on and while none does


def runs_part() -> None:
    """All runs; a page without one says what to do."""
    found = runs.views()
    if not found:
        st.info(
            "No run yet. Open **New run**, choose a recipe and start it: a digits recipe takes a few minutes.",
            icon=":material/model_training:",
        )
        return
    active = frozenset(name for name, run in found.items() if run.status.active)
    st.fragment(guard()(_board), run_every=POLL if active else IDLE_POLL)(active)


def _board(was_active: frozenset[str]) -> None:
    found = runs.views()
    if was_active != {name for name, run in found.items() if run.status.active}:
        st.rerun(scope="app")  # how often to look, and the lists of models, follow
    chosen = [found[name] for name in selection.slots(found) if name]
    if len(chosen) == 1:
        with st.container(key="run_stage"):
            left, right = st.columns([2, 3], gap="medium")
        with left, st.container(border=True):
            card(chosen[0])
        with right:
            curves(chosen)
        run_list(found)
        logs(chosen)
        return
    run_list(found)
    if not chosen:
        st.info("Tick a run to see its curves.", icon=":material/check_box:")
        return
    curves(chosen)
    cards(chosen)
    final_numbers(chosen)
    settings_table(chosen)
    logs(chosen)


def curves(chosen: Sequence[RunView]) -> None:
    """The curves of one run, or those of several laid over one another."""
    if not any(run.rows or run.steps or run.status.active for run in chosen):
        return
    charts = st.container()
    axes = axes_of(len(chosen) > 1)
    with charts:
        if len(chosen) == 1:
            _alone(chosen[0], axes)
        elif any(run.rows for run in chosen):
            together(chosen, axes)


def _alone(run: RunView, axes: Axes) -> None:
    line = line_of(run, "")
    chart(
        partial(learning.accuracies, line, axes=axes),
        key="accuracies",
        alt="Natural and robust accuracy after each epoch",
    )
    chart(partial(learning.losses, line, axes=axes), key="losses", alt="The loss and its parts after each epoch")
    st.caption(f"{_caption(run)} Below: the loss and its parts before their weights, means of each epoch.")
    with st.container(horizontal=True):
        for what, draw in (("Accuracies", learning.accuracies), ("Losses", learning.losses)):
            name = f"{what} of {run.name} while training"
            save_figure(lambda light, draw=draw: draw(line, light, axes), name, runs.origin([run.name]), what.lower())  # type: ignore[misc]
    details("Learning rate", partial(_rate, run, axes), key="open_rate", icon=":material/trending_down:")


def _rate(run: RunView, axes: Axes) -> None:
    line = line_of(run, state.look().final)
    chart(
        partial(compared.overlay, "learning_rate", [line], axes=axes),
        key="rate",
        alt="The learning rate at the end of each epoch",
    )
    save_figure(partial(_learning_rate, run, axes), f"Learning rate of {run.name}", runs.origin([run.name]), "rate")


def _learning_rate(run: RunView, axes: Axes, light: Palette) -> go.Figure:
    figure = compared.overlay("learning_rate", [line_of(run, light.final)], light, axes)
    return figure.update_yaxes(title=learning.quantity_title("learning_rate"))


def _caption(run: RunView) -> str:
    count, steps = run.recipe.validation.samples, run.recipe.validation.steps
    return (
        f"Accuracy on at most {count} held-out training images, with {steps} steps of PGD: to follow the run by. "
        "The star is the best epoch; the numbers to quote come from `ancra evaluate`."
    )

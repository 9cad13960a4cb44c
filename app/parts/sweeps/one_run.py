"""One run of a sweep: its numbers, learning curves and settings, and where to go on with its model."""

from functools import partial

import streamlit as st

from ancra.progress import duration
from ancra.settings import yaml_text
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import TITLES, CellResult, Outcome
from ancra.sweeps.reproduce import train_command
from app import state
from app.answers import sweeps as answers
from app.figures import learning
from app.parts.chart import chart
from app.parts.onward import onward
from app.parts.save_figure import save_figure
from app.parts.sweeps.choose import run_title


def show_run(outcome: Outcome, result: CellResult) -> None:
    """Everything about one run. ``outcome`` holds the plan that it is of."""
    with st.container(border=True):
        st.markdown(f"**{run_title(result)}**")
        with st.container(horizontal=True):
            for measure, title in TITLES.items():
                if measure in result.accuracies:
                    st.metric(title[:1].upper() + title[1:], f"{result.accuracies[measure]:.1%}", border=True)
        st.caption(
            f"Accuracy on {result.samples} test images after the last epoch. Trained for {duration(result.seconds)}."
        )
        go_on(outcome, result)
        curves(outcome, result)
        with st.expander("All its settings", icon=":material/tune:"):
            recipe = outcome.plan.cell(result.values, result.seed).recipe
            st.code(yaml_text(recipe), language="yaml", height=320)


def curves(outcome: Outcome, result: CellResult) -> None:
    """Accuracies and losses of a run after each epoch."""
    epochs = max(map(len, result.curves.values()), default=0)
    if not epochs:
        st.caption("Its learning curves were not kept.")
        return
    rows = [
        {"epoch": index + 1, **{name: values[index] for name, values in result.curves.items() if index < len(values)}}
        for index in range(epochs)
    ]
    colours = state.look()
    line = learning.Line(run_title(result), rows, colours.final)
    shown = (
        ("accuracies", learning.accuracies, "Accuracy on held-out training images after each epoch."),
        ("losses", learning.losses, "The loss and its contrast, means of each epoch."),
    )
    for column, (what, figure, caption) in zip(st.columns(2, gap="large"), shown, strict=True):
        draw, key = partial(figure, line, axes=learning.Axes()), f"sweep_run_{what}"
        with column:
            chart(draw, key=key, alt=f"{what.capitalize()} of this run after each epoch")
            st.caption(caption)
            name = f"{outcome.plan.name} {what} of {run_title(result)}"
            save_figure(draw, name, outcome_origin(outcome, name), key)


def go_on(outcome: Outcome, result: CellResult) -> None:
    """Links to the pages with its model where the model is here, else the command that makes it."""
    name = answers.models_of([result]).get(result.cell)
    if name is not None:
        onward(name)
        return
    command = train_command(outcome, result)
    if command is None:
        st.caption("Its model is not here.")
        return
    st.caption("Only its numbers are here. This command trains its model again, which then is on every page:")
    st.code(command, language="bash", wrap_lines=True)

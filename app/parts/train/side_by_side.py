"""The curves of several runs over one another: smoothed, by seed, and as a file of what is seen."""

from collections.abc import Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from ancra.files import csv_text
from ancra.origin import Origin, signed
from ancra.web.palette import Palette
from app import state
from app.answers import runs
from app.answers.runs import RunView
from app.figures import compared, learning
from app.figures.learning import Axes, Line
from app.parts.chart import chart
from app.parts.save_figure import save_figure
from app.parts.train import selection
from app.parts.train.run_list import plain_title

FIRST_CURVES = ("adaptive", "pgd", "natural", "loss")
SMOOTHING_HELP = (
    "How much of what came before counts at each point (an exponential moving average); what was measured stays as a "
    "pale line behind."
)
SEEDS_HELP = (
    "Runs whose recipes differ in the seed alone become one line, their mean, in a band from lowest to highest."
)


def axes_of(several: bool) -> Axes:
    """How the curves are drawn; the widgets keep it in the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        scale = st.segmented_control(
            "Losses and rates", ["linear", "log"], default="linear", required=True, key="scale", bind="query-params"
        )
        against = st.segmented_control(
            "Against", ["epochs", "time"], default="epochs", required=True, key="against", bind="query-params"
        )
        if not several:
            return Axes(log=scale == "log", by_time=against == "time")
        smoothing = st.slider(
            "Smoothing", 0.0, 0.95, 0.0, 0.05, key="smoothing", bind="query-params", help=SMOOTHING_HELP, width=200
        )
        by_seed = st.toggle("Seeds together", key="by_seed", bind="query-params", help=SEEDS_HELP)
    return Axes(scale == "log", against == "time", smoothing, by_seed)


def together(chosen: Sequence[RunView], axes: Axes) -> None:
    """A chart a quantity, and the numbers of all charts as a file."""
    colours = state.look()
    lines = _lines(chosen, colours)
    measured = learning.quantities(lines)
    wanted = st.pills(
        "Curves",
        measured,
        selection_mode="multi",
        default=[key for key in FIRST_CURVES if key in measured],
        format_func=learning.quantity_title,
        key="curves",
        bind="query-params",
    )
    names = [run.name for run in chosen]
    origin = runs.origin(names)
    with st.grid(2, min_column_width=330, gap="medium") as grid:
        for key in wanted:
            with grid.cell():
                chart(
                    partial(compared.overlay, key, lines, axes=axes),
                    key=f"curve/{key}",
                    alt=f"{learning.quantity_title(key)} of the chosen runs",
                )
                name = f"{learning.quantity_title(key)} of {' and '.join(names)}"
                save_figure(partial(_overlaid, key, chosen, axes), name, origin, f"curve/{key}")
    st.caption(_caption(chosen, axes))
    here = origin.with_changes(what=f"Learning curves of {' and '.join(names)}", page=state.link())
    st.download_button(
        "Curves (CSV)",
        partial(_file, wanted, lines, axes, here),
        "curves.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="save_curves",
    )


def line_of(run: RunView, colour: str) -> Line:
    """A run as a line of a chart."""
    best = run.best
    epochs = run.status.epochs if run.status.active else 0
    name = f"{plain_title(run)} {run.created:%H:%M}"
    group = run.recipe.with_changes(seed=0, name="any", title="").digest()
    return Line(
        name,
        run.rows,
        colour,
        int(best["epoch"]) if best else None,
        epochs,
        run.steps,
        group,
        run.recipe.seed,
        plain_title(run),
    )


def _lines(chosen: Sequence[RunView], colours: Palette) -> list[Line]:
    lines = [line_of(run, selection.colour(run.name, colours)) for run in chosen if run.rows]
    names = [line.name for line in lines]
    made = [run.created for run in chosen if run.rows]
    return [
        line if names.count(line.name) == 1 else line.renamed(f"{line.name}:{when:%S}, seed {line.seed}")
        for line, when in zip(lines, made, strict=True)
    ]


def _caption(chosen: Sequence[RunView], axes: Axes) -> str:
    said = (
        "Each run has the colour of its square above; a star marks its best epoch. Accuracies are on held-out training "
        "images, to follow the runs by; runs with other validation settings are not to be compared by them."
    )
    if axes.smoothing:
        said += f" Lines are smoothed with the weight {axes.smoothing:g}; pale behind them is what was measured."
    if axes.by_seed:
        groups = [line_of(run, "").group for run in chosen if run.rows]
        alone = sum(groups.count(group) == 1 for group in groups)
        said += (
            " Runs that differ in the seed alone are one line, their mean up to the epoch that all have reached, in "
        )
        said += "a band from the lowest to the highest"
        said += f"; {alone} of {len(groups)} {'runs have' if alone != 1 else 'has'} no such other." if alone else "."
    return said


def _overlaid(key: str, chosen: Sequence[RunView], axes: Axes, light: Palette) -> go.Figure:
    """The same with a legend: beside a figure in a paper stands no list of runs."""
    figure = compared.overlay(key, _lines(chosen, light), light, axes)
    return figure.update_layout(showlegend=True).update_yaxes(title=learning.quantity_title(key))


def _file(wanted: Sequence[str], lines: Sequence[Line], axes: Axes, origin: Origin) -> bytes:
    return signed(csv_text(compared.table(wanted, lines, axes)).encode(), "csv", origin)

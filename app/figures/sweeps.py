"""Figures of sweeps: accuracy along a setting, settings side by side, learning curves."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ancra.evaluation.intervals import Measured
from ancra.negatives.settings import TITLES as STRATEGIES
from ancra.sweeps.axes import STRATEGY
from ancra.sweeps.outcome import TITLES, CellResult, Outcome, number
from ancra.sweeps.plan import Values, short
from ancra.web.palette import Palette
from app.figures.attackers import attacker_tints
from app.figures.robustness import SYMBOLS
from app.figures.theme import look, upright
from app.figures.traces import Trace, band, heatmap, scatter

CURVES = {
    "natural": "natural accuracy, %",
    "pgd": "accuracy under PGD, %",
    "adaptive": "accuracy under adaptive PGD, %",
    "loss/contrast": "contrast",
}
"""Learning curves by their names in an outcome, with what their axis says."""
TINT = "26"  # opacity of a band, as the last two digits of a colour


def label(setting: Values) -> str:
    """A combination of values for people, strategies by the paper's names: ``Hard-LS``, ``alpha 0.5``."""
    return ", ".join(value_title(key, value) if key == STRATEGY else f"{short(key)} {value}" for key, value in setting)


def value_title(key: str, value: Any) -> str:
    """A setting's value for people; a strategy by the paper's name."""
    return STRATEGIES.get(str(value), str(value)) if key == STRATEGY else str(value)


def along_chart(outcome: Outcome, key: str, own: float | None, chosen: str | None, colours: Palette) -> go.Figure:
    """Accuracies against a setting that is a number: a dot a run, a line through the means, a band of ± 1 sd.

    Args:
        outcome: only ``key`` varies in it.
        own: the recipe's own value, marked by an upright line.
        chosen: the cell whose dots are ringed. Every dot's customdata is its cell.
    """
    traces, marks, words = [], [], []
    for index, measure in enumerate(reversed(outcome.measures)):
        colour, name = attacker_tints(colours)[measure], TITLES[measure]
        spreads = [(float(setting[0][1]), outcome.spread(setting, measure)) for setting in outcome.settings]
        repeated = [(x, each) for x, each in spreads if each.seeds > 1]
        spread = band(
            [x for x, _ in repeated],
            [100 * (each.mean - each.deviation) for _, each in repeated],
            [100 * (each.mean + each.deviation) for _, each in repeated],
            colour + TINT,
            legendgroup=measure,
        )
        means = scatter(
            x=[x for x, _ in spreads],
            y=[100 * each.mean for _, each in spreads],
            mode="lines",
            line={"color": colour, "width": 2.5},
            legendgroup=measure,
            showlegend=False,
            hoverinfo="skip",
        )
        shown = [(float(each.values[key]), each) for each in outcome.results]
        traces += [spread, means, _dots(shown, measure, name, colour, SYMBOLS[index], chosen, colours.text)]
    if own is not None:
        marks.append(upright(own, {"color": colours.muted, "dash": "dot", "width": 1.5}))
        words.append(
            {
                "text": "the recipe's own",
                "font": {"color": colours.muted, "size": 14},
                "showarrow": False,
                "x": own,
                "y": 0,
                "xref": "x",
                "yref": "y domain",
                "xanchor": "right",
                "yanchor": "bottom",
            }
        )
    values = sorted({float(each.values[key]) for each in outcome.results})
    margin = 0.03 * (values[-1] - values[0] or 1) if values else 0
    layout = look(
        colours,
        height=460,
        uirevision="keep",
        legend={"traceorder": "reversed"},
        dragmode=False,
        shapes=marks,
        annotations=words,
        xaxis={
            "title": short(key),
            "range": [values[0] - margin, values[-1] + margin] if values else None,
            "tickvals": values if len(values) <= 12 else None,
        },
        yaxis={"title": "accuracy, %"},
    )
    return go.Figure(traces, layout)


def settings_chart(outcome: Outcome, chosen: str | None, colours: Palette) -> go.Figure:
    """Accuracies of settings side by side under each attack: a dot a run, the mean with its 95 % t interval.

    Args:
        chosen: the cell whose dots are ringed. Every dot's customdata is its cell.
    """
    traces = []
    settings, measures = outcome.settings, outcome.measures
    step = 0.7 / max(len(settings), 1)
    for index, setting in enumerate(settings):
        colour, symbol, name = colours.class_colour(index), SYMBOLS[index % len(SYMBOLS)], label(setting)
        places = [place + (index - (len(settings) - 1) / 2) * step for place in range(len(measures))]
        runs = outcome.of(setting)
        for place, measure in zip(places, measures, strict=True):
            shown = [(place + 0.12 * step, each) for each in runs]
            spot = f"{name}, {TITLES[measure]}"
            traces.append(_dots(shown, measure, spot, colour, "circle", chosen, colours.text, small=True))
        means = [Measured.mean(np.array([100 * number(each, measure) for each in runs])) for measure in measures]
        traces.append(
            scatter(
                x=[place - 0.12 * step for place in places],
                y=[each.value for each in means],
                error_y={
                    "array": [each.high - each.value for each in means],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                },
                name=name,
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 11},
                text=[
                    f"{each.value:.1f} %" + (f" ({each.low:.1f} to {each.high:.1f})" if len(runs) > 1 else "")
                    for each in means
                ],
                hovertemplate="mean %{text}<extra>" + name + "</extra>",
            )
        )
    layout = look(
        colours,
        height=420,
        uirevision="keep",
        dragmode=False,
        xaxis={
            "tickvals": list(range(len(measures))),
            "ticktext": [TITLES[name].replace(" ", "<br>") for name in measures],
            "tickangle": 0,
            "range": [-0.5, len(measures) - 0.5],
            "showgrid": False,
        },
        yaxis={"title": "accuracy, %"},
    )
    return go.Figure(traces, layout)


def learning_chart(outcome: Outcome, curve: str, colours: Palette) -> go.Figure:
    """A learning curve of each setting: the mean over seeds with a band of ± 1 sd, epoch by epoch."""
    traces = []
    scale = 1 if curve.startswith("loss") else 100
    for index, setting in enumerate(outcome.settings):
        lines = [scale * np.array(each.curves[curve]) for each in outcome.of(setting) if each.curves.get(curve)]
        if not lines:
            continue
        # A run that stopped early ends its own curve, not the others'.
        longest = max(map(len, lines))
        table = np.array([np.pad(line, (0, longest - len(line)), constant_values=np.nan) for line in lines])
        colour, epochs = colours.class_colour(index), np.arange(1, longest + 1)
        mean = np.nanmean(table, 0)
        if len(lines) > 1:
            spread = np.nanstd(table, 0, ddof=1) if not np.isnan(table).any() else np.nanstd(table, 0)
            traces.append(band(epochs, mean - spread, mean + spread, colour + TINT, legendgroup=str(index)))
        number = "%{y:.1f} %" if scale == 100 else "%{y:.3g}"
        traces.append(
            scatter(
                x=epochs,
                y=mean,
                name=label(setting),
                mode="lines",
                legendgroup=str(index),
                line={"color": colour, "width": 2.2, "dash": ("solid", "dash", "dot", "dashdot")[index % 4]},
                hovertemplate=f"{number}<extra>{label(setting)}</extra>",
            )
        )
    last = max((len(each.curves.get(curve, ())) for each in outcome.results), default=1)
    layout = look(
        colours,
        height=290,
        hovermode="x unified",
        uirevision="keep",
        xaxis={"title": "epoch", "tickformat": "d", "nticks": min(last, 8) + 1},
        yaxis={"title": CURVES[curve]},
    )
    return go.Figure(traces, layout)


def two_axes_chart(outcome: Outcome, across: str, down: str, measure: str, colours: Palette) -> go.Figure:
    """Heat map of the means over seeds of an accuracy, for two settings that vary. A square's customdata is a cell."""
    plan = outcome.plan
    columns, rows = plan.vary[across], plan.vary[down]
    found: dict[tuple[str, str], list[CellResult]] = {}
    for each in outcome.results:
        found.setdefault((str(each.values[across]), str(each.values[down])), []).append(each)

    def table(value: Callable[[list[CellResult]], Any], missing: Any) -> list[list[Any]]:
        return [[value(runs) if (runs := found.get((str(x), str(y)))) else missing for x in columns] for y in rows]

    means = table(lambda runs: 100 * float(np.mean([number(each, measure) for each in runs])), None)
    squares = heatmap(
        z=means,
        x=[value_title(across, value) for value in columns],
        y=[value_title(down, value) for value in rows],
        text=table(lambda runs: outcome.spread(runs[0].setting, measure).percent, ""),
        texttemplate="%{text}" if len(columns) <= 8 else "",
        customdata=table(lambda runs: runs[0].cell, ""),
        colorscale=[[0, colours.grid], [1, colours.final]],
        hovertemplate=f"{short(across)} %{{x}}, {short(down)} %{{y}}: %{{text}} %<extra>{TITLES[measure]}</extra>",
        colorbar={"title": "%", "thickness": 12},
        xgap=2,
        ygap=2,
    )
    # Squares of a heat map cannot be selected: dots on them can.
    spots = [
        (value_title(across, x), value_title(down, y), runs[0])
        for x in columns
        for y in rows
        if (runs := found.get((str(x), str(y))))
    ]
    dots = scatter(
        x=[x for x, _, _ in spots],
        y=[y for _, y, _ in spots],
        customdata=[each.cell for _, _, each in spots],
        mode="markers",
        marker={"size": 26, "opacity": 0},
        showlegend=False,
        hoverinfo="skip",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
    )
    layout = look(
        colours,
        height=150 + 44 * len(rows),
        dragmode=False,
        xaxis={"title": short(across), "type": "category", "showgrid": False},
        yaxis={"title": short(down), "type": "category", "showgrid": False},
    )
    return go.Figure([squares, dots], layout)


def _dots(
    shown: Sequence[tuple[float, CellResult]],
    measure: str,
    name: str,
    colour: str,
    symbol: str,
    chosen: str | None,
    ink: str,
    small: bool = False,
) -> Trace:
    """Dots of runs at x, one a result; they stay as they are while one of them is selected."""
    ringed = [each.cell == chosen for _, each in shown]
    return scatter(
        x=[x for x, _ in shown],
        y=[100 * number(each, measure) for _, each in shown],
        name=name,
        legendgroup=measure if not small else None,
        showlegend=not small,
        mode="markers",
        customdata=[each.cell for _, each in shown],
        text=[f"{label(each.setting)}, seed {each.seed}" for _, each in shown],
        marker={
            "color": colour,
            "symbol": symbol,
            "opacity": 0.9 if not small else 0.55,
            "size": [(13 if ring else 8) if not small else (11 if ring else 6) for ring in ringed],
            "line": {"color": ink, "width": [2.5 if ring else 0 for ring in ringed]},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.9 if not small else 0.55}},
        hovertemplate="%{text}: %{y:.1f} %<extra>" + name + "</extra>",
    )

"""The figures of the Population tab: strategies side by side over many anchors."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from ancra.evaluation.intervals import Measured
from ancra.strategies.known import title_of
from ancra.strategies.summary import Statistics
from ancra.web.palette import Palette
from app.figures.theme import Layout, look, upright
from app.figures.traces import band, bar, heatmap, scatter

LABELLED = 12
"""Class pairs of more classes are drawn without names and numbers."""
RANGES = 4
"""How many ranges of similarity are told apart, besides exactly 0."""
STYLES = (("circle", "solid"), ("diamond", "dash"), ("square", "dot"), ("triangle-up", "dashdot"))
What = Literal["count", "similarity", "contrast"]
Alike = Literal["negative", "same_class"]
Where = Literal["logits", "features"]


def dots_chart(
    statistics: Statistics, measures: Mapping[str, str], axis: str, percent: bool, colours: Palette
) -> go.Figure:
    """One row a strategy, one mark a measure, with 95 % intervals.

    Args:
        measures: measure -> what the legend calls it; at most four.
        percent: whether the values are shares.
    """
    traces, scale = [], 100 if percent else 1
    tints = (colours.final, colours.adversarial, colours.auxiliary, colours.natural)
    names, many = list(statistics.observed), len(measures)
    for index, (measure, label) in enumerate(measures.items()):
        found = [statistics.measured(name, measure) for name in names]
        # Marks of one strategy beside each other, so that none hides another.
        offset = 0.0 if many == 1 else 0.44 * (index / (many - 1) - 0.5)
        traces.append(
            scatter(
                x=[scale * each.value for each in found],
                y=[row + offset for row in range(len(names))],
                name=label,
                mode="markers",
                marker={"symbol": STYLES[index][0], "size": 11, "color": tints[index]},
                cliponaxis=False,
                error_x=_error(found, scale, tints[index]),
                customdata=[title_of(name) for name in names],
                hovertemplate="%{customdata}: %{x:.3~g}" + (" %" if percent else "") + f"<extra>{label}</extra>",
            )
        )
    height = 90 + (34 + 8 * many) * len(names)
    across = {"title": axis, **({"range": [-3, 103]} if percent else {"rangemode": "tozero"})}
    layout = look(colours, height, showlegend=many > 1, xaxis=across, yaxis=_strategy_axis(names))
    return go.Figure(traces, layout)


def similarity_chart(statistics: Statistics, colours: Palette) -> go.Figure:
    """How the pairs' similarities in use are spread, as shares of all anchors: exactly 0, then four ranges."""
    traces, names = [], list(statistics.observed)
    found = np.array([100 * statistics.distribution(name, RANGES) for name in names])
    labels = ["0", *(f"up to {part / RANGES:g}" for part in range(1, RANGES + 1))]
    for index, (label, shares) in enumerate(zip(labels, found.T, strict=True)):
        traces.append(
            bar(
                x=shares,
                y=list(range(len(names))),
                name=label,
                orientation="h",
                width=0.6,
                marker={"color": colours.grid if index == 0 else _mixed(colours, (index + 0.4) / len(labels))},
                customdata=[title_of(name) for name in names],
                hovertemplate="%{customdata}: %{x:.1f} % of the pairs<extra>similarity " + label + "</extra>",
            )
        )
    layout = look(
        colours,
        height=110 + 42 * len(names),
        barmode="stack",
        legend={"traceorder": "normal"},
        xaxis={"title": "share of the pairs, %", "range": [-1, 103]},
        yaxis=_strategy_axis(names),
    )
    return go.Figure(traces, layout)


def forces_chart(statistics: Statistics, where: Where, colours: Palette) -> go.Figure:
    """How hard the contrast pulls at both ends of a pair: the anchor to the left, the negative to the right."""
    traces, names = [], list(statistics.observed)
    ends = (("anchor", -1, colours.final), ("negative", 1, colours.adversarial))
    # The scale of the whole force, so that alpha moves the bars and not the axis.
    widest = max(_whole(statistics, name, where) for name in names)
    for end, sign, colour in ends:
        found = [statistics.measured(name, f"{end}_{where}") for name in names]
        traces.append(
            bar(
                x=[sign * each.value for each in found],
                y=list(range(len(names))),
                name=f"on the {end}",
                orientation="h",
                width=0.5,
                marker={"color": colour},
                error_x=_error(found, 1, colours.text, mirrored=sign < 0),
                customdata=[[title_of(name), each.value] for name, each in zip(names, found, strict=True)],
                hovertemplate="%{customdata[0]}: %{customdata[1]:.3~g}<extra>on the " + end + "</extra>",
            )
        )
    span = 1.12 * (widest or 1.0)
    ticks = sorted(tick for tick in _ticks(widest) for tick in {-tick, tick})
    layout = look(
        colours,
        height=110 + 42 * len(names),
        barmode="overlay",
        shapes=[upright(0, {"color": colours.muted, "width": 1})],
        xaxis={
            "title": f"mean length of the gradient on the {where}",
            "range": [-span, span],
            "tickvals": ticks,
            "ticktext": [f"{abs(tick):g}" for tick in ticks],
        },
        yaxis=_strategy_axis(names),
    )
    return go.Figure(traces, layout)


def pairs_chart(statistics: Statistics, strategy: str, what: What, colours: Palette) -> go.Figure:
    """Heat map of class pairs: the anchor's class in rows, the negative's in columns."""
    values = statistics.pairs(strategy, what).astype(float)
    classes, few = list(statistics.classes), len(statistics.classes) <= LABELLED
    highest = (
        max(statistics.pairs(name).max() for name in statistics.observed)
        if what == "count"
        else max(np.nanmax(statistics.pairs(name, what), initial=0) for name in statistics.observed)
    )
    shown = np.where(values == 0, np.nan, values) if what == "count" else values
    numbers = [[_cell_text(cell, what) for cell in row] for row in shown]
    hover = {
        "count": "%{z:.0f} anchors",
        "similarity": "mean similarity %{z:.3f}",
        "contrast": "mean contrast %{z:.3f}",
    }
    cells = heatmap(
        z=shown,
        x=list(range(len(classes))),
        y=list(range(len(classes))),
        zmin=0,
        zmax=float(highest) or 1.0,
        colorscale=[[0, _mixed(colours, 0.06)], [1, _mixed(colours, 1.0)]],
        text=numbers if few else None,
        texttemplate="%{text}" if few else None,
        textfont={"size": 14},
        customdata=[[[own, other] for other in classes] for own in classes],
        hovertemplate="anchor %{customdata[0]}, negative %{customdata[1]}<br>" + hover[what] + "<extra></extra>",
        showscale=not few,
        colorbar={"thickness": 10, "title": what},
        xgap=1 if few else 0,
        ygap=1 if few else 0,
    )
    axis = {"tickvals": list(range(len(classes))), "ticktext": classes} if few else {"showticklabels": False}
    layout = look(
        colours,
        height=360,
        xaxis={"title": "negative", "showgrid": False, **axis},
        yaxis={"title": "anchor", "autorange": "reversed", "showgrid": False, **axis},
    )
    return go.Figure([cells], layout)


def agreement_chart(statistics: Statistics, what: Alike, colours: Palette) -> go.Figure:
    """Heat map, strategies by strategies: how often two pick the same image, or one of the same class, in %."""
    names = list(statistics.observed)
    both = [[statistics.agreement(one, other) for other in names] for one in names]
    shares = [[100 * getattr(cell, what).value for cell in row] for row in both]
    chance = 100 * (both[0][0].chance_negative if what == "negative" else both[0][0].chance_class)
    spread = [[[100 * getattr(cell, what).low, 100 * getattr(cell, what).high] for cell in row] for row in both]
    titles = [title_of(name) for name in names]
    squares = heatmap(
        z=[[None if row == column else cell for column, cell in enumerate(cells)] for row, cells in enumerate(shares)],
        x=titles,
        y=titles,
        zmin=0,
        zmax=100,
        colorscale=[[0, _mixed(colours, 0.06)], [1, _mixed(colours, 1.0)]],
        text=[
            ["" if row == column else f"{cell:.0f}" for column, cell in enumerate(cells)]
            for row, cells in enumerate(shares)
        ],
        texttemplate="%{text}",
        textfont={"size": 14},
        customdata=spread,
        hovertemplate="%{y} and %{x}: %{z:.1f} % (%{customdata[0]:.1f} to %{customdata[1]:.1f})"
        f"<br>blind picks: {chance:.1f} %<extra></extra>",
        showscale=False,
        xgap=2,
        ygap=2,
    )
    across, down = {"showgrid": False, "tickangle": -35}, {"showgrid": False, "autorange": "reversed"}
    return go.Figure([squares], look(colours, height=150 + 40 * len(names), xaxis=across, yaxis=down))


def success_chart(statistics: Statistics, colours: Palette) -> go.Figure:
    """The targeted attack step by step: the share of negatives taken for the anchor's class, and its probability."""
    traces = []
    driven = [name for name in statistics.observed if len(statistics.success(name)) > 1]
    for index, name in enumerate(driven):
        steps = statistics.success(name)
        for part, label, colour in (
            (0, "taken for it", colours.adversarial),
            (1, "mean probability", colours.auxiliary),
        ):
            found = [step[part] for step in steps]
            x = list(range(len(found)))
            legend = label if len(driven) == 1 else f"{title_of(name)}: {label}"
            low, high = [100 * each.low for each in found], [100 * each.high for each in found]
            line = scatter(
                x=x,
                y=[100 * each.value for each in found],
                name=legend,
                mode="lines+markers",
                line={"color": colour, "width": 2.5, "dash": STYLES[index % len(STYLES)][1]},
                # Both lie on each other where the model is always sure: the one behind must still be seen.
                marker={"symbol": ("circle-open", "diamond")[part], "size": (14, 7)[part], "line": {"width": 2}},
                hovertemplate="step %{x}: %{y:.2f} %<extra>" + legend + "</extra>",
            )
            traces += [band(x, low, high, colour, opacity=0.15), line]
    few = not traces or len(traces[-1]["x"]) <= 12
    layout = look(
        colours,
        height=320,
        xaxis={"title": "steps of the targeted attack", "rangemode": "tozero", "dtick": 1 if few else None},
        yaxis={"title": "the anchor's class, %", "rangemode": "tozero"},
    )
    return go.Figure(traces, layout)


def _cell_text(value: float, what: What) -> str:
    """What fits into a cell: a count, or two decimals (``.07``); nothing for what rounds to 0."""
    if np.isnan(value) or value < (0.5 if what == "count" else 0.005):
        return ""
    return f"{value:.0f}" if what == "count" else f"{value:.2f}".removeprefix("0")


def _whole(statistics: Statistics, name: str, where: str) -> float:
    seen, weights = statistics.observed[name], statistics.weights
    heads = (
        (seen.logit_force, seen.anchor_logit_force)
        if where == "logits"
        else (seen.feature_force, seen.anchor_feature_force)
    )
    highest = [Measured.mean(weights.length(each), seen.batch).high for each in heads]
    return float(np.nanmax([0.0, *highest]))


def _ticks(widest: float) -> list[float]:
    if widest <= 0:
        return [0.0]
    step = 10 ** np.floor(np.log10(widest / 2))
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if widest / (step * factor) <= 3)
    return [round(float(tick), 10) for tick in np.arange(0, widest + step / 2, step)]


def _strategy_axis(names: list[str]) -> Layout:
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [title_of(name) for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
    }


def _error(found: list[Measured], scale: float, colour: str, mirrored: bool = False) -> dict[str, object]:
    above = [scale * float(np.nan_to_num(each.high - each.value)) for each in found]
    below = [scale * float(np.nan_to_num(each.value - each.low)) for each in found]
    if mirrored:
        above, below = below, above
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": colour,
        "thickness": 1.5,
        "width": 4,
    }


def _mixed(colours: Palette, share: float) -> str:
    """The colour of p' laid over the page's background."""
    ends = [[int(each[k : k + 2], 16) for k in (1, 3, 5)] for each in (colours.background, colours.final)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in zip(*ends, strict=True))

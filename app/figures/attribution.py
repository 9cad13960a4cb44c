"""Which pixels and which channels an answer rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from ancra.arrays import FloatArray
from ancra.attribution.attribute import Attribution
from ancra.attribution.channels import ChannelChange
from ancra.attribution.methods import METHODS
from ancra.web.palette import Palette
from app.figures.subplots import spans, suffix, titles
from app.figures.theme import Layout, look
from app.figures.traces import Trace, bar, heatmap, picture

Scale = list[tuple[float, str]]

COLUMN = 230
"""Height in pixels of a picture."""


@dataclass(frozen=True)
class Panel:
    """One column of the comparison: an image and its attribution, read from a batch.

    Attributes:
        title: what is shown, such as "Attacked, p'".
        image: (C, H, W) in [0, 1].
        attribution: the attributions of a batch. index: which image of it.
    """

    title: str
    image: FloatArray
    attribution: Attribution
    index: int = 0


def attribution_maps(panels: Sequence[Panel], colours: Palette, same_scale: bool = True) -> go.Figure:
    """Images above, their attributions below, side by side.

    Orange speaks for the class, blue against it; an attribution that has vanished is shown as an empty map.

    Args:
        panels: at least one; of one method, if they are to share a scale.
        same_scale: one colour scale for all, each map as a share of the spread of its own output over the classes, so
            that p' and p can be compared; else each map's own largest value.
    """
    columns = len(panels)
    across, (low, high) = spans(columns, gap=0.03), spans(2, gap=0.06)
    traces, words = [], titles([panel.title for panel in panels], across)
    axes: Layout = {}
    units = [float(panel.attribution.spread[panel.index]) or 1.0 if same_scale else 1.0 for panel in panels]
    shown = [panel.attribution.values[panel.index] / unit for panel, unit in zip(panels, units, strict=True)]
    limits = [float(np.abs(values).max()) for values in shown]
    for column, panel in enumerate(panels):
        values, below = shown[column], suffix(columns + column)
        limit = (max(limits) if same_scale else limits[column]) or 1.0
        empty = bool(panel.attribution.vanished[panel.index])
        signed = METHODS[panel.attribution.settings.method].signed
        axes |= _square(suffix(column), across[column], high) | _square(below, across[column], low)
        traces.append(_picture(panel.image, suffix(column)))
        traces.append(
            heatmap(
                z=np.zeros_like(values) if empty else values,
                customdata=panel.attribution.values[panel.index],
                zmin=-limit if signed else 0,
                zmax=limit,
                colorscale=_scale(colours, signed),
                showscale=column == columns - 1 and not all(p.attribution.vanished[p.index] for p in panels),
                colorbar={"thickness": 10, "len": 0.45, "y": 0.23, "tickfont": {"size": 14}},
                hovertemplate="row %{y}, column %{x}: %{customdata:.3g}<extra></extra>",
                xaxis=f"x{below}",
                yaxis=f"y{below}",
            )
        )
        if empty:
            words.append(
                {
                    "text": "nothing:<br>the map is empty",
                    "showarrow": False,
                    "font": {"color": colours.muted, "size": 14},
                    "x": 0.5,
                    "y": 0.5,
                    "xref": f"x{below} domain",
                    "yref": f"y{below} domain",
                }
            )
    return go.Figure(traces, look(colours, height=2 * COLUMN + 60, annotations=words, **axes))


def channel_bars(
    change: ChannelChange, image: int, block: int, colours: Palette, count: int = 8, attacked: bool = False
) -> go.Figure:
    """Share of the activity of the channels that the reverse attention turned up and down most, before and after it.

    Args:
        attacked: the image under attack instead of the natural one. The channels are those of the natural image in
            both cases, so that the two figures can be held side by side.
    """
    found = change.adversarial if attacked else change.natural
    up, down = change.natural.turned_up(image, block, count), change.natural.turned_down(image, block, count)
    chosen = np.concatenate([up, down[::-1]]).astype(int)
    names = [f"{channel}" for channel in chosen]
    before, after = (_signed_shares(part[block, image])[chosen] for part in (found.before, found.after))
    traces = [
        bar(
            x=names,
            y=values,
            name=name,
            marker={"color": colour},
            customdata=found.row[block, image][chosen],
            hovertemplate="channel %{x}: %{y:.1%} of the activity; factor %{customdata:.2f}<extra>" + name + "</extra>",
        )
        for name, values, colour in (("before: z", before, colours.auxiliary), ("after: z'", after, colours.final))
    ]
    shares = {"tickformat": ".0%"}
    return go.Figure(traces, _bars_look(colours, "channel (turned up ... turned down)", shares))


def evidence_bars(
    change: ChannelChange,
    image: int,
    classes: Sequence[str],
    label: int,
    other: int,
    block: int,
    colours: Palette,
    count: int = 10,
) -> go.Figure:
    """What the channels after the attention say for ``label`` against ``other``, natural beside attacked.

    The value of a channel is (W[label] - W[other]) * z': above zero for the label, below for the other class. The
    channels with the largest values are shown.
    """
    natural, adversarial = (
        (part.evidence_after(label) - part.evidence_after(other))[block, image]
        for part in (change.natural, change.adversarial)
    )
    chosen = np.argsort(-np.maximum(np.abs(natural), np.abs(adversarial)), kind="stable")[:count]
    chosen = chosen[np.argsort(-natural[chosen], kind="stable")]
    traces = [
        bar(
            x=[f"{channel}" for channel in chosen],
            y=values[chosen],
            name=name,
            marker={"color": colour},
            hovertemplate="channel %{x}: %{y:.2f}<extra>" + name + "</extra>",
        )
        for name, values, colour in (
            ("natural", natural, colours.natural),
            ("attacked", adversarial, colours.adversarial),
        )
    ]
    sides = {"title": f"← {classes[other]}    {classes[label]} →"}
    return go.Figure(traces, _bars_look(colours, "channel", sides))


def channel_sentence(change: ChannelChange, image: int, classes: Sequence[str]) -> str:
    """What the attack did to the reverse attention, block by block, in plain words."""
    rows = zip(change.natural.rows[:, image], change.adversarial.rows[:, image], strict=True)
    parts = []
    for number, (before, after) in enumerate(rows, start=1):
        if before == after:
            parts.append(f"block {number} takes the row of {classes[before]} before and after the attack")
        else:
            parts.append(f"block {number} switches from the row of {classes[before]} to that of {classes[after]}")
    features, attended = change.feature_similarity[-1, image], change.attended_similarity[-1, image]
    text = "; ".join(parts)
    verb = "changes little about that"
    if abs(attended - features) > 0.02:
        verb = "brings them together" if attended > features else "drives them apart"
    return (
        f"{text[:1].upper()}{text[1:]}. The features before and after the attack have a similarity (cosine) of "
        f"{features:.2f} in front of the last attention and {attended:.2f} behind it: the attention {verb}."
    )


def _picture(image: FloatArray, axis: str) -> Trace:
    axes = {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    if len(image) == 1:
        return heatmap(
            z=image[0],
            zmin=0,
            zmax=1,
            colorscale=[(0, "#000000"), (1, "#ffffff")],
            showscale=False,
            hovertemplate="row %{y}, column %{x}: %{z:.2f}<extra></extra>",
            **axes,
        )
    return picture(z=(np.clip(image.transpose(1, 2, 0), 0, 1) * 255).round().astype(np.uint8), **axes)


def _square(axis: str, across: list[float], down: list[float]) -> Layout:
    """Framed axes of square pixels, between these parts of the figure's width and height."""
    frame = {"showticklabels": False, "showgrid": False, "ticks": "", "showline": True, "mirror": True}
    frame["constrain"] = "domain"
    upwards = {"autorange": "reversed", "scaleanchor": f"x{axis}", "scaleratio": 1}
    return {
        f"xaxis{axis}": {"anchor": f"y{axis}", "domain": across, **frame},
        f"yaxis{axis}": {"anchor": f"x{axis}", "domain": down, **frame, **upwards},
    }


def _bars_look(colours: Palette, across: str, down: Layout) -> Layout:
    return look(
        colours,
        height=260,
        bargap=0.25,
        bargroupgap=0.05,
        xaxis={"type": "category", "title": across, "showgrid": False},
        yaxis={"zeroline": True, "zerolinecolor": colours.muted, **down},
    )


def _scale(colours: Palette, signed: bool) -> Scale:
    if signed:
        return [(0, colours.final), (0.5, colours.background), (1, colours.adversarial)]
    return [(0, colours.background), (1, colours.adversarial)]


def _signed_shares(values: FloatArray) -> FloatArray:
    total = np.abs(values).sum()
    return values / total if total > 0 else values

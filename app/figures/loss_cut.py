"""The losses on a line through an image, with what the attack has to go by and the way that it took."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ancra.attacks.trace import AttackTrace
from ancra.evaluation.loss_cut import CutLoss, LossCut
from ancra.web.palette import Palette
from app.figures.loss_scale import LossScale, loss_scale
from app.figures.loss_surface import FLAT
from app.figures.theme import Layout, look
from app.figures.traces import Trace, scatter

ARROW = 0.45
"""How far the arrow of a gradient reaches along the line, in epsilons."""
HIGHEST = 0.4
"""The share of the figure's height that an arrow may take."""


def cut_figure(cut: LossCut, trace: AttackTrace | None, colours: Palette) -> go.Figure:
    """Every loss of the cut on one scale, an arrow along its gradient at the image, and the steps of an attack.

    Args:
        trace: an attack on the same image; its steps are drawn where they have gone along the line, at their own loss.
    """
    losses = {curve.name: [curve.losses] for curve in cut.curves}
    for curve in cut.curves:
        if trace is not None and curve.name in trace.loss_names:
            losses[curve.name].append(trace.loss(curve.name)[:, 0])
    last = cut.curves[-1].name
    scale = loss_scale(last, [part for parts in losses.values() for part in parts], losses[last])
    room = scale.high - scale.low
    traces, arrows = [], []
    for curve in cut.curves:
        colour, dash = (colours.final, "solid") if curve.name in ("ce", "margin") else (colours.auxiliary, "dash")
        traces += _curve(cut, curve, scale, colour, dash)
        arrows.append(_arrow(cut, curve, scale, colour))
        if trace is not None and curve.name in trace.loss_names:
            traces.append(_way(cut, curve, trace, scale, colour))
    layout = look(
        colours,
        height=380,
        margin={"t": 8, "r": 16},
        legend={"y": -0.22, "yanchor": "top"},
        shapes=[_strip(start, end, colours) for start, end in _wrong(cut)],
        annotations=arrows,
        xaxis={"title": f"along the gradient of {_lower(cut.along)} (ε)", "range": [-1.02, 1.02]},
        yaxis={"title": "loss", "range": [scale.low - 0.06 * room, scale.high + 0.06 * room], **scale.ticks},
    )
    return go.Figure(traces, layout)


def cut_sentence(cut: LossCut, classes: Sequence[str]) -> str:
    """What the cut shows, in plain words."""
    right, middle = cut.decision == cut.label, len(cut.axis) // 2
    if not right[middle]:
        return f"The model does not take this image for a {classes[cut.label]} even without an attack."
    spans = {curve.name: float(np.ptp(curve.losses[right])) for curve in cut.curves}
    parts = [f"{_lower(curve.title)} changes by {_number(spans[curve.name])}" for curve in cut.curves]
    text = f"While the answer is {classes[cut.label]}, " + " and ".join(parts) + "."
    first, last = cut.curves[0], cut.curves[-1]
    if spans[first.name] < FLAT * spans[last.name]:
        text += " The first is **flat**: its arrow shows no way up. The second is **steep**: its arrow does."
    ahead = np.flatnonzero(~right[middle:])
    if not ahead.size:
        return text + " On this line the answer never changes."
    at = middle + int(ahead[0])
    return text + f" At {cut.axis[at]:.2f} ε the answer turns to {classes[int(cut.decision[at])]}."


def _curve(cut: LossCut, curve: CutLoss, scale: LossScale, colour: str, dash: str) -> list[Trace]:
    heights = scale.place(curve.losses)
    along = scatter(
        x=cut.axis,
        y=heights,
        customdata=curve.losses,
        name=_lower(curve.title),
        mode="lines",
        line={"color": colour, "width": 4, "dash": dash},
        hovertemplate="%{x:.2f} ε: %{customdata:.3g}<extra>" + _lower(curve.title) + "</extra>",
    )
    image = scatter(
        x=[0],
        y=[float(heights[len(cut.axis) // 2])],
        mode="markers",
        showlegend=False,
        hovertemplate="the image<extra></extra>",
        marker={"size": 13, "color": "#ffffff", "line": {"color": colour, "width": 4}},
    )
    return [along, image]


def _arrow(cut: LossCut, curve: CutLoss, scale: LossScale, colour: str) -> Layout:
    loss = float(curve.losses[len(cut.axis) // 2])
    at, rise = float(scale.place(loss)), ARROW * scale.tilt(loss, curve.slope)
    shrink = min(1.0, HIGHEST * (scale.high - scale.low) / max(abs(rise), 1e-12))
    return {
        "x": ARROW * shrink,
        "y": at + rise * shrink,
        "ax": 0,
        "ay": at,
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowsize": 0.9,
        "arrowwidth": 4,
        "arrowcolor": colour,
    }


def _strip(start: float, end: float, colours: Palette) -> Layout:
    return {
        "type": "rect",
        "x0": start,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "xref": "x",
        "yref": "y domain",
        "fillcolor": colours.adversarial,
        "opacity": 0.14,
        "line": {"width": 0},
        "layer": "below",
    }


def _way(cut: LossCut, curve: CutLoss, trace: AttackTrace, scale: LossScale, colour: str) -> Trace:
    losses = trace.loss(curve.name)[:, 0]
    return scatter(
        x=cut.place(trace.images[:, 0] - trace.natural[0]),
        y=scale.place(losses),
        customdata=losses,
        mode="lines+markers",
        showlegend=False,
        line={"color": colour, "width": 1},
        marker={"size": 7, "symbol": "x-thin", "line": {"color": colour, "width": 2}},
        text=[f"step {step}" for step in range(len(losses))],
        hovertemplate="%{text}: %{customdata:.3g}<extra>the attack</extra>",
    )


def _wrong(cut: LossCut) -> list[tuple[float, float]]:
    """Where along the line the answer is wrong, from and to."""
    wrong = np.r_[False, cut.decision != cut.label, False]
    edges = np.flatnonzero(wrong[1:] != wrong[:-1])
    half = float(cut.axis[1] - cut.axis[0]) / 2
    return [
        (float(cut.axis[start]) - half, float(cut.axis[end - 1]) + half)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"

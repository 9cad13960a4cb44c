"""Every recorded objective along an attack that maximises one of them."""

import numpy as np
import plotly.graph_objects as go

from ancra.arrays import Array, FloatArray
from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.trace import AttackTrace
from ancra.web.palette import Palette
from app.figures.theme import look, upright
from app.figures.traces import Trace, scatter

SHORT = {
    "ce": "CE on p'",
    "margin": "margin on p'",
    "dlr": "logits ratio on p'",
    "joint": "joint (adaptive)",
    "ce_first": "CE on first p",
    "margin_first": "margin on first p",
    "ce_last": "CE on last p",
    "margin_last": "margin on last p",
    "soft_attention": "soft attention",
}
_DASHES = {"margin": "dash", "dlr": "dot", "soft": "dashdot"}
LINEAR_BELOW = 0.1
"""On the symlog scale losses up to about this size keep their proportions; beyond, each decade takes the same room."""
APART = 30
"""Curves whose ranges differ by more than this factor are drawn on the symlog scale."""


def distinct(trace: AttackTrace) -> dict[str, Array]:
    """The recorded losses (S,) by name; without auxiliary logits many coincide, and only the first of them counts."""
    found: dict[str, Array] = {}
    merge = not trace.auxiliary.shape[2]
    for name, values in zip(trace.loss_names, trace.losses[:, 0].T, strict=True):
        if not merge or not any(np.allclose(values, other, rtol=1e-4, atol=1e-6) for other in found.values()):
            found[str(name)] = values
    return found


def attacked_curve(trace: AttackTrace, attacked: str) -> str | None:
    """The name under which the attacked objective is drawn; None when the trace did not record it."""
    if attacked not in trace.loss_names:
        return None
    curves, own = distinct(trace), trace.loss(attacked)[:, 0]
    if attacked in curves:
        return attacked
    return next((name for name, values in curves.items() if np.allclose(values, own, rtol=1e-4, atol=1e-6)), None)


def loss_curves(trace: AttackTrace, attacked: str, step: int, colours: Palette) -> go.Figure:
    """One line for each objective, the attacked one thick; a symlog scale where their ranges lie far apart.

    Args:
        attacked: name of the objective that the attack maximises. step: the one that is marked.
    """
    curves, chosen = distinct(trace), attacked_curve(trace, attacked)
    ranges = [float(np.ptp(values)) for values in curves.values()]
    symlog = max(ranges) > APART * max(min(ranges), 1e-9)
    lines = [
        _line(name, values, name == chosen, symlog, colours)
        for name, values in sorted(curves.items(), key=lambda item: item[0] == chosen)
    ]
    scale: dict[str, object] = {"title": "loss"}
    if symlog:
        places, texts = ticks(min(v.min() for v in curves.values()), max(v.max() for v in curves.values()))
        scale = {"tickvals": places, "ticktext": texts, "title": "loss (symlog)"}
    layout = look(
        colours,
        height=430,
        margin={"t": 8},
        # A column is as wide as the longest name and its line; a phone has room for one.
        legend={"y": -0.25, "yanchor": "top", "traceorder": "reversed", "entrywidth": 150},
        shapes=[upright(step, {"color": colours.muted, "width": 1, "dash": "dot"})],
        xaxis={"title": "step", "range": [-0.4, len(trace.images) - 0.6]},
        yaxis={**scale, "zeroline": True, "zerolinecolor": colours.muted},
    )
    return go.Figure(lines, layout)


def losses_sentence(trace: AttackTrace, attacked: str) -> str:
    """What happened to the attacked objective, and to the one that would have shown the way."""
    if attacked not in trace.loss_names:
        return "The attacked objective needs a target and is not among the curves, which are all of the true class."
    attacked = attacked_curve(trace, attacked) or attacked
    text = f"The attack works on {_title(attacked)}, which goes {_path(trace.loss(attacked)[:, 0])}."
    if not trace.auxiliary.shape[2]:
        return text + " Without reverse attention the objectives on p are the same as those on p'."
    other = "ce_first" if attacked in ("ce", "margin", "dlr") else "ce"
    text += f" Meanwhile {_title(other)} goes {_path(trace.loss(other)[:, 0])}."
    if attacked == "ce" and np.ptp(trace.loss("ce")[:, 0]) < 1e-3:
        return text + " The loss that this attack climbs is flat: it has nothing to go by."
    return text


def short_name(name: str) -> str:
    """An objective's name for a legend."""
    return SHORT.get(name) or (OBJECTIVES[name].title if name in OBJECTIVES else name)


def squeeze(values: FloatArray | float) -> FloatArray:
    """The symlog scale: proportional near 0, logarithmic far from it, odd."""
    return np.asarray(np.arcsinh(np.asarray(values, np.float64) / LINEAR_BELOW))


def ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Places and texts of 0 and the powers of ten from 0.1 or 1 up, between ``low`` and ``high``."""
    decades = [10.0**power for power in range(0 if max(-low, high) > 30 else -1, 7)]
    places = [
        value for value in [*(-d for d in reversed(decades)), 0.0, *decades] if low <= value <= high or value == 0
    ]
    return [float(squeeze(value)) for value in places], [f"{value:g}" for value in places]


def _line(name: str, values: FloatArray, mine: bool, symlog: bool, colours: Palette) -> Trace:
    text = short_name(name)
    return scatter(
        y=squeeze(values) if symlog else values,
        customdata=values,
        name=f"<b>{text}</b>" if mine else text,
        mode="lines",
        opacity=1 if mine else 0.75,
        line={"color": _colour(name, colours), "width": 5 if mine else 1.8, "dash": _dash(name)},
        hovertemplate="step %{x}: %{customdata:.4g}<extra>" + text + "</extra>",
    )


def _title(name: str) -> str:
    title = OBJECTIVES[name].title
    return title[:1].lower() + title[1:] if title[:2].istitle() else title


def _path(values: FloatArray) -> str:
    start, end = (_number(float(values[index])) for index in (0, -1))
    return f"from {start} to {end}" if start != end else f"nowhere: it stays at {start}"


def _number(value: float) -> str:
    if abs(value) < 5e-5:
        return "0"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}"


def _colour(name: str, colours: Palette) -> str:
    if name in ("ce", "margin", "dlr"):
        return colours.final
    if name.endswith("_first"):
        return colours.auxiliary
    return colours.muted if name.endswith("_last") else colours.adversarial


def _dash(name: str) -> str:
    return next((dash for start, dash in _DASHES.items() if name.startswith(start)), "solid")

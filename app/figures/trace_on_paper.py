"""The trace of an attack for a paper: the image before and after, what changed, and the true class along the search."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from ancra.arrays import FloatArray
from ancra.figure_files import TWO_COLUMNS, figure_bytes, paper_look
from ancra.origin import Origin
from ancra.text import epsilon_text
from ancra.web.palette import palette
from app.figures import pictures
from app.figures.replay import Replayed

COLOURS = palette()
ROW = 1.45
"""Inches of height that a model takes."""


def trace_on_paper(
    models: Sequence[Replayed], step: int, classes: tuple[str, ...], label: int, kind: str, origin: Origin
) -> bytes:
    """A row a model, two columns of a paper wide, as the content of a file.

    Args:
        models: as for the replay. step: which point of the search is shown as the attacked image.
        label: the true class.
        kind: pdf, svg or png.
    """
    from matplotlib.figure import Figure

    with paper_look():
        figure = Figure(figsize=(TWO_COLUMNS, ROW * len(models) + 0.25), layout="constrained", facecolor="white")
        grid = figure.subplots(len(models), 4, squeeze=False, width_ratios=[1, 1, 1, 2.6])
        for row, (axes, model) in enumerate(zip(grid, models, strict=True)):
            trace, epsilon = model.trace, model.settings.epsilon
            natural, image = trace.natural[0], trace.images[step, 0]
            answers = [classes[int(logits.argmax())] for logits in (trace.natural_logits[0], trace.logits[step, 0])]
            shown = (
                (pictures.crisp(natural, 1), f"natural: {answers[0]}"),
                (pictures.crisp(image, 1), f"step {step}: {answers[1]}"),
                (_change(image - natural, epsilon), f"change, full at {epsilon_text(epsilon)}"),
            )
            for place, (pixels, words) in zip(axes[:3], shown, strict=True):
                place.imshow(pixels, interpolation="nearest")
                place.set(xticks=[], yticks=[])
                place.set_xlabel(words, labelpad=2, parse_math=False)
            axes[0].set_ylabel(model.title, parse_math=False)
            course = axes[3]
            heads = [("p'", trace.logits[:, 0], COLOURS.final, "-")]
            if trace.auxiliary.shape[2]:
                heads.append(("p (first auxiliary)", trace.auxiliary[:, 0, 0], COLOURS.auxiliary, "--"))
            for name, logits, colour, dash in heads:
                course.plot(100 * softmax(logits, axis=-1)[:, label], dash, color=colour, label=name)
            course.axvline(step, color=COLOURS.muted, linewidth=0.6, linestyle=":")
            course.set(ylim=(-3, 103), xlim=(0, max(len(trace.images) - 1, 1)))
            course.set_ylabel(f"probability of {classes[label]}, %", parse_math=False)
            if row == len(models) - 1:
                course.set_xlabel("step of the attack")
            if len(heads) > 1 or row == 0:
                course.legend(frameon=False, loc="best")
    return figure_bytes(figure, kind, origin)


def _change(delta: FloatArray, epsilon: float) -> FloatArray:
    """A change (C, H, W) as (H, W, 3): white stays, blue gets darker, orange brighter; of colours, grey stays."""
    from matplotlib.colors import to_rgb

    share = np.clip(delta / epsilon, -1, 1) if epsilon else np.zeros_like(delta)
    if len(delta) == 3:
        return (0.5 + 0.5 * share).transpose(1, 2, 0)
    low, high = (to_rgb(colour) for colour in (COLOURS.final, COLOURS.adversarial))
    amount = np.abs(share[0])[..., None]
    return 1 - amount * (1 - np.where(share[0][..., None] < 0, low, high))

"""A sweep's outcome as a picture: every run a dot, the means a line, their spread a bar."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.sweeps.outcome import TITLES, Outcome, number
from ancra.sweeps.plan import Values, label, short
from ancra.sweeps.trends import is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = {".png", ".svg", ".pdf"}
COLOURS = {"natural": "#4c72b0", "pgd": "#dd8452", "adaptive": "#55a868", "worst": "#c44e52"}
SHIFT = 0.02  # of the axis: apart, so that dots of several measures do not hide each other


def check_ending(path: Path) -> None:
    """Raises AncraError unless the file's ending is one that can be drawn."""
    if path.suffix.lower() not in ENDINGS:
        raise AncraError(f"A figure is a {', '.join(sorted(ENDINGS))} file; got {path.name}.")


def draw(outcome: Outcome, path: Path) -> None:
    """Draw accuracy against the last axis of a sweep, a panel for each combination of the others.

    Raises:
        AncraError: nothing has been found yet, the ending is none of ``ENDINGS``, or the file cannot be written.
    """
    check_ending(path)
    if not outcome.results:
        raise AncraError(f"{outcome.plan.name} has no finished run yet: there is nothing to draw.")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels: dict[Values, list[Values]] = {}
    for setting in outcome.settings:
        panels.setdefault(setting[:-1], []).append(setting)
    figure = Figure(figsize=(5.6 * len(panels), 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (others, settings) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1)
        _panel(axes, outcome, settings)
        axes.set_title(label(others) if others else outcome.plan.title, fontsize=10, parse_math=False)
    try:
        kind = path.suffix.lower()[1:]
        replace_file(path, lambda file: figure.savefig(file, format=kind, dpi=150))
    except OSError as error:
        raise AncraError(f"{path} cannot be written: {error.strerror}.") from None


def _panel(axes: "Axes", outcome: Outcome, settings: list[Values]) -> None:
    key, values = settings[0][-1][0], [setting[-1][1] for setting in settings]
    numeric = all(map(is_number, values))
    places: list[Any] = values if numeric else list(range(len(values)))
    width = max(places) - min(places) or 1
    for index, measure in enumerate(outcome.measures):
        shift = (index - (len(outcome.measures) - 1) / 2) * SHIFT * width
        colour = COLOURS.get(measure, "#555555")
        spreads = [outcome.spread(setting, measure) for setting in settings]
        axes.errorbar(
            [place + shift for place in places],
            [100 * each.mean for each in spreads],
            yerr=[100 * each.deviation if each.seeds > 1 else 0 for each in spreads],
            color=colour,
            linestyle="-" if numeric else "none",
            marker="_",
            capsize=2,
            label=TITLES[measure],
        )
        for place, setting in zip(places, settings, strict=True):
            found = [100 * number(each, measure) for each in outcome.of(setting)]
            axes.plot([place + shift] * len(found), found, ".", color=colour, markersize=4)
    if not numeric:
        axes.set_xticks(places, [str(value) for value in values])
    seeds = sorted({len(outcome.of(setting)) for setting in settings})
    axes.set_xlabel(f"{short(key)} (dots: seeds, {' to '.join(map(str, seeds[:: len(seeds) - 1 or 1]))} a setting)")
    axes.set_ylabel("accuracy on the test images, %")
    axes.set_ylim(0, 102)
    axes.legend(fontsize=8)

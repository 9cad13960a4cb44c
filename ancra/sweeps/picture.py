"""A sweep's outcome as a picture: every run a dot, the means a line, their spread a bar."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ancra.errors import AncraError
from ancra.figure_files import COLUMN, KINDS, TWO_COLUMNS, figure_bytes, paper_look, write_file
from ancra.figure_files import check_ending as check_kind
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import TITLES, Outcome, number
from ancra.sweeps.plan import Values, label, short
from ancra.sweeps.trends import is_number
from ancra.web.palette import palette

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIGHT = palette()
COLOURS = {"natural": LIGHT.natural, "pgd": LIGHT.final, "adaptive": LIGHT.auxiliary, "worst": LIGHT.adversarial}
MARKS = {"natural": "o", "pgd": "s", "adaptive": "D", "worst": "^"}
SHIFT = 0.02  # of the axis: apart, so that dots of several measures do not hide each other


def check_ending(path: Path) -> str:
    """The kind of file. Raises AncraError unless its ending is one that can be drawn."""
    return check_kind(path, KINDS, "Figures")


def draw(outcome: Outcome, path: Path) -> None:
    """Draw a sweep into a file.

    Raises:
        AncraError: nothing has been found yet, the ending is none of ``KINDS``, or the file cannot be written.
    """
    write_file(path, picture(outcome, check_ending(path)))


def picture(outcome: Outcome, kind: str) -> bytes:
    """Accuracy against the last axis of a sweep, a panel for each combination of the others, as a file's content.

    One panel is a column of a paper wide, several are two.

    Args:
        kind: one of ``KINDS``.

    Raises:
        AncraError: nothing has been found yet.
    """
    if not outcome.results:
        raise AncraError(f"{outcome.plan.name} has no finished run yet: there is nothing to draw.")
    from matplotlib.figure import Figure

    panels: dict[Values, list[Values]] = {}
    for setting in outcome.settings:
        panels.setdefault(setting[:-1], []).append(setting)
    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    with paper_look():
        figure = Figure(figsize=(COLUMN if columns == 1 else TWO_COLUMNS, 2.5 * rows), layout="constrained")
        for place, (others, settings) in enumerate(panels.items()):
            axes = figure.add_subplot(rows, columns, place + 1)
            _panel(axes, outcome, settings)
            if others:
                axes.set_title(label(others), parse_math=False)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure_bytes(figure, kind, outcome_origin(outcome, f"Figure of the sweep {outcome.plan.title}"))


def _panel(axes: "Axes", outcome: Outcome, settings: list[Values]) -> None:
    key, values = settings[0][-1][0], [setting[-1][1] for setting in settings]
    numeric = all(map(is_number, values))
    places: list[Any] = values if numeric else list(range(len(values)))
    width = max(places) - min(places) or 1
    for index, measure in enumerate(outcome.measures):
        shift = (index - (len(outcome.measures) - 1) / 2) * SHIFT * width
        colour = COLOURS.get(measure, LIGHT.muted)
        spreads = [outcome.spread(setting, measure) for setting in settings]
        axes.errorbar(
            [place + shift for place in places],
            [100 * each.mean for each in spreads],
            yerr=[100 * each.deviation if each.seeds > 1 else 0 for each in spreads],
            color=colour,
            linestyle="-" if numeric else "none",
            marker=MARKS.get(measure, "o"),
            markersize=3.5,
            markerfacecolor="white",
            capsize=1.5,
            elinewidth=0.8,
            label=TITLES[measure],
        )
        for place, setting in zip(places, settings, strict=True):
            found = [100 * number(each, measure) for each in outcome.of(setting)]
            axes.plot([place + shift] * len(found), found, ".", color=colour, markersize=2, alpha=0.6)
    if not numeric:
        axes.set_xticks(places, [str(value) for value in values])
    seeds = sorted({len(outcome.of(setting)) for setting in settings})
    axes.set_xlabel(f"{short(key)} (dots: seeds, {' to '.join(map(str, seeds[:: len(seeds) - 1 or 1]))} a setting)")
    axes.set_ylabel("accuracy, %")
    axes.set_ylim(0, 102)

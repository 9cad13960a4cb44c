"""Tables 1 and 2 of the paper: models against attacks, and the four negative strategies."""

import math
from collections.abc import Sequence
from pathlib import Path

from scipy import stats

from ancra import latex
from ancra.data.titles import dataset_title
from ancra.evaluation.published import PUBLISHED, SUPPLEMENT
from ancra.evaluation.tables import DROP, DROP_NOTE, to_latex
from ancra.negatives.settings import TITLES as STRATEGIES
from ancra.origin import signed
from ancra.paper.item import Item
from ancra.reports.table import table_origin, table_rows
from ancra.store import Store
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import TITLES, Outcome
from ancra.sweeps.plan import Values


def table1(paths: Sequence[Path], store: Store) -> Item:
    """Models under PGD, adaptive PGD and in the worst case. Raises AncraError: nothing is stored of one of them."""
    rows = table_rows(paths, store)
    theirs = "; ".join(
        f"{row.defence} {row.natural} / {row.pgd} / {row.adaptive}" for row in PUBLISHED if row.source == SUPPLEMENT
    )
    caption = "Accuracy of each model without an attack, under attacks, and in the worst case over all of them, image "
    caption += f"by image. The paper's Table 1 has (Tiny-ImageNet, natural / PGD-40 / adaptive PGD-40, %): {theirs}."
    origin = table_origin(paths, rows)
    content = signed(to_latex(rows, caption, "tab:attacks").encode(), "tex", origin)
    return Item("table1", "Table 1", caption, {"table1.tex": content}, origin)


def table2(outcome: Outcome, note: str = "") -> Item:
    """The settings of a sweep, over seeds: for Table 2, the negative strategies."""
    measures = outcome.measures
    best = {measure: _best(outcome, measure) for measure in measures}
    seeds = sorted({len(outcome.of(setting)) for setting in outcome.settings})
    samples = max(each.samples for each in outcome.results)
    recipe = outcome.plan.recipe
    caption = f"Accuracy (%) of {recipe.title} on {samples} test images of {dataset_title(recipe.data.images)}"
    caption += f" with each negative strategy: mean over {' to '.join(map(str, seeds))} seeds with 95 % t intervals."
    bold = " Bold: best, where paired tests over seeds against every other strategy hold (Holm, $p < 0.05$)."
    said = f"{latex.escaped(caption)} {DROP_NOTE}{bold if any(best.values()) else ''}"
    drops = {"pgd", "worst"} <= set(measures)
    head = ["Strategy", *(TITLES[each][:1].upper() + TITLES[each][1:] for each in measures), *([DROP] if drops else [])]
    body = [
        [
            latex.escaped(", ".join(STRATEGIES.get(str(value), str(value)) for _, value in setting)),
            *(_mean(outcome.values(setting, each), samples, 0, best[each] == setting) for each in measures),
            *([_mean(_drops(outcome, setting), samples, -1)] if drops else []),
        ]
        for setting in outcome.settings
    ]
    content = latex.table(head, body, f"l{'r' * (len(head) - 1)}", said, "tab:strategies", wide=True)
    origin = outcome_origin(outcome, "Table 2: negative strategies")
    return Item("table2", "Table 2", caption, {"table2.tex": signed(content.encode(), "tex", origin)}, origin, note)


def _drops(outcome: Outcome, setting: Values) -> list[float]:
    pairs = zip(outcome.values(setting, "pgd"), outcome.values(setting, "worst"), strict=True)
    return [pgd - worst for pgd, worst in pairs]


def _mean(values: Sequence[float], images: int, lowest: float, bold: bool = False) -> str:
    """The mean of shares in % with its t interval, which ends where shares do.

    Seeds that agree by chance are no certainty: the standard error is no less than half an image's (as in ``paired``).
    """
    count, mean = len(values), math.fsum(values) / len(values)
    if count < 2:
        return f"${100 * mean:.1f}$"
    error = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1) / count)
    error = max(error, 0.5 / images)
    reach = float(stats.t.ppf(0.975, count - 1)) * error
    below, above = min(reach, mean - lowest), min(reach, 1 - mean)
    return latex.cell(100 * mean, 100 * below, 100 * above, bold)


def _best(outcome: Outcome, measure: str) -> Values | None:
    """The setting with the highest mean, where it is above each of the others by more than seeds explain."""
    first, *others = sorted(outcome.settings, key=lambda setting: -outcome.spread(setting, measure).mean)
    pairs = outcome.compare(measure, [(first, other) for other in others])
    return first if pairs and not any(pair.inside_the_noise for pair in pairs) else None

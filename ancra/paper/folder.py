"""The folder of the paper's tables and figures, from what is stored, with a README and a LaTeX file that shows all."""

from collections.abc import Iterator
from pathlib import Path

from ancra.checkpoints import METHODS, find_checkpoints
from ancra.data.titles import dataset_title
from ancra.errors import AncraError, unknown_name
from ancra.figure_files import write_file
from ancra.origin import command_line, versions
from ancra.paper import figures, tables
from ancra.paper.item import SETS, Item
from ancra.paths import shipped_checkpoints
from ancra.store import Store
from ancra.sweeps.outcome import Outcome
from ancra.sweeps.outcomes import known_outcomes

MAPPED = ("pgd-at", "trades", "mart", "trades-ancra")
SWEPT = "digits"
"""The set whose sweeps come with the project."""
MAIN = r"""\documentclass[twocolumn]{article}
\usepackage{booktabs,graphicx}
\begin{document}
%s\end{document}
"""


def write_paper(folder: Path, chosen: str, store: Store | None = None) -> list[Item]:
    """Write Table 1, Figures 1 to 4 and Table 2 of a set of models into a folder, each in files that say what they are.

    Args:
        chosen: a name in ``SETS``.

    Returns:
        What was written, and what was left out with the reason.

    Raises:
        AncraError: an unknown set, or a folder that cannot be written.
    """
    if chosen not in SETS:
        raise unknown_name("set", chosen, SETS)
    items = list(_items(chosen, store or Store()))
    for item in items:
        for name, content in item.files.items():
            write_file(folder / name, content)
    inputs = "".join(f"\\input{{{item.name}}}\n" for item in items if item.files)
    write_file(folder / "paper.tex", (MAIN % inputs).encode())
    write_file(folder / "README.md", readme(items, chosen).encode())
    return items


def readme(items: list[Item], chosen: str) -> str:
    """What lies in the folder, with the command of each part."""
    parts = []
    for item in items:
        files = ", ".join(f"`{name}`" for name in item.files) or "left out"
        words = "\n\n".join(filter(None, (item.caption, item.note)))
        command = f"\n\n```sh\n{item.origin.command}\n```" if item.origin and item.origin.command else ""
        parts.append(f"## {item.title}: {files}\n\n{words}{command}\n")
    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    head = (
        f"# The paper's tables and figures, set {chosen}\n\n"
        f"Made by `{command_line('paper', out='FOLDER', set=chosen)}` with {made}, from stored results: nothing was "
        "computed. `paper.tex` shows all of it (`pdflatex paper.tex`); tables need `booktabs`, figures `graphicx`. "
        "`ancra explain FILE` says what each file is.\n"
    )
    return "\n".join([head, *parts])


def _items(chosen: str, store: Store) -> Iterator[Item]:
    dataset = SETS[chosen]
    there = {path.stem: path for path, _ in find_checkpoints() if path.parent == shipped_checkpoints() / dataset}
    models, mapped = ([there[name] for name in names if name in there] for names in (METHODS, MAPPED))
    if not models:
        note = (
            f"Left out: the models of {dataset_title(dataset)} did not come with this installation; a clone has them."
        )
        for title in ("Table 1", "Figure 1", "Figure 2"):
            yield Item(title.lower().replace(" ", ""), title, note=note)
    else:
        try:
            yield tables.table1(models, store)
        except AncraError as error:
            yield Item("table1", "Table 1", note=f"Left out: {error}")
        yield figures.maps("figure1", "Figure 1", mapped, "pgd10", store)
        yield figures.maps("figure2", "Figure 2", mapped, "natural", store)
    outcomes = {each.name: each.outcome for each in known_outcomes()}
    for name, title in (("figure3", "Figure 3"), ("figure4", "Figure 4")):
        outcome, note = _swept(outcomes, name, dataset)
        yield Item(name, title, note=note) if outcome is None else figures.sweep(name, title, outcome, note)
    outcome, note = _swept(outcomes, "table2", dataset)
    yield Item("table2", "Table 2", note=note) if outcome is None else tables.table2(outcome, note)


def _swept(outcomes: dict[str, Outcome], name: str, dataset: str) -> tuple[Outcome | None, str]:
    """The outcome of the sweep of this set, else of the digits, with what has to be said."""
    own, other = outcomes.get(f"{name}-{dataset}"), outcomes.get(f"{name}-{SWEPT}")
    if own is not None:
        return own, "" if len(own.results) == own.plan.size else "Not all runs of this sweep are finished yet."
    if other is None:
        return None, f"Left out: no sweep {name}-{dataset} has a finished run; `ancra sweep` carries one out."
    return other, f"Taken from {SWEPT}: no sweep `{name}-{dataset}` was carried out."

"""Stored results of models, and evaluations that are going on as processes of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ancra.errors import AncraError
from ancra.evaluation.breaking import Breaking, breaking
from ancra.evaluation.curves import Curves, stored_curves
from ancra.evaluation.robustness import NATURAL, RobustnessReport, checkpoint_report
from ancra.evaluation.subject import settings_of
from ancra.evaluation.tables import TableRow, row_of
from ancra.evaluation.transfer import Transfer, stored_transfer
from ancra.jobs.ending import wait_until_idle
from ancra.jobs.status import ShareStatus
from ancra.origin import Origin, command_line
from ancra.reports.evaluations import EvaluationJob
from ancra.reports.results import ATTACKS, PARTS, TITLES
from ancra.reports.table import table_origin
from ancra.trust.report import TrustReport
from ancra.trust.stored import stored_trust
from app import compute
from app.access import changing
from app.answers.models import title_of

STORED = ("robustness", "trust", "curves", "transfer", "crafted")
"""The kinds of stored results that make up those of a model."""


@dataclass(frozen=True)
class Results:
    """What is stored of a model; None for what is not.

    Attributes:
        row: its row of the table.
        refused: why stored results could not be used, one sentence each.
    """

    name: str
    title: str
    digest: str
    dataset: str
    report: RobustnessReport | None
    row: TableRow | None
    trust: TrustReport | None
    curves: Curves | None
    transfer: Transfer | None
    refused: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts of the results that are still to be made."""
        done = self.report.outcomes if self.report else {}
        have = {
            "attacks": set(ATTACKS) <= set(done),
            "autoattack": "autoattack" in done,
            "trust": self.trust is not None,
            "curves": self.curves is not None,
            "transfer": self.transfer is not None,
        }
        return tuple(part for part in PARTS if not have[part])


def results(name: str) -> Results:
    """What is stored of a model; nothing is computed, and the model is not loaded."""
    try:
        subject: object = compute.subject(name)
    except AncraError as error:
        subject = str(error)
    cards = compute.checkpoints()
    peers = tuple(sorted(each.digest for each in cards.values()))
    return _results(name, title_of(name), subject, repr(compute.card(name).evaluation), peers, _written())


def _written() -> tuple[int, ...]:
    """When something was last stored or deleted, by folder: each result is a file that is put there whole."""
    folders = [folder / kind for folder in compute.store().folders for kind in STORED]
    return tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)


# As a resource: a page shows a dozen, each of thirty files, and reading them again takes longer than the rest of it.
@st.cache_resource(max_entries=128, show_spinner=False)
def _results(
    name: str, title: str, subject: object, evaluation: str, peers: tuple[str, ...], written: object
) -> Results:
    card, store = compute.card(name), compute.store()
    refused: list[str] = []
    report = trust = curves = transfer = None
    try:
        report = checkpoint_report(card, store)
    except AncraError as error:
        refused.append(str(error))
    try:
        trust = stored_trust(card, store)
    except AncraError as error:
        refused.append(str(error))
    try:
        curves = stored_curves(card, store)
    except AncraError as error:
        refused.append(str(error))
    try:
        transfer = stored_transfer(card, store) if not refused else None
    except AncraError as error:
        refused.append(str(error))
    return Results(
        name,
        title,
        card.digest,
        card.dataset,
        report,
        row_of(card, title, report, str(trust.verdict) if trust else ""),
        trust,
        curves,
        transfer,
        tuple(refused),
    )


def order_of_breaking(name: str) -> Breaking | None:
    """A model's test images, those that break first in front; None where nothing fitting is stored of it."""
    try:
        report = checkpoint_report(compute.card(name), compute.store())
    except AncraError:
        return None
    return breaking(report) if report is not None and report.outcomes else None


def origin(names: Sequence[str], rows: Sequence[TableRow]) -> Origin:
    """Where a file with these models' rows is from."""
    return table_origin([Path(compute.path(name)) for name in names], rows)


def origin_of(found: Sequence[Results], part: str) -> Origin:
    """Where a file about one of ``PARTS`` of these models' results is from."""
    names = {each.name: each.digest for each in found}
    settings = {each.title: settings_of(compute.card(each.name), samples=200).model_dump(mode="json") for each in found}
    return Origin(
        what=TITLES[part],
        command=command_line("results", *names, parts=part),
        checkpoints=names,
        data=", ".join(dict.fromkeys(each.dataset for each in found)),
        seed=0,
        settings=settings,
    )


def at_chance(found: Results) -> bool:
    """Whether a model answers no more images rightly than guessing would, as far as its interval can tell."""
    natural = found.row.cells[NATURAL] if found.row else None
    return natural is not None and natural.low <= 1 / len(compute.card(found.name).classes)


def part_titles(parts: tuple[str, ...]) -> str:
    """Parts of the results in words."""
    return ", ".join(TITLES[part] for part in parts)


def status(name: str) -> ShareStatus | None:
    """Where the evaluation of a model stands; None when there was none."""
    return EvaluationJob(compute.card(name).digest).status()


@changing
def start(name: str, parts: tuple[str, ...]) -> None:
    """Evaluate a model in a process of its own. Raises AncraError."""
    compute.require_images(name)
    EvaluationJob(compute.card(name).digest).start(Path(compute.path(name)), parts)


@changing
def stop(name: str) -> None:
    """End an evaluation and give it a moment to write that down; what was finished is kept. Raises AncraError."""
    job = EvaluationJob(compute.card(name).digest)
    job.stop()
    wait_until_idle(job.status, seconds=5)

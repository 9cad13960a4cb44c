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
from ancra.jobs.launch import read_launch
from ancra.jobs.status import ShareStatus
from ancra.launchers.registry import launcher, launcher_of
from ancra.origin import Origin, command_line
from ancra.reports.evaluations import EvaluationJob
from ancra.reports.results import ATTACKS, PARTS, TITLES, impossible
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
    def left_out(self) -> str:
        """Why a part of the results cannot be made, as a sentence; empty where all can."""
        return impossible(len(compute.card(self.name).classes))

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts of the results that are still to be made."""
        done = self.report.outcomes if self.report else {}
        have = {
            "attacks": set(ATTACKS) <= set(done),
            "autoattack": "autoattack" in done or bool(self.left_out),
            "trust": self.trust is not None,
            "curves": self.curves is not None,
            "transfer": self.transfer is not None,
        }
        return tuple(part for part in PARTS if not have[part])


def results(name: str) -> Results:
    """What is stored of a model; nothing is computed, and the model is not loaded."""
    return results_of([name])[0]


def results_of(names: Sequence[str]) -> list[Results]:
    """What is stored of models, in their order; otherwise as ``results``."""
    peers = tuple(sorted(each.digest for each in compute.checkpoints().values()))
    surroundings = hash((peers, _written()))
    return [
        _results(name, title_of(name), _subject(name), repr(compute.card(name).evaluation), surroundings)
        for name in names
    ]


def _subject(name: str) -> tuple[str, ...]:
    try:
        return compute.subject(name)
    except AncraError as error:
        return (str(error),)


def _written() -> tuple[int, ...]:
    """When something was last stored or deleted, by folder: each result is a file that is put there whole."""
    folders = [folder / kind for folder in compute.store().folders for kind in STORED]
    return tuple(folder.stat().st_mtime_ns if folder.is_dir() else 0 for folder in folders)


# As a resource: a page shows a dozen, each of thirty files, and reading them again takes longer than the rest of it.
@st.cache_resource(max_entries=128, show_spinner=False)
def _results(name: str, title: str, subject: tuple[str, ...], evaluation: str, surroundings: int) -> Results:
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
        card.data.images,
        report,
        row_of(card, title, report, str(trust.verdict) if trust else ""),
        trust,
        curves,
        transfer,
        tuple(refused),
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _report(name: str, digest: str, surroundings: int) -> RobustnessReport | None:
    return checkpoint_report(compute.card(name), compute.store())


def order_of_breaking(name: str) -> Breaking | None:
    """A model's test images, those that break first in front; None where nothing fitting is stored of it."""
    try:
        report = _report(name, compute.card(name).digest, hash((_subject(name), _written())))
    except AncraError:
        return None
    return breaking(report) if report is not None and report.outcomes else None


def origin(names: Sequence[str], rows: Sequence[TableRow]) -> Origin:
    """Where a file with these models' rows is from."""
    return table_origin([Path(compute.path(name)) for name in names], rows)


def origin_of_evaluations(names: Sequence[str]) -> Origin:
    """Where a file about the last evaluation in these models' cards is from."""
    cards = [compute.card(name) for name in names]
    return Origin(
        what="Accuracy of models under PGD-40 and adaptive PGD-40",
        command=command_line("evaluate", *names, json=True),
        checkpoints={name: card.digest for name, card in zip(names, cards, strict=True)},
        data=", ".join(dict.fromkeys(card.data.images for card in cards)),
        seed=0,
        settings={card.title: card.evaluation[-1]["settings"] for card in cards},
    )


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


def has_images(name: str) -> bool:
    """Whether a checkpoint came with images to measure it on."""
    return not compute.card(name).data.is_none


def at_chance(found: Results) -> bool:
    """Whether a model answers no more images rightly than guessing would, as far as its interval can tell."""
    natural = found.row.cells[NATURAL] if found.row else None
    return natural is not None and natural.low <= 1 / len(compute.card(found.name).classes)


def part_titles(parts: tuple[str, ...]) -> str:
    """Parts of the results in words."""
    return ", ".join(TITLES[part] for part in parts)


def status(name: str) -> ShareStatus | None:
    """Where the evaluation of a model stands; None when there was none."""
    job = EvaluationJob(compute.card(name).digest)
    if not job.begun:
        return None
    status = job.status()
    waits = status.active and status.pid is None
    return (_engines_word(job.digest) or status) if waits else status


@st.cache_data(ttl=10, show_spinner=False)
def _engines_word(digest: str) -> ShareStatus | None:
    """What an engine says about an evaluation that waits there, or None when it does not answer."""
    job = EvaluationJob(digest)
    try:
        return launcher_of(job).status(job)
    except AncraError:
        return None


def sent_to(name: str) -> str:
    """The launcher that a model's evaluation was last handed to."""
    return read_launch(EvaluationJob(compute.card(name).digest)).launcher


@changing
def start(name: str, parts: tuple[str, ...], by: str = "local") -> None:
    """Evaluate a model in a process of its own, on this machine or by a launcher. Raises AncraError."""
    compute.require_images(name)
    job, path = EvaluationJob(compute.card(name).digest), Path(compute.path(name))
    if by == "local":
        job.start(path, parts)
        return
    engine = launcher(by)
    job.ask(path, parts)
    engine.submit(job)


@changing
def stop(name: str) -> None:
    """End an evaluation and give it a moment to write that down; what was finished is kept. Raises AncraError."""
    job = EvaluationJob(compute.card(name).digest)
    launcher_of(job).cancel(job)
    wait_until_idle(job.status, seconds=5)

"""Natural accuracy, robust accuracy under PGD on p', and under adaptive PGD (docs/method.md, section 5)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from ancra.attacks.suite import ATTACKS, WORST_CASE
from ancra.checkpoints import checkpoint_name, load_checkpoint
from ancra.data.dataset import Split
from ancra.data.digest import data_digest
from ancra.data.registry import load_dataset
from ancra.data.titles import dataset_title
from ancra.device import resolve_device
from ancra.evaluation.intervals import Accuracy
from ancra.evaluation.robustness import HEADLINE, NATURAL, WORST, evaluate_robustness
from ancra.evaluation.settings import EvaluationSettings
from ancra.evaluation.subject import settings_of, subject_of
from ancra.progress import OnProgress
from ancra.store import Store
from ancra.text import epsilon_text


@dataclass(frozen=True)
class Evaluation:
    """Three accuracies of a model, and the settings they rest on."""

    natural: Accuracy
    pgd: Accuracy
    adaptive: Accuracy
    settings: EvaluationSettings


def evaluate(
    model: nn.Module, split: Split, settings: EvaluationSettings, on_progress: OnProgress | None = None
) -> Evaluation:
    """Judge a model on a split or a seeded sample of it by the two attacks that every evaluation includes.

    An image counts as robust when the model answers it rightly and no point that the attack visited changes that.

    Args:
        on_progress: called with (hundredths done, hundredths in all), a hundred for each attack.
    """
    report = evaluate_robustness(model, split, settings, HEADLINE, on_progress=on_progress)
    own = {name: report.accuracy(name) for name in HEADLINE}
    assert own["pgd"] is not None
    assert own["adaptive"] is not None
    return Evaluation(report.natural_accuracy, own["pgd"], own["adaptive"], settings)


def evaluate_checkpoint(
    path: Path,
    samples: int | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
    attacks: tuple[str, ...] = (),
    worst_of: tuple[str, ...] = (),
    store: Store | None = None,
) -> dict[str, Any]:
    """Evaluate a checkpoint on its own dataset's test split with PGD-40, adaptive PGD-40, and other attacks.

    Args:
        attacks: further attacks by name, each on every image.
        worst_of: attacks that meet only what the others left; they count for the worst case.
        store: where outcomes are looked up and kept; without one all are made anew.

    Returns:
        ``RobustnessReport.row()`` with ``checkpoint`` (its name), ``title``, ``dataset``, ``digest`` (of the
        weights) and ``images`` (their digest).

    Raises:
        AncraError: the checkpoint or its dataset cannot be read, or there is no such attack.
    """
    model, card = load_checkpoint(path, device=resolve_device(device))
    independent = (*HEADLINE, *attacks)
    order = tuple(dict.fromkeys((*independent, *worst_of)))
    report = evaluate_robustness(
        model,
        load_dataset(card.data).test,
        settings_of(card, samples),
        order,
        independent=independent,
        subject=subject_of(card),
        store=store,
        on_progress=on_progress,
    )
    about = {
        "checkpoint": checkpoint_name(path),
        "title": card.title,
        "dataset": card.dataset,
        "digest": card.digest,
    }
    return {**about, "images": data_digest(card.data), **report.row()}


def named_attacks(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The attacks that a list names, and those that only meet what is left when ``worst`` is in it.

    Raises:
        AncraError: an unknown attack, with the nearest known name.
    """
    known = tuple(name for name in names if name not in (NATURAL, WORST))
    for name in known:
        ATTACKS[name]
    return known, WORST_CASE if WORST in names else ()


def sentence(row: dict[str, Any]) -> str:
    """A row of ``evaluate_checkpoint`` as one line for people."""

    def share(name: str) -> str:
        low, high = row["intervals"][name]
        return f"{row[name]:.1%} ({low:.1%} to {high:.1%})"

    steps = row["settings"]["steps"]
    titles = {NATURAL: "natural", "pgd": f"PGD-{steps}", "adaptive": f"adaptive PGD-{steps}", WORST: "worst case"}
    titles = {**{attack["attack"]: attack["title"] for attack in row["attacks"]}, **titles}
    shares = ", ".join(f"{titles[name]} {share(name)}" for name in row["intervals"])
    return (
        f"{row['checkpoint']}: {shares}; {row['samples']} images of {dataset_title(row['dataset'])}, "
        f"epsilon {epsilon_text(row['settings']['epsilon'])}"
    )

"""All results that the Robustness page shows of a checkpoint, made part by part into the store."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from ancra.attacks.suite import ATTACKS as SUITE
from ancra.attacks.suite import WORST_CASE
from ancra.checkpoints import load_checkpoint
from ancra.data.registry import load_dataset
from ancra.device import resolve_device
from ancra.errors import unknown_name
from ancra.evaluation.curves import checkpoint_curves
from ancra.evaluation.robustness import HEADLINE, evaluate_robustness
from ancra.evaluation.subject import settings_of, subject_of
from ancra.evaluation.transfer import checkpoint_transfer
from ancra.store import Store
from ancra.trust.stored import checkpoint_trust

PARTS = ("attacks", "autoattack", "trust", "curves", "transfer")
TITLES = {
    "attacks": "PGD, adaptive, black-box and worst-case attacks",
    "autoattack": "AutoAttack",
    "trust": "Trust report",
    "curves": "Accuracy against epsilon",
    "transfer": "Transfer between models",
}
# How long each part takes, relative to the others, as measured on the digits models: for the time that is left.
WEIGHTS = {"attacks": 40, "autoattack": 100, "trust": 60, "curves": 30, "transfer": 20}
ATTACKS = tuple(dict.fromkeys((*HEADLINE, *WORST_CASE, "margin_targets", "square")))
AUTOATTACK = "autoattack"
Report = Callable[[str, float, float | None], None]


def impossible(classes: int) -> str:
    """Why one of ``PARTS`` cannot be made of a model with so few classes, as a sentence; empty where all can."""
    fewest = SUITE[AUTOATTACK].fewest_classes
    return f"AutoAttack needs {fewest} classes or more, and is left out." if classes < fewest else ""


def make_results(
    path: Path,
    store: Store,
    parts: tuple[str, ...] = PARTS,
    device: str = "auto",
    on_progress: Report | None = None,
) -> None:
    """Make what is missing of a checkpoint's results. It may be stopped at any time: what was stored is not made again.

    Args:
        parts: some of ``PARTS``; of several, AutoAttack is left out where there are too few classes for it.
        on_progress: called with (what is being done, share of the whole, seconds left or None).

    Raises:
        AncraError: an unknown part; the checkpoint or its dataset cannot be read; an attack cannot be run on it.
    """
    for part in parts:
        if part not in PARTS:
            raise unknown_name("part of the results", part, PARTS)
    where = resolve_device(device)
    model, card = load_checkpoint(path, where)
    without = AUTOATTACK if len(parts) > 1 and impossible(len(card.classes)) else None
    parts = tuple(part for part in PARTS if part in parts and part != without)
    clock = _Clock(parts, on_progress)
    split = load_dataset(card.data).test
    settings = settings_of(card)
    for part in parts:
        clock.begin(part)
        if part in ("attacks", AUTOATTACK):
            names = ATTACKS if part == "attacks" else (AUTOATTACK,)
            evaluate_robustness(
                model,
                split,
                settings,
                names,
                independent=names,
                subject=subject_of(card),
                store=store,
                on_progress=clock.at,
            )
        elif part == "trust":
            checkpoint_trust(path, store=store, device=device, on_progress=clock.at)
        elif part == "curves":
            checkpoint_curves(model, card, split, store, clock.at)
        else:
            checkpoint_transfer(path, store, where, clock.at)
    clock.end()


class _Clock:
    """Where the whole stands, and how long the rest may take."""

    def __init__(self, parts: tuple[str, ...], on_progress: Report | None) -> None:
        self.parts, self.report = parts, on_progress
        self.whole = sum(WEIGHTS[part] for part in parts)
        self.part, self.done, self.skipped = "", 0.0, 0.0
        self.started = self.begun = monotonic()

    def begin(self, part: str) -> None:
        self._close()
        self.part, self.begun = part, monotonic()
        self.at(0, 1)

    def at(self, done: float, total: float) -> None:
        share = (self.done + WEIGHTS[self.part] * done / max(total, 1)) / self.whole
        worked = share - self.skipped / self.whole
        left = (monotonic() - self.started) * (1 - share) / worked if worked > 0.02 else None
        if self.report:
            self.report(TITLES[self.part], share, left)

    def end(self) -> None:
        self._close()
        if self.report:
            self.report("", 1.0, 0.0)

    def _close(self) -> None:
        if self.part:
            self.done += WEIGHTS[self.part]
            if monotonic() - self.begun < 1:  # stored already, so it says nothing about how fast the rest goes
                self.skipped += WEIGHTS[self.part]

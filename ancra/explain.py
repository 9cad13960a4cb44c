"""What a file of ours is and the command that makes it anew, by the record in it or by where it lies."""

import json
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ancra.checkpoints import SUFFIX, Card, find_checkpoints, named_digests, read_card
from ancra.errors import AncraError
from ancra.live.head import SUFFIX as LIVE
from ancra.live.head import read_head
from ancra.origin import Origin, command_line, read_origin
from ancra.run_files import RunFiles
from ancra.runs.command import train_command
from ancra.runs.run import Run
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import read_outcome
from ancra.sweeps.reproduce import sweep_command
from ancra.sweeps.sweep import Sweep

# Which part of `ancra results` makes a kind of stored result; maps have a command of their own.
PARTS = {"robustness": "attacks,autoattack", "crafted": "transfer"}
PARTS |= {kind: kind for kind in ("trust", "curves", "transfer")}


def explain(path: Path) -> Origin:
    """Where a file is from: one that says so itself, a checkpoint or a network for the browser, a stored result, a part
    of a run or of a sweep.

    Raises:
        AncraError: it is missing, damaged, or nothing that this program made.
    """
    if not path.exists():
        raise AncraError(f"There is no file {path}.")
    if path.is_file():
        if path.suffix == SUFFIX:
            return _of_checkpoint(path)
        if path.suffix == LIVE:
            return _of_live(path)
        if (own := read_origin(path)) is not None:
            return own
        if path.suffix == ".npz" and (stored := _of_stored(path)) is not None:
            return stored
        if path.suffix == ".json" and (found := _of_outcome(path)) is not None:
            return found
    for folder in (path, *path.absolute().parents):
        if RunFiles(folder).recipe_file.is_file():
            return _of_run(Run.open(folder), path)
        if (folder / "plan.yaml").is_file():
            return _of_sweep(Sweep.open(folder))
    raise AncraError(f"{path} does not say where it is from: this program did not make it, or an early version did.")


def _of_checkpoint(path: Path) -> Origin:
    card = read_card(path)
    (name,) = named_digests([path])
    return Origin(
        what=f"Checkpoint {card.title}" + (f": {card.description}" if card.description else ""),
        command=(train_command(card.recipe) or "") if card.recipe else "",
        checkpoints={name: card.digest},
        data=card.data.images,
        seed=card.recipe.seed if card.recipe else None,
        settings=_settings_of(card),
        versions=card.versions,
    )


def _of_live(path: Path) -> Origin:
    head = read_head(path)
    names = [name for name, digest in _known_names().items() if digest == head.digest]
    channels, height, width = head.shape
    return Origin(
        what=f"Network for the browser {head.title}: what ancra live and the page Live attack by themselves",
        command=command_line("live", names[0], out=path.name) if names else "",
        checkpoints={names[0] if names else head.title: head.digest},
        settings={
            "images": f"{channels} x {height} x {width}",
            "classes": len(head.classes),
            "operations": len(head.operations),
            "reverse attention blocks": len(head.blocks),
            "weights": head.precision,
        },
        versions={},
    )


def _known_names() -> dict[str, str]:
    """Name -> digest of every checkpoint that is here."""
    return {name: digest for file, _ in find_checkpoints() for name, digest in named_digests([file]).items()}


def _settings_of(card: Card) -> dict[str, object]:
    made = {"recipe": card.recipe.name, "epochs": card.epochs_trained} if card.recipe else {}
    return {**card.model.model_dump(mode="json"), **made}


def _of_stored(path: Path) -> Origin | None:
    """A result of the store, which is named by digests: of its checkpoint, its images, its settings."""
    try:
        with np.load(path, allow_pickle=False) as file:
            kind, *digests = json.loads(file["meta.json"].tobytes())["key"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None
    names = {digest: name for name, digest in _known_names().items()}
    known = {names[digest]: digest for digest in digests if digest in names}
    first = next(iter(known), None)
    command = ""
    if first is not None and kind in PARTS:
        command = command_line("results", first, parts=PARTS[kind])
    return Origin(
        what=f"Stored result: {kind}",
        command=command,
        checkpoints=known,
        settings={"digests of checkpoint, images and settings": digests},
    )


def _of_outcome(path: Path) -> Origin | None:
    try:
        outcome = read_outcome(path)
    except AncraError:
        return None
    return outcome_origin(outcome, f"Outcome of the sweep {outcome.plan.title}")


def _of_run(run: Run, path: Path) -> Origin:
    recipe = run.recipe
    part = "" if path.absolute() == run.folder.absolute() else f", {path.name}"
    return Origin(
        what=f"Training run {run.name}{part}",
        command=train_command(recipe) or "",
        data=recipe.data.images,
        seed=recipe.seed,
        settings={"recipe": recipe.name, "epochs": recipe.epochs},
        checkpoints=named_digests(file for file in (run.final_checkpoint,) if file.is_file()),
    )


def _of_sweep(sweep: Sweep) -> Origin:
    plan = sweep.plan
    return Origin(
        what=f"Sweep {plan.title}",
        command=sweep_command(plan) or "",
        data=plan.recipe.data.images,
        settings={"recipe": plan.recipe.name, "seeds": plan.seeds, "vary": {k: list(v) for k, v in plan.vary.items()}},
    )

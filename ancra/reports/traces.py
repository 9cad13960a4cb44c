"""The trace of an attack on one image of a checkpoint's own test split, and where its file is from."""

from pathlib import Path

import torch

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, trace_attack
from ancra.attacks.verdict import decide, likeliest_wrong
from ancra.checkpoints import load_checkpoint, named_digests, read_card
from ancra.data.registry import load_dataset
from ancra.data.titles import dataset_title
from ancra.device import resolve_device
from ancra.errors import AncraError
from ancra.origin import Origin, command_line


def trace_of_image(
    path: Path, index: int, settings: AttackSettings, target: int | None = None, device: str = "auto"
) -> AttackTrace:
    """The trace of an attack on image ``index`` of the test split, as the Attack page makes it.

    Args:
        target: the class to reach; without one the likeliest wrong one, where the objective needs a target.

    Raises:
        AncraError: the checkpoint or its images cannot be read, there is no such image, or a target that is its class.
    """
    where = resolve_device(device)
    model, card = load_checkpoint(path, where)
    split = load_dataset(card.data).test
    if not 0 <= index < len(split):
        raise AncraError(
            f"There is no image {index}: {dataset_title(card.data.images)} has the test images 0 to {len(split) - 1}."
        )
    image, label = split.batch(slice(index, index + 1), where)
    aims = None if target is None else torch.tensor([target], device=where)
    if aims is None and OBJECTIVES[settings.objective].needs_targets:
        aims = likeliest_wrong(decide(model, image), label, 1)[:, 0]
    return trace_attack(model, image, label, settings, targets=aims, apart=True)


def trace_origin(
    path: Path, image: str, attack: str, settings: AttackSettings, target: str | None = None, page: str = ""
) -> Origin:
    """Where a file of an attack on one image is from.

    Args:
        image: the number of a test image, or what another picture is called: then no command makes it anew.
        attack: the attack's name and number of steps, such as ``pgd40``. target: the name of the class to reach.
    """
    names = named_digests([path])
    objective = None if settings.objective == "ce" else settings.objective
    again = {"image": image, "attack": attack, "epsilon": settings.epsilon, "objective": objective, "target": target}
    return Origin(
        what=f"Attack on {'test image ' if image.isdigit() else ''}{image}, step by step",
        command=command_line("attack", *names, **again, out="trace.npz") if image.isdigit() else "",
        page=page,
        checkpoints=names,
        data=read_card(path).data.images if image.isdigit() else "a picture of one's own",
        seed=settings.seed,
        settings=settings.model_dump(mode="json"),
    )

"""``ancra attack``: an attack on one test image, step by step, as a file."""

from pathlib import Path
from typing import Annotated

import typer


def attack(
    checkpoint: Annotated[str, typer.Argument(help="A name from `ancra list checkpoints`, or a file.")],
    out: Annotated[Path, typer.Option(help="The .npz file to write.")],
    image: Annotated[int, typer.Option(min=0, help="Which test image.")] = 0,
    attack: Annotated[str, typer.Option(help="An attack with its steps: pgd40, adaptive10, fgsm.")] = "pgd40",
    epsilon: Annotated[
        str | None, typer.Option(help="Radius in [0, 1] pixel values, as 0.1 or 8/255; else the checkpoint's own.")
    ] = None,
    objective: Annotated[str | None, typer.Option(help="What the attacker maximises; else the attack's own.")] = None,
    target: Annotated[str | None, typer.Option(help="The class to drive the image into; else any wrong one.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Attack one test image and keep every step: images, answers, losses (`AttackTrace.load` reads the file)."""
    from ancra.checkpoints import read_card, resolve_checkpoint
    from ancra.errors import unknown_name
    from ancra.figure_files import check_ending, write_file

    check_ending(out, ("npz",), "Traces")
    path = resolve_checkpoint(checkpoint)
    from ancra.attacks.objectives import OBJECTIVES
    from ancra.attacks.suite import preset
    from ancra.evaluation.subject import settings_of
    from ancra.origin import npz
    from ancra.reports.traces import trace_of_image, trace_origin

    card = read_card(path)
    radius = settings_of(card).epsilon if epsilon is None else epsilon
    settings = preset(attack).search(0).with_changes(epsilon=radius)
    if objective is not None:
        settings = settings.with_changes(objective=OBJECTIVES[objective].name)
    if target is not None and target not in card.classes:
        raise unknown_name("class", target, card.classes)
    settings = settings.with_changes(targeted=target is not None)
    goal = None if target is None else card.classes.index(target)
    trace = trace_of_image(path, image, settings, goal, device)
    write_file(out, npz(trace.arrays(), trace_origin(path, str(image), attack, settings, target)))
    before, after = (card.classes[int(row.argmax())] for row in (trace.natural_logits[0], trace.logits[-1, 0]))
    print(f"{out}: test image {image} is {card.classes[int(trace.labels[0])]}; answer before {before}, after {after}")

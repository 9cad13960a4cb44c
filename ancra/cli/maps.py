"""``ancra map``: maps of models as a file."""

from pathlib import Path
from typing import Annotated

import typer

from ancra.cli.console import counting_progress
from ancra.cli.flags import size


def map_(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    out: Annotated[Path, typer.Option(help="The .html, .pdf, .svg, .png or .csv file to write.")],
    attack: Annotated[str, typer.Option(help="natural, or an attack such as pgd10 or adaptive10.")] = "pgd10",
    epsilon: Annotated[
        float | None, typer.Option(help="The attack's radius, as in 8/255; else the checkpoint's own.", parser=size)
    ] = None,
    features: Annotated[str, typer.Option(help="z' (after reverse attention) or z (before it).")] = "z'",
    block: Annotated[int, typer.Option(help="Which reverse-attention block: 0 is the first, -1 the last.")] = -1,
    samples: Annotated[int, typer.Option(min=1, help="A seeded sample of the test images.")] = 1000,
    layout: Annotated[str, typer.Option(help="plain, or reference (densMAP, as the paper's figures).")] = "plain",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sample and the layout.")] = 0,
    colour: Annotated[str, typer.Option(help="true, predicted, flipped, kept or confidence.")] = "true",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Map what models make of the same test images, natural and adversarial, side by side."""
    from ancra.checkpoints import resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.maps.settings import map_settings
    from ancra.scenes.export import check_colour, check_ending, write_scene
    from ancra.scenes.of_models import scene_of_checkpoints
    from ancra.scenes.origin import map_origin

    check_ending(out)
    check_colour(colour)
    settings = map_settings(attack, epsilon, features, block, samples, layout, seed)
    with counting_progress("Mapping") as on_progress:
        scene = scene_of_checkpoints(paths, settings, device, on_progress)
    write_scene(scene, out, map_origin(paths, settings, colour), colour)
    print(f"{out}: {scene.caption}")

"""``ancra map``: maps of models as a file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ancra.cli.console import counting_progress
from ancra.cli.flags import size

if TYPE_CHECKING:
    from ancra.maps.model_map import ModelMap


def map_(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    out: Annotated[Path, typer.Option(help="The .html, .pdf, .svg, .png or .csv file to write.")],
    attack: Annotated[str, typer.Option(help="natural, or an attack such as pgd10 or adaptive10.")] = "pgd10",
    epsilon: Annotated[
        float | None, typer.Option(help="The attack's radius, as in 8/255; else the checkpoint's own.", parser=size)
    ] = None,
    features: Annotated[str, typer.Option(help="z' (after reverse attention) or z (before it).")] = "z'",
    block: Annotated[int, typer.Option(help="Which reverse-attention block: 0 is the first, -1 the last.")] = -1,
    samples: Annotated[int, typer.Option(min=1, help="A seeded sample of so many images.")] = 1000,
    split: Annotated[str, typer.Option(help="test or train: which images of the models' own.")] = "test",
    only: Annotated[
        list[str] | None, typer.Option(help="Only images of this class; give it again for another one.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="A folder or archive of images instead, its classes called as the models'.")
    ] = None,
    layout: Annotated[str, typer.Option(help="plain, or reference (densMAP, as the paper's figures).")] = "plain",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sample and the layout.")] = 0,
    colour: Annotated[str, typer.Option(help="true, predicted, flipped, kept or confidence.")] = "true",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    live: Annotated[
        bool | None,
        typer.Option(
            help="In .html: images are attacked in the page, and walk. By default where that takes 3 MB at most."
        ),
    ] = None,
) -> None:
    """Map what models make of the same images, natural and adversarial, side by side."""
    from ancra.checkpoints import resolve_checkpoint

    paths = [resolve_checkpoint(name) for name in checkpoints]
    from ancra.errors import AncraError
    from ancra.maps.settings import map_settings
    from ancra.scenes.export import check_colour, check_ending, write_scene
    from ancra.scenes.of_models import maps_of_checkpoints, scene_of_maps
    from ancra.scenes.origin import map_origin

    page = check_ending(out) == "html"
    check_colour(colour)
    if live and not page:
        raise AncraError("--live needs an .html file: a picture cannot be attacked.")
    settings = map_settings(attack, epsilon, features, block, samples, layout, seed, split, only or (), folder)
    with counting_progress("Mapping") as on_progress:
        maps = maps_of_checkpoints(paths, settings, device, on_progress)
    scene = scene_of_maps(paths, maps)
    walk, said = _walking(paths, maps, device, live) if page and live is not False else (None, "")
    write_scene(scene, out, map_origin(paths, settings, colour, live=live), colour, walk)
    print(f"{out}: {scene.caption}{said}")


def _walking(
    paths: list[Path], maps: "dict[str, ModelMap]", device: str, asked: bool | None
) -> tuple[dict[str, Any] | None, str]:
    """What lets an image's point walk in the page, and what to say of it; nothing where that is not possible."""
    from ancra.errors import AncraError
    from ancra.scenes.walking import MOST, walking
    from ancra.store import Store

    try:
        with counting_progress("Making the networks ready") as on_progress:
            found = walking(paths, maps, Store(), device, on_progress)
    except AncraError as error:
        if asked:
            raise
        return None, f" No image can be attacked in it: {error}"
    extra = len(json.dumps(found))
    if not asked and extra > MOST:
        return None, f" With --live images could be attacked in the page, which would be {extra / 1e6:.1f} MB larger."
    return found, f" Images can be attacked in the page: networks and features take {extra / 1e6:.1f} MB of it."

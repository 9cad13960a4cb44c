"""Where a file of maps is from: the checkpoints, the settings, and the command that draws it anew."""

from collections.abc import Sequence
from pathlib import Path

from ancra.checkpoints import named_digests, read_card
from ancra.maps.settings import MAP_PRESETS, ModelMapSettings
from ancra.origin import Origin, command_line


def map_origin(
    paths: Sequence[Path], settings: ModelMapSettings, colour: str = "true", page: str = "", live: bool | None = None
) -> Origin:
    """The origin of a file that shows these checkpoints' maps. Raises AncraError for one that cannot be read."""
    features, layout = settings.features, settings.layout
    return Origin(
        what="Feature maps: what models make of the same images",
        command=map_command([*named_digests(paths)], settings, colour, live),
        page=page,
        checkpoints=named_digests(paths),
        data=str(features.folder or ", ".join(dict.fromkeys(read_card(path).data.images for path in paths))),
        seed=layout.seed,
        settings={"features": features.model_dump(mode="json"), "layout": layout.model_dump(mode="json")},
    )


def map_command(
    names: Sequence[str], settings: ModelMapSettings, colour: str = "true", live: bool | None = None
) -> str:
    """``ancra map ...``; empty for settings that the command does not know. live: whether ``--live`` was asked for."""
    usual, features = ModelMapSettings().features, settings.features
    seed = settings.layout.seed
    presets = {name: each.with_changes(seed=seed) for name, each in MAP_PRESETS.items()}
    layout = next((name for name, each in presets.items() if each == settings.layout), None)
    if layout is None or features.seed != seed or features.samples is None:
        return ""
    which = features.features.replace("_prime", "'")
    options = {
        "attack": None if features.attack == usual.attack else features.attack,
        "epsilon": features.epsilon,
        "features": None if features.features == usual.features else which,
        "block": None if features.block == usual.block else features.block,
        "split": None if features.split == usual.split else features.split,
        "only": list(features.classes),
        "folder": features.folder,
        "samples": None if features.samples == usual.samples else features.samples,
        "layout": None if layout == "plain" else layout,
        "seed": seed or None,
        "colour": None if colour == "true" else colour,
    }
    if live is None:
        return command_line("map", *names, **options, out="maps.pdf")
    return command_line("map", *names, **options, live=live, no_live=not live, out="maps.html")

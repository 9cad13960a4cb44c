"""``ancra import``: a model that was trained elsewhere, from a file of weights or from a plugin's function."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ancra.cli.flags import given_by
from ancra.errors import AncraError
from ancra.settings import number

if TYPE_CHECKING:
    from ancra.data.settings import DataSettings
    from ancra.uploads.checkpoints import Added, Answers


def import_(
    source: Annotated[str, typer.Argument(help="A file of weights, a checkpoint, or a plugin's module:function.")],
    network: Annotated[
        str | None, typer.Option(help="A name from `ancra list models`, as in torchvision:resnet50; else recognised.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="A dataset that fits, or a folder of images, to measure it on.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="N | A,B,...", help="Without --data: how many classes, or their names.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="S | C,H,W", help="Without --data: a side in pixels, or channels and sides.")
    ] = None,
    mean: Annotated[str | None, typer.Option(metavar="A,B,C", help="What the model subtracts from its images.")] = None,
    std: Annotated[str | None, typer.Option(metavar="A,B,C", help="What it divides them by then.")] = None,
    attention: Annotated[
        int, typer.Option(min=0, max=2, help="Last blocks with reverse attention, which no file tells.")
    ] = 0,
    title: Annotated[str | None, typer.Option(help="What it is called in lists; else as the file.")] = None,
) -> None:
    """Add a model that was trained elsewhere, so that it can be attacked, evaluated and mapped."""
    from ancra.models.settings import ModelSettings
    from ancra.uploads.checkpoints import Added, Unrecognised, add_network, add_weights, take

    path = Path(source)
    given = {"reverse_attention_blocks": attention, "mean": _numbers("--mean", mean), "std": _numbers("--std", std)}
    chosen = {key: value for key, value in given.items() if value}
    if not path.exists() and ":" in source:
        model = ModelSettings(architecture=source).with_changes(**chosen)
        _say(add_network(source.partition(":")[2], title or source, model, _images(data, classes, size, 3, None)))
        return
    if not path.is_file():
        raise AncraError(f"There is no file {source}; a plugin's network is named as module:function.")
    with path.open("rb") as file:
        found = take(file, path.name)
        if isinstance(found, Added):
            _say(found)
            return
        if isinstance(found, Unrecognised):
            if network is None:
                raise AncraError(f"{found.reason} Name it with --network.")
            model = ModelSettings(architecture=network)
        else:
            model = found.settings.with_changes(architecture=network) if network else found.settings
            for sentence in () if network else (f"Recognised: {found.settings.architecture}.", *found.evidence):
                print(sentence)
        model = model.with_changes(**chosen)
        for sentence in (*found.aside, *_normalisation(model.mean)):
            print(sentence)
        images = _images(data, classes, size, found.channels, found.classes)
        file.seek(0)
        _say(add_weights(file, path.name, title or path.stem, model, images))


def _normalisation(mean: tuple[float, ...] | None) -> tuple[str, ...]:
    said = (
        "No normalisation is known: its images stay as they are, from 0 to 1. Give --mean and --std where it had one."
    )
    return () if mean else (said,)


def _say(added: "Added") -> None:
    print(f"{added.name} {'is here already' if added.known else 'is added'}: `ancra evaluate {added.name}`.")


def _images(
    data: str | None, classes: str | None, size: str | None, channels: int, count: int | None
) -> "DataSettings | Answers":
    from ancra.data.settings import DataSettings
    from ancra.uploads.checkpoints import Answers, numbered

    if data is not None:
        path = Path(data)
        return DataSettings(name="image_folder", root=path.absolute()) if path.exists() else DataSettings(name=data)
    sides = _numbers("--size", size) or ()
    if len(sides) not in (1, 3) or any(side != int(side) or side < 1 for side in sides):
        raise AncraError("Without --data, --size says what images it takes: 224 pixels a side, or 3,224,224.")
    names = [name.strip() for name in (classes or str(count or "")).split(",") if name.strip()]
    if len(names) == 1 and names[0].isdecimal():
        names = list(numbered(int(names[0])))
    if len(names) < 2:
        raise AncraError("Without --data, --classes says how many classes it knows, or their names.")
    whole = [int(side) for side in sides]
    return Answers(tuple(names), (channels, whole[0], whole[0]) if len(whole) == 1 else (whole[0], whole[1], whole[2]))


def _numbers(flag: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    with given_by(flag):
        try:
            return tuple(float(number(part.strip())) for part in text.split(","))
        except ValueError:
            raise AncraError(f"{text!r} is no list of numbers, as in 0.5,0.5,0.5.") from None

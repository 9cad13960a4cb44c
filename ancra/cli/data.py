"""``ancra data``: which images are here, where they lie, and fetching them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ancra.cli.console import counting_progress, print_table
from ancra.data import places
from ancra.errors import AncraError

data = typer.Typer(no_args_is_help=True, help="The images of the named datasets on this machine.")


@data.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Every named dataset: what it holds, whether it is here, and what fetching it would cost."""
    rows = [
        {
            "name": place.name,
            "about": place.about,
            "here": "yes" if place.here else "no",
            "download": f"{place.download / 1e6:.0f} MB" if place.download else "–",
            "note": place.note,
        }
        for place in places.places()
    ]
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        print_table(rows)


@data.command()
def check(folder: Annotated[Path, typer.Argument(help="A folder or archive of images.")]) -> None:
    """Say how a folder or archive of images would be read: classes, counts, what is left out, what is broken."""
    from ancra.data.report import report

    with counting_progress("Opening the images") as on_progress:
        found = report(folder, on_progress)
    split = "as they are" if found.test else "none there: a fifth of each class is held out by a seed"
    print(f"{folder}: {len(found.classes)} classes, by {found.labels}; split: {split}")
    print_table(
        [{"class": name, "training": count, "test": found.test.get(name, 0)} for name, count in found.train.items()]
    )
    for reason, count in found.unused.items():
        print(f"not used: {count} {reason}")
    for ending, count in found.left_out.items():
        print(f"left out: {count} of {ending}")
    for sentence in found.notes:
        print(sentence)
    if found.broken:
        raise AncraError(
            f"{len(found.broken)} images cannot be read: {', '.join(found.broken)}. Replace or remove them."
        )


@data.command()
def where(name: Annotated[str, typer.Argument(help="A dataset, as `ancra data list` shows it.")]) -> None:
    """Print the folder in which a dataset lies or belongs."""
    print(places.named(name).folder or "with a package that is installed")


@data.command()
def get(
    name: Annotated[str, typer.Argument(help="A dataset, as `ancra data list` shows it.")],
    root: Annotated[Path | None, typer.Option(help="The folder of data; by default the workspace's.")] = None,
) -> None:
    """Fetch a dataset's published files where they are missing, and check them."""
    with counting_progress(f"Fetching {name}") as on_progress:
        place = places.get(name, root, on_progress)
    print(f"{place.title} is here: {place.folder or place.note}")

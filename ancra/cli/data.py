"""``ancra data``: which images are here, where they lie, and fetching them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ancra.cli.console import counting_progress, print_table
from ancra.data import places

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
def check(folder: Annotated[Path, typer.Argument(help="A folder or zip of images.")]) -> None:
    """Say how a folder of images would be read: its classes with their counts, and what is left out."""
    from ancra.data.image_folder import read_layout

    layout = read_layout(folder)
    split = "as its folders say" if layout.test else "none in the folders: a fifth of each class is held out by a seed"
    print(f"{folder}: {len(layout.classes)} classes; split: {split}")
    rows = [
        {"class": name, "training": len(layout.train[name]), "test": len(layout.test.get(name, ()))}
        for name in layout.classes
    ]
    print_table(rows)
    for ending, count in layout.left_out.items():
        print(f"left out: {count} of {ending}")


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

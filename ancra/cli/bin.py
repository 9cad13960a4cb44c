"""``ancra bin``: what was deleted in the last day, and bringing it back."""

from typing import Annotated

import typer

from ancra.bin import deleted, restore
from ancra.cli.console import print_table
from ancra.errors import unknown_name
from ancra.progress import duration

bin_ = typer.Typer(no_args_is_help=True, help="What was deleted in the last day.")


@bin_.command("list")
def list_() -> None:
    """What is in the bin, the last first."""
    print_table([{"name": each.name, "from": each.place.parent, "left": duration(each.left)} for each in deleted()])


@bin_.command("restore")
def bring_back(
    name: Annotated[str, typer.Argument(help="A name, as `ancra bin list` shows it; the last of it.")],
) -> None:
    """Put a deleted run, model or set of images back where it was."""
    found = {each.name: each for each in reversed(deleted())}
    if name not in found:
        raise unknown_name("deleted thing", name, found)
    print(restore(found[name].key))

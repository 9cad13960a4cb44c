"""``ancra explain``: what a file is, and the command that makes it anew."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    files: Annotated[list[Path], typer.Argument(help="Any file that this program wrote, or a run's folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file and line.")] = False,
) -> None:
    """Say what a file shows, of which checkpoint and data, with which settings, and the command for it."""
    from ancra.explain import explain as explained

    for file in files:
        origin = explained(file)
        print(origin.model_dump_json() if as_json else "\n  ".join([f"{file}: {origin.lines[0]}", *origin.lines[1:]]))

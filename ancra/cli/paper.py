"""``ancra paper``: the paper's tables and figures as a folder for LaTeX."""

from pathlib import Path
from typing import Annotated

import typer


def paper(
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    chosen: Annotated[str, typer.Option("--set", help="digits, fashion or cifar10.")] = "digits",
) -> None:
    """Write Table 1, Figures 1 to 4 and Table 2 of the paper for a set of models, from stored results."""
    from ancra.paper.folder import write_paper

    for item in write_paper(out, chosen):
        print(f"{item.title}: {', '.join(item.files) or item.note}")
        if item.files and item.note:
            print(f"  {item.note}")
    print(f"{out}: README.md says what each file is, paper.tex shows them all.")

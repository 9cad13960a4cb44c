"""``ancra live``: a network as one small file, which a browser attacks by itself."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def live(
    checkpoint: Annotated[str, typer.Argument(help="A name from `ancra list checkpoints`, or a file.")],
    out: Annotated[Path, typer.Option(help="The .live file to write.")],
    precision: Annotated[
        Literal["auto", "fp32", "fp16"],
        typer.Option(help="Of the stored weights; auto takes fp16 where no answer changes."),
    ] = "auto",
) -> None:
    """Write a network as a file that the page attacks in the visitor's browser."""
    from ancra.checkpoints import resolve_checkpoint
    from ancra.errors import AncraError

    path = resolve_checkpoint(checkpoint)
    if out.suffix != ".live":
        raise AncraError(f"{out} must end in .live: a file for the browser is no checkpoint.")
    from ancra.live.network import live_checkpoint

    network = live_checkpoint(path, precision)
    size = network.write(out)
    print(f"{out}: {network.title}, {size / 1000:.0f} KB in {network.precision}.")

"""``ancra live``: networks as small files, or a whole page, that a browser attacks by itself."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ancra.cli.console import counting_progress


def live(
    checkpoints: Annotated[list[str], typer.Argument(help="Names from `ancra list checkpoints`, or files.")],
    out: Annotated[Path | None, typer.Option(help="The .live file to write, of one network.")] = None,
    site: Annotated[
        Path | None, typer.Option(help="A folder for one page (index.html) that attacks them without a server.")
    ] = None,
    precision: Annotated[
        Literal["auto", "fp32", "fp16"],
        typer.Option(help="Of the weights in a .live file; auto takes fp16 where no answer changes."),
    ] = "auto",
) -> None:
    """Write what a browser attacks by itself: one network as a file, or networks as a page without a server."""
    from ancra.checkpoints import read_card, resolve_checkpoint
    from ancra.errors import AncraError

    paths = [resolve_checkpoint(name) for name in checkpoints]
    if (out is None) == (site is None):
        raise AncraError("Say what to write: --out FILE.live for one network, or --site FOLDER for a page.")
    if site is not None:
        from ancra.figure_files import write_file
        from ancra.origin import Origin, command_line, signed
        from ancra.scenes.live_page import live_page
        from ancra.store import Store

        with counting_progress("Making the page") as on_progress:
            text = live_page(paths, Store(), on_progress)
        file = site / "index.html"
        digests = {name: read_card(path).digest for name, path in zip(checkpoints, paths, strict=True)}
        command = command_line("live", *checkpoints, site=site)
        origin = Origin(what="a page that attacks networks in the browser", command=command, checkpoints=digests)
        content = signed(text.encode(), "html", origin)
        write_file(file, content)
        print(f"{file}: {len(content) / 1e6:.1f} MB; open it, or put it on any static host.")
    elif out is not None:
        if len(paths) > 1:
            raise AncraError("A .live file holds one network: name one, or write a page of several with --site FOLDER.")
        if out.suffix != ".live":
            raise AncraError(f"{out} must end in .live: a file for the browser is no checkpoint.")
        from ancra.live.network import live_checkpoint

        network = live_checkpoint(paths[0], precision)
        size = network.write(out)
        print(f"{out}: {network.title}, {size / 1000:.0f} KB in {network.precision}.")

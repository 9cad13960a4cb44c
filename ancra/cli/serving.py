"""``ancra app``: the app's server."""

import os
import sys
from typing import Annotated

import typer

from ancra.errors import AncraError
from ancra.paths import ROOT


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "localhost",
) -> None:
    """Serve the app."""
    script = ROOT / "app" / "server.py"
    if not script.is_file():
        raise AncraError(f"The app is not installed: {script} is missing; clone the repository and use `make app`.")
    arguments = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    arguments += [f"--server.port={port}", f"--server.address={address}", "--browser.gatherUsageStats=false"]
    os.chdir(ROOT)
    os.execv(sys.executable, arguments)

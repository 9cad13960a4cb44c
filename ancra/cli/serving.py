"""``ancra app``: the app's server."""

import ipaddress
import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from ancra.errors import AncraError
from ancra.paths import ROOT


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "localhost",
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Whoever reaches the address may train, upload and delete.")
    ] = False,
) -> None:
    """Serve the app, to this machine alone unless told otherwise."""
    if not (trusted or stays_here(address)):
        raise AncraError(
            f"Whoever reaches {address} could train, upload and delete: add --trusted if all of them may, "
            "or leave --address out to listen on this machine only."
        )
    if not find_spec("streamlit"):
        raise ModuleNotFoundError(name="streamlit")
    script = ROOT / "app" / "server.py"
    arguments = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    arguments += [f"--server.port={port}", f"--server.address={address}", "--browser.gatherUsageStats=false"]
    # Without an address of its own the server asks a host outside for it when a foreign page connects.
    arguments += [f"--browser.serverAddress={'localhost' if is_every_network(address) else address}"]
    if stays_here(address):
        # Another name for this machine (DNS rebinding) is a foreign page that wants to look like ours.
        arguments += [f"--server.allowedHosts={name}" for name in dict.fromkeys(("localhost", "127.0.0.1", address))]
    os.chdir(ROOT)
    os.execv(sys.executable, arguments)


def stays_here(address: str) -> bool:
    """Whether only this machine can reach a server that listens on ``address``."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a name
        return address == "localhost"


def is_every_network(address: str) -> bool:
    """Whether ``address`` stands for every network of this machine, so that no browser can go there by that name."""
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False

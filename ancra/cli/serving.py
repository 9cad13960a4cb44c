"""``ancra app``: the app's server."""

import errno
import ipaddress
import os
import socket
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from ancra.environment import DEVICE, EDITORS, EMBED, ENGINE, HOME, PUBLIC
from ancra.errors import AncraError
from ancra.paths import ROOT, workspace


def app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "localhost",
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Whoever reaches the address may train, upload and delete.")
    ] = False,
    public: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Serve strangers, who know this server as HOST: they look and try, no more."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where what takes long is computed: auto, cpu, cuda, cuda:1 or mps.")
    ] = "auto",
    engine: Annotated[
        str, typer.Option(help="What computes: processes of this machine, or ray for Ray Serve.")
    ] = "processes",
    embed: Annotated[
        str | None, typer.Option(metavar="ORIGIN", help="With --public: the site that may show the app in a frame.")
    ] = None,
) -> None:
    """Serve the app, to this machine alone unless told otherwise."""
    if trusted and public:
        raise AncraError("--trusted lets everybody change things, --public lets nobody: choose one of them.")
    if embed and not public:
        raise AncraError("--embed goes with --public HOST.")
    if not (trusted or public or stays_here(address)):
        raise AncraError(
            f"Whoever reaches {address} could train, upload and delete: add --public HOST to let strangers look "
            "and try, --trusted if all of them may do everything, or leave --address out to stay on this machine."
        )
    if not find_spec("streamlit"):
        raise ModuleNotFoundError(name="streamlit")
    # What the server's own environment says is not heard: whoever starts it decides here.
    for variable, value in ((PUBLIC, public), (EMBED, embed)):
        os.environ[variable.name] = value or ""
    script = ROOT / "app" / "server.py"
    arguments = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    arguments += [f"--server.port={port}", f"--server.address={address}", "--browser.gatherUsageStats=false"]
    if public:
        arguments += public_options()
    else:
        # Without an address of its own the server asks a host outside for it when a foreign page connects.
        arguments += [f"--browser.serverAddress={'localhost' if is_every_network(address) else address}"]
    # Collecting the whole heap after each run of a page would hold up all other visitors; Python collects by itself.
    arguments += ["--runner.postScriptGC=false"]
    if stays_here(address) and not public:
        # Another name for this machine (DNS rebinding) is a foreign page that wants to look like ours.
        arguments += [f"--server.allowedHosts={name}" for name in dict.fromkeys(("localhost", "127.0.0.1", address))]
    if device != "auto":
        from ancra.device import resolve_device

        resolve_device(device)
        os.environ[DEVICE.name] = device
    if engine != "processes":
        os.environ[ENGINE.name] = engine
        if ENGINE.read("") == "ray" and not (find_spec("ray") and find_spec("fastapi")):
            raise AncraError('Ray Serve is not installed here: pip install "ancra-lab[ray]".')
    check_free(port, address)
    os.environ[HOME.name] = str(workspace().absolute())  # a relative one is meant from here
    os.chdir(ROOT)
    os.execv(sys.executable, arguments)


def public_options() -> list[str]:
    """What the server is told for strangers; says on the terminal what is open. Raises AncraError."""
    host, embed, editors = PUBLIC.read(""), EMBED.read(None), EDITORS.read([])
    changes = f"are for {', '.join(editors)}, signed in" if editors else "are closed"
    framed = f"pages of {embed}" if embed else "no other page"
    print(f"Public as {host}: visitors look and try; training, uploads, evaluation and deletion {changes}.")
    print(f"Other names than {host} are refused; {framed} may show the app in a frame.", flush=True)
    options = {
        "browser.serverAddress": host,
        "server.allowedHosts": host,
        "server.maxUploadSize": "400" if editors else "1",
        "server.maxMessageSize": "20",
        "server.maxWidgetStateSize": "1",
        "server.disconnectedSessionTTL": "60",
        "server.maxCacheDataSize": "256mb",
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "server.xsrfCookieSameSite": "none" if embed else "lax",
        "server.enableAgentApi": "false",
        "server.enableStaticServing": "false",
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    return [*given, *(f"--server.allowedHosts={name}" for name in ("localhost", "127.0.0.1"))]


def check_free(port: int, address: str) -> None:
    """Raise AncraError when another program listens on a port already."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AncraError(f"Port {port} is in use by another program: choose another with --port.") from None


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

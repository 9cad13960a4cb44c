"""How long a recipe will take and what memory it needs: measured by the command line, in a process of its own."""

import json
import os
import subprocess
import sys
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from ancra.data.places import require_here
from ancra.errors import AncraError
from ancra.paths import ROOT
from ancra.recipe import Recipe
from ancra.settings import write_yaml
from app.access import changing
from app.queueing import Queue
from app.work import Progress

LONGEST = 240  # seconds


@dataclass(frozen=True)
class Measured:
    """What `ancra train --estimate` says.

    Attributes:
        seconds: of the whole run.
        memory: bytes at the highest, None where they cannot be told.
        device: where it was measured.
        steps, step_seconds: of an epoch, and what one of them takes.
    """

    seconds: float
    memory: int | None
    device: str
    steps: int = 0
    step_seconds: float = 0.0


@changing
def begin(recipe: Recipe) -> "Future[Measured]":
    """The estimate, begun if it was not before; one at a time, and each recipe once for all sessions.

    The future raises AncraError when the recipe cannot be trained here, as when its data are missing.
    """
    return _queue().begin(recipe.digest(), lambda progress: measure(recipe, progress)).future


def measure(recipe: Recipe, _: Progress | None = None) -> Measured:
    """Run the command and wait for it. Raises AncraError: its sentence, or that it takes too long."""
    require_here(recipe.data)  # a link asks for an estimate, too, and must not start a download
    with TemporaryDirectory(prefix="ancra-estimate-") as folder:
        file = Path(folder) / "recipe.yaml"
        write_yaml(recipe, file)
        command = [sys.executable, "-m", "ancra", "train", str(file), "--estimate", "--json"]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            minutes = LONGEST // 60
            raise AncraError(
                f"A few steps take more than {minutes} minutes here: this needs a faster machine."
            ) from None
        except OSError as error:
            raise AncraError(f"The estimate cannot be started: {error.strerror}.") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        known = done.returncode == 2 and said
        raise AncraError(said[-1] if known else "There is no estimate for this recipe; the run itself may work.")
    try:
        table = json.loads(done.stdout.strip().splitlines()[-1])
        return Measured(
            seconds=float(table["seconds"]),
            memory=table.get("memory_bytes"),
            device=str(table.get("device", "")),
            steps=int(table.get("steps", 0)),
            step_seconds=float(table.get("step_seconds", 0)),
        )
    except (ValueError, KeyError, IndexError, TypeError):
        raise AncraError("There is no estimate for this recipe; the run itself may work.") from None


@st.cache_resource(show_spinner=False)
def _queue() -> Queue:
    return Queue(workers=1)

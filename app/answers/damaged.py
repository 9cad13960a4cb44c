"""What lies in the workspace and cannot be read: why, where it is, and moving it into the bin or out of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ancra import bin
from ancra.checkpoints import SUFFIX, read_card
from ancra.errors import AncraError
from ancra.paths import uploads_folder
from ancra.runs.run import list_runs
from ancra.sweeps.sweep import list_sweeps
from ancra.uploads.images import damaged_image_sets
from app import compute
from app.access import changing


@dataclass(frozen=True)
class Damaged:
    """One thing that cannot be shown.

    Attributes:
        kind: what it is ("run"). path: where it lies. reason: why, in one sentence.
    """

    kind: str
    path: Path
    reason: str

    @property
    def key(self) -> str:
        """What tells it apart from things of other kinds with the same name."""
        return f"{self.kind}-{self.path.name}"


@st.cache_data(ttl=10, show_spinner=False)
def damaged() -> list[Damaged]:
    """The runs, sweeps, models and images that cannot be shown; the others are shown as if these were not there."""
    return [
        *_unreadable("run", {run.folder: lambda run=run: run.recipe for run in list_runs()}),  # type: ignore[misc]
        *_unreadable("sweep", {sweep.folder: lambda sweep=sweep: sweep.plan for sweep in list_sweeps()}),  # type: ignore[misc]
        *_unreadable(
            "model",
            {path: lambda path=path: read_card(path) for path in sorted(uploads_folder().glob(f"[!.]*{SUFFIX}"))},  # type: ignore[misc]
        ),
        *(Damaged("set of images", path, reason) for path, reason in damaged_image_sets().items()),
    ]


@changing
def discard(path: Path) -> None:
    """Move a damaged thing into the bin. Raises AncraError."""
    if path not in [each.path for each in damaged()]:
        raise AncraError(f"{path} is not damaged, or gone already.")
    bin.discard(path)
    compute.look_again()


@changing
def restore(key: str) -> None:
    """Put a deleted thing back where it was. Raises AncraError."""
    bin.restore(key)
    compute.look_again()


def _unreadable(kind: str, found: dict[Path, Callable[[], object]]) -> Iterator[Damaged]:
    for path, read in found.items():
        try:
            read()
        except AncraError as error:
            yield Damaged(kind, path, str(error))

"""Figures as files for a paper: column widths, fonts that every publisher takes, and where each figure is from."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.origin import Origin, pdf_info, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN, TWO_COLUMNS = 3.25, 7.0
"""Inches: the width of a column of a two-column paper, and of its text."""
KINDS = ("pdf", "svg", "png")


@contextmanager
def paper_look() -> Iterator[None]:
    """Figures that are made and saved within it have a paper's font and sizes; fonts are embedded as Type 42."""
    from matplotlib import rc_context

    look: dict[Any, Any] = {
        "font.family": ["STIXGeneral", "DejaVu Sans"],  # the second for what the first has no glyph of
        "mathtext.fontset": "stix",
        "font.size": 8,
        "axes.titlesize": 8,
        "axes.labelsize": 8,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "axes.linewidth": 0.6,
        "lines.linewidth": 1.0,
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "ancra",
    }
    with rc_context(look):
        yield


def figure_bytes(figure: "Figure", kind: str, origin: Origin) -> bytes:
    """A figure as the content of a file that says where it is from; the same figure gives the same bytes.

    Args:
        kind: one of ``KINDS``.
    """
    buffer = io.BytesIO()
    metadata = {"pdf": pdf_info(origin), "svg": {"Date": None}, "png": None}[kind]
    with paper_look():
        figure.savefig(buffer, format=kind, dpi=300, metadata=metadata)
    return buffer.getvalue() if kind == "pdf" else signed(buffer.getvalue(), kind, origin)


def check_ending(path: Path, kinds: tuple[str, ...], what: str) -> str:
    """The kind of file that a path's ending names. Raises AncraError unless it is among ``kinds``."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in kinds:
        *others, last = (f".{each}" for each in kinds)
        raise AncraError(f"{what} are written as {', '.join(others)} or {last} files, not as {path.name!r}.")
    return kind


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole. Raises AncraError when it cannot be written."""
    try:
        replace_file(path, lambda file: file.write(content))
    except OSError as error:
        raise AncraError(f"{path} cannot be written: {error.strerror}.") from None

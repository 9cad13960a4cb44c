"""Errors of the core name a setting; the command line says by which flag it was given."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ancra.errors import AncraError
from ancra.settings import number


@contextmanager
def given_by(flag: str) -> Iterator[None]:
    """What is refused inside the ``with`` was given by this flag, with which the sentence begins."""
    try:
        yield
    except AncraError as error:
        raise AncraError(f"{flag}: {error}") from None


def size(text: str) -> float:
    """A number of the command line, also written as ``8/255``. Raises typer.BadParameter."""
    try:
        return float(number(text))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no number: 0.03 or 8/255, for example.") from None

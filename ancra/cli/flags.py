"""Errors of the core name a setting; the command line says by which flag it was given."""

from collections.abc import Iterator
from contextlib import contextmanager

from ancra.errors import AncraError


@contextmanager
def given_by(flag: str) -> Iterator[None]:
    """What is refused inside the ``with`` was given by this flag, with which the sentence begins."""
    try:
        yield
    except AncraError as error:
        raise AncraError(f"{flag}: {error}") from None

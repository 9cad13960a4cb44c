"""What is to be ended with the server: a signal that ends a process leaves out what Python would do at its exit."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache


@cache
def endings() -> list[Callable[[], object]]:
    """The list of this process: whoever has begun something adds how it is ended."""
    return []


def end_all() -> None:
    """End everything, the latest first; what cannot be ended holds nobody up."""
    while endings():
        with suppress(Exception):
            endings().pop()()

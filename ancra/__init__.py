"""ANCRA Lab: adversarially robust image classifiers and the representations they learn.

The packages from the ground up: ``data`` and ``models``, then ``attacks`` and ``negatives``, then ``losses``, then
``training``, ``evaluation``, ``features`` and ``attribution``, then ``runs``, then ``cli``.


In a notebook: ``ancra.load``, ``ancra.attack``, ``ancra.trust`` and ``ancra.map`` (``ancra.notebook``).
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_FROM_THE_NOTEBOOK = ("load", "attack", "map")


def __getattr__(name: str) -> Any:
    """``ancra.load``, ``attack``, ``map`` and ``trust`` load what they need when they are first asked for."""
    if name in _FROM_THE_NOTEBOOK:
        return getattr(importlib.import_module("ancra.notebook"), name)
    if name == "trust":
        return importlib.import_module("ancra.trust")  # a package that can be called
    raise AttributeError(f"module 'ancra' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_FROM_THE_NOTEBOOK, "trust"])

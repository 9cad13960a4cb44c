"""Code that numba compiles (umap-learn, pynndescent): kept on disk, and run by one thread at a time."""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from platformdirs import user_cache_path

from ancra.paths import workspace

# numba's default threading layer ends the process when two threads enter parallel code at the same time.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def turn() -> Iterator[None]:
    """Hold this while compiled code runs; its warnings are silenced.

    They tell of what is meant here: a seed means one thread; given neighbours mean that umap-learn cannot transform.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def umap_learn() -> Any:
    """The module ``umap``; the compiled code of its fits is kept, which saves 4 to 8 s in every later process."""
    _have_a_folder("umap")
    import umap
    from umap import aligned_umap, layouts, umap_, utils

    _keep(umap_, layouts, utils, aligned_umap)
    return umap


@cache
def nearest_neighbour_descent() -> Any:
    """pynndescent's ``NNDescent``; keeping its compiled code saves the better part of a minute."""
    _have_a_folder("pynndescent")
    from pynndescent import NNDescent, distances, graph_utils, pynndescent_, rp_trees, utils

    _keep(pynndescent_, rp_trees, utils, distances, graph_utils)
    return NNDescent


def _have_a_folder(package: str) -> None:
    """Give numba a folder of ours where it could keep compiled code neither beside a package nor in a home.

    Both packages ask for a cache while they are imported, and numba refuses where it finds none.
    """
    spec = find_spec(package)
    beside = Path(spec.origin).parent if spec and spec.origin else Path()
    home = next(folder for folder in (user_cache_path(), *user_cache_path().parents) if folder.exists())
    if "NUMBA_CACHE_DIR" not in os.environ and not any(os.access(folder, os.W_OK) for folder in (beside, home)):
        os.environ["NUMBA_CACHE_DIR"] = str(workspace() / "numba")


def _keep(*modules: ModuleType) -> None:
    """Switch numba's disk cache on for a module's functions that were not compiled yet."""
    from numba.core.dispatcher import Dispatcher

    for module in modules:
        for function in vars(module).values():
            if isinstance(function, Dispatcher) and not function.overloads:
                try:
                    function.enable_caching()
                except RuntimeError:  # no folder to keep it in: it is compiled in each process, as without us
                    return

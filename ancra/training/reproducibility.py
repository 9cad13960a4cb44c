"""What a training loop runs in: deterministic kernels, and errors said in one sentence."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from ancra.errors import AncraError
from ancra.training.memory import out_of_memory
from ancra.training.processes import launched_by_torchrun


@contextmanager
def reproducible() -> Iterator[None]:
    """Deterministic kernels where torch has them; what was set before is put back."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before, warn_only=warn_only)


@contextmanager
def as_ancra_errors(folder: Path) -> Iterator[None]:
    """Turn what disks, memories and connections raise into an AncraError about the run in ``folder``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise AncraError(f"The disk of {folder} is full: free some space, then resume the run.") from None
        raise AncraError(f"{error.filename or folder} cannot be used: {error.strerror or error}.") from None
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            raise AncraError("The memory is full before the first step: choose a smaller model or data set.") from None
        if launched_by_torchrun() and _is_of_the_connection(error):
            raise AncraError("Another process of this run ended, and so does this one; resume the run.") from None
        raise


def _is_of_the_connection(error: BaseException) -> bool:
    return isinstance(error, torch.distributed.DistError) or any(
        name in str(error) for name in ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer")
    )

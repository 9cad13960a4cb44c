"""What the benchmarks measure beside time."""

import ctypes
import gc
import sys
from pathlib import Path

import torch


def reset_peak(device: torch.device) -> None:
    """Start counting peak memory anew."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    elif sys.platform == "linux":
        # Freed memory goes back to the system first, else the first contender pays for all.
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")


def peak(device: torch.device) -> float:
    """Peak memory since the last reset in MB: of the GPU, or resident on Linux; NaN elsewhere."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    if sys.platform != "linux":
        return float("nan")
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 2**10

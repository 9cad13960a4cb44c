"""Runs that are killed again and again; `make chaos` does more of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPEATS = 3


@pytest.mark.slow
def test_killed_at_random_moments_a_run_ends_as_if_nothing_had_happened():
    # A process of its own: forking one that has computed with torch is not safe.
    script = Path(__file__).with_name("chaos.py")
    done = subprocess.run(
        [sys.executable, str(script), "--repeats", str(REPEATS), "--seed", "1"],
        capture_output=True,
        text=True,
        env={**os.environ, "ANCRA_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert f"{REPEATS} runs" in done.stdout

"""Runs that are killed again and again; `make chaos` does more of it."""

import os
import subprocess
import sys

import pytest

from ancra.paths import ROOT

REPEATS = 3


@pytest.mark.slow
def test_killed_at_random_moments_a_run_ends_as_if_nothing_had_happened():
    # A process of its own: forking one that has computed with torch is not safe.
    done = subprocess.run(
        [sys.executable, "-m", "tests.runs.chaos", "--repeats", str(REPEATS), "--seed", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "ANCRA_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert f"{REPEATS} runs" in done.stdout

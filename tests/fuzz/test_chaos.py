"""Work that is ended again and again; `make chaos` does more of it."""

import os
import subprocess
import sys

import pytest

from ancra.paths import ROOT


@pytest.mark.slow
def test_what_pages_do_may_end_at_any_moment():
    # A process of its own: forking one that has computed with torch is not safe.
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.chaos", "--repeats", "1", "--seed", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "ANCRA_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "nothing half written or lost" in done.stdout

"""Runs that are trained in the process that submits them."""

import pytest

from ancra.errors import AncraError
from ancra.launchers.registry import launcher, launcher_of
from ancra.runs.run import Run


def test_a_run_has_ended_when_submitting_comes_back(tiny_recipe, tmp_path):
    run = Run.create(tmp_path / "run", tiny_recipe.with_changes(epochs=1))
    launcher("debug").submit(run)
    assert (run.status().state, run.final_checkpoint.is_file()) == ("finished", True)
    assert type(launcher_of(run)) is type(launcher("debug"))


def test_what_goes_wrong_is_raised_and_written_down(tiny_recipe, tmp_path):
    data = {"name": "image_folder", "root": tmp_path / "gone"}
    run = Run.create(tmp_path / "run", tiny_recipe.with_changes(data=data))
    with pytest.raises(AncraError, match="no folder"):
        launcher("debug").submit(run)
    assert run.status().state == "failed"

"""What is damaged in the workspace is shown as damaged, and everything else as if it were not there."""

import pytest
from streamlit.testing.v1 import AppTest

from ancra import limits
from ancra.bin import deleted
from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.launchers.local import LocalLauncher
from ancra.paths import ROOT
from ancra.recipe import load_recipe
from ancra.runs.run import Run, list_runs
from app import state
from app.answers import damaged, runs

PAGE = str(ROOT / "app" / "app_pages" / "train.py")


@pytest.fixture
def good(workspace, clear_caches):
    """A run that can be shown."""
    run = Run.create(workspace / "runs" / "good", load_recipe("digits-natural"))
    run.write_status(RunStatus(state="finished", epochs=1))
    return run


@pytest.fixture
def broken(workspace):
    """One damaged thing of each kind, by its path."""
    contents = {
        "runs/bad-run/recipe.yaml": b"[" * 3000,
        "sweeps/bad-sweep/plan.yaml": b"name: &a [*a]",
        "uploads/bad-model.safetensors": b"no checkpoint",
        "data/uploads/bad-images/about.json": b"[" * 100_000,
    }
    for place, content in contents.items():
        path = workspace / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [workspace / place for place in ("runs/bad-run", "sweeps/bad-sweep", "uploads/bad-model.safetensors")]


def opened() -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params["part"] = "Runs"
    page.run()
    assert not page.exception
    return page


def test_each_damaged_thing_is_listed_with_where_it_lies_and_can_be_deleted(good, broken):
    page = opened()
    said = " ".join(each.value for each in page.text)
    for path in broken:
        assert f"{path.name}: " in said
        assert str(path) in said
    assert "bad-images" in said
    assert any(box.key == "show/good" for box in page.checkbox)
    page.button(key="delete-damaged-run-bad-run").click().run()
    assert not page.exception
    assert [run.name for run in list_runs()] == ["good"]
    assert [entry.name for entry in deleted()] == ["bad-run"]


def test_damaged_things_of_one_name_are_told_apart(good, workspace):
    for place in ("runs/same/recipe.yaml", "sweeps/same/plan.yaml"):
        (workspace / place).parent.mkdir(parents=True, exist_ok=True)
        (workspace / place).write_bytes(b"[" * 3000)
    keys = [each.key for each in opened().button]
    assert {"delete-damaged-run-same", "delete-damaged-sweep-same"} <= set(keys)


def test_a_public_server_is_nobodys_own_machine(monkeypatch):
    assert state.on_this_machine()
    monkeypatch.setattr(state, "is_public", lambda: True)
    assert not state.on_this_machine()


def test_only_what_is_damaged_is_deleted_so(good):
    with pytest.raises(AncraError, match="is not damaged"):
        damaged.discard(good.folder)


def test_what_the_app_starts_is_bounded(good, monkeypatch):
    monkeypatch.setattr(LocalLauncher, "submit", lambda self, run: None)
    monkeypatch.setattr(limits, "ACTIVE_RUNS", 2)
    recipe = load_recipe("digits-natural")
    runs.start(recipe)
    runs.start(recipe)
    with pytest.raises(AncraError, match="2 runs train or wait already"):
        runs.start(recipe)

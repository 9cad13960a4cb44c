"""What is deleted can be brought back for a day."""

from pathlib import Path

import pytest

from ancra import bin
from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.recipe import load_recipe
from ancra.runs.run import Run, delete_run, list_runs


@pytest.fixture
def run(workspace: Path) -> Run:
    made = Run.create(workspace / "runs" / "mine", load_recipe("digits-trades"))
    made.write_status(RunStatus(state="finished"))
    made.append_metrics({"epoch": 1, "natural": 0.5})
    return made


def test_a_deleted_run_comes_back_as_it_was(run: Run) -> None:
    before = {path.name: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    delete_run(run)
    assert list_runs() == []
    (entry,) = bin.deleted()
    assert (entry.name, entry.place) == ("mine", Path("runs/mine"))
    assert bin.restore(entry.key) == run.folder
    assert {path.name: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert bin.deleted() == []


def test_what_is_there_again_is_not_replaced(run: Run) -> None:
    delete_run(run)
    Run.create(run.folder, load_recipe("digits-trades"))
    with pytest.raises(AncraError, match="is there again"):
        bin.restore(bin.deleted()[0].key)
    assert len(bin.deleted()) == 1


def test_it_is_gone_after_a_day(run: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delete_run(run)
    now = bin.time()
    monkeypatch.setattr(bin, "time", lambda: now + bin.KEPT + 1)
    other = workspace / "uploads" / "model.safetensors"
    other.parent.mkdir()
    other.write_bytes(b"1")
    bin.discard(other)
    assert [entry.name for entry in bin.deleted()] == ["model"]


def test_what_lies_elsewhere_is_not_taken(workspace: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(AncraError, match="not in the workspace"):
        bin.discard(elsewhere)
    assert elsewhere.is_dir()


def test_a_run_elsewhere_is_removed_for_good(workspace: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "elsewhere", load_recipe("digits-trades"))
    run.write_status(RunStatus(state="finished"))
    delete_run(run)
    assert not run.folder.exists()
    assert bin.deleted() == []


def test_what_cannot_be_moved_stays(run: Run, workspace: Path) -> None:
    (workspace / "bin").write_text("no folder")
    with pytest.raises(AncraError, match="cannot be removed"):
        delete_run(run)
    assert run.recipe_file.is_file()


def test_the_command_brings_back(run: Run, ancra) -> None:
    delete_run(run)
    assert "mine" in ancra("bin", "list")[1]
    assert ancra("bin", "restore", "mine")[0] == 0
    assert [each.name for each in list_runs()] == ["mine"]
    code, _, said = ancra("bin", "restore", "mine")
    assert code == 2
    assert "no deleted thing" in said

import pytest

from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.runs.run import Run, delete_run, list_runs, new_run


@pytest.fixture
def run(tiny_recipe, tmp_path):
    return Run.create(tmp_path / "run", tiny_recipe)


def test_a_new_run_is_queued_and_knows_its_recipe(run, tiny_recipe):
    assert Run.open(run.folder).recipe == tiny_recipe
    assert run.status().state == "queued"
    assert run.status().epochs == tiny_recipe.epochs
    assert run.metrics() == []
    assert run.log_tail() == ""


def test_a_folder_holds_one_run(run, tiny_recipe):
    with pytest.raises(AncraError, match="holds a run already"):
        Run.create(run.folder, tiny_recipe)


def test_a_folder_that_cannot_be_written(tiny_recipe, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AncraError, match="cannot be written"):
        Run.create(tmp_path / "file" / "run", tiny_recipe)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(AncraError, match="holds no run"):
        Run.open(tmp_path)


def test_torn_and_repeated_lines_go_when_a_run_goes_on(run):
    for epoch in (1, 2, 3):
        run.append_metrics({"epoch": epoch, "loss": 1.0})
    with run.metrics_file.open("a") as file:
        file.write('{"epoch": 4, "lo')
    assert [row["epoch"] for row in run.metrics()] == [1, 2, 3]
    run.keep_metrics(2)
    run.append_metrics({"epoch": 3, "loss": 2.0})
    assert [row["epoch"] for row in run.metrics()] == [1, 2, 3]
    assert run.metrics()[-1]["loss"] == 2.0
    assert run.metrics_file.read_text().count("\n") == 3


def test_the_log_ends_with_the_newest_line(run):
    for number in range(30):
        run.log(f"line {number}")
    tail = run.log_tail(3).splitlines()
    assert len(tail) == 3
    assert tail[-1].endswith("line 29")


def test_a_damaged_status_is_lost_not_a_crash(run):
    (run.folder / "status.json").write_text('{"state": "run')
    assert run.status().state == "lost"


def test_runs_are_listed_newest_first_and_deleted(workspace, tiny_recipe):
    first, second = new_run(tiny_recipe), new_run(tiny_recipe)
    assert first.name != second.name
    first.write_status(RunStatus(state="finished", created=1))
    assert [run.name for run in list_runs()] == [second.name, first.name]
    delete_run(first)
    assert [run.name for run in list_runs()] == [second.name]


def test_a_running_run_is_not_deleted(run):
    run.write_status(RunStatus().working())
    with pytest.raises(AncraError, match="stop it first"):
        delete_run(run)

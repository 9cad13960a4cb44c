import pytest

from ancra.errors import AncraError
from ancra.jobs.status import RunStatus
from ancra.runs.labels import RunLabels, read_labels, write_labels
from ancra.runs.run import Run
from ancra.runs.step_losses import append_step_loss, keep_step_losses, read_step_losses


@pytest.fixture
def run(workspace, tiny_recipe):
    run = Run.create(workspace / "runs" / "one", tiny_recipe)
    run.write_status(RunStatus(state="finished", created=1.0))
    return run


def test_labels_are_kept_in_the_runs_folder(run):
    assert read_labels(run) == RunLabels()
    write_labels(run, RunLabels(title="My best", note="Two\nlines", tags=("a", " a", "b", "")))
    assert read_labels(run) == RunLabels(title="My best", note="Two\nlines", tags=("a", "b"))


@pytest.mark.parametrize("damaged", [b"{", b"[]", b'{"title": 3}', b'{"title": "a\\nb"}'])
def test_damaged_labels_are_none(run, damaged):
    run.labels_file.write_bytes(damaged)
    assert read_labels(run) == RunLabels()


def test_a_name_that_is_none_is_refused():
    with pytest.raises(AncraError, match="pictures and links"):
        RunLabels(title="![x](http://a)")


def test_the_command_line_labels_a_run_and_shows_it(run, ancra):
    assert ancra("runs", "label", "one", "--title", "Mine", "--tag", "x", "--tag", "y")[0] == 0
    assert ancra("runs", "label", "one", "--note", "Good.")[1].strip() == "one · Mine · x · y · Good."
    shown = ancra("runs", "show", "one")[1]
    assert "Mine" in shown
    assert "x, y" in shown
    assert ancra("runs", "label", "one", "--tag", "")[1].strip() == "one · Mine · Good."


def test_step_losses_after_the_epoch_that_is_gone_on_from_are_dropped(run):
    assert read_step_losses(run) == []
    for at, loss in ((0.5, 3.0), (1.0, 2.0), (1.5, 1.0)):
        append_step_loss(run, at, loss)
    with run.steps_file.open("a") as file:
        file.write('{"at": 2')
    keep_step_losses(run, 1)
    assert read_step_losses(run) == [(0.5, 3.0), (1.0, 2.0)]

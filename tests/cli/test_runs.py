"""``ancra runs``: what it prints and what it refuses; nothing is trained here."""

import csv
import json

import pytest

from ancra.jobs.launch import read_launch
from ancra.jobs.status import RunStatus
from ancra.launchers.local import LocalLauncher
from ancra.runs.run import Run, list_runs


@pytest.fixture
def runs(workspace, tiny_recipe):
    """A finished run and one that was stopped after an epoch, which differ in their seed and their contrast."""
    other = tiny_recipe.with_changes(seed=7, objective={"base": "trades"})
    first, second = (
        Run.create(workspace / "runs" / name, recipe)
        for name, recipe in {"trades-ancra-1": tiny_recipe, "trades-2": other}.items()
    )
    for epoch, adaptive in enumerate((0.2, 0.4, 0.3), 1):
        first.append_metrics({"epoch": epoch, "natural": 0.9, "pgd": 0.5, "adaptive": adaptive})
    second.append_metrics({"epoch": 1, "natural": 0.8, "pgd": 0.1, "adaptive": 0.1})
    first.write_status(RunStatus(state="finished", epoch=3, epochs=3, created=1))
    second.write_status(RunStatus(state="cancelled", message="Stopped by SIGTERM.", epoch=1, epochs=3, created=2))
    first.log("finished: here")
    return first, second


@pytest.fixture
def submitted(monkeypatch):
    """Records what is submitted instead of starting it."""
    names = []
    monkeypatch.setattr(LocalLauncher, "submit", lambda self, run: names.append(run.name))
    return names


def test_a_workspace_without_runs_says_how_to_start_one(ancra):
    assert "ancra train" in ancra("runs")[1]
    assert json.loads(ancra("runs", "--json")[1]) == []


def test_the_table_and_its_json(ancra, runs):
    lines = ancra("runs")[1].splitlines()
    assert [line.split()[0] for line in lines] == ["name", "trades-2", "trades-ancra-1"]
    assert lines[2].split()[2:] == ["finished", "3/3", "90.0%", "50.0%", "30.0%"]
    row = json.loads(ancra("runs", "--json")[1])[1]
    assert (row["name"], row["state"], row["adaptive"], row["launcher"]) == ("trades-ancra-1", "finished", 0.3, "local")


def test_a_damaged_run_is_listed_all_the_same(ancra, runs):
    runs[0].recipe_file.write_text("name: [")
    code, out, _ = ancra("runs")
    assert code == 0
    assert "(damaged)" in out
    code, _, err = ancra("runs", "show", "trades-ancra-1")
    assert code == 2
    assert "recipe.yaml" in err


def test_show_tells_best_and_last(ancra, runs):
    out = ancra("runs", "show", "trades-a")[1]
    assert "last      epoch 3: natural 90.0%, PGD 50.0%, adaptive 30.0%" in out
    assert "best      epoch 2: natural 90.0%, PGD 50.0%, adaptive 40.0%" in out
    assert "finished: here" in out
    assert json.loads(ancra("runs", "show", "trades-a", "--json")[1])["best"]["epoch"] == 2


def test_of_equal_epochs_the_best_is_the_one_whose_weights_are_kept(ancra, runs):
    for epoch, natural in enumerate((0.91, 0.95, 0.95), 4):
        runs[0].append_metrics({"epoch": epoch, "natural": natural, "pgd": 0.5, "adaptive": 0.4, "constant": 0.1})
    assert json.loads(ancra("runs", "show", "trades-a", "--json")[1])["best"]["epoch"] == 5
    names = [run.name for run in runs]
    assert json.loads(ancra("runs", "compare", *names, "--json")[1])[0]["best"]["epoch"] == 5


@pytest.mark.parametrize(
    ("name", "said"),
    [("trades", "fits 2 runs"), ("trades-ancra-l", "did you mean 'trades-ancra-1'?"), ("-2", "No such option")],
)
def test_names_that_are_not_clear(ancra, runs, name, said):
    code, _, err = ancra("runs", "show", name)
    assert code == 2
    assert said in err


def test_a_name_may_be_a_part_or_a_folder(ancra, runs):
    for name in ("trades-2", "ancra", str(runs[1].folder)):
        assert ancra("runs", "show", name)[0] == 0


def test_resume_hands_over_what_is_not_finished(ancra, runs, submitted):
    code, out, _ = ancra("runs", "resume", "trades-2")
    assert (code, submitted) == (0, ["trades-2"])
    assert "ancra runs follow trades-2" in out
    code, _, err = ancra("runs", "resume", "trades-2", "trades-a")
    assert (code, submitted) == (2, ["trades-2"])
    assert "finished" in err


def test_train_with_a_launcher_submits_and_returns(ancra, submitted):
    code, out, _ = ancra("train", "digits-pgd-at", "--launcher", "local")
    assert code == 0
    assert submitted == [run.name for run in list_runs()]
    assert submitted[0] in out


def test_an_unknown_launcher_makes_no_run(ancra):
    code, _, err = ancra("train", "digits-pgd-at", "--launcher", "slrum")
    assert code == 2
    assert "did you mean 'slurm'?" in err
    assert list_runs() == []


@pytest.mark.parametrize(("name", "package"), [("ray", "ray"), ("slurm", "submitit")])
def test_an_extra_that_is_not_installed(ancra, monkeypatch, name, package):
    monkeypatch.setattr("ancra.launchers.ray.find_spec", lambda wanted: None)
    monkeypatch.setattr("ancra.launchers.slurm.find_spec", lambda wanted: None)
    code, _, err = ancra("train", "digits-pgd-at", "--launcher", name)
    assert code == 2
    assert f'pip install "ancra-lab[{name}]"' in err
    assert len(err.strip().splitlines()) == 1
    assert list_runs() == []


def test_stop_says_what_is_not_going_on_and_can_give_up_a_job(ancra, runs):
    assert "not going on: it is cancelled" in ancra("runs", "stop", "trades-2")[1]
    runs[1].write_status(RunStatus(state="queued"))
    (runs[1].folder / "launch.json").write_text('{"launcher": "ray", "job": "raysubmit_1", "address": "http://gone:1"}')
    assert read_launch(runs[1]).job == "raysubmit_1"
    assert "cancelled" in ancra("runs", "stop", "--forget", "trades-2")[1]
    assert runs[1].status().state == "cancelled"


def test_delete_asks(ancra, runs, monkeypatch):
    asked = []
    monkeypatch.setattr("typer.confirm", lambda text, abort: asked.append(text))
    assert ancra("runs", "delete", "trades-2")[0] == 0
    assert asked == ["Delete 1 run for good?"]
    assert ancra("runs", "delete", "--yes", "trades-a")[0] == 0
    assert len(asked) == 1
    assert list_runs() == []


def test_what_is_going_on_is_not_deleted(ancra, runs):
    runs[1].write_status(RunStatus(state="queued"))
    code, _, err = ancra("runs", "delete", "--yes", "trades-a", "trades-2")
    assert code == 2
    assert "stop it first" in err
    assert len(list_runs()) == 2


def test_compare_shows_what_differs_once(ancra, runs, tmp_path):
    out = ancra("runs", "compare", "trades-a", "trades-2")[1]
    assert "seed" in out
    assert "batch_size" not in out
    found = json.loads(ancra("runs", "compare", "trades-a", "trades-2", "--json", "--csv", tmp_path / "table.csv")[1])
    assert [row["settings"]["seed"] for row in found] == [0, 7]
    assert "objective.contrast.zeta" in found[0]["settings"]
    assert [row["best"]["epoch"] for row in found] == [2, 1]
    lines = (tmp_path / "table.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [(row["run"], row["last adaptive"], row["best adaptive"]) for row in rows] == [
        ("trades-ancra-1", "0.3", "0.4"),
        ("trades-2", "0.1", "0.1"),
    ]
    assert ancra("runs", "compare", "trades-a")[0] == 2


def test_follow_prints_the_log_and_tells_how_it_ended(ancra, runs, monkeypatch):
    code, out, _ = ancra("runs", "follow", "trades-a")
    assert code == 0
    assert "finished: here" in out
    assert ancra("runs", "follow", "trades-2")[0] == 1

    def write(seconds):
        runs[1].log("epoch 2/3")
        runs[1].write_status(RunStatus(state="finished"))

    runs[1].write_status(RunStatus(state="queued"))
    monkeypatch.setattr("ancra.cli.runs.sleep", write)
    code, out, _ = ancra("runs", "follow", "trades-2")
    assert code == 0
    assert "epoch 2/3" in out


def test_ctrl_c_leaves_a_followed_run_alone(ancra, runs, monkeypatch):
    def interrupt(seconds):
        raise KeyboardInterrupt

    runs[1].write_status(RunStatus(state="queued"))
    monkeypatch.setattr("ancra.cli.runs.sleep", interrupt)
    code, _, err = ancra("runs", "follow", "trades-2")
    assert code == 0
    assert "goes on" in err
    assert runs[1].status().state == "queued"


def test_a_finished_run_is_given_more_epochs_where_its_schedule_allows(ancra, runs, submitted, tiny_recipe):
    runs[0].state_file.write_bytes(b"a state")
    code, _, err = ancra("runs", "resume", "trades-ancra-1", "--epochs", "9")
    assert (code, submitted) == (2, [])
    assert "schedule.kind cosine" in err
    steady = tiny_recipe.with_changes(schedule={"kind": "constant"}, epsilon_ramp=0)
    runs[0].write_recipe(steady)
    assert "already" in ancra("runs", "resume", "trades-ancra-1", "--epochs", "6")[2]
    assert ancra("runs", "resume", "trades-ancra-1", "--epochs", "9")[0] == 0
    assert submitted == ["trades-ancra-1"]
    assert (runs[0].recipe.epochs, runs[0].status().epochs, runs[0].status().epoch) == (9, 9, 3)

"""``ancra sweep`` as a person types it."""

import json

import pytest

from ancra.settings import yaml_text


@pytest.fixture
def recipe_file(tiny_recipe, tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml_text(tiny_recipe.with_changes(epochs=1, validation={"samples": 8, "steps": 1})))
    return path


@pytest.fixture
def launcher(here, monkeypatch):
    launcher = here()
    monkeypatch.setattr("ancra.launchers.registry.launcher", lambda name: launcher)
    return launcher


def test_a_sweep_from_the_recipe_to_the_figure(ancra, launcher, recipe_file, workspace, tmp_path):
    arguments = ("sweep", recipe_file, "--vary", "alpha=0:1:1", "--seeds", 2, "--name", "ends")
    options = ("--set", "test_attacks=[fgsm]", "--into", tmp_path / "kept", "--figure", tmp_path / "ends.svg")
    code, out, err = ancra(*arguments, *options)
    assert (code, err) == (0, "")
    assert "4/4  alpha-1_seed-1: finished" in out
    assert "alpha 0 " in out
    assert "inside the noise" in out
    kept = json.loads((tmp_path / "kept" / "ends.json").read_text())
    assert len(kept["results"]) == 4
    assert kept["command"].startswith("ancra sweep ")
    lines = (tmp_path / "kept" / "ends.csv").read_text().splitlines()
    assert len([line for line in lines if not line.startswith("#")]) == 5
    _, said, _ = ancra(
        "explain", tmp_path / "kept" / "ends.csv", tmp_path / "kept" / "ends.json", tmp_path / "ends.svg"
    )
    assert said.count("made anew by: ancra sweep ") == 3
    assert (tmp_path / "ends.svg").is_file()
    assert (workspace / "sweeps" / "ends" / "outcome.json").is_file()
    assert len(launcher.trained) == 4
    code, out, _ = ancra(*arguments, "--set", "test_attacks=[fgsm]")
    assert code == 0
    assert len(launcher.trained) == 4


def test_a_failing_run_is_shown_with_its_reason(ancra, here, recipe_file, monkeypatch):
    monkeypatch.setattr("ancra.launchers.registry.launcher", lambda name: here(break_at="alpha-0.0_seed-0"))
    code, out, _ = ancra("sweep", recipe_file, "--vary", "alpha=0,1", "--seeds", 1, "--set", "test_attacks=[fgsm]")
    assert code == 0
    assert "alpha-0_seed-0" in out


def test_a_stopped_sweep_says_how_it_goes_on(ancra, here, recipe_file, monkeypatch):
    monkeypatch.setattr("ancra.launchers.registry.launcher", lambda name: here(stop_at="alpha-1_seed-0"))
    code, _, err = ancra("sweep", recipe_file, "--vary", "alpha=0,1", "--seeds", 1, "--set", "test_attacks=[fgsm]")
    assert (code, err) == (130, "Stopped; the same command goes on.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("table2-digit",), "did you mean 'table2-digits'"),
        (("digits-trades",), "say what varies"),
        (("digits-trades", "--vary", "alpa=1"), "did you mean 'alpha'"),
        (("digits-trades", "--vary", "alpha=0.5,1.5"), "less than or equal to 1"),
        (("digits-trades", "--vary", "epochs=1", "--set", "epoch=3"), "did you mean 'epochs'"),
        (("digits-trades", "--vary", "seed=1,2"), "seeds"),
        (("digits-trades", "--vary", "epochs=1,2", "--figure", "x.gif"), ".png"),
        (("digits-trades", "--vary", "alpha=0:1:0.001"), "give --yes"),
        (("digits-trades", "--vary", "alpha=0:1:0.0000001"), "10,000 are the most"),
        (("digits-trades", "--vary", "epochs=1", "--name", "No Name"), "name"),
        (("missing.yaml",), "missing.yaml"),
    ],
)
def test_bad_input_is_one_sentence(ancra, workspace, arguments, said):
    code, _, err = ancra("sweep", *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not (workspace / "sweeps").exists()


def test_strategies_are_checked_before_the_first_run(ancra, workspace):
    code, _, err = ancra("sweep", "digits-trades-ancra", "--vary", "negatives.strategy=random,soft_l")
    assert code == 2
    assert "did you mean 'soft_ls'" in err

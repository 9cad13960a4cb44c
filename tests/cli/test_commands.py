import json
import subprocess
import sys

import pytest

from ancra.checkpoints import read_card
from ancra.settings import write_yaml

SLOW_TO_IMPORT = ("torch", "sklearn", "numpy", "streamlit", "lightning_fabric")


@pytest.fixture
def recipe_file(tiny_recipe, tmp_path):
    path = tmp_path / "tiny.yaml"
    write_yaml(tiny_recipe.with_changes(epochs=1), path)
    return path


def test_help_loads_nothing_heavy():
    code = f"import sys, ancra.cli; sys.exit(len([m for m in {SLOW_TO_IMPORT} if m in sys.modules]))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    subprocess.run([sys.executable, "-m", "ancra", "--help"], check=True, stdout=subprocess.DEVNULL)


def test_lists(ancra):
    everything = json.loads(ancra("list", "--json")[1])
    assert set(everything) == {"datasets", "models", "recipes", "sweeps", "checkpoints"}
    assert {"digits", "image_folder"} <= {row["name"] for row in everything["datasets"]}
    assert "small_resnet" in {row["name"] for row in everything["models"]}
    assert json.loads(ancra("list", "recipes", "--json")[1]) == everything["recipes"]
    assert "digits-trades-ancra" in ancra("list", "recipes")[1]


def test_train_evaluate_and_keep_the_evaluation(ancra, recipe_file, tmp_path):
    run, copy = tmp_path / "run", tmp_path / "models" / "tiny.safetensors"
    code, out, _ = ancra("train", recipe_file, "--set", "attack.steps=2", "--out", run, "--checkpoint", copy)
    assert code == 0
    assert "epoch 1/1" in out
    assert read_card(copy).recipe.attack.steps == 2

    code, out, _ = ancra("evaluate", copy, "--samples", 8, "--json", "--write")
    row = json.loads(out)
    assert code == 0
    assert {"checkpoint", "dataset", "samples", "natural", "pgd", "adaptive", "settings"} <= row.keys()
    assert row["samples"] == 8
    ancra("evaluate", copy, "--samples", 8, "--write")
    assert len(read_card(copy).evaluation) == 1
    assert "PGD-40" in ancra("evaluate", copy, "--samples", 8)[1]


def test_resume_without_a_folder_finds_the_unfinished_run(ancra, recipe_file, workspace, tiny_recipe):
    from ancra.jobs.status import RunStatus
    from ancra.runs.run import new_run

    run = new_run(tiny_recipe.with_changes(epochs=1))
    run.write_status(RunStatus(state="cancelled"))
    assert ancra("train", recipe_file, "--resume")[0] == 0
    assert run.status().state == "finished"
    code, _, err = ancra("train", recipe_file, "--resume")
    assert code == 2
    assert "no unfinished run" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "digits-trade"], "did you mean 'digits-trades'"),
        (["train", "nowhere.yaml"], "no recipe file"),
        (["train", "digits-natural", "--set", "epoch=3"], "did you mean 'epochs'"),
        (["train", "digits-natural", "--set", "epochs=many"], "epochs = 'many'"),
        (["train", "digits-natural", "--set", "attack.epsilon=-1"], "attack.epsilon = -1"),
        (["train", "digits-natural", "--set", "data.name=digit"], "did you mean 'digits'"),
        (["train", "digits-natural", "--set", "device=cdua"], "device named 'cdua'"),
        (["train", "digits-natural", "--set", "nonsense"], "key=value"),
        (["train", "digits-natural", "--out", "/proc/nowhere/run"], "cannot be written"),
        (["list", "recipe"], "did you mean 'recipes'"),
        (["evaluate", "nowhere.safetensors"], "nowhere.safetensors"),
        (["lst"], "No such command"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(ancra, arguments, said):
    code, _, err = ancra(*arguments)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_a_folder_with_a_run_of_other_settings_is_not_resumed(ancra, recipe_file, tmp_path):
    assert ancra("train", recipe_file, "--out", tmp_path / "run")[0] == 0
    code, _, err = ancra("train", recipe_file, "--out", tmp_path / "run")
    assert (code, "holds a run already" in err) == (2, True)
    code, _, err = ancra("train", recipe_file, "--set", "seed=1", "--out", tmp_path / "run", "--resume")
    assert (code, "other settings" in err) == (2, True)
    assert ancra("train", recipe_file, "--out", tmp_path / "run", "--resume")[0] == 0


def test_a_model_from_elsewhere_is_imported_and_evaluated(ancra, workspace, tmp_path, plain):
    import torch

    torch.save({"net": plain.state_dict()}, tmp_path / "mine.pth.tar")
    code, _, err = ancra("import", tmp_path / "mine.pth.tar")
    assert (code, "--size says what images it takes" in err) == (2, True)
    code, out, _ = ancra("import", tmp_path / "mine.pth.tar", "--size", 8, "--title", "Mine")
    assert code == 0
    assert "Recognised: small_resnet" in out
    assert "came without images" in ancra("evaluate", "uploads/mine-pth")[2]
    assert "is here already" in ancra("import", tmp_path / "mine.pth.tar", "--data", "digits")[1]
    assert "PGD-40" in ancra("evaluate", "uploads/mine-pth", "--samples", 4)[1]


def test_a_plugins_function_is_imported_with_its_weights_and_trained(ancra, workspace, recipe_file):
    (workspace / "plugins").mkdir(parents=True)
    made = "nn.Sequential(nn.Flatten(), nn.Linear(64, num_classes))"
    code = f"from torch import nn\ndef make(num_classes):\n    return {made}\n"
    (workspace / "plugins" / "own_nets.py").write_text(code)
    assert "uploads/make is added" in ancra("import", "own_nets:make", "--data", "digits")[1]
    assert "no function 'mak'" in ancra("import", "own_nets:mak", "--data", "digits")[2]
    change = ("--set", "model={architecture: 'own_nets:make'}", "--set", "steps_per_epoch=1")
    assert "epoch 1/1" in ancra("train", recipe_file, *change, "--out", workspace / "run")[1]

import pytest
import torch

from ancra.checkpoints import load_checkpoint, read_card
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.maps.over_epochs import EpochMaps
from ancra.run_files import RunFiles
from ancra.runs.execution import execute
from ancra.runs.run import Run
from ancra.scenes.of_epochs import MOST_EPOCHS, scene_of_epochs, shown_epochs


@pytest.fixture(autouse=True)
def quick_layout(monkeypatch):
    """Maps that stay where they start: what UMAP does is tested elsewhere."""
    monkeypatch.setattr("ancra.maps.layout.fit_umap", lambda features, settings, neighbours, init: (init, "none"))


@pytest.fixture
def recipe(tiny_recipe):
    return tiny_recipe.with_changes(epochs=2)


def trained(folder, recipe):
    run = Run.create(folder, recipe)
    execute(run)
    return run


def test_mapping_the_epochs_changes_no_bit_of_the_training(recipe, tmp_path):
    plain = trained(tmp_path / "plain", recipe)
    kept = trained(tmp_path / "kept", recipe.with_changes(keep_epochs=True))
    first, second = (load_checkpoint(run.final_checkpoint)[0].state_dict() for run in (plain, kept))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert plain.kept_epochs() == []
    assert kept.kept_epochs() == [1, 2]
    assert read_card(kept.epoch_checkpoint(1)).epochs_trained == 1
    assert read_card(kept.epoch_checkpoint(2)).digest == read_card(kept.final_checkpoint).digest

    maps = EpochMaps(kept.folder)
    found = {epoch: maps.find(epoch) for epoch in maps.epochs()}
    scene = scene_of_epochs(found, load_dataset(DataSettings()))
    assert scene.stages
    assert scene.payload["stages"]
    assert [one.title for one in scene.maps] == ["Natural", "PGD-10"]
    assert [frame.title for frame in scene.maps[0].frames] == ["Epoch 1", "Epoch 2"]
    assert "Epochs 1 to 2" in scene.caption
    with pytest.raises(AncraError, match="Fewer than two"):
        scene_of_epochs({1: found[1]}, load_dataset(DataSettings()))


def test_a_map_that_fails_ends_no_training(recipe, tmp_path, monkeypatch):
    def fail(*_):
        raise AncraError("no room")

    monkeypatch.setattr(EpochMaps, "add", fail)
    run = trained(tmp_path / "run", recipe.with_changes(keep_epochs=True))
    assert run.status().state == "finished"
    assert "not mapped any further: no room" in run.log_tail()


def test_later_epochs_are_forgotten(tmp_path):
    RunFiles(tmp_path).epoch_checkpoint(1).parent.mkdir(parents=True)
    for epoch in (1, 2, 3):
        RunFiles(tmp_path).epoch_checkpoint(epoch).touch()
    RunFiles(tmp_path).forget_epochs(after=1)
    assert RunFiles(tmp_path).kept_epochs() == [1]


def test_many_epochs_are_thinned():
    shown = shown_epochs(list(range(1, 201)))
    assert len(shown) == MOST_EPOCHS
    assert (shown[0], shown[-1]) == (1, 200)
    assert shown_epochs([3]) == [3]

import shutil

import pytest
import torch
from PIL import Image
from watching import Watcher, weights

from ancra.errors import AncraError
from ancra.training.trainer import train


@pytest.fixture
def pictures(tmp_path):
    """A folder of images."""
    for index in range(24):
        folder = tmp_path / "data" / "train" / "ab"[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((8, 8), 50).save(folder / f"{index}.png")
    return tmp_path / "data"


def of_pictures(recipe, root):
    data = {"name": "image_folder", "root": root, "image_size": 8, "channels": 1}
    return recipe.with_changes(data=data, epochs=2, batch_size=8)


def test_a_run_goes_on_where_its_images_lie_now(tiny_recipe, pictures, tmp_path, workspace):
    recipe, moved = of_pictures(tiny_recipe, pictures), of_pictures(tiny_recipe, tmp_path / "moved")
    whole = weights(train(recipe, tmp_path / "whole", Watcher()))
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "halves", Watcher(end_after=1))
    shutil.copytree(pictures, tmp_path / "moved", copy_function=shutil.copyfile)
    shutil.rmtree(pictures)
    halves = weights(train(moved, tmp_path / "halves", Watcher(), resume=True))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)


def test_a_run_does_not_go_on_with_other_images(tiny_recipe, pictures, tmp_path, workspace):
    recipe = of_pictures(tiny_recipe, pictures)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "run", Watcher(end_after=1))
    Image.effect_noise((8, 8), 50).save(pictures / "train" / "a" / "99.png")
    with pytest.raises(AncraError, match="are not those that"):
        train(recipe, tmp_path / "run", Watcher(), resume=True)


def test_a_data_set_that_vanishes_ends_no_run_and_is_named_when_resuming(tiny_recipe, pictures, tmp_path):
    root, recipe = pictures, of_pictures(tiny_recipe, pictures)

    class Vandal(Watcher):
        def epoch_finished(self, row):
            super().epoch_finished(row)
            shutil.rmtree(root, ignore_errors=True)

    watcher = Vandal()
    assert train(recipe, tmp_path / "run", watcher).is_file()
    assert len(watcher.rows) == 2
    with pytest.raises(AncraError, match="data"):
        train(recipe, tmp_path / "run", Watcher(), resume=True)
    assert (tmp_path / "run" / "checkpoints" / "last.pt").is_file()

"""What is made of a model's results, and what cannot be."""

import numpy as np
import pytest
import torch
from PIL import Image

from ancra.checkpoints import Card, read_card, save_checkpoint
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.evaluation.curves import stored_curves
from ancra.evaluation.robustness import stored_report
from ancra.evaluation.subject import settings_of, subject_of
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.reports.results import impossible, make_results
from ancra.store import Store


@pytest.fixture
def of_two_classes(tmp_path, workspace):
    """A model of a folder of images in two classes."""
    random = np.random.default_rng(0)
    for name in "ab":
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(4):
            Image.fromarray(random.integers(0, 255, (8, 8), np.uint8)).save(tmp_path / f"images/{name}/{number}.png")
    data = DataSettings(name="image_folder", root=tmp_path / "images", image_size=8, channels=1, test_fraction=0.5)
    settings = ModelSettings(width=4)
    torch.manual_seed(0)
    card = Card(
        name="own",
        title="Own",
        dataset="image_folder",
        trained_on=data,
        classes=("a", "b"),
        image_shape=(1, 8, 8),
        model=settings,
    )
    save_checkpoint(build_model(settings, (1, 8, 8), 2).eval(), card, tmp_path / "own.safetensors")
    return tmp_path / "own.safetensors"


def test_an_attack_that_needs_more_classes_does_not_keep_the_other_results_away(of_two_classes, tmp_path):
    store = Store([tmp_path / "results"])
    make_results(of_two_classes, store, ("autoattack", "curves"), device="cpu")
    card = read_card(of_two_classes)
    assert stored_curves(card, store)
    assert stored_report(subject_of(card), settings_of(card), store) is None
    assert "4 classes or more" in impossible(2)
    assert impossible(4) == ""
    with pytest.raises(AncraError, match="AutoAttack needs 4 classes or more"):
        make_results(of_two_classes, store, ("autoattack",), device="cpu")

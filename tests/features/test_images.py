import numpy as np
import pytest
import torch
from PIL import Image

from ancra.checkpoints import Card
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.features.images import chosen_split, images_digest, load_images, sampled
from ancra.features.settings import FeatureSettings
from ancra.models.settings import ModelSettings

CLASSES = ("cat", "snow leopard", "dog")
CARD = Card(
    name="m", title="Mine", dataset="digits", classes=CLASSES, image_shape=(1, 8, 8), model=ModelSettings(width=4)
)


def folder(root, **classes):
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        place = root / name
        place.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (12, 9, 3), dtype=np.uint8)).save(place / f"{number}.png")
    return root


def test_what_is_not_chosen_does_not_change_the_name_of_stored_results():
    assert FeatureSettings(attack="pgd10").digest() == "88031a9d3d3e9834"
    assert FeatureSettings(classes=("3",)).digest() != FeatureSettings().digest()
    assert FeatureSettings(folder="a").source != FeatureSettings().source


def test_a_class_of_training_images_is_sampled_with_the_seed():
    dataset = load_dataset(DataSettings())
    settings = FeatureSettings(split="train", classes=("3", "8"), samples=50)
    rows = sampled(dataset, settings)
    assert set(chosen_split(dataset, settings).labels[rows].tolist()) == {3, 8}
    assert torch.equal(rows, sampled(dataset, settings))
    assert set(sampled(dataset, settings.with_changes(samples=20)).tolist()) < set(rows.tolist())


def test_an_unknown_class_is_named():
    with pytest.raises(AncraError, match="no class named 'nine'"):
        sampled(load_dataset(DataSettings()), FeatureSettings(classes=("nine",)))


def test_a_folder_is_read_in_the_models_size_and_its_classes_are_found_by_name(tmp_path):
    root = folder(tmp_path / "mine", **{"Dog": 3, "Snow_Leopard": 2, "unicorn": 4})
    settings = FeatureSettings(folder=root)
    images = load_images(CARD, settings)
    assert images.dataset.name == "the folder mine"
    assert images.dataset.classes == CLASSES
    assert images.dataset.image_shape == (1, 8, 8)
    assert sorted(images.dataset.test.labels.tolist()) == [1, 1, 2, 2, 2]
    assert images.left_out == "Left out: 4 images of 1 class that the model does not know (unicorn)."
    before = images_digest(CARD, settings)
    (root / "Dog" / "0.png").unlink()
    assert images_digest(CARD, settings) != before


def test_a_folder_of_classes_that_the_model_does_not_know_is_refused(tmp_path):
    root = folder(tmp_path / "mine", **{"rose": 2, "tulip": 2})
    with pytest.raises(AncraError, match="classes rose and tulip, and Mine knows none of them"):
        load_images(CARD, FeatureSettings(folder=root))

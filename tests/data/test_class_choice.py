"""Some classes of a dataset: which images are kept, what their labels are, and what is refused."""

import hashlib
import json

import pytest
import torch
import yaml

from ancra.data.class_choice import chosen_classes, keep_classes
from ancra.data.dataset import Dataset, Split
from ancra.data.digest import data_digest
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.recipe import Recipe
from ancra.settings import parse, yaml_text

CLASSES, IDS = ("cat", "dog", "owl"), ("n1", "n2", "n3")


def _split(*labels: int) -> Split:
    images = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous()
    return Split(images, torch.tensor(labels))


def _pixels(split: Split) -> list[int]:
    return split.images[:, 0, 0, 0].tolist()


def test_labels_follow_the_list_and_images_keep_their_order() -> None:
    kept = keep_classes(Dataset("mine", CLASSES, _split(0, 1, 2, 0), _split(2, 1, 0), IDS), ["owl", "n1"])
    assert (kept.classes, kept.ids) == (("owl", "cat"), ("n3", "n1"))
    assert (_pixels(kept.train), kept.train.labels.tolist()) == ([0, 2, 3], [1, 0, 1])
    assert (_pixels(kept.test), kept.test.labels.tolist()) == ([0, 2], [0, 1])


def test_training_images_are_still_read_only_when_they_are_asked_for() -> None:
    def missing() -> Split:
        raise AncraError("not there")

    kept = keep_classes(Dataset("mine", CLASSES, missing, _split(2, 1, 0)), ["dog", "cat"])
    assert _pixels(kept.test) == [1, 2]
    with pytest.raises(AncraError, match="not there"):
        _ = kept.train


def test_any_dataset_takes_a_list() -> None:
    whole, kept = (load_dataset(DataSettings(name="digits", classes=names)) for names in ((), ("7", "1")))
    assert kept.classes == ("7", "1")
    assert len(kept.test) == int(((whole.test.labels == 7) | (whole.test.labels == 1)).sum())
    assert torch.equal(kept.test.images[kept.test.labels == 0], whole.test.images[whole.test.labels == 7])


def test_a_list_renames_results_and_its_absence_does_not() -> None:
    plain = DataSettings(name="digits")
    before = plain.model_dump(mode="json", exclude={"classes"})
    assert data_digest(plain) == hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()[:16]
    digests = {data_digest(plain.with_changes(classes=names)) for names in ((), ("1", "7"), ("7", "1"))}
    assert len(digests) == 3
    assert data_digest(plain) in digests


def test_a_recipe_keeps_the_list() -> None:
    recipe = Recipe(name="mine", title="Mine", data=DataSettings(classes=("1", "7")))
    again = parse(Recipe, yaml.safe_load(yaml_text(recipe)), "text")
    assert again == recipe


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["cat", "dgo"], "There is no class named 'dgo'; did you mean 'dog'?"),
        (["cat", "zebra"], "known: cat, dog, owl"),
        (["cat", "n1"], "lists 'cat' twice"),
    ],
)
def test_a_wrong_name_is_one_sentence(names: list[str], sentence: str) -> None:
    with pytest.raises(AncraError, match=sentence.replace("?", r"\?")):
        chosen_classes(names, CLASSES, IDS)


@pytest.mark.parametrize(("names", "sentence"), [(["1"], "at least two classes"), (["1", "1"], "listed twice")])
def test_a_list_that_makes_no_classifier_is_refused(names: list[str], sentence: str) -> None:
    with pytest.raises(AncraError, match=sentence):
        DataSettings(classes=tuple(names))


def test_names_that_yaml_reads_as_numbers_are_names() -> None:
    assert DataSettings.model_validate({"classes": yaml.safe_load("[7, 1]")}).classes == ("7", "1")


def test_classes_without_images_are_refused() -> None:
    with pytest.raises(AncraError, match="no images in one of the splits"):
        keep_classes(Dataset("mine", CLASSES, _split(0, 1, 2), _split(0, 0)), ["dog", "owl"])

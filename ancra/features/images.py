"""The images whose features are asked for: a split of a model's own dataset, some of its classes, or a folder."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ancra.checkpoints import Card
from ancra.data.dataset import Dataset, Split, sample
from ancra.data.digest import data_digest
from ancra.data.settings import FOLDER, DataSettings, called
from ancra.errors import AncraError, unknown_name
from ancra.features.settings import FeatureSettings
from ancra.text import listed


@dataclass(frozen=True)
class Images:
    """Images that a model can be asked about.

    Attributes:
        dataset: with the model's own classes; of a folder both splits hold all of its images.
        left_out: a sentence on what of a folder is not among them, with counts; empty where nothing is.
    """

    dataset: Dataset
    left_out: str = ""


def data_of(card: Card, settings: FeatureSettings) -> DataSettings:
    """How the images are read: as the model's own dataset, or a folder in the model's size and channels."""
    if settings.folder is None:
        return card.data
    channels, side, _ = card.image_shape
    return DataSettings(name=FOLDER, root=settings.folder, image_size=side, channels=1 if channels == 1 else 3)


def images_digest(card: Card, settings: FeatureSettings) -> str:
    """What names these images in stored results. Raises AncraError when they are gone."""
    return data_digest(data_of(card, settings))


def load_images(card: Card, settings: FeatureSettings) -> Images:
    """The images, read. Raises AncraError: not there, broken, or a folder with none of the model's classes."""
    from ancra.data.registry import load_dataset

    loaded = load_dataset(data_of(card, settings))
    if settings.folder is not None:
        return _of_folder(card, called(settings.folder), loaded)
    if loaded.classes != card.classes:
        raise AncraError(
            f"{card.title} was trained on other classes than {loaded.name} has now: check the dataset's folder."
        )
    return Images(loaded)


def chosen_split(dataset: Dataset, settings: FeatureSettings) -> Split:
    """The split that the images come from. Raises AncraError for an empty one."""
    split = dataset.test if settings.split == "test" else dataset.train
    if len(split) == 0:
        raise AncraError(f"The {settings.split} split of {dataset.name} holds no images.")
    return split


def eligible(dataset: Dataset, settings: FeatureSettings) -> Tensor:
    """(n,) which images of the split have one of the chosen classes, ascending; all for none chosen.

    Raises AncraError: no such class, or no image of it.
    """
    split = chosen_split(dataset, settings)
    if not settings.classes:
        return torch.arange(len(split))
    unknown = next((name for name in settings.classes if name not in dataset.classes), None)
    if unknown is not None:
        raise unknown_name("class", unknown, dataset.classes)
    labels = torch.tensor([dataset.classes.index(name) for name in settings.classes])
    found = torch.isin(split.labels, labels).nonzero().flatten()
    if not len(found):
        raise AncraError(f"There is no {settings.part} image of {listed(settings.classes)}: choose another class.")
    return found


def sampled(dataset: Dataset, settings: FeatureSettings) -> Tensor:
    """(n,) the seeded sample of those images, ascending. Raises AncraError as ``eligible``."""
    found = eligible(dataset, settings)
    return found[sample(len(found), settings.samples, settings.seed)]


def _of_folder(card: Card, name: str, loaded: Dataset) -> Images:
    places = {_plain(title): place for place, title in enumerate(card.classes)}
    label = torch.tensor([places.get(_plain(title), -1) for title in loaded.classes])
    if not (label >= 0).any():
        raise AncraError(
            f"The folder {name} has the classes {_some(loaded.classes)}, and {card.title} knows none of them "
            f"({_some(card.classes)}): name the folders after the model's classes."
        )
    images = torch.cat([loaded.train.images, loaded.test.images])
    labels = label[torch.cat([loaded.train.labels, loaded.test.labels])]
    kept = (labels >= 0).nonzero().flatten()
    split = Split(images[kept], labels[kept], loaded.test.pixel_max)
    strange = [title for title, place in zip(loaded.classes, label.tolist(), strict=True) if place < 0]
    lost = len(images) - len(kept)
    left_out = (
        f"Left out: {lost} {'image' if lost == 1 else 'images'} of {len(strange)} "
        f"{'class that the model does' if len(strange) == 1 else 'classes that the model does'} not know "
        f"({_some(strange)})."
        if strange
        else ""
    )
    return Images(Dataset(f"the folder {name}", card.classes, split, split), left_out)


def _plain(title: str) -> str:
    return unicodedata.normalize("NFC", title).casefold().replace("_", " ").strip()


def _some(titles: Sequence[str], most: int = 5) -> str:
    return listed(titles) if len(titles) <= most else f"{', '.join(titles[:most])} and {len(titles) - most} more"

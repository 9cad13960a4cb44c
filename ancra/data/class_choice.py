"""Some of a dataset's classes: only their images are kept, and labels count along the list that was given."""

from collections.abc import Sequence

import torch

from ancra.data.dataset import Dataset, Split
from ancra.errors import AncraError, unknown_name


def chosen_classes(wanted: Sequence[str], classes: Sequence[str], ids: Sequence[str] = ()) -> list[int]:
    """Where the wanted classes stand in a dataset, in the order wanted; all of them for none wanted.

    Args:
        wanted: names or ids.
        classes: the names of the dataset's classes.
        ids: what else they are called by, in the same order; empty for none.

    Raises:
        AncraError: there is no such class, or a class is wanted by its name and by its id.
    """
    if not wanted:
        return list(range(len(classes)))
    place = {name: index for names in (ids, classes) for index, name in enumerate(names)}
    unknown = next((name for name in wanted if name not in place), None)
    if unknown is not None:
        raise unknown_name("class", unknown, classes)
    found = [place[name] for name in wanted]
    for index, name in zip(found, wanted, strict=True):
        if found.count(index) > 1:
            raise AncraError(f"data.classes lists {classes[index]!r} twice, once as {name!r}: list each class once.")
    return found


def keep_classes(dataset: Dataset, wanted: Sequence[str]) -> Dataset:
    """The dataset of the wanted classes alone; label 0 is the first that is wanted. All classes for none wanted.

    Raises AncraError as ``chosen_classes`` does, and for classes without any image for testing.
    """
    found = chosen_classes(wanted, dataset.classes, dataset.ids)
    if found == list(range(len(dataset.classes))):
        return dataset
    classes = tuple(dataset.classes[index] for index in found)
    training = dataset.training
    return Dataset(
        dataset.name,
        classes,
        _keep(training, found) if isinstance(training, Split) else lambda: _keep(dataset.train, found),
        _keep(dataset.test, found),
        tuple(dataset.ids[index] for index in found) if dataset.ids else (),
    )


def _keep(split: Split, found: Sequence[int]) -> Split:
    highest = max(int(split.labels.max()), *found)
    label = torch.full((highest + 1,), -1).index_copy(0, torch.tensor(found), torch.arange(len(found)))
    labels = label[split.labels]
    kept = (labels >= 0).nonzero().squeeze(1)
    if not len(kept):
        raise AncraError("The chosen classes have no images in one of the splits: choose others.")
    return Split(split.subset(kept).images, labels[kept], split.pixel_max)

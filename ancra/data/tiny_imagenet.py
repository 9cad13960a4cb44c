"""Tiny-ImageNet-200 in its published layout, as a folder or as the zip archive; parts of it load too."""

from collections import Counter, defaultdict
from pathlib import PurePosixPath

from ancra.data.class_choice import chosen_classes
from ancra.data.dataset import Dataset, Split
from ancra.data.download import fetch
from ancra.data.files import SUFFIXES, Files, open_files
from ancra.data.grouping import Group, flatten, refuse_single_images
from ancra.data.memory_mapped import decode_images
from ancra.data.settings import DataSettings, data_root
from ancra.errors import AncraError
from ancra.progress import OnProgress

URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
MD5 = "90528d7ca1a48142e341f4ef8d21d0de"
FOLDER = "tiny-imagenet-200"
IMAGE_SIZE = 64


def load_tiny_imagenet(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """Colour images of 64 x 64 pixels in 200 classes of ImageNet; the validation images are for testing.

    Labels follow the sorted WordNet ids, as in torchvision's ImageFolder; a class is called by the first word that
    words.txt gives it. Classes without training images are left out, with their validation images. Of the images of
    classes that ``settings.classes`` leaves out nothing is decoded.

    Raises AncraError: not there and no network (it says where to put the archive), or not in the published layout.
    """
    files = _locate(settings, on_progress)
    prefix = _prefix(files)
    ids = sorted(_text(files, prefix + "wnids.txt").split())
    train = _train(files, prefix, ids)
    refuse_single_images(files.root, train)
    present = [wordnet_id for wordnet_id in ids if train[wordnet_id]]
    words = _words(files, prefix, present)
    chosen = chosen_classes(settings.classes, words, present)
    present, classes = [present[index] for index in chosen], tuple(words[index] for index in chosen)
    test = _validation(files, prefix, ids)
    names, labels = flatten(train, present)
    test_names, test_labels = flatten(test, present)
    if not names or not test_names:
        raise _wrong(files, f"{prefix}{'val' if names else 'train'}/ has no images")
    side = settings.image_size or IMAGE_SIZE
    images = decode_images(files, names + test_names, settings.channels or 3, (side, side), on_progress)
    count = len(names)
    training, test_split = Split(images[:count], labels), Split(images[count:], test_labels)
    return Dataset(settings.name, classes, training, test_split, tuple(present))


def _locate(settings: DataSettings, on_progress: OnProgress | None) -> Files:
    root = data_root(settings)
    archive = root / f"{FOLDER}.zip"
    for place in (root, root / FOLDER):
        if place.is_file() or (place / "train").is_dir():
            return open_files(place)
    if not archive.is_file():
        fetch(URL, archive, MD5, on_progress)
    return open_files(archive)


def _prefix(files: Files) -> str:
    """The folder inside an archive that holds everything, with a slash; empty in a folder."""
    places = [name for name in files.stamps if PurePosixPath(name).name == "wnids.txt"]
    if not places:
        raise _wrong(files, "wnids.txt is missing")
    return min(places, key=len).removesuffix("wnids.txt")


def _train(files: Files, prefix: str, ids: list[str]) -> Group:
    train: Group = defaultdict(list)
    known, start = set(ids), prefix + "train/"
    for name in files.stamps:
        if name.startswith(start) and PurePosixPath(name).suffix.lower() in SUFFIXES:
            wordnet_id = name[len(start) :].partition("/")[0]
            if wordnet_id not in known:
                raise _wrong(files, f"{start}{wordnet_id} is not listed in wnids.txt")
            train[wordnet_id].append(name)
    return train


def _validation(files: Files, prefix: str, ids: list[str]) -> Group:
    where = prefix + "val/val_annotations.txt"
    images = {name for name in files.stamps if name.startswith(prefix + "val/images/")}
    validation: Group = defaultdict(list)
    known = set(ids)
    for number, line in enumerate(_text(files, where).splitlines(), start=1):
        name, _, rest = line.partition("\t")
        wordnet_id = rest.partition("\t")[0]
        if wordnet_id not in known:
            raise _wrong(files, f"line {number} of {where} names no class of wnids.txt")
        path = f"{prefix}val/images/{name}"
        if path in images:  # listed but not there: a part of the dataset
            images.remove(path)
            validation[wordnet_id].append(path)
    if images:
        raise _wrong(files, f"{min(images)} is not listed (once) in {where}")
    return validation


def _words(files: Files, prefix: str, ids: list[str]) -> tuple[str, ...]:
    lines = (line.partition("\t") for line in _text(files, prefix + "words.txt").splitlines())
    words = {wordnet_id: text for wordnet_id, _, text in lines}
    missing = [wordnet_id for wordnet_id in ids if not words.get(wordnet_id)]
    if missing:
        raise _wrong(files, f"words.txt has no name for {missing[0]}")
    first = {wordnet_id: words[wordnet_id].partition(",")[0].strip() for wordnet_id in ids}
    often = Counter(first.values())
    return tuple(word if often[word] == 1 else f"{word} ({wordnet_id})" for wordnet_id, word in first.items())


def _text(files: Files, name: str) -> str:
    if name not in files.stamps:
        raise _wrong(files, f"{name} is missing")
    return files.read(name).decode("utf-8", errors="replace")


def _wrong(files: Files, what: str) -> AncraError:
    return AncraError(
        f"{files.root} is not in Tiny-ImageNet's published layout ({what}): unpack {FOLDER}.zip anew, or give the zip."
    )

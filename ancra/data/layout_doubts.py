"""What in a folder of images might be meant otherwise: asked about in an error, or noted."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ancra.data.files import SUFFIXES, Files, is_table
from ancra.data.grouping import Group
from ancra.data.label_tables import read_labels
from ancra.data.split_names import mixed
from ancra.errors import AncraError
from ancra.text import listed

_MANY_TABLES = 16
"""With more tables than this they are of single images, and say nothing of all."""
_INSTEAD = {
    **dict.fromkeys((".zip", ".7z", ".rar", ".tar", ".gz", ".xz", ".tgz"), "unpack what is inside first"),
    ".arrow": "write the data set out as Parquet files (to_parquet)",
    "no ending": "give images their ending (.jpg, .png), and write out as images what are arrays or Python objects",
}
HOW = (
    "put the images of each class into a folder named after the class, or use train/CLASS/... and test/CLASS/..., or "
    "lay a table labels.csv of images and classes beside them"
)
Paths = dict[str, tuple[str, ...]]
"""The names of images, each with its parts below the folders around all of them."""


def refuse_folds(root: Path, paths: Paths) -> None:
    """Raise AncraError where each folder holds the same several folders: these may be the classes as well."""
    inner: dict[str, set[str]] = defaultdict(set)
    for parts in paths.values():
        if len(parts) > 1:
            inner[parts[0]].add(parts[1] if len(parts) > 2 else "")
    common = set.intersection(*inner.values()) - {""} if len(inner) > 1 else set()
    if len(common) > 1 and not any("" in found for found in inner.values()):
        outer = listed([f"{name}/" for name in sorted(inner)[:4]])
        raise AncraError(
            f"{root}: each of {outer} holds the folders {listed(sorted(common)[:4])}. Which of them are "
            "the classes is not told: lay the images as CLASS/..., or as train/CLASS/... and test/CLASS/..."
        )


def refuse_mixed(root: Path, group: Group) -> None:
    """Raise AncraError where the folders' names say the part and the class at once."""
    both = mixed(group)
    if both is not None:
        raise AncraError(
            f"{root} has the folders {both[0]}/ and {both[1]}/: are these parts of one class? Lay the "
            "images as train/CLASS/... and test/CLASS/..."
        )


def refuse_contradiction(files: Files, group: Group, paths: Paths) -> None:
    """Raise AncraError where a table with a column of classes says other ones than the folders."""
    if sum(map(is_table, files.stamps)) > _MANY_TABLES:
        return
    try:
        labels = read_labels(files, list(paths))
    except AncraError:
        return
    if labels is None or not labels.named:
        return
    folder = {name: title for title, names in group.items() for name in names}
    pairs = {(folder[name], label): name for name, label in labels.classes.items() if name in folder}
    if any(len({pair[place] for pair in pairs}) != len(pairs) for place in (0, 1)):
        (title, label), name = next(iter(pairs.items()))
        raise AncraError(
            f"{files.root}: the folders and {labels.table} say different classes ({name}: {title!r} by its "
            f"folder, {label!r} by the table). Take the table away, or put the images into one folder."
        )


def levels(paths: Paths) -> str:
    """A sentence on classes that are made of several folders; empty where there are none."""
    inner: dict[str, set[str]] = defaultdict(set)
    for parts in paths.values():
        if len(parts) > 2:
            inner[composed(parts[0])].add(parts[1])
    several = {title: sorted(found) for title, found in sorted(inner.items()) if len(found) > 1}
    if not several:
        return ""
    title, found = next(iter(several.items()))
    what = listed(found[:4]) if len(found) <= 4 else f"{', '.join(found[:4])} and {len(found) - 4} more"
    more = f", and so for {len(several) - 1} more" if len(several) > 1 else ""
    return f"The images in the folders {what} of {title}/ are taken for one class, {title}{more}."


def what_else(files: Files) -> str:
    """What a folder without images holds, and what to do, as the end of a sentence."""
    endings = Counter(PurePosixPath(name).suffix.lower() or "no ending" for name in files.stamps)
    if not endings:
        return f": {HOW}"
    ending = next((each for each in _INSTEAD if each in endings), endings.most_common(1)[0][0])
    count = endings[ending]
    return f", but {count} {'file' if count == 1 else 'files'} with {ending}: {_INSTEAD.get(ending, HOW)}"


def without_images(files: Files, groups: Sequence[Group]) -> list[str]:
    """The names of folders that lie beside those of the classes and hold no image."""
    classes = set()
    for group in groups:
        for title, names in group.items():
            for name in names:
                parts = PurePosixPath(name).parts[:-1]
                place = next((at for at, part in enumerate(parts) if composed(part) == title), None)
                if place is not None:
                    classes.add(parts[: place + 1])
    beside = {path[:-1] for path in classes}
    held = {PurePosixPath(name).parts for name in files.stamps if is_image(name)}
    full = {parts[:end] for parts in held for end in range(1, len(parts))}
    folders = {PurePosixPath(name).parts[:-1] for name in files.stamps if not is_image(name)}
    folders |= {PurePosixPath(name).parts for name in files.folders}
    found = {parts[:end] for parts in folders for end in range(1, len(parts) + 1) if parts[: end - 1] in beside}
    return sorted({path[-1] for path in found - full - classes})


def is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def composed(name: str) -> str:
    """A name in composed form: macOS writes an accent as a character of its own, other systems do not."""
    return unicodedata.normalize("NFC", name)

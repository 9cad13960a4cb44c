"""Which images a folder or archive holds, of which class each is, and what is left out: read before any is opened."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ancra.data.files import SUFFIXES, UNREAD, Files, open_files
from ancra.data.grouping import Group, refuse_single_images
from ancra.data.label_tables import Labels, read_labels
from ancra.errors import AncraError
from ancra.text import is_plain, listed

_TRAIN_FOLDERS = ("train", "training")
_TEST_FOLDERS = ("test", "testing", "val", "valid", "validation")
_WRAPPERS = frozenset({"images", "image", "imgs", "img", "pictures", "photos", "unlabelled", "unlabeled", "all"})
"""Folders that hold images of any class."""
_OTHER_LABELS = (".json", ".jsonl", ".xml", ".yaml", ".yml", ".mat", ".pkl")
_HOW = (
    "put the images of each class into a folder named after the class, or use train/CLASS/... and test/CLASS/..., or "
    "lay a table labels.csv of images and classes beside them"
)
Paths = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Layout:
    """The images of a folder or archive by class.

    Attributes:
        train: the images for training.
        test: the images for testing; empty where there is no such split, and some of ``train`` are to be held out.
        labels: what says the classes: ``folders``, or the names of tables.
        unused: how many images are not used, by the reason.
    """

    files: Files
    train: Group
    test: Group
    labels: str = "folders"
    unused: Mapping[str, int] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[str, int]:
        """How many files are no images that are read, by their endings; the commonest first."""
        others = (name for name in self.files.stamps if name not in self.labels.split(", "))
        endings = Counter(PurePosixPath(name).suffix.lower() or "no ending" for name in others)
        return {ending: count for ending, count in endings.most_common() if ending not in SUFFIXES}

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, sorted."""
        return tuple(sorted(self.train))


def read_layout(root: Path) -> Layout:
    """Which images there are; none of them is opened.

    Raises AncraError: no images, no classes, a single class, a class with one image, an odd layout.
    """
    layout = _Reader(open_files(root.expanduser())).layout()
    _check(layout)
    return layout


class _Reader:
    """Finds the classes of images, and counts what it cannot use."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.unused: Counter[str] = Counter()
        self.tables: list[str] = []

    def layout(self) -> Layout:
        names = [name for name in self.files.stamps if PurePosixPath(name).suffix.lower() in SUFFIXES]
        arrays = [PurePosixPath(name).stem for name in self.files.stamps if name.endswith(".npy")]
        if arrays and not names:
            raise AncraError(
                f"{self.files.root} holds the arrays {listed(arrays[:8])}: train_images, train_labels, test_images and "
                "test_labels are looked for, as np.savez writes them under these names."
            )
        if not names:
            raise AncraError(f"{self.files.root} holds no images: {_HOW}.")
        train, test = self._split({name: PurePosixPath(name).parts for name in names})
        labels = ", ".join(dict.fromkeys(self.tables)) or "folders"
        return Layout(self.files, train, test, labels, +self.unused)

    def _split(self, paths: Paths) -> tuple[Group, Group]:
        # One folder around everything, as archives often have it, is not a class.
        while len({parts[0] for parts in paths.values()}) == 1 and all(len(parts) > 2 for parts in paths.values()):
            if _is_one_of(next(iter(paths.values()))[0], _TRAIN_FOLDERS):
                break
            paths = {name: parts[1:] for name, parts in paths.items()}
        folders = {parts[0] for parts in paths.values() if len(parts) > 1}
        train_folder = next((folder for folder in sorted(folders) if _is_one_of(folder, _TRAIN_FOLDERS)), None)
        test_folders = sorted(
            (folder for folder in folders if _is_one_of(folder, _TEST_FOLDERS)),
            key=lambda folder: _TEST_FOLDERS.index(folder.lower()),
        )
        if train_folder is None or (not test_folders and folders != {train_folder}):
            return self._unsplit(paths)
        others = sorted(folders - {train_folder, *test_folders})
        if others:
            raise AncraError(
                f"{self.files.root} has {others[0]}/ with pictures beside {train_folder}/: move it away, or give "
                f"{train_folder}/ alone."
            )
        self.unused["outside of train and test"] += sum(len(parts) == 1 for parts in paths.values())
        train = self._grouped(_below(paths, train_folder))
        test: Group = {}
        for folder in test_folders:
            part = _below(paths, folder)
            found = self._labelled(part) if part else {}
            if not found:
                self.unused[f"without a class in {folder}/"] += len(part)
            elif test:
                self.unused[f"in {folder}/, beside other images for testing"] += sum(map(len, found.values()))
            else:
                test = found
        return train, test

    def _unsplit(self, paths: Paths) -> tuple[Group, Group]:
        group = _by_folder(paths)
        if len(group) > 1:
            self._refuse_folds(paths)
            self.unused["outside of any class folder"] += sum(len(parts) == 1 for parts in paths.values())
            return group, {}
        labels = read_labels(self.files, list(paths))
        if labels is None:
            # Images in one folder of a general name have no class.
            return {name: found for name, found in group.items() if not _is_one_of(name, _WRAPPERS)}, {}
        train, test = self._of_table(labels, paths), {}
        if labels.splits:
            held = {name for name, split in labels.splits.items() if _is_one_of(split, _TEST_FOLDERS)}
            test = {title: [name for name in names if name in held] for title, names in train.items()}
            train = {title: [name for name in names if name not in held] for title, names in train.items()}
        return _filled(train), _filled(test)

    def _grouped(self, paths: Paths) -> Group:
        """The images of one split by class; none where neither folders nor a table say the classes."""
        while len({parts[0] for parts in paths.values()}) == 1 and all(len(parts) > 1 for parts in paths.values()):
            if not _is_one_of(next(iter(paths.values()))[0], _WRAPPERS):
                break
            paths = {name: parts[1:] for name, parts in paths.items()}
        group = _by_folder(paths)
        if group:
            self._refuse_folds(paths)
            self.unused["outside of any class folder"] += sum(len(parts) == 1 for parts in paths.values())
            return group
        labels = read_labels(self.files, list(paths))
        return self._of_table(labels, paths) if labels else {}

    def _refuse_folds(self, paths: Paths) -> None:
        """Raise AncraError where each folder holds the same several folders: these may be the classes as well."""
        inner: dict[str, set[str]] = defaultdict(set)
        for parts in paths.values():
            if len(parts) > 1:
                inner[parts[0]].add(parts[1] if len(parts) > 2 else "")
        common = set.intersection(*inner.values()) - {""} if len(inner) > 1 else set()
        if len(common) > 1 and not any("" in found for found in inner.values()):
            outer = listed([f"{name}/" for name in sorted(inner)[:4]])
            raise AncraError(
                f"{self.files.root}: each of {outer} holds the folders {listed(sorted(common)[:4])}. Which of them are "
                "the classes is not told: lay the images as CLASS/..., or as train/CLASS/... and test/CLASS/..."
            )

    def _labelled(self, paths: Paths) -> Group:
        """As ``_grouped``, where images may well have no classes: a table that does not tell them is not theirs."""
        try:
            return self._grouped(paths)
        except AncraError:
            return {}

    def _of_table(self, labels: Labels, paths: Paths) -> Group:
        group: Group = defaultdict(list)
        for name, title in labels.classes.items():
            group[_composed(title)].append(name)
        self.tables.append(labels.table)
        self.unused[f"not named in {labels.table}"] += len(paths) - len(labels.classes)
        self.unused[f"named in {labels.table} but not there"] += labels.missing
        return {title: sorted(names) for title, names in group.items()}


def _below(paths: Paths, folder: str) -> Paths:
    return {name: parts[1:] for name, parts in paths.items() if len(parts) > 1 and parts[0] == folder}


def _by_folder(paths: Paths) -> Group:
    group: Group = defaultdict(list)
    for name, parts in paths.items():
        if len(parts) > 1:
            group[_composed(parts[0])].append(name)
    return dict(group)


def _composed(name: str) -> str:
    """A name in composed form: macOS writes an accent as a character of its own, other systems do not."""
    return unicodedata.normalize("NFC", name)


def _filled(group: Group) -> Group:
    return {title: names for title, names in group.items() if names}


def _is_one_of(folder: str, names: frozenset[str] | tuple[str, ...]) -> bool:
    return folder.lower() in names


def _check(layout: Layout) -> None:
    files, train = layout.files, layout.train
    if not train:
        told = next((name for name in files.stamps if PurePosixPath(name).suffix.lower() in _OTHER_LABELS), None)
        aside = f" (what {told} says of them is not read)" if told else ""
        raise AncraError(f"{files.root} has no class folders{aside}: {_HOW}.")
    if len(train) < 2:
        raise AncraError(f"{files.root} has one class only ({next(iter(train))}): add the folder of a second class.")
    refuse_single_images(files.root, train)
    paths = [PurePosixPath(name) for name in files.stamps]
    unread = Counter(path.parent for path in paths if path.suffix.lower() in UNREAD)
    read = {path.parent for path in paths if path.suffix.lower() in SUFFIXES}
    empty = next((folder for folder in unread if folder not in read), None)
    if empty is not None:
        raise AncraError(
            f"{empty}/ in {files.root} holds {unread[empty]} pictures of a kind that is not read, and no other: "
            "convert them to JPEG or PNG, or remove the folder."
        )
    odd = next((name for name in train if not is_plain(name)), None)
    if odd is not None:
        raise AncraError(f"The class {odd!r} in {files.root} is no plain name: rename its folder.")
    unknown = sorted(set(layout.test) - set(train))
    if unknown:
        raise AncraError(f"The class {unknown[0]!r} in {files.root} has images for testing but none in train/.")

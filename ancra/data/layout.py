"""Which images a folder or archive holds, of which class each is, and what is left out: read before any is opened."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ancra.data.files import SUFFIXES, UNREAD, Files, is_table, open_files
from ancra.data.grouping import Group, refuse_single_images
from ancra.data.label_tables import Labels, read_labels
from ancra.data.layout_doubts import (
    HOW,
    Paths,
    composed,
    levels,
    refuse_contradiction,
    refuse_folds,
    refuse_mixed,
    what_else,
    without_images,
)
from ancra.data.split_names import TEST, TRAIN, is_unlabelled, split_of
from ancra.errors import AncraError
from ancra.text import is_plain, listed

_WRAPPERS = frozenset({"images", "image", "imgs", "img", "pictures", "photos", "unlabelled", "unlabeled", "all"})
"""Folders that hold images of any class."""
_OTHER_LABELS = (".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".mat", ".pkl", ".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class Layout:
    """The images of a folder or archive by class.

    Attributes:
        train: the images for training.
        test: the images for testing; empty where there is no such split, and some of ``train`` are to be held out.
        labels: what says the classes: ``folders``, or the names of tables.
        unused: how many images are not used, by the reason.
        notes: sentences on how it was read where that might be meant otherwise.
    """

    files: Files
    train: Group
    test: Group
    labels: str = "folders"
    unused: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

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
    empty = without_images(layout.files, (layout.train, layout.test)) if layout.labels == "folders" else []
    said = f"Folders without an image, which are no classes: {listed(empty)}." if empty else ""
    return replace(layout, notes=tuple(filter(None, (*layout.files.notes, *layout.notes, said))))


class _Reader:
    """Finds the classes of images, and counts what it cannot use."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.unused: Counter[str] = Counter()
        self.tables: list[str] = []
        self.notes: dict[str, None] = {}

    def layout(self) -> Layout:
        names = [name for name in self.files.stamps if PurePosixPath(name).suffix.lower() in SUFFIXES]
        arrays = [PurePosixPath(name).stem for name in self.files.stamps if name.endswith(".npy")]
        if arrays and not names:
            raise AncraError(
                f"{self.files.root} holds the arrays {listed(arrays[:8])}: train_images, train_labels, test_images and "
                "test_labels are looked for, as np.savez writes them under these names."
            )
        if not names:
            raise AncraError(f"{self.files.root} holds no images{what_else(self.files)}.")
        train, test = self._split({name: PurePosixPath(name).parts for name in names})
        labels = ", ".join(dict.fromkeys(self.tables)) or "folders"
        return Layout(self.files, train, test, labels, +self.unused, tuple(self.notes))

    def _split(self, paths: Paths) -> tuple[Group, Group]:
        # One folder around everything, as archives often have it, is not a class.
        while len({parts[0] for parts in paths.values()}) == 1 and all(len(parts) > 2 for parts in paths.values()):
            if split_of(next(iter(paths.values()))[0]) in TRAIN:
                break
            paths = {name: parts[1:] for name, parts in paths.items()}
        folders = {parts[0] for parts in paths.values() if len(parts) > 1}
        said = {folder: split for folder in sorted(folders) if (split := split_of(folder)) is not None}
        train_folder = next((folder for folder, split in said.items() if split in TRAIN), None)
        test_folders = sorted(
            (folder for folder, split in said.items() if split in TEST), key=lambda folder: TEST.index(said[folder])
        )
        # A folder "train" beside other classes, without classes in it, holds pictures of trains.
        if train_folder is None or (not test_folders and not self._holds_classes(paths, train_folder, folders)):
            return self._unsplit(paths)
        unknown = sorted(folder for folder in folders - said.keys() if is_unlabelled(folder))
        for folder in unknown:
            self.unused[f"without a class in {folder}/"] += len(_below(paths, folder))
        others = sorted(folders - {train_folder, *test_folders, *unknown})
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

    @staticmethod
    def _holds_classes(paths: Paths, folder: str, folders: set[str]) -> bool:
        return folders == {folder} or len({parts[0] for parts in _below(paths, folder).values() if len(parts) > 1}) > 1

    def _unsplit(self, paths: Paths) -> tuple[Group, Group]:
        group = _by_folder(paths)
        if len(group) > 1:
            refuse_folds(self.files.root, paths)
            refuse_mixed(self.files.root, group)
            refuse_contradiction(self.files, group, paths)
            self.notes[levels(paths)] = None
            self.unused["outside of any class folder"] += sum(len(parts) == 1 for parts in paths.values())
            return group, {}
        labels = read_labels(self.files, list(paths))
        if labels is None:
            # Images in one folder of a general name have no class.
            return {name: found for name, found in group.items() if not _is_one_of(name, _WRAPPERS)}, {}
        train, test = self._of_table(labels, paths), {}
        if labels.splits:
            held = {name for name, split in labels.splits.items() if split_of(split) in TEST}
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
            refuse_folds(self.files.root, paths)
            self.notes[levels(paths)] = None
            self.unused["outside of any class folder"] += sum(len(parts) == 1 for parts in paths.values())
            return group
        labels = read_labels(self.files, list(paths))
        return self._of_table(labels, paths) if labels else {}

    def _labelled(self, paths: Paths) -> Group:
        """As ``_grouped``, where images may well have no classes: a table that does not tell them is not theirs."""
        try:
            return self._grouped(paths)
        except AncraError:
            return {}

    def _of_table(self, labels: Labels, paths: Paths) -> Group:
        group: Group = defaultdict(list)
        for name, title in labels.classes.items():
            group[composed(title)].append(name)
        self.tables.append(labels.table)
        without = labels.unlabelled + labels.contradicted
        self.unused[f"not named in {labels.table}"] += len(paths) - len(labels.classes) - without
        self.unused[f"named in {labels.table} but not there"] += labels.missing
        self.unused[f"without a class in {labels.table}"] += labels.unlabelled
        self.unused[f"with several classes in {labels.table}"] += labels.contradicted
        return {title: sorted(names) for title, names in group.items()}


def _below(paths: Paths, folder: str) -> Paths:
    return {name: parts[1:] for name, parts in paths.items() if len(parts) > 1 and parts[0] == folder}


def _by_folder(paths: Paths) -> Group:
    group: Group = defaultdict(list)
    for name, parts in paths.items():
        if len(parts) > 1:
            group[composed(parts[0])].append(name)
    return dict(group)


def _filled(group: Group) -> Group:
    return {title: names for title, names in group.items() if names}


def _is_one_of(folder: str, names: frozenset[str] | tuple[str, ...]) -> bool:
    return folder.lower() in names


def _check(layout: Layout) -> None:
    files, train = layout.files, layout.train
    told = next((name for name in files.stamps if PurePosixPath(name).suffix.lower() in _OTHER_LABELS), None)
    table = told is not None and is_table(told)
    what = f"{told} does not name the images as they are called" if table else f"what {told} says of them is not read"
    aside = f" ({what})" if told and layout.labels == "folders" else ""
    if not train:
        raise AncraError(f"{files.root} has no class folders{aside}: {HOW}.")
    if len(train) < 2:
        raise AncraError(
            f"{files.root} has one class only ({next(iter(train))}){aside}: add the folder of a second class."
        )
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
    alike: dict[str, str] = {}
    for name in train:
        other = alike.setdefault(name.casefold().strip(), name)
        if other != name:
            raise AncraError(
                f"The classes {other!r} and {name!r} in {files.root} differ in capitals or spaces alone: give them one "
                "name."
            )
    unknown = sorted(set(layout.test) - set(train))
    if unknown:
        raise AncraError(f"The class {unknown[0]!r} in {files.root} has images for testing but none in train/.")

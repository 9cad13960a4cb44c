"""Tables of labels beside images: a CSV, TSV or text file that names an image and its class in each line."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ancra.data.files import Files, is_table
from ancra.errors import AncraError

LABEL = ("label", "labels", "class", "class_name", "classname", "category", "target", "species", "diagnosis", "dx", "y")
SPLIT = ("split", "set", "subset", "partition", "usage", "phase")


@dataclass(frozen=True)
class Labels:
    """What a table says of some images.

    Attributes:
        table: its name.
        classes: the class of each image that it names.
        splits: the split of each, in the table's words; empty where it has no such column.
        missing: how many lines name an image that is not there.
    """

    table: str
    classes: Mapping[str, str]
    splits: Mapping[str, str]
    missing: int


def read_labels(files: Files, images: Sequence[str]) -> Labels | None:
    """What the table that names most of the images says of them; None where none names half of them.

    Images are named with or without folders and ending.

    Raises AncraError: which column holds the class is not told.
    """
    known = _by_any_name(images)
    best: tuple[int, str, list[list[str]], int] | None = None
    for name in filter(is_table, files.stamps):
        rows = _rows(files, name)
        for column in range(max(map(len, rows), default=0)):
            found = len({known[row[column]] for row in rows if len(row) > column and row[column] in known})
            if 2 * found >= len(images) and (best is None or found > best[0]):
                best = found, name, rows, column
    if best is None:
        return None
    _, name, rows, column = best
    header = [] if any(cell in known for cell in rows[0]) else [cell.strip().lower() for cell in rows[0]]
    body = rows[1:] if header else rows
    split, hot = _named(header, SPLIT), _one_hot(rows[0] if header else [], body, column)
    label = column if hot else _label_column(files, name, body, header, column)
    classes, splits, missing = {}, {}, 0
    for row in body:
        image = known.get(row[column]) if len(row) > column else None
        if image is None:
            missing += 1
        elif len(row) > label and row[label]:
            classes[image] = hot[next(place for place in hot if float(row[place]))] if hot else row[label]
            if split is not None and len(row) > split:
                splits[image] = row[split]
    return Labels(name, classes, splits, missing)


def _rows(files: Files, name: str) -> list[list[str]]:
    lines = _text(files.read(name)).replace("\0", "").splitlines()
    first = lines[0] if lines else ""
    delimiter = next((mark for mark in "\t;," if mark in first), " ")
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return []


def _text(content: bytes) -> str:
    """What a table says: in UTF-16 or UTF-8, as programs of today write, or in the alphabet of older Windows."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _by_any_name(images: Sequence[str]) -> dict[str, str]:
    """Each image by its whole name and by shorter ones, where only one image is called so."""
    called: dict[str, str] = {}
    often: Counter[str] = Counter()
    for image in images:
        path = PurePosixPath(image)
        ends = ["/".join(path.parts[start:]) for start in range(len(path.parts))]
        for end in {*ends, *(end.removesuffix(path.suffix) for end in ends)}:
            called[end] = image
            often[end] += 1
    return {name: image for name, image in called.items() if often[name] == 1}


def _named(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _one_hot(titles: Sequence[str], body: Sequence[Sequence[str]], image: int) -> dict[int, str]:
    """The columns that stand for classes, where each line has a 1 in one of them and 0 in the others; else none."""
    places = [place for place in range(len(titles)) if place != image]
    if len(places) < 2 or any(len(row) < len(titles) for row in body):
        return {}
    cells = [[row[place] for place in places] for row in body]
    if not all(_is_number(cell) and float(cell) in (0, 1) for row in cells for cell in row):
        return {}
    return {place: titles[place].strip() for place in places} if all(sum(map(float, row)) == 1 for row in cells) else {}


def _label_column(files: Files, name: str, body: list[list[str]], header: list[str], image: int) -> int:
    named = _named(header, LABEL)
    if named is not None and named != image:
        return named
    others = [column for column in range(max(map(len, body), default=0)) if column != image]
    words = [column for column in others if not all(_is_number(row[column]) for row in body if len(row) > column)]
    left = others if len(others) == 1 else words
    if len(left) != 1:
        columns = ", ".join(header) or f"{len(others) + 1} columns without names"
        raise AncraError(
            f"{name} in {files.root} names the images, but not which column is the class ({columns}): call that column "
            "'label' in its first line."
        )
    return left[0]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

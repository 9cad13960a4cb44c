"""Tables of labels beside images: a CSV, TSV or text file that names an image and its class in each line."""

import csv
import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath, PureWindowsPath

from ancra.data.files import Files, is_table
from ancra.errors import AncraError

LABEL = ("label", "labels", "class", "class_name", "classname", "category", "target", "species", "diagnosis", "dx", "y")
_NO_VALUE = frozenset({"", "nan", "n/a", "#n/a", "<na>", "null"})
"""What programs write into a cell without a value (lower case)."""
SPLIT = ("split", "set", "subset", "partition", "usage", "phase")


@dataclass(frozen=True)
class Labels:
    """What a table says of some images.

    Attributes:
        table: its name.
        classes: the class of each image that it names.
        splits: the split of each, in the table's words; empty where it has no such column.
        missing: how many lines name an image that is not there.
        named: whether its first line names the column of classes as such.
        unlabelled: how many images it names without a class.
        contradicted: how many images it gives several classes.
    """

    table: str
    classes: Mapping[str, str]
    splits: Mapping[str, str]
    missing: int
    named: bool = False
    unlabelled: int = 0
    contradicted: int = 0


def read_labels(files: Files, images: Sequence[str]) -> Labels | None:
    """What the table that names most of the images says of them; None where none names half of them.

    Images are named with or without folders and ending.

    Raises AncraError: which column holds the class is not told.
    """
    find = _by_any_name(images)
    best: tuple[int, str, list[list[str]], int] | None = None
    for name in filter(is_table, files.stamps):
        rows = _rows(files, name)
        for column in range(max(map(len, rows), default=0)):
            found = len(set(map(find, _paths(rows, column))) - {None})
            if 2 * found >= len(images) and (best is None or found > best[0]):
                best = found, name, rows, column
    if best is None:
        return None
    _, name, rows, column = best
    header = [] if find(_paths(rows, column)[0]) else [cell.strip().lower() for cell in rows[0]]
    body, named = (rows[1:] if header else rows), _paths(rows, column)[bool(header) :]
    split, hot = _named(header, SPLIT), _one_hot(rows[0] if header else [], body, column)
    label = column if hot else _label_column(files, name, body, header, column)
    classes: dict[str, str] = {}
    splits: dict[str, str] = {}
    seen, several, missing = set(), set(), 0
    whole = _whole_numbers(files, name, [row[label] for row in body if len(row) > label], hot)
    for row, path in zip(body, named, strict=True):
        image = find(path)
        if image is None:
            missing += 1
            continue
        seen.add(image)
        if len(row) <= label or row[label].lower() in _NO_VALUE:
            continue
        title = hot[next(place for place in hot if _number(row[place]))] if hot else whole.get(row[label], row[label])
        if classes.setdefault(image, title) != title:
            several.add(image)
        if split is not None and len(row) > split:
            splits[image] = row[split]
    unlabelled = len(seen - classes.keys())
    kept = {image: title for image, title in classes.items() if image not in several}
    return Labels(name, kept, splits, missing, bool(set(header) & set(LABEL)), unlabelled, len(several))


def _whole_numbers(files: Files, name: str, labels: Sequence[str], hot: Mapping[int, str]) -> dict[str, str]:
    """Labels such as ``1.0``, which spreadsheets make of 1, each with its whole number.

    Raises AncraError: they are numbers with fractions, which no classes are.
    """
    numbers = {label: _number(label) for label in set(labels) if label.lower() not in _NO_VALUE}
    if hot or not numbers or any(value is None for value in numbers.values()):
        return {}
    odd = next((label for label, value in numbers.items() if value is None or value != int(value)), None)
    if odd is not None:
        raise AncraError(
            f"{name} in {files.root} has numbers with fractions ({odd}) for classes: give each image the name or the "
            "number of its class."
        )
    return {label: str(int(value)) for label, value in numbers.items() if value is not None and "." in label}


def _paths(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    """The cells of a column as paths of images: with forward slashes, without the place of another machine."""
    cells = [row[column].replace("\\", "/").removeprefix("./") if len(row) > column else "" for row in rows]
    absolute = [cell for cell in cells if cell.startswith("/") or PureWindowsPath(cell).drive]
    folders = zip(*(cell.split("/")[:-1] for cell in absolute), strict=False)
    place = "".join(f"{part[0]}/" for part in takewhile(lambda part: len(set(part)) == 1, folders))
    return [cell.removeprefix(place) for cell in cells]


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


def _by_any_name(images: Sequence[str]) -> Callable[[str], str | None]:
    """Finds an image by its whole name or a shorter one, where only one image is called so.

    Capitals and the forms of accents count only where they tell images apart.
    """
    exact: dict[str, set[str]] = defaultdict(set)
    plain: dict[str, set[str]] = defaultdict(set)
    for image in images:
        path = PurePosixPath(image)
        ends = ["/".join(path.parts[start:]) for start in range(len(path.parts))]
        for end in {*ends, *(end.removesuffix(path.suffix) for end in ends)}:
            exact[end].add(image)
            plain[_plain(end)].add(image)

    def find(name: str) -> str | None:
        found = exact.get(name) or plain.get(_plain(name)) or ()
        return next(iter(found)) if len(found) == 1 else None

    return find


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _named(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _one_hot(titles: Sequence[str], body: Sequence[Sequence[str]], image: int) -> dict[int, str]:
    """The columns that stand for classes, where each line has a 1 in one of them and 0 in the others; else none."""
    places = [place for place in range(len(titles)) if place != image]
    if len(places) < 2 or any(len(row) < len(titles) for row in body):
        return {}
    cells = [[_number(row[place]) for place in places] for row in body]
    if any(cell not in (0, 1) for row in cells for cell in row) or any(row.count(1) != 1 for row in cells):
        return {}
    return {place: titles[place].strip() for place in places}


def _label_column(files: Files, name: str, body: list[list[str]], header: list[str], image: int) -> int:
    named = _named(header, LABEL)
    if named is not None and named != image:
        return named
    others = [column for column in range(max(map(len, body), default=0)) if column != image]
    words = [column for column in others if any(_number(row[column]) is None for row in body if len(row) > column)]
    left = others if len(others) == 1 else words
    if len(left) != 1:
        columns = ", ".join(header) or f"{len(others) + 1} columns without names"
        raise AncraError(
            f"{name} in {files.root} names the images, but not which column is the class ({columns}): call that column "
            "'label' in its first line."
        )
    return left[0]


def _number(text: str) -> float | None:
    """The number that a text is, with a point or a comma; None for any other text."""
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) else None

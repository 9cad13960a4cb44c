"""Parquet files of Hugging Face datasets: tables whose cells hold the bytes of images."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor

from ancra.data.dataset import Dataset, Split
from ancra.data.files import Files, FolderFiles, open_files
from ancra.data.images import read_image
from ancra.data.settings import DataSettings
from ancra.data.splitting import stratified_split
from ancra.errors import AncraError
from ancra.progress import OnProgress

_SPLITS = {"train": "train", "test": "test", **dict.fromkeys(("validation", "valid", "val", "dev"), "validation")}


def shards(files: Files) -> dict[str, list[str]]:
    """The names of Parquet files by split; ``train`` for those whose names tell none. Empty where there is none."""
    found: dict[str, list[str]] = {}
    for name in files.stamps:
        if PurePosixPath(name).suffix.lower() == ".parquet":
            words = (*PurePosixPath(name.lower()).parts[:-1], PurePosixPath(name.lower()).stem.split("-")[0])
            split = next((_SPLITS[word] for word in reversed(words) if word in _SPLITS), "train")
            found.setdefault(split, []).append(name)
    return found


def load_parquet(settings: DataSettings, root: Path, on_progress: OnProgress | None = None) -> Dataset:
    """A folder or an archive of a Hugging Face dataset: Parquet files with images' bytes, as ``datasets`` writes them.

    Classes are called as the files' own description says, else by their numbers or texts.

    Raises AncraError: pyarrow is not installed; no column of images or of labels; broken images.
    """
    found = _found(root)
    parts, labels, names = found.parts, found.labels, found.names
    total, done = sum(map(len, labels.values())), 0
    splits: dict[str, Split] = {}
    for split, part in parts.items():
        side = settings.image_size or 32
        pixels = torch.empty(len(labels[split]), settings.channels or 3, side, side, dtype=torch.uint8)
        for at, image in enumerate(part.images(settings.channels or 3, side, root)):
            pixels[at], done = image, done + 1
            if on_progress and (done % 256 == 0 or done == total):
                on_progress(done, total)
        splits[split] = Split(pixels, torch.tensor(labels[split], dtype=torch.int64))
    if "test" not in splits:
        kept, held_out = stratified_split(splits["train"].labels, settings.test_fraction, settings.split_seed)
        splits = {"train": splits["train"].subset(kept), "test": splits["train"].subset(held_out)}
    return Dataset(settings.images, tuple(names), splits["train"], splits["test"])


def described(root: Path) -> tuple[str, dict[str, int]]:
    """What says the classes, and how many images are not used, by the reason. Raises AncraError as ``load_parquet``."""
    found = _found(root)
    return f"the column {found.parts['train'].label} of Parquet files", found.unused


@dataclass(frozen=True)
class _Found:
    """The parts ``train`` and, where there is one, ``test``, with the place of each image's class in ``names``."""

    parts: "dict[str, _Shards]"
    labels: dict[str, list[int]]
    names: list[str]
    unused: dict[str, int]


def _found(root: Path) -> _Found:
    files = open_files(root)
    every = {split: _Shards(files, names) for split, names in shards(files).items()}
    if "train" not in every:
        raise AncraError(f"{root} has no Parquet file for training: name it train-00000-of-00001.parquet.")
    values = {split: part.labels() for split, part in every.items()}
    given = every["train"].names
    names = given or sorted({str(value) for value in values["train"]}, key=_in_order)
    place = {index if given else name: index for index, name in enumerate(names)}
    labels = {split: [place.get(one if given else str(one), -1) for one in values[split]] for split in values}
    parts, unused = {"train": every["train"]}, {}
    for split in ("test", "validation"):
        if not labels.get(split):
            continue
        if max(labels[split]) < 0:
            unused[f"without a class in the {split} part"] = len(labels[split])
        elif "test" in parts:
            unused[f"in the {split} part, beside other images for testing"] = len(labels[split])
        else:
            parts["test"], labels["test"] = every[split], labels[split]
            _require_known(root, split, labels[split])
    _require_known(root, "train", labels["train"])
    return _Found(parts, {split: labels[split] for split in parts}, names, unused)


def _require_known(root: Path, split: str, labels: Sequence[int]) -> None:
    if labels and min(labels) < 0:
        count = sum(label < 0 for label in labels)
        raise AncraError(f"{root} has {count} images without a known class in its {split} part: remove them.")


class _Shards:
    """The Parquet files of one split."""

    def __init__(self, files: Files, names: Sequence[str]) -> None:
        first = files.root / names[0]
        try:
            import pyarrow
            import pyarrow.parquet as parquet
        except ModuleNotFoundError:
            raise AncraError(
                f"{first} needs the package pyarrow, which is not installed: pip install 'ancra-lab[parquet]'."
            ) from None
        try:
            # What lies in a folder is read piece by piece, what is packed as a whole.
            sources = [
                files.root / name if isinstance(files, FolderFiles) else pyarrow.BufferReader(files.read(name))
                for name in names
            ]
            self.files = [parquet.ParquetFile(source) for source in sources]
            schema = self.files[0].schema_arrow
            known = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        except (OSError, ValueError) as error:
            raise AncraError(f"{first} is not a readable Parquet file ({error}).") from None
        features: dict[str, Any] = known.get("info", {}).get("features", {})
        kinds = {name: features.get(name, {}).get("_type") for name in schema.names}
        structs = [name for name in schema.names if str(schema.field(name).type).startswith("struct<bytes: binary")]
        self.image = next((name for name in schema.names if kinds[name] == "Image"), structs[0] if structs else None)
        named = [name for name in ("label", "labels", "class", "fine_label") if name in schema.names]
        self.label = next((name for name in schema.names if kinds[name] == "ClassLabel"), named[0] if named else None)
        if self.image is None or self.label is None:
            raise AncraError(
                f"{first} has no column of {'images' if self.image is None else 'labels'} (it has "
                f"{', '.join(schema.names)}): save the data set with an Image and a ClassLabel feature."
            )
        self.names: list[str] = features.get(self.label, {}).get("names") or []

    def labels(self) -> list[Any]:
        return [value for file in self.files for value in file.read([self.label])[self.label].to_pylist()]

    def images(self, channels: int, side: int, root: Path) -> Iterator[Tensor]:
        """(channels, side, side), uint8, one after another. Raises AncraError naming the row of a broken one."""
        row = 0

        def decode(at: int, cell: dict[str, Any]) -> Tensor:
            name = f"Image {at} in {root}"
            content = cell.get("bytes")
            if content is None:
                raise AncraError(f"{name} is a path to another file, without its bytes: save the data set with images.")
            return read_image(content, channels, (side, side), name=name)

        with ThreadPoolExecutor(4) as pool:
            for file in self.files:
                for batch in file.iter_batches(256, columns=[self.image]):
                    cells = batch.column(0).to_pylist()
                    yield from pool.map(decode, range(row, row + len(cells)), cells)
                    row += len(cells)


def _in_order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (-1, name)

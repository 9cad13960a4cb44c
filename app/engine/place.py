"""Where a request is computed: the device with its models and images, and how far it is."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache

import torch

from ancra.checkpoints import load_checkpoint, read_card
from ancra.data.dataset import Dataset
from ancra.data.digest import data_digest
from ancra.data.registry import load_dataset
from ancra.models.classifier import Classifier
from ancra.progress import OnProgress
from ancra.store import Store
from app.engine.request import Source

KEPT = 2**30
"""Bytes of models that a process keeps, on all devices together."""
DATASETS = 2
"""Datasets that a process keeps."""


class Models:
    """Models on devices, the least recently used leaving first when their bytes exceed ``keep``."""

    def __init__(self, keep: int = KEPT) -> None:
        self._keep = keep
        self._models: OrderedDict[tuple[Source, str], Classifier] = OrderedDict()
        self._lock = threading.Lock()  # several threads compute where there are no processes

    def get(self, source: Source, device: str) -> Classifier:
        """A checkpoint's classifier, frozen. Raises AncraError as ``load_checkpoint``."""
        key = (source, device)
        with self._lock:
            if key not in self._models:
                self._models[key] = load_checkpoint(source.path)[0].requires_grad_(False).to(device)
            self._models.move_to_end(key)
            while len(self._models) > 1 and sum(map(_bytes, self._models.values())) > self._keep:
                self._models.popitem(last=False)
            return self._models[key]

    def leave(self, device: str) -> None:
        """Give up what is kept on a device."""
        with self._lock:
            for key in [key for key in self._models if key[1] == device]:
                del self._models[key]

    def __len__(self) -> int:
        return len(self._models)


class Datasets:
    """The images of checkpoints, as they are now; the least recently used ones leave first."""

    def __init__(self) -> None:
        self._datasets: OrderedDict[str, Dataset] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, source: Source) -> Dataset:
        """The dataset that a checkpoint was trained on. Raises AncraError as ``load_dataset``."""
        settings = read_card(source.path).data
        key = data_digest(settings)
        with self._lock:
            if key not in self._datasets:
                self._datasets[key] = load_dataset(settings)
            self._datasets.move_to_end(key)
            while len(self._datasets) > DATASETS:
                self._datasets.popitem(last=False)
            return self._datasets[key]


@cache
def models() -> Models:
    """Those of this process."""
    return Models()


@cache
def datasets() -> Datasets:
    """Those of this process."""
    return Datasets()


class Place:
    """What a kind's function is given beside its request.

    Attributes:
        device: where to compute. store: stored results.
        on_progress: to be called with (done, total). stopped: whether what there is by now is enough.
    """

    def __init__(self, device: str, store: Store, on_progress: OnProgress, stopped: Callable[[], bool]) -> None:
        self.device, self.store, self.on_progress, self.stopped = device, store, on_progress, stopped

    def model(self, source: Source, device: str | None = None) -> Classifier:
        """A checkpoint's classifier on this device, or another. Raises AncraError."""
        return models().get(source, device or self.device)

    def dataset(self, source: Source) -> Dataset:
        """The images of a checkpoint. Raises AncraError."""
        return datasets().get(source)


def make_room(device: str) -> None:
    """Give back what this process holds of a device's memory."""
    models().leave(device)
    torch.cuda.empty_cache()


def _bytes(model: Classifier) -> int:
    return sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))

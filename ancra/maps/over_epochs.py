"""Maps of the same images over the epochs of a run, on one layout, in the run's own folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ancra.checkpoints import read_card
from ancra.errors import AncraError
from ancra.features.settings import FeatureSettings
from ancra.maps.inputs import mapped_features
from ancra.maps.making import lay_out, pixel_layout
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ModelMapSettings, resolve
from ancra.maps.store import map_meta, pack_map, unpack_map
from ancra.run_files import RunFiles
from ancra.store import Store

KIND = "epoch"
SETTINGS = ModelMapSettings(features=FeatureSettings(attack="pgd10", samples=500))


class EpochMaps:
    """The maps over the epochs of the run in a folder.

    Each map starts where the one before it ended, so that the points can be followed; adversarial images are made
    against each epoch's own model.
    """

    def __init__(self, folder: Path, settings: ModelMapSettings = SETTINGS) -> None:
        self._files, self._settings = RunFiles(folder), settings
        self._store = Store([folder / "maps"])

    def epochs(self) -> list[int]:
        """The epochs whose model is kept, mapped or not."""
        return self._files.kept_epochs()

    def find(self, epoch: int) -> ModelMap | None:
        """The map of an epoch's model, or None."""
        try:
            card = read_card(self._files.epoch_checkpoint(epoch))
        except AncraError:
            return None
        settings = resolve(card, self._settings)
        stored = self._store.get(KIND, f"{epoch:05d}", card.digest, settings.digest())
        return None if stored is None else unpack_map(stored, settings, None)

    def add(self, epoch: int, device: str = "cpu") -> ModelMap:
        """The map of an epoch's model, made now unless it is there; the epoch before should have been mapped.

        Raises:
            AncraError: the model was not kept, or its features cannot be mapped.
        """
        found = self.find(epoch)
        if found is not None:
            return found
        path = self._files.epoch_checkpoint(epoch)
        card = read_card(path)
        with TemporaryDirectory() as scratch:  # The features of all epochs would fill the disk.
            mapped = mapped_features(path, resolve(card, self._settings), Store([Path(scratch)]), device)
        before = self.find(epoch - 1)
        if before is None or len(before.positions) != len(mapped.points):
            start = np.concatenate([pixel_layout(mapped, card, self._store)] * len(mapped.sets))
        else:
            start = before.positions
        made = lay_out(mapped, start, lambda done, total: None, check_seed=False)
        key = (f"{epoch:05d}", card.digest, made.settings.digest())
        stored = self._store.put(KIND, *key, arrays=pack_map(made), meta=map_meta(made))
        return unpack_map(stored, made.settings, None)

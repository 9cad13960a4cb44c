"""Mapping every epoch of a run while it is trained, in the process that trains it."""

from ancra.recipe import Recipe
from ancra.runs.run import Run


class EpochMapping:
    """Makes the map of an epoch whose model was just kept. What fails here is logged and never ends a training."""

    def __init__(self, run: Run, recipe: Recipe) -> None:
        self._run, self._device, self._failed = run, recipe.device, False

    def __call__(self, epoch: int) -> None:
        """Map the model after so many epochs; nothing happens after a first failure."""
        if self._failed:
            return
        from ancra.maps.over_epochs import EpochMaps

        try:
            EpochMaps(self._run.folder).add(epoch, self._device)
        except Exception as error:
            self._failed = True
            self._run.log(f"the epochs are not mapped any further: {error or type(error).__name__}")

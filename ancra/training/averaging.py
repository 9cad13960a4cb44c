"""The average of the weights over the steps of a run."""

from typing import Any

from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ancra.models.classifier import Classifier


class WeightAverage:
    """An exponential moving average of parameters and BatchNorm's statistics.

    The decay rises from 0.1 to its value with the first steps, n of them giving at most (1 + n) / (10 + n), so that
    the weights a run began with are soon forgotten.

    Args:
        model: whose weights are averaged; it stays as it is.
        decay: at its highest, in [0, 1).
    """

    def __init__(self, model: Classifier, decay: float) -> None:
        self.decay = decay
        self._average = AveragedModel(model, multi_avg_fn=self._blend, use_buffers=True)

    @property
    def model(self) -> Classifier:
        """The model with the averaged weights."""
        model = self._average.module
        assert isinstance(model, Classifier)
        return model

    def update(self, model: Classifier) -> None:
        """Count the weights after a step."""
        self._average.update_parameters(model)

    def state_dict(self) -> dict[str, Any]:
        """What ``load_state_dict`` takes."""
        return self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._average.load_state_dict(state)

    def _blend(self, averaged: Any, current: Any, _: Tensor | int) -> None:
        steps = int(self._average.n_averaged)
        get_ema_multi_avg_fn(min(self.decay, (1 + steps) / (10 + steps)))(averaged, current, steps)

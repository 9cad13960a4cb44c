"""The base of every image classifier: normalisation, the last stage with or without reverse attention, the answer."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from ancra.errors import AncraError
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention, CellPool, attend, predicted_rows
from ancra.models.settings import ModelSettings

ImageShape = tuple[int, int, int]


class Classifier(nn.Module):
    """An image classifier in [0, 1] pixel space: ``model(x)`` gives the final logits, ``predict`` a Prediction.

    A subclass makes its layers, then says what ``trunk``, ``final_blocks`` and ``head`` are.

    Args:
        settings: which network.
        image_shape: channels, height and width of the images.
        classes: number of classes, at least 2.
        stride: how many times smaller the last map is than the image; no side of the image may be smaller.
        cells: the pooling grid in front of the classifier.

    Raises:
        AncraError: for an image shape, a number of classes or a normalisation that does not fit.
    """

    mean: Tensor | None
    std: Tensor | None

    def __init__(
        self,
        settings: ModelSettings,
        image_shape: ImageShape,
        classes: int,
        stride: int,
        cells: tuple[int, int] = (1, 1),
    ) -> None:
        super().__init__()
        channels, height, width = image_shape
        if classes < 2:
            raise AncraError(f"A classifier needs at least 2 classes; got {classes}.")
        if channels < 1 or min(height, width) < stride:
            raise AncraError(
                f"{settings.architecture} needs images of at least {stride} x {stride} pixels and one channel; "
                f"got {channels} x {height} x {width}: enlarge the images or choose a shallower architecture."
            )
        self.settings = settings
        self.image_shape: ImageShape = (channels, height, width)
        self.classes = classes
        self.pool = CellPool(cells)
        self.register_buffer("mean", _per_channel("mean", settings.mean, channels), persistent=False)
        self.register_buffer("std", _per_channel("std", settings.std, channels), persistent=False)

    @property
    def reverse_attention_blocks(self) -> int:
        """How many of the last blocks carry reverse attention."""
        return self.settings.reverse_attention_blocks

    @property
    def classifier_weight(self) -> Tensor:
        """(K, F) the classifier's weight W, whose rows weigh the features."""
        return self.head.weight

    @property
    def last_stage(self) -> nn.Module:
        """The module whose output map Grad-CAM reads: the last residual block of the last stage."""
        return self.final_blocks[-1]

    @property
    @abstractmethod
    def head(self) -> nn.Linear:
        """The linear classifier."""

    @property
    @abstractmethod
    def final_blocks(self) -> nn.Sequential:
        """The residual blocks of the last stage."""

    @abstractmethod
    def trunk(self, images: Tensor) -> Tensor:
        """Everything before the last stage, from normalised images (N, C, H, W)."""

    def finish(self, maps: Tensor) -> Tensor:
        """What comes between a block of the last stage and the pooling; nothing unless the architecture says so."""
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the final logits p' of images (N, C, H, W) in [0, 1], with predicted rows."""
        return self.predict(images).logits

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """Classify images (N, C, H, W) in [0, 1].

        Args:
            images: the images.
            attention: which rows the reverse attention takes; None for those of the predicted classes. A model
                without reverse attention takes no notice.

        Raises:
            AncraError: for images of another shape.
        """
        self.require_shape(images)
        blocks, plain = list(self.final_blocks), len(self.final_blocks) - self.reverse_attention_blocks
        maps = self.trunk(self._normalised(images))
        for block in blocks[:plain]:
            maps = block(maps)
        if plain == len(blocks):
            features = self.pool.pool(self.finish(maps))
            return Prediction(self.head(features), (), (features,), (features,))
        steps = []
        for block in blocks[plain:]:
            steps.append(attend(self.finish(block(maps)), self.pool, self.head, attention or predicted_rows))
            maps = steps[-1].maps
        return Prediction(
            logits=self.head(steps[-1].after),
            auxiliary=tuple(step.auxiliary for step in steps),
            features_before=tuple(step.before for step in steps),
            features_after=tuple(step.after for step in steps),
        )

    def require_shape(self, images: Tensor) -> None:
        """Raise AncraError for images that are not (N, C, H, W) of this model's shape."""
        if tuple(images.shape[1:]) != self.image_shape:
            raise AncraError(
                f"This model takes images of shape {self.image_shape}, several at once; got {tuple(images.shape)}."
            )

    def _normalised(self, images: Tensor) -> Tensor:
        images = images if self.mean is None else images - self.mean
        return images if self.std is None else images / self.std


def require_blocks(settings: ModelSettings, blocks: int) -> None:
    """Raise AncraError when the last stage has fewer blocks than are to carry reverse attention."""
    if settings.reverse_attention_blocks > blocks:
        raise AncraError(
            f"The last stage has {blocks} block(s), so reverse_attention_blocks = {settings.reverse_attention_blocks} "
            "does not fit: choose a deeper network or fewer blocks."
        )


def refuse(settings: ModelSettings, *fields: str) -> None:
    """Raise AncraError when a setting is given that this architecture has no use for."""
    for field in fields:
        if getattr(settings, field) is not None:
            raise AncraError(f"{settings.architecture} has no setting {field!r}: leave it out.")


def _per_channel(name: str, values: tuple[float, ...] | None, channels: int) -> Tensor | None:
    if values is None:
        return None
    if len(values) != channels:
        raise AncraError(f"model.{name} has {len(values)} value(s) for images of {channels} channel(s): give one each.")
    if name == "std" and min(values) <= 0:
        raise AncraError(f"model.std = {values} does not work: every value must be above 0.")
    # A fixed device: a model built on the meta device to compare shapes keeps these values.
    return torch.tensor(values, device="cpu").view(1, -1, 1, 1)

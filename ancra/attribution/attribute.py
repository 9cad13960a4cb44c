"""The pixels that an answer rests on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ancra.arrays import BoolArray, FloatArray, IntArray
from ancra.attacks.objectives import first_head, last_head
from ancra.attacks.verdict import decide, frozen
from ancra.attribution.methods import METHODS, Question
from ancra.attribution.settings import AttributionSettings, Head
from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.prediction import Prediction

BATCH = 32
"""Images explained at once."""
VANISHED = 1e-4
"""Below this share of the spread of the outputs over the classes, an attribution shows rounding rather than reasons."""

_LOGITS: dict[Head, Callable[[Prediction], Tensor]] = {
    "final": lambda prediction: prediction.logits,
    "first": first_head,
    "last": last_head,
}


@dataclass(frozen=True, eq=False)
class Attribution:
    """The attributions of N images.

    Attributes:
        values: (N, H, W) float32, one number a pixel; what it means is the method's explanation.
        classes: (N,) the classes that are explained.
        outputs: (N,) the explained output at the images. baseline: (N,) the same at a black image.
        spread: (N,) largest minus smallest output over the classes: the scale that values are to be held against.
        undefined: (N,) bool, the method gave NaN or infinity somewhere, which stands as 0 in ``values``.
        settings: what was asked for.
    """

    values: FloatArray
    classes: IntArray
    outputs: FloatArray
    baseline: FloatArray
    spread: FloatArray
    undefined: BoolArray
    settings: AttributionSettings

    @property
    def strength(self) -> FloatArray:
        """(N,) the largest absolute value of each image as a share of ``spread``."""
        largest = np.abs(self.values).max(axis=(1, 2), initial=0)
        return np.divide(largest, self.spread, out=np.zeros_like(largest), where=self.spread > 0)

    @property
    def vanished(self) -> BoolArray:
        """(N,) bool, no pixel counts: the output is flat around the image, as it is where the gradient is masked."""
        return self.strength < VANISHED

    @property
    def gap(self) -> FloatArray | None:
        """(N,) by how much the values miss the sum that they should have; None for a method that promises no sum.

        It stays large, however many steps are taken, where the output jumps on the way from black to the image, as
        it does when the reverse attention switches to another row.
        """
        if not METHODS[self.settings.method].sums:
            return None
        return self.values.sum(axis=(1, 2)) - (self.outputs - self.baseline)

    def note(self, index: int) -> str | None:
        """What a reader has to know about one image before believing its map; None when there is nothing."""
        if self.undefined[index]:
            return "The method gave values that are no numbers here; they are shown as 0."
        if self.vanished[index] and self.settings.method == "grad_cam":
            return (
                "The map is empty: nothing in the feature map speaks for this class, or the gradient that weighs it "
                "has vanished."
            )
        if self.vanished[index] and self.settings.method == "occlusion":
            return "Blacking out any one part of the image does not change this output."
        if self.vanished[index]:
            return (
                "The gradient is practically zero: to it no pixel counts, and the pattern is rounding, stretched. That "
                "is what a gradient attack on this output has to work with."
            )
        gap = self.gap
        if gap is not None and abs(gap[index]) > 0.1 * self.spread[index]:
            return (
                f"The values sum to {self.values[index].sum():.2f}, but the output changes by "
                f"{self.outputs[index] - self.baseline[index]:.2f} from black to this image: "
                + (
                    "it jumps on the way, and no gradient sees a jump."
                    if self.settings.steps >= 50
                    else "take more steps."
                )
            )
        return None


def attribute(
    model: nn.Module, images: Tensor, settings: AttributionSettings, classes: Tensor | None = None
) -> Attribution:
    """Explain a model's output for a class by the pixels of the images.

    Args:
        model: any classifier ``x -> logits``; its mode, gradients and BatchNorm statistics stay as they are.
        images: (N, C, H, W) float in [0, 1].
        classes: (N,) the class to explain of each image; by default the model's own answer (argmax of p').

    Raises:
        AncraError: an unknown method; images or classes that do not fit; logits that are not finite; Grad-CAM without
            a layer that it can read.
    """
    method = METHODS[settings.method]
    if images.dim() != 4 or not images.is_floating_point() or not len(images):
        raise AncraError(
            f"At least one image is needed as floating-point numbers (N, C, H, W); got {images.dtype} "
            f"{tuple(images.shape)}."
        )
    answer = as_classifier(model)

    def forward(batch: Tensor) -> Tensor:
        logits = _LOGITS[settings.head](answer.predict(batch))
        return logits.softmax(dim=1) if settings.output == "probability" else logits

    parts: list[list[Tensor]] = []
    with frozen(model):
        classes = _classes(decide(model, images), classes)
        black = _outputs(forward, torch.zeros_like(images[:1]))[0]
        for batch, wanted in zip(images.split(BATCH), classes.split(BATCH), strict=True):
            outputs = _outputs(forward, batch)
            with torch.enable_grad():
                point = batch.detach().clone().requires_grad_()
                values = method.compute(Question(model, forward, point, wanted, settings)).detach().float()
            finite = values.isfinite()
            parts.append(
                [
                    values.where(finite, 0.0),
                    outputs.gather(1, wanted[:, None])[:, 0],
                    black[wanted],
                    outputs.amax(dim=1) - outputs.amin(dim=1),
                    ~finite.all(dim=2).all(dim=1),
                ]
            )
    maps, chosen, baseline, spread, undefined = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
    return Attribution(maps, classes.cpu().numpy(), chosen, baseline, spread, undefined, settings)


def agreement(first: Attribution, second: Attribution) -> FloatArray:
    """(N,) cosine of two attributions of the same images, 1 where they have one shape; NaN for an empty one.

    Raises:
        AncraError: their shapes differ.
    """
    if first.values.shape != second.values.shape:
        raise AncraError(
            f"Attributions of the same images are compared; got {first.values.shape} and {second.values.shape}."
        )
    a, b = (part.values.reshape(len(part.values), -1).astype(np.float64) for part in (first, second))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


@torch.no_grad()
def _outputs(forward: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """(N, K) the explained outputs in float32."""
    return forward(images).float()


def _classes(logits: Tensor, classes: Tensor | None) -> Tensor:
    if classes is None:
        return logits.argmax(dim=1)
    classes = classes.to(logits.device)
    if classes.shape != logits.shape[:1] or classes.is_floating_point():
        raise AncraError(f"{len(logits)} images need {len(logits)} whole-number classes; got {tuple(classes.shape)}.")
    if not 0 <= int(classes.min()) <= int(classes.max()) < logits.shape[1]:
        raise AncraError(f"This model has the classes 0 to {logits.shape[1] - 1}; choose the classes among them.")
    return classes

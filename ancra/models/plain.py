"""Any other torch model, seen as a classifier of this project."""

import torch
from torch import Tensor, nn

from ancra.errors import AncraError
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention

TWO_COLUMNS = "torch.cat([torch.zeros_like(z), z], dim=1)"


class PlainClassifier(nn.Module):
    """A wrapped model that maps images to logits: its prediction has logits only. Parameters and mode stay.

    Images come in the number format of a search and are rounded to the model's own; logits come back in the former.

    Args:
        model: any module. format: the number format of its images.
    """

    def __init__(self, model: nn.Module, format: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.model = model
        self.format = format
        self.training = model.training

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the logits. Raises AncraError for a model that gives no two columns or more."""
        logits = self.model(images.to(self.format))
        if not isinstance(logits, Tensor) or logits.dim() != 2:
            raise AncraError(f"{type(self.model).__name__} must give logits (N, K) as one tensor.")
        if logits.shape[1] < 2:
            raise AncraError(
                f"{type(self.model).__name__} gives one number an image, whose largest column says nothing: give two "
                f"columns, {TWO_COLUMNS} for a logit z, with z = torch.logit(p) for a probability p."
            )
        return logits.to(wide(self.format))

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """The logits as a Prediction; there is no reverse attention, so ``attention`` changes nothing."""
        return Prediction(self(images))


class OwnFormat(PlainClassifier):
    """A classifier of this project in half, bfloat16 or double precision, between the formats of a search."""

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """The whole prediction, computed in the model's own number format."""
        assert isinstance(self.model, Classifier)
        found, to = self.model.predict(images.to(self.format), attention), wide(self.format)
        parts = (found.auxiliary, found.features_before, found.features_after)
        return Prediction(found.logits.to(to), *(tuple(each.to(to) for each in part) for part in parts))

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the logits."""
        return self.predict(images).logits


def own_type(model: nn.Module) -> torch.dtype:
    """The number format that a model computes in: that of its first floating-point parameter; else float32."""
    return next((each.dtype for each in model.parameters() if each.is_floating_point()), torch.float32)


def wide(format: torch.dtype) -> torch.dtype:
    """The number format of a search on a model of this format: double for double; else float32."""
    return torch.float64 if format == torch.float64 else torch.float32


def as_classifier(model: nn.Module) -> Classifier | PlainClassifier:
    """A classifier of this project as it is, any other module wrapped. Raises AncraError for what is no module."""
    if isinstance(model, PlainClassifier):
        return model
    if isinstance(model, Classifier):
        return model if own_type(model) == torch.float32 else OwnFormat(model, own_type(model))
    if not isinstance(model, nn.Module):
        raise AncraError(f"A torch module is needed as the model; got {type(model).__name__}.")
    return PlainClassifier(model, own_type(model))

"""Any other torch model, seen as a classifier of this project."""

from torch import Tensor, nn

from ancra.errors import AncraError
from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention


class PlainClassifier(nn.Module):
    """A wrapped model that maps images to logits: its prediction has logits only. Parameters and mode stay."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.training = model.training

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the logits."""
        logits = self.model(images)
        if not isinstance(logits, Tensor) or logits.dim() != 2:
            raise AncraError(f"{type(self.model).__name__} must give logits (N, K) as one tensor.")
        return logits

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """The logits as a Prediction; there is no reverse attention, so ``attention`` changes nothing."""
        return Prediction(self(images))


def as_classifier(model: nn.Module) -> Classifier | PlainClassifier:
    """A classifier of this project as it is, any other module wrapped. Raises AncraError for what is no module."""
    if isinstance(model, Classifier | PlainClassifier):
        return model
    if not isinstance(model, nn.Module):
        raise AncraError(f"A torch module is needed as the model; got {type(model).__name__}.")
    return PlainClassifier(model)

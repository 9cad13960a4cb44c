"""The copy of a model that an attack searches on: the same function, rounded otherwise, at a fraction of the time.

Whatever the search finds on the copy is judged by the model itself.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from ancra.models.folding import folded
from ancra.models.plain import PlainClassifier, as_classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention

Precision = Literal["fp32", "bf16"]


class Surrogate(PlainClassifier):
    """A model called in channels-last layout and the precision asked for; its prediction is always in float32.

    Args:
        model: in evaluation mode, its parameters frozen.
        precision: ``bf16`` runs convolutions and linear layers in bfloat16 (autocast), the rest as autocast sees fit.
    """

    def __init__(self, model: nn.Module, precision: Precision) -> None:
        super().__init__(model)
        self.answer = as_classifier(model)
        self.bf16 = precision == "bf16"

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """The prediction of images (N, C, H, W) in [0, 1], without features."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.bf16):
            found = self.answer.predict(images.contiguous(memory_format=torch.channels_last), attention)
        return Prediction(found.logits.float(), tuple(logits.float() for logits in found.auxiliary))

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the logits."""
        return self.predict(images).logits


def surrogate(model: nn.Module, probe: Tensor, precision: Precision = "fp32") -> nn.Module:
    """A fast copy of ``model``; ``model`` itself when nothing in it can be made faster safely.

    Args:
        model: in evaluation mode, its parameters frozen; it is not changed.
        probe: (n, C, H, W) a few images; a single one will do.
        precision: of the copy; see ``usable_precision``.
    """
    twin = folded(model, probe)
    if twin is not model:
        twin = twin.to(memory_format=torch.channels_last)
        if precision == "bf16":
            # Cast once here rather than by autocast at every pass.
            for module in twin.modules():
                if type(module) in (nn.Conv2d, nn.Linear):
                    module.to(torch.bfloat16)
    if twin is model and precision == "fp32":
        return model
    fast = Surrogate(twin, precision)
    return fast if _runs(fast, probe) else model


@torch.no_grad()
def _runs(model: nn.Module, probe: Tensor) -> bool:
    """Whether a model survives the change of number format: some mix formats in ways that autocast does not mend."""
    with torch.random.fork_rng(devices=[probe.device] if probe.is_cuda else []):
        try:
            return bool(torch.isfinite(model(probe)).all())
        except RuntimeError:
            return False


def usable_precision(precision: Precision, device: torch.device) -> Precision:
    """``precision``, or ``fp32`` where the device computes bfloat16 in software or not at all."""
    fast = {"cpu": _cpu_has_bf16, "cuda": torch.cuda.is_bf16_supported}.get(device.type, lambda: False)
    return "bf16" if precision == "bf16" and fast() else "fp32"


def _cpu_has_bf16() -> bool:
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))

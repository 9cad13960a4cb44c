"""The copy of a model that an attack searches on: the same function, rounded otherwise, at a fraction of the time.

Whatever the search finds on the copy is judged by the model itself.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from ancra.models.classifier import Classifier
from ancra.models.folding import Folded, fold
from ancra.models.plain import PlainClassifier, own_type
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention

Precision = Literal["fp32", "bf16"]


class Surrogate(PlainClassifier):
    """A model called in one memory layout and the precision asked for; its prediction is always in float32.

    Args:
        model: in evaluation mode, its parameters frozen.
        precision: ``bf16`` runs convolutions and linear layers in bfloat16 (autocast), the rest as autocast sees fit.
        layout: of the images that the model is given.
        compiled: whether torch.compile makes kernels of its own for it, at its first call for a minute or more.
    """

    def __init__(
        self,
        model: nn.Module,
        precision: Precision,
        layout: torch.memory_format = torch.channels_last,
        compiled: bool = False,
    ) -> None:
        super().__init__(model)
        # A twin whose convolutions are in bfloat16 is still given images in float32: autocast rounds where it sees fit.
        self.answer = model if isinstance(model, Classifier | PlainClassifier) else PlainClassifier(model)
        self.bf16 = precision == "bf16"
        self.layout = layout
        # One graph for all batch sizes: a search that retires images shrinks its batch.
        self.compiled = torch.compile(_answer, dynamic=True) if compiled else None

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """The prediction of images (N, C, H, W) in [0, 1], without features."""
        images = images.contiguous(memory_format=self.layout)
        # Another attention, or a batch of one, would be compiled anew.
        if self.compiled is None or attention is not None or len(images) < 2:
            logits, auxiliary = _answer(self.answer, images, self.bf16, attention)
        else:
            logits, auxiliary = self.compiled(self.answer, images, self.bf16)
        return Prediction(logits, auxiliary)

    def forward(self, images: Tensor) -> Tensor:
        """(N, K) the logits."""
        return self.predict(images).logits


def _answer(
    model: Classifier | PlainClassifier, images: Tensor, bf16: bool, attention: Attention | None = None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bf16):
        found = model.predict(images, attention)
    return found.logits.float(), tuple(logits.float() for logits in found.auxiliary)


def surrogate(model: nn.Module, probe: Tensor, precision: Precision = "fp32", compiled: bool = False) -> nn.Module:
    """A fast copy of ``model``; ``model`` itself when nothing in it can be made faster safely.

    What a model does not bear (another layout, another number format, compilation) is left out.

    Args:
        model: in evaluation mode, its parameters frozen; it is not changed.
        probe: (n, C, H, W) a few images; a single one will do.
        precision: of the copy; see ``usable_precision``.
        compiled: see ``Surrogate``.
    """
    return _make(model, probe, precision, compiled)[0]


class LiveSurrogate:
    """The fast copy of a model that is being trained: made once, then given the model's weights before each search.

    Making a copy takes as long as several passes and waits for the device; giving it new weights does neither.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self._asked: tuple[Precision, bool] | None = None
        self._copy: nn.Module = model
        self._folded: Folded | None = None

    def current(self, probe: Tensor, precision: Precision = "fp32", compiled: bool = False) -> nn.Module:
        """What ``surrogate`` would give for the model as it is now; the arguments are those of ``surrogate``."""
        if self._asked != (precision, compiled):
            self._asked = (precision, compiled)
            self._copy, self._folded = _make(self.model, probe, precision, compiled)
        elif self._folded is not None:
            self._folded.refresh(self.model)
        return self._copy


def _make(model: nn.Module, probe: Tensor, precision: Precision, compiled: bool) -> tuple[nn.Module, Folded | None]:
    """The fast copy, or the model itself; and the folded network in it, where there is one."""
    if probe.dtype != torch.float32 or own_type(model) != torch.float32:
        return model, None
    found = fold(model, probe)
    twin = model if found is None else found.twin
    layouts = [torch.channels_last, torch.contiguous_format]
    if twin is model:
        if precision == "fp32":
            return model, None
        layouts = [torch.contiguous_format]
    elif precision == "bf16":
        # Cast once here rather than by autocast at every pass.
        for module in twin.modules():
            if type(module) in (nn.Conv2d, nn.Linear):
                module.to(torch.bfloat16)
    for compilation in [True, False] if compiled else [False]:
        for layout in layouts:
            if twin is not model:
                twin.to(memory_format=layout)
            fast = Surrogate(twin, precision, layout, compilation)
            if _runs(fast, probe):
                return fast, found
    return model, None


def _runs(model: nn.Module, probe: Tensor) -> bool:
    """Whether a model survives the changes: some mix formats or demand layouts in ways that nothing mends."""
    point = torch.cat([probe, probe]).requires_grad_()
    with torch.random.fork_rng(devices=[probe.device] if probe.is_cuda else []), torch.enable_grad():
        try:
            logits = model(point)
            torch.autograd.grad(logits, point, torch.ones_like(logits))
        except Exception:  # compilers and modules from elsewhere raise whatever they like
            return False
    return bool(torch.isfinite(logits).all())


def usable_precision(precision: Precision, device: torch.device) -> Precision:
    """``precision``, or ``fp32`` where the device computes bfloat16 in software or not at all."""
    fast = {"cpu": _cpu_has_bf16, "cuda": torch.cuda.is_bf16_supported}.get(device.type, lambda: False)
    return "bf16" if precision == "bf16" and fast() else "fp32"


def _cpu_has_bf16() -> bool:
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("bf16"))

"""A network that was written elsewhere, as a classifier of this project: its features are what its head reads."""

from collections.abc import Callable
from contextvars import ContextVar

import torch
from torch import Tensor, nn

from ancra.errors import AncraError
from ancra.models.classifier import Classifier, ImageShape, refuse
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import Attention
from ancra.models.settings import ModelSettings

NETWORK = "network."
"""What the names of its tensors begin with."""
_READ: ContextVar[list[Tensor] | None] = ContextVar("read", default=None)


def keep_features(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """A hook of the head: keeps what it reads for the prediction that is being made in this thread."""
    kept = _READ.get()
    if kept is not None:
        kept[:] = inputs[:1]


class ForeignClassifier(Classifier):
    """Any torch module ``images -> logits``, with normalisation in front of it and without reverse attention.

    Features z are what its last linear layer (or 1x1 convolution) for the classes reads, averaged over pixels or tokens
    where there are several. A network without such a layer has none: it can be attacked and evaluated, but not mapped.

    Args:
        settings: its name and normalisation. image_shape: (C, H, W). classes: number of classes.
        network: the module; one on the meta device is not tried out.

    Raises:
        AncraError: settings that are for other networks; it does not take such images, or answers otherwise.
    """

    def __init__(self, settings: ModelSettings, image_shape: ImageShape, classes: int, network: nn.Module) -> None:
        refuse(settings, "width", "depth", "widen_factor")
        if settings.reverse_attention_blocks:
            raise AncraError(
                f"{settings.architecture} has no blocks of this project to carry reverse attention: set "
                "model.reverse_attention_blocks to 0."
            )
        super().__init__(settings, image_shape, classes, stride=1)
        self.network = network
        self._head_name = _head(network, classes)
        if self._head_name is not None:
            network.get_submodule(self._head_name).register_forward_pre_hook(keep_features)
        self._map_name: str | None = None
        if not any(tensor.is_meta for tensor in network.state_dict().values()):
            self._map_name = self._tried_out()

    @property
    def head(self) -> nn.Linear:
        """The linear classifier. Raises AncraError where the last layer is another one."""
        found = self.network.get_submodule(self._head_name) if self._head_name is not None else None
        if not isinstance(found, nn.Linear):
            raise AncraError(f"{self.settings.architecture} does not end in a linear classifier, which this looks at.")
        return found

    @property
    def last_stage(self) -> nn.Module:
        """The module that gives the last map of pixels. Raises AncraError for a network without one."""
        if self._map_name is None:
            raise AncraError(
                f"{self.settings.architecture} gives no map of pixels at its end, as Grad-CAM needs: choose another "
                "method, or name a layer."
            )
        return self.network.get_submodule(self._map_name)

    @property
    def final_blocks(self) -> nn.Sequential:
        """Raises AncraError: what a foreign network is made of is not known."""
        raise AncraError(f"{self.settings.architecture} has no blocks of this project.")

    def trunk(self, images: Tensor) -> Tensor:
        """Raises AncraError, as ``final_blocks``."""
        raise AncraError(f"{self.settings.architecture} has no blocks of this project.")

    def predict(self, images: Tensor, attention: Attention | None = None) -> Prediction:
        """The logits, and the features where there are any; ``attention`` changes nothing."""
        self.require_shape(images)
        read: list[Tensor] = []
        token = _READ.set(read)
        try:
            logits = self.network(self._normalised(images))
        finally:
            _READ.reset(token)
        if not isinstance(logits, Tensor) or logits.shape != (len(images), self.classes):
            got = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
            raise AncraError(
                f"{self.settings.architecture} must give logits ({len(images)}, {self.classes}) as one tensor; got "
                f"{got}."
            )
        features = tuple(map(_pooled, read))
        return Prediction(logits, (), features, features)

    @torch.no_grad()
    def _tried_out(self) -> str | None:
        """One pass over a black image: the name of the module that gives the last map (N, C, H, W) of pixels."""
        shapes: list[tuple[str, torch.Size]] = []

        def note(name: str) -> Callable[[nn.Module, object, object], None]:
            def hook(module: nn.Module, inputs: object, output: object) -> None:
                if isinstance(output, Tensor):
                    shapes.append((name, output.shape))

            return hook

        modules = [(name, module) for name, module in self.network.named_modules() if name]
        handles = [module.register_forward_hook(note(name)) for name, module in modules]
        modes = {module: module.training for module in self.modules()}
        black = torch.zeros(2, *self.image_shape)
        try:
            self.eval().predict(black.to(next(self.parameters(), black)))
        except (RuntimeError, ValueError, TypeError, AssertionError, IndexError, AttributeError) as error:
            reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
            raise AncraError(
                f"{self.settings.architecture} does not take images of shape {self.image_shape} ({reason})."
            ) from error
        finally:
            for handle in handles:
                handle.remove()
            for module, training in modes.items():
                module.training = training
        # After rows of tokens a map is none of the pixels any more; one of other sides than the image's lies otherwise.
        tokens = max((index for index, (_, shape) in enumerate(shapes) if len(shape) == 3), default=-1)
        _, height, width = self.image_shape
        maps = [
            name
            for name, shape in shapes[tokens + 1 :]
            if len(shape) == 4 and shape[3] > 1 and shape[2] * width == shape[3] * height
        ]
        return maps[-1] if maps else None


def _head(network: nn.Module, classes: int) -> str | None:
    found = None
    for name, module in network.named_modules():
        linear = isinstance(module, nn.Linear) and module.out_features == classes
        pointwise = isinstance(module, nn.Conv2d) and (module.out_channels, module.kernel_size) == (classes, (1, 1))
        if linear or pointwise:
            found = name
    return found


def _pooled(read: Tensor) -> Tensor:
    """(N, F) of what a head reads: (N, F), maps (N, F, H, W) or tokens (N, T, F)."""
    return read.mean(dim=(2, 3)) if read.dim() == 4 else read.mean(dim=1) if read.dim() == 3 else read

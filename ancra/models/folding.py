"""BatchNorm folded into the convolutions in front of it: the same function in evaluation mode, at less cost."""

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights
from torch.utils.hooks import RemovableHandle

from ancra.models.foreign import keep_features

# How far folded logits may be from the model's own, relative to the largest: rounding stays far below.
TOLERANCE = 1e-3


class Affine(nn.Module):
    """A BatchNorm in evaluation mode that no convolution could take up: a factor and an offset a channel."""

    scale: Tensor
    shift: Tensor

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = (norm.running_var + norm.eps).rsqrt()
        scale = scale if norm.weight is None else scale * norm.weight
        shift = -norm.running_mean * scale if norm.bias is None else norm.bias - norm.running_mean * scale
        self.register_buffer("scale", scale.detach().view(1, -1, 1, 1))
        self.register_buffer("shift", shift.detach().view(1, -1, 1, 1))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape and number format."""
        return torch.addcmul(self.shift.to(maps.dtype), maps, self.scale.to(maps.dtype))


@dataclass(frozen=True)
class Folded:
    """A copy without BatchNorm, and what became what in it.

    Attributes:
        twin: the copy.
        pairs: the name of each BatchNorm that a convolution took up -> the name of that convolution.
    """

    twin: nn.Module
    pairs: dict[str, str]

    @torch.no_grad()
    def refresh(self, model: nn.Module) -> None:
        """Give the copy, in place, the present weights of the model it was made from; the device is asked nothing."""
        sources, targets = dict(model.named_modules()), dict(self.twin.named_modules())
        norm_of = {conv: norm for norm, conv in self.pairs.items()}
        for name, source in sources.items():
            target = targets[name]
            if name in norm_of:
                _copy(_fused(source, sources[norm_of[name]]), target.parameters())
            elif isinstance(target, Affine) and isinstance(source, nn.BatchNorm2d):
                _copy(Affine(source).buffers(), target.buffers())
            elif name not in self.pairs:
                _copy(source.parameters(recurse=False), target.parameters(recurse=False))
                _copy(source.buffers(recurse=False), target.buffers(recurse=False))


def folded(model: nn.Module, probe: Tensor) -> nn.Module:
    """The copy that ``fold`` makes; ``model`` itself where it makes none."""
    found = fold(model, probe)
    return model if found is None else found.twin


@torch.no_grad()
def fold(model: nn.Module, probe: Tensor) -> Folded | None:
    """A copy of a model for evaluation, without BatchNorm wherever that is safe.

    One pass of ``probe`` shows which convolution feeds one BatchNorm and nothing else; each such pair becomes one
    convolution, any other BatchNorm a factor and an offset. The copy is compared with the model on ``probe``: when they
    differ, as they do for a model that draws random numbers, or when the model cannot be copied, there is none.

    Args:
        model: in evaluation mode; it is not changed.
        probe: (n, C, H, W) a few images in [0, 1]; a single one will do.
    """
    if not any(map(_is_fixed_norm, model.modules())) or any(map(_has_hooks, model.modules())):
        return None
    with torch.random.fork_rng(devices=[probe.device] if probe.is_cuda else []):
        try:
            twin = copy.deepcopy(model).requires_grad_(False)
            pairs, wanted = _pairs(twin, probe)
            names = {module: name for name, module in twin.named_modules()}
            _fold(twin, pairs)
            found = twin(probe)
            error, scale = (found - wanted).abs().max(), wanted.abs().max()
        except Exception:  # a module from elsewhere raises whatever a copy or a missing norm provokes
            return None
    if found.shape != wanted.shape or not bool(error <= TOLERANCE * scale):
        return None
    return Folded(twin, {names[norm]: names[conv] for norm, conv in pairs.items()})


def _fused(conv: nn.Module, norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution with the BatchNorm behind it."""
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return fuse_conv_bn_weights(
        conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )


def _copy(sources: Iterable[Tensor], targets: Iterable[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)


def _is_fixed_norm(module: nn.Module) -> TypeGuard[nn.BatchNorm2d]:
    return type(module) is nn.BatchNorm2d and module.running_mean is not None and not module.training


def _has_hooks(module: nn.Module) -> bool:
    """Whether calling a copy could have effects of its own, or compute something else than the module's class says."""
    before = [hook for hook in module._forward_pre_hooks.values() if hook is not keep_features]
    return any((module._forward_hooks, before, module._backward_hooks, module._backward_pre_hooks))


def _pairs(model: nn.Module, probe: Tensor) -> tuple[dict[nn.Module, nn.Conv2d], Tensor]:
    """BatchNorm -> the convolution whose output it alone reads, both called once; and the logits of ``probe``.

    The graph of the backward pass tells who reads an output.
    """
    calls: Counter[nn.Module] = Counter()
    makers: dict[Node | None, nn.Conv2d] = {}
    fed: dict[nn.Module, Node | None] = {}

    def watch(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls[module] += 1
        if isinstance(module, nn.Conv2d):
            makers[output.grad_fn] = module
        else:
            fed[module] = inputs[0].grad_fn

    handles: list[RemovableHandle] = [
        module.register_forward_hook(watch)
        for module in model.modules()
        if type(module) is nn.Conv2d or _is_fixed_norm(module)
    ]
    try:
        with torch.enable_grad():
            logits = model(probe.detach().requires_grad_())
    finally:
        for handle in handles:
            handle.remove()
    readers = _readers(logits.grad_fn)
    pairs = {norm: makers[node] for norm, node in fed.items() if node in makers and readers[node] == 1}
    return {norm: conv for norm, conv in pairs.items() if calls[norm] == calls[conv] == 1}, logits.detach()


def _readers(end: Node | None) -> Counter[Node | None]:
    """How many operations read the output of each operation that leads to ``end``."""
    readers: Counter[Node | None] = Counter()
    waiting, known = [end], {end}
    while waiting:
        node = waiting.pop()
        for source, _ in node.next_functions if node else ():
            readers[source] += 1
            if source not in known:
                known.add(source)
                waiting.append(source)
    return readers


def _fold(model: nn.Module, pairs: dict[nn.Module, nn.Conv2d]) -> None:
    """Put fused convolutions and affine modules in their places; a module reached by two names keeps being one."""
    new: dict[nn.Module, nn.Module] = {}
    for module in model.modules():
        if _is_fixed_norm(module):
            conv = pairs.get(module)
            new[module] = nn.Identity() if conv else Affine(module)
            if conv:
                new[conv] = fuse_conv_bn_eval(conv, module)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if child in new:
                setattr(module, name, new[child].requires_grad_(False).eval())

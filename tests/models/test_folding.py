import copy

import pytest
import torch
from torch import nn

from ancra.models.folding import Affine, folded
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.surrogate import surrogate

SHAPES = {
    "small_resnet": (1, 8, 8),
    "strided_resnet": (1, 28, 28),
    "resnet18": (3, 16, 16),
    "preact_resnet18": (3, 64, 64),
    "wide_resnet": (3, 8, 8),
}


def network(architecture, blocks=2):
    """A narrow, untrained network whose BatchNorm statistics and weights differ from those of an empty one."""
    torch.manual_seed(0)
    options = {"depth": 10, "widen_factor": 1} if architecture == "wide_resnet" else {"width": 4}
    settings = ModelSettings(architecture=architecture, reverse_attention_blocks=min(blocks, 1), **options)
    if architecture != "wide_resnet":
        settings = settings.with_changes(reverse_attention_blocks=blocks)
    model = build_model(settings, SHAPES[architecture], 5)
    shake(model)
    return model.eval()


def shake(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                if tensor is not None:
                    tensor.data.uniform_(0.5, 1.5)


def norms(model):
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("blocks", [0, 2])
def test_folding_keeps_prediction_and_gradient(architecture, blocks):
    model = network(architecture, blocks)
    before = copy.deepcopy(model.state_dict())
    images = torch.rand(3, *SHAPES[architecture])
    twin = folded(model, images[:1])
    assert twin is not model
    assert not norms(twin)
    assert norms(model)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    for which in (twin, surrogate(model, images[:1])):
        points = images.clone().requires_grad_(), images.clone().requires_grad_()
        ours, theirs = which.predict(points[0]), model.predict(points[1])
        assert torch.allclose(ours.logits, theirs.logits, rtol=1e-3, atol=1e-3 * theirs.logits.abs().max().item())
        assert len(ours.auxiliary) == len(theirs.auxiliary)
        gradients = [
            torch.autograd.grad(found.logits.square().sum(), point)[0]
            for found, point in zip((ours, theirs), points, strict=True)
        ]
        assert (gradients[0] - gradients[1]).norm() <= 1e-3 * gradients[1].norm()


def test_which_norms_are_taken_up_by_a_convolution():
    plain = folded(network("resnet18"), torch.rand(1, 3, 16, 16))
    assert not any(isinstance(module, Affine) for module in plain.modules())
    before_activation = folded(network("preact_resnet18"), torch.rand(1, 3, 64, 64))
    # Eight norms in front of a block (the first reads the stem, as the shortcut does), and the final one, called twice.
    assert sum(isinstance(module, Affine) for module in before_activation.modules()) == 9


class Plain(nn.Module):
    """A network that is none of ours, with a map that is used twice."""

    def __init__(self, reuse):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, bias=True), nn.BatchNorm2d(6, affine=False), nn.ReLU())
        self.conv, self.norm, self.reuse = nn.Conv2d(6, 6, 3, padding=1, groups=2), nn.BatchNorm2d(6), reuse
        self.head = nn.Linear(6, 4)

    def forward(self, images):
        maps = self.stem(images)
        inner = self.conv(maps)
        out = self.norm(inner) + (inner if self.reuse else 0)
        return self.head(out.mean(dim=(2, 3)))


@pytest.mark.parametrize("reuse", [False, True])
def test_a_plain_module_is_folded_where_that_is_safe(reuse):
    images = torch.rand(4, 3, 9, 9)
    model = Plain(reuse).eval()
    shake(model)
    twin = folded(model, images)
    assert not norms(twin)
    assert isinstance(twin.norm, Affine if reuse else nn.Identity)
    assert torch.allclose(twin(images), model(images), atol=1e-4)


class InPlace(Plain):
    def forward(self, images):
        maps = self.stem(images)
        return self.head(self.norm(self.conv(maps).relu_()).mean(dim=(2, 3)))


def test_an_activation_in_place_between_the_two_is_seen():
    images = torch.rand(4, 3, 9, 9)
    model = InPlace(reuse=False).eval()
    shake(model)
    twin = folded(model, images)
    assert isinstance(twin.norm, Affine)
    assert torch.allclose(twin(images), model(images), atol=1e-4)


class Noisy(Plain):
    def forward(self, images):
        return super().forward(images + 0.5 * torch.randn_like(images))


class Uncopyable(Plain):
    def __deepcopy__(self, memo):
        raise TypeError("no copies")


class ReadsItsNorm(Plain):
    def forward(self, images):
        return super().forward(images) + self.norm.running_mean.mean()


@pytest.mark.parametrize("kind", [Noisy, Uncopyable, ReadsItsNorm])
def test_what_cannot_be_folded_is_used_as_it_is(kind):
    model = kind(reuse=False).eval()
    state = torch.get_rng_state()
    assert surrogate(model, torch.rand(1, 3, 9, 9, generator=torch.Generator())) is model
    assert torch.equal(state, torch.get_rng_state())


def test_models_with_hooks_or_without_norms_or_in_training_mode_are_used_as_they_are():
    probe = torch.rand(1, 3, 9, 9)
    hooked = Plain(reuse=False).eval()
    calls = []
    hooked.conv.register_forward_hook(lambda *_: calls.append(1))
    assert folded(hooked, probe) is hooked
    assert not calls
    assert folded(Plain(reuse=False).train(), probe).training
    linear = nn.Sequential(nn.Flatten(), nn.Linear(243, 4)).eval()
    assert folded(linear, probe) is linear

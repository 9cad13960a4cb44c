import pytest
import torch
from torch import nn

from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.surrogate import LiveSurrogate, Surrogate, surrogate, usable_precision


@pytest.fixture
def model():
    torch.manual_seed(0)
    network = build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), 5)
    return network.eval().requires_grad_(False)


@pytest.fixture
def images():
    return torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def test_bf16_is_close_and_answers_in_fp32(model, images):
    fast = surrogate(model, images[:1], "bf16")
    assert isinstance(fast, Surrogate)
    prediction, wanted = fast.predict(images), model.predict(images)
    assert prediction.logits.dtype == prediction.auxiliary[0].dtype == torch.float32
    assert torch.allclose(prediction.auxiliary[0], wanted.auxiliary[0], rtol=0.1, atol=0.1)
    assert model.fc.weight.dtype == torch.float32


def test_which_precision_a_device_has():
    assert usable_precision("fp32", torch.device("cpu")) == "fp32"
    assert usable_precision("bf16", torch.device("meta")) == "fp32"


def test_a_compiled_copy_is_used_for_batches_under_the_models_own_attention(model, images, monkeypatch):
    sizes = []

    def compile_(function, **options):
        def run(answer, images, bf16):
            sizes.append(len(images))
            return function(answer, images, bf16)

        return run

    monkeypatch.setattr(torch, "compile", compile_)
    fast = surrogate(model, images[:1], compiled=True)
    sizes.clear()
    assert torch.allclose(fast(images), model(images), atol=1e-4)
    fast(images[:1])
    fast.predict(images, lambda logits: logits.argmin(dim=1))
    assert sizes == [4]


def test_where_compilation_fails_the_copy_runs_without(model, images, monkeypatch):
    def compile_(function, **options):
        def run(*arguments):
            raise RuntimeError("no compiler")

        return run

    monkeypatch.setattr(torch, "compile", compile_)
    fast = surrogate(model, images[:1], compiled=True)
    assert isinstance(fast, Surrogate)
    assert fast.compiled is None


class Viewing(nn.Module):
    """Flattens by a view, which the channels-last layout does not allow."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3))
        self.head = nn.Linear(3 * 36, 5)

    def forward(self, images):
        return self.head(self.body(images).view(len(images), -1))


def test_a_model_that_demands_a_layout_keeps_it(images):
    model = Viewing().eval().requires_grad_(False)
    fast = surrogate(model, images[:1])
    assert isinstance(fast, Surrogate)
    assert fast.layout == torch.contiguous_format
    assert torch.allclose(fast(images), model(images), atol=1e-5)


def test_double_precision_is_left_alone(model, images):
    assert surrogate(model.double(), images[:1].double()) is model


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_live_copy_follows_the_model_it_was_made_from(precision):
    torch.manual_seed(0)
    network = build_model(ModelSettings(architecture="preact_resnet18", width=4), (3, 64, 64), 5).eval()
    network.requires_grad_(False)
    probe = torch.rand(2, 3, 64, 64)
    live = LiveSurrogate(network)
    first = live.current(probe, precision)
    before = first(probe)
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_floating_point():
            tensor.mul_(1.1).add_(0.01)
    assert live.current(probe, precision) is first
    fresh = surrogate(network, probe, precision)
    assert torch.equal(first(probe), fresh(probe))
    assert not torch.allclose(first(probe), before)

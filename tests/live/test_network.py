"""A network as a file for the browser: it computes what the model computes, and what it cannot hold is said."""

import json
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import nn

from ancra.attacks.objectives import cross_entropy
from ancra.checkpoints import Card, load_checkpoint, resolve_checkpoint
from ancra.errors import AncraError
from ancra.live.head import FORMAT
from ancra.live.network import live_checkpoint, live_network
from ancra.models.folding import folded
from ancra.models.registry import build_model
from ancra.models.reverse_attention import soft_rows
from ancra.models.settings import ModelSettings


def card_of(model, shape=(3, 16, 16), classes=4):
    names = tuple(f"class {index}" for index in range(classes))
    settings = getattr(model, "settings", ModelSettings())
    return Card(name="some", title="Some", dataset="some", classes=names, image_shape=shape, model=settings)


def built(shape=(3, 16, 16), classes=4, **settings):
    """An untrained model whose BatchNorm has statistics of its own."""
    torch.manual_seed(0)
    model = build_model(ModelSettings(**settings), shape, classes)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    return model.eval()


def header_of(content, tmp_path):
    path = tmp_path / "some.live"
    path.write_bytes(content)
    with safe_open(path, "np") as file:
        names = list(file.keys())
        return json.loads(file.metadata()[FORMAT]), {name: file.get_tensor(name) for name in names}


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((3, 16, 16), {"width": 4, "reverse_attention_blocks": 2, "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.2, 0.3)}),
        ((1, 28, 28), {"architecture": "strided_resnet", "width": 4, "reverse_attention_blocks": 1}),
        ((3, 70, 70), {"architecture": "preact_resnet18", "width": 4, "reverse_attention_blocks": 2}),
        ((3, 32, 32), {"architecture": "wide_resnet", "depth": 10, "widen_factor": 1}),
        ((3, 32, 32), {"architecture": "resnet18", "width": 6, "reverse_attention_blocks": 2}),
    ],
    ids=lambda value: value.get("architecture", "small_resnet") if isinstance(value, dict) else None,
)
def test_every_architecture_computes_what_the_model_does(shape, settings, tmp_path):
    model = built(shape, **settings)
    images = torch.rand(3, *shape)
    network = live_network(model, card_of(model, shape), "fp32")
    for attention in (None, soft_rows(1.0)):
        wanted = model.predict(images, attention)
        found = network.logits(images) if attention is None else network.logits(images, attention)
        torch.testing.assert_close(found[0], wanted.logits, rtol=1e-4, atol=1e-5)
        assert len(found) == 1 + len(wanted.auxiliary)
        for computed, own in zip(found[1:], wanted.auxiliary, strict=True):
            torch.testing.assert_close(computed, own, rtol=1e-4, atol=1e-5)
    assert header_of(network.to_bytes(), tmp_path)[0]["checksum"]


def test_features_are_those_of_a_feature_set():
    model = built(width=4, reverse_attention_blocks=2)
    images = torch.rand(2, 3, 16, 16)
    network = live_network(model, card_of(model), "fp32")
    wanted = model.predict(images)
    features = [found.flatten(1) for found in network.program.run(images)[3:]]
    for found, own in zip(features, (*wanted.features_before, *wanted.features_after), strict=True):
        torch.testing.assert_close(found, own, rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_the_folded_copy():
    model = built(width=4, reverse_attention_blocks=2)
    images, labels = torch.rand(2, 3, 16, 16), torch.tensor([1, 2])
    network = live_network(model, card_of(model), "fp32")
    gradients = []
    for answer in (folded(model, images[:1]), lambda point: network.logits(point)[0]):
        point = images.clone().requires_grad_()
        gradients += torch.autograd.grad(cross_entropy(answer(point), labels).sum(), point)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-7)


def test_a_module_from_elsewhere_is_held_if_its_operations_are_known():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, groups=3),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
        nn.Dropout(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 4),
    ).eval()
    images = torch.rand(5, 3, 16, 16)
    network = live_network(model, card_of(model), "fp32")
    assert (network.blocks, network.features) == (0, 0)
    torch.testing.assert_close(network.logits(images)[0], model(images), rtol=1e-4, atol=1e-5)


def test_a_network_that_draws_random_numbers_is_refused():
    model = Unknown(lambda images: images * torch.rand(3, 1, 1)).eval()
    with pytest.raises(AncraError, match="from call to call"):
        live_network(model, card_of(model, (3, 2, 2)))


class Unknown(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.change = change
        self.layer = nn.Linear(12, 4)

    def forward(self, images):
        return self.layer(self.change(images).flatten(1))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (torch.sin, "sin"),
        (lambda images: torch.cat([images[:, :1]] * 3, dim=1), "slice"),
        (lambda images: images - images.flip(3), "flip"),
    ],
)
def test_an_unknown_operation_is_named(change, word):
    model = Unknown(change).eval()
    with pytest.raises(AncraError, match=rf"cannot run in a browser.*{word}"):
        live_network(model, card_of(model, (3, 2, 2)))


def test_weights_that_are_no_numbers_are_refused():
    model = built(width=4)
    with torch.no_grad():
        model.fc.weight[0, 0] = torch.nan
    with pytest.raises(AncraError, match="NaN"):
        live_network(model, card_of(model))


def test_the_file_holds_the_operations_and_the_weights(tmp_path):
    model = built(width=4, reverse_attention_blocks=2)
    network = live_network(model, card_of(model), "fp32")
    content = network.to_bytes()
    head, tensors = header_of(content, tmp_path)
    assert (head["version"], head["title"], head["shape"], head["classes"]) == (
        1,
        "Some",
        [3, 16, 16],
        list(card_of(model).classes),
    )
    assert len(head["blocks"]) == 2
    assert len(head["features"]["z"]) == len(head["features"]["z_prime"]) == 2
    assert {name for each in head["operations"] for name in each.get("weights", {}).values()} == set(tensors)
    assert {each["kind"] for each in head["operations"]} >= {"conv", "linear", "relu", "row", "multiply", "average"}
    assert head["checksum"] == zlib.crc32(content[8 + int.from_bytes(content[:8], "little") :])
    for name, tensor in network.program.tensors.items():
        np.testing.assert_array_equal(tensors[name], tensor.numpy())


def test_half_precision_is_taken_where_no_answer_changes():
    model = built(width=4)
    images = torch.rand(16, 3, 16, 16)
    assert live_network(model, card_of(model), "auto", images).precision == "fp16"
    with torch.no_grad():
        model.fc.weight.mul_(1e7)
    assert live_network(model, card_of(model), "auto", images).precision == "fp32"


@pytest.mark.parametrize("name", ["digits/trades-ancra", "fashion_mnist/pgd-at", "cifar10/trades-ancra"])
def test_shipped_networks_are_small_and_answer_as_the_model_does(name):
    path = resolve_checkpoint(name)
    model, card = load_checkpoint(path)
    network = live_checkpoint(path)
    assert network.digest == card.digest
    assert len(network.to_bytes()) < (1_500_000 if name.startswith("cifar10") else 200_000)
    images = torch.rand(8, *card.image_shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted, found = model(images), network.logits(images)[0]
    assert (wanted - found).abs().max() < (1e-4 if network.precision == "fp32" else 0.02) * wanted.abs().max()


def test_the_command_writes_the_file(ancra, tmp_path):
    out = tmp_path / "trades.live"
    code, said, _ = ancra("live", "digits/trades", "--out", out)
    assert code == 0
    assert "TRADES" in said
    assert 150_000 < out.stat().st_size < 200_000
    code, _, error = ancra("live", "digits/trades", "--out", tmp_path / "trades.html")
    assert code == 2
    assert error.strip().endswith("must end in .live: a file for the browser is no checkpoint.")


def test_several_are_made_at_the_same_time_in_one_process():
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 3)).eval()
    with ThreadPoolExecutor(3) as pool:
        made = [*pool.map(lambda _: live_network(model, card_of(model, (3, 2, 2)), "fp32").to_bytes(), range(6))]
    assert len(set(made)) == 1

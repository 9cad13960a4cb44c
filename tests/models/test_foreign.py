"""Networks of other libraries and of plugins: built by name, recognised by their tensors, used like our own."""

import importlib.util
import sys
import types

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models.vgg import cfgs, make_layers

from ancra import plugins
from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings
from ancra.attribution.attribute import attribute
from ancra.attribution.settings import AttributionSettings
from ancra.environment import PLUGINS, PUBLIC
from ancra.errors import AncraError
from ancra.features.extraction import features_at
from ancra.models import weights
from ancra.models.folding import fold
from ancra.models.recognition import recognise
from ancra.models.registry import build_model, check_architecture
from ancra.models.settings import ModelSettings
from ancra.models.weights import reference_model

SHAPE, CLASSES = (3, 32, 32), 5


class Tiny(nn.Module):
    """A network that ends in log-probabilities, as PyTorch's first example does."""

    def __init__(self, num_classes=CLASSES, in_channels=3):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 6, 3, padding=1)
        self.bn = nn.BatchNorm2d(6)
        self.out = nn.Linear(6, num_classes)

    def forward(self, images):
        maps = self.bn(self.conv(images)).relu()
        return self.out(maps.mean(dim=(2, 3))).log_softmax(dim=1)


class Flat(nn.Module):
    """A network without a layer that ends in the classes."""

    def forward(self, images):
        return images.mean(dim=(2, 3)).repeat(1, 2)[:, :CLASSES]


@pytest.fixture
def own(monkeypatch):
    """A plugin's module, whose functions give networks."""
    monkeypatch.delenv(PUBLIC.name, raising=False)
    module = types.ModuleType("ancra_plugin_0_mine")
    module.make, module.flat, module.number, module.broken = Tiny, Flat, lambda: 3, lambda: 1 / 0
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return "mine"


def built(name, shape=SHAPE, **changes):
    torch.manual_seed(0)
    return build_model(ModelSettings(architecture=name, **changes), shape, CLASSES).eval()


@pytest.mark.parametrize("name", ["torchvision:squeezenet1_1", "torchvision:resnet18", "mine:make", "vgg11"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_another_library_answers_with_logits_and_features(own, name, channels):
    shape = (channels, 40, 40)
    model = built(name, shape, mean=(0.4,) * channels, std=(0.3,) * channels)
    images = torch.rand(3, *shape)
    found = model.predict(images)
    assert torch.equal(found.logits, model.network((images - 0.4) / 0.3))
    assert found.features_after[0].shape[0] == 3
    assert found.features_after[0].dim() == 2
    assert not found.auxiliary


def test_features_are_what_the_head_reads(own):
    model = built("mine:make")
    found = model.predict(torch.rand(4, *SHAPE))
    assert torch.allclose(model.head(found.features_before[0]).log_softmax(dim=1), found.logits, atol=1e-6)
    assert features_at(model, torch.rand(2, *SHAPE))["z_prime:0"].shape == (2, 6)


def test_it_is_folded_attacked_and_explained_like_our_own(own):
    model = built("mine:make")
    images = torch.rand(6, *SHAPE)
    labels = model(images).argmax(dim=1)
    assert fold(model, images[:1]) is not None
    found = pgd(model, images, labels, AttackSettings(epsilon=0.2, steps=10))
    assert torch.equal(found.success, model(found.images).argmax(dim=1) != labels)
    values = attribute(model, images[:1], AttributionSettings(method="grad_cam")).values
    assert values.shape == (1, 32, 32)


def test_what_a_foreign_network_lacks_is_said(own):
    with pytest.raises(AncraError, match="reverse_attention_blocks to 0"):
        built("torchvision:resnet18", reverse_attention_blocks=2)
    with pytest.raises(AncraError, match="no setting 'width'"):
        built("mine:make", width=8)
    flat = built("mine:flat")
    with pytest.raises(AncraError, match="no map of pixels"):
        attribute(flat, torch.rand(1, *SHAPE), AttributionSettings(method="grad_cam"))
    with pytest.raises(AncraError, match="gives no features"):
        features_at(flat, torch.rand(1, *SHAPE))
    with pytest.raises(AncraError, match="linear classifier"):
        _ = flat.head


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torchvision:resnet19", "did you mean 'resnet18'"),
        ("os:abort", "os is no plugin here"),
        ("mine:nothing", "no function 'nothing'"),
        ("mine:number", "must give a torch module; it gave int"),
        ("mine:broken", "ZeroDivisionError"),
        ("resnet81", "no architecture named"),
    ],
)
def test_a_name_that_means_nothing_gets_a_sentence(own, name, message):
    with pytest.raises(AncraError, match=message):
        built(name)


def test_images_that_do_not_fit_are_named():
    with pytest.raises(AncraError, match=r"vgg11 does not take images of shape \(3, 8, 8\)"):
        built("torchvision:vgg11", (3, 8, 8))


def test_code_is_not_run_on_a_public_server(own, monkeypatch):
    check_architecture("mine:make")
    monkeypatch.setenv(PUBLIC.name, "lab.example.org")
    for ask in (check_architecture, built):
        with pytest.raises(AncraError, match="public server"):
            ask("mine:make")


def test_modules_are_run_only_where_they_are_named(monkeypatch, tmp_path):
    (tmp_path / "their_package.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AncraError, match="only a plugin's code is run"):
        built("their_package:make")
    monkeypatch.setenv(PLUGINS.name, "torchvision.models")
    assert plugins.plugin_module("torchvision.models.resnet") is sys.modules["torchvision.models.resnet"]


def test_without_timm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(AncraError, match=r"the package timm, which is not installed: pip install 'ancra-lab\[timm\]'"):
        built("timm:resnet18")


@pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")
def test_timms_networks_are_built_by_name():
    model = built("timm:resnet10t")
    assert model.predict(torch.rand(2, *SHAPE)).features_after[0].shape == (2, 512)
    with pytest.raises(AncraError, match="no network of timm"):
        built("timm:hf_hub")


def same_answers(network, tensors, shape=SHAPE):
    """What was recognised, once the logits were compared."""
    found = recognise(tensors)
    ours = reference_model(dict(tensors), found.settings, shape, found.classes, "mine.pt")
    images = torch.rand(2, *shape)
    with torch.no_grad():
        assert torch.allclose(ours(images), network.eval()(images), atol=1e-4)
    return found


def vgg11_as_on_cifar():
    layers = nn.Sequential(*make_layers(cfgs["A"], batch_norm=True), nn.AvgPool2d(1, 1))
    network = nn.Sequential(layers, nn.Flatten(), nn.Linear(512, CLASSES))
    names = {"0": "features", "2": "classifier"}
    return network, {f"module.{names[key[0]]}{key[1:]}": value for key, value in network.state_dict().items()}


def with_a_small_stem(network):
    network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


@pytest.mark.parametrize(
    ("make", "spell", "architecture"),
    [
        (models.resnet18, lambda key: f"model.{key}", "torchvision:resnet18"),
        (
            models.resnet18,
            lambda key: key.replace("fc", "linear").replace("downsample", "shortcut"),
            "torchvision:resnet18",
        ),
        (models.squeezenet1_1, lambda key: f"_orig_mod.module.{key}", "torchvision:squeezenet1_1"),
        (models.mobilenet_v3_small, lambda key: key, "torchvision:mobilenet_v3_small"),
        (lambda **kinds: with_a_small_stem(models.resnet50(**kinds)), lambda key: f"backbone.{key}", "resnet50"),
    ],
)
def test_torchvisions_networks_are_told_from_their_tensors(make, spell, architecture):
    network = make(num_classes=CLASSES)
    found = same_answers(network, {spell(key): value for key, value in network.state_dict().items()})
    assert (found.settings.architecture, found.channels, found.classes) == (architecture, 3, CLASSES)


def test_what_lies_beside_a_network_of_torchvision_is_left_out_and_said():
    network = models.resnet18(num_classes=CLASSES)
    tensors = {f"net.{key}": value for key, value in network.state_dict().items()}
    averaged = {f"ema.module.{key}": value + 1 for key, value in network.state_dict().items()}
    for beside in ({"criterion.weight": torch.ones(CLASSES)}, averaged):
        (said,) = same_answers(network, beside | tensors).aside
        assert next(iter(beside)) in said
    assert recognise({**tensors, "criterion.weight": torch.ones(CLASSES)}).evidence


def test_files_that_are_sorted_by_name_are_told():
    for make in (models.resnet18, models.mobilenet_v3_small):
        network = make(num_classes=CLASSES)
        same_answers(network, dict(sorted(network.state_dict().items())))


def test_vgg_as_on_cifar_is_told():
    assert same_answers(*vgg11_as_on_cifar()).settings == ModelSettings(architecture="vgg11")


def test_a_new_head_and_a_normaliser_are_taken_over():
    network = models.resnet18()
    network.fc = nn.Sequential(nn.Dropout(), nn.Linear(512, CLASSES))
    tensors = network.state_dict() | {"mean": torch.full((1, 3, 1, 1), 0.5), "std": torch.full((1, 3, 1, 1), 0.25)}
    found = recognise(tensors)
    assert found.settings == ModelSettings(architecture="torchvision:resnet18", mean=(0.5,) * 3, std=(0.25,) * 3)
    with pytest.raises(AncraError, match="normaliser of its own"):
        reference_model(tensors, ModelSettings(architecture="torchvision:resnet18"), SHAPE, CLASSES, "mine.pt")


def test_nothing_large_is_built_for_weights_that_do_not_fit(monkeypatch):
    made = []
    monkeypatch.setattr(weights, "build_model", lambda *asked: made.append(build_model(*asked)) or made[-1])
    with pytest.raises(AncraError, match="does not hold a torchvision:resnet152"):
        reference_model({"a": torch.zeros(2)}, ModelSettings(architecture="torchvision:resnet152"), SHAPE, 5, "a.pt")
    assert all(tensor.is_meta for model in made for tensor in model.state_dict().values())

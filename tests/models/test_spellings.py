"""Networks as other people write them: recognised, and with the same logits."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ancra.errors import AncraError
from ancra.models.recognition import recognise
from ancra.models.settings import ModelSettings
from ancra.models.weights import reference_model

SHAPE, CLASSES, WIDTH = (3, 32, 32), 10, 8


class Block(nn.Module):
    """A post- or pre-activation block with a shortcut of the given name."""

    def __init__(self, channels_in, channels, stride, pre, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_in if pre else channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.pre, self.name = pre, shortcut
        if stride != 1 or channels_in != channels:
            layers = [nn.Conv2d(channels_in, channels, 1, stride, bias=False)]
            setattr(self, shortcut, nn.Sequential(*layers, *([] if pre else [nn.BatchNorm2d(channels)])))

    def forward(self, x):
        shortcut = getattr(self, self.name, None)
        if self.pre:
            active = F.relu(self.bn1(x))
            inner = self.conv2(F.relu(self.bn2(self.conv1(active))))
            return inner + (x if shortcut is None else shortcut(active))
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(inner + (x if shortcut is None else shortcut(x)))


class Network(nn.Module):
    """ResNet-18 for small images, with chosen names; the names decide nothing about what it computes."""

    def __init__(self, pre=False, head="linear", shortcut="shortcut", final="bn", kernel=3, counts=(2, 2, 2, 2)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, kernel, padding=kernel // 2, bias=False)
        width = WIDTH
        self.stages = len(counts)
        for stage, count in enumerate(counts):
            channels = WIDTH * 2**stage
            blocks = []
            for index in range(count):
                blocks.append(Block(width, channels, 2 if stage and not index else 1, pre, shortcut))
                width = channels
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.pre, self.final, self.head = pre, final if pre else "bn1", head
        if self.final:
            self.add_module(self.final, nn.BatchNorm2d(width if pre else WIDTH))
        self.add_module(head, nn.Linear(width, CLASSES))

    def forward(self, x):
        norm = getattr(self, self.final)
        x = self.conv1(x) if self.pre else F.relu(norm(self.conv1(x)))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        x = F.relu(norm(x)) if self.pre else x
        return getattr(self, self.head)(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Normalised(nn.Module):
    """A network that normalises its images itself."""

    def __init__(self, model, names=("mean", "std")):
        super().__init__()
        self.names = names
        self.register_buffer(names[0], torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer(names[1], torch.tensor([0.2471, 0.2435, 0.2616]).view(1, 3, 1, 1))
        self.model = model

    def forward(self, x):
        return self.model((x - getattr(self, self.names[0])) / getattr(self, self.names[1]))


def trained(network):
    """The network with statistics that are not those of an untrained one."""
    torch.manual_seed(3)
    network.train()
    for _ in range(3):
        network(torch.rand(8, *SHAPE))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
    return network.eval()


def same_answers(theirs, tensors):
    """What was recognised, once the logits were compared."""
    found = recognise(tensors)
    ours = reference_model(dict(tensors), found.settings, SHAPE, found.classes, "mine.pt")
    images = torch.rand(5, *SHAPE)
    with torch.no_grad():
        assert torch.allclose(ours(images), theirs(images), atol=1e-4)
    return found


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.module.", "backbone.", "anything.at.all."])
@pytest.mark.parametrize(
    ("kind", "architecture"),
    [
        ({}, "resnet18"),
        ({"head": "fc", "shortcut": "downsample"}, "resnet18"),
        ({"counts": (3, 4, 6, 3)}, "resnet34"),
        ({"pre": True}, "preact_resnet18"),
        ({"pre": True, "head": "fc", "final": "bn1"}, "preact_resnet18"),
    ],
    ids=str,
)
def test_the_usual_spellings_answer_as_their_own_code_does(kind, architecture, prefix):
    network = trained(Network(**kind))
    found = same_answers(network, {prefix + key: value for key, value in network.state_dict().items()})
    assert found.settings == ModelSettings(architecture=architecture, width=WIDTH)
    assert any(repr(prefix) in sentence for sentence in found.evidence) == bool(prefix)


@pytest.mark.parametrize("names", [("mean", "std"), ("mu", "sigma")])
def test_a_normaliser_in_the_file_is_taken_over(names):
    network = trained(Normalised(Network(), names))
    found = same_answers(network, network.state_dict())
    assert found.settings.mean == (0.4914, 0.4822, 0.4465)
    assert found.settings.std == (0.2471, 0.2435, 0.2616)
    bare = found.settings.with_changes(mean=None, std=None)
    with pytest.raises(AncraError, match=r"normaliser of its own: set model.mean to \[0.4914"):
        reference_model(network.state_dict(), bare, SHAPE, CLASSES, "mine.pt")


def test_torchs_averaged_model_is_read():
    network = trained(torch.optim.swa_utils.AveragedModel(Network()))
    assert same_answers(network, network.state_dict()).settings.architecture == "resnet18"


@pytest.mark.parametrize(
    "beside",
    [
        {"criterion.weight": torch.ones(CLASSES)},
        {"train_acc.tp": torch.zeros(3, dtype=torch.int64), "train_acc.fp": torch.zeros(3, dtype=torch.int64)},
        {f"ema_model.module.{key}": value + 1 for key, value in Network().state_dict().items()},
    ],
    ids=["a loss", "a measure", "an average"],
)
def test_what_a_framework_saves_beside_the_network_is_left_out_and_said(beside):
    network = trained(Network())
    found = same_answers(network, {f"net.{key}": value for key, value in network.state_dict().items()} | beside)
    (said,) = found.aside
    assert next(iter(beside)) in said
    assert found.settings.architecture == "resnet18"


def test_a_head_outside_of_the_backbone_is_a_part_of_the_network():
    network = trained(Network(head="fc"))
    tensors = {
        key if key.startswith("fc.") else f"backbone.{key}": value for key, value in network.state_dict().items()
    }
    assert same_answers(network, tensors).aside == ()


def refused(tensors, message):
    with pytest.raises(AncraError, match=message):
        recognise(tensors)


def test_what_computes_something_else_is_named_and_not_guessed():
    refused(Network(kernel=7).state_dict(), "7x7, as for ImageNet")
    refused(Network(pre=True, final="").state_dict(), "without the final BatchNorm")
    refused(Network(counts=(3, 3, 3)).state_dict(), "stages of 3, 3, 3 blocks")
    refused(Network(counts=(3, 4, 9, 3)).state_dict(), "stages of 3, 4, 9, 3 blocks")
    refused(Network().state_dict() | {"layer1.0.conv3.weight": torch.zeros(8, 8, 1, 1)}, "bottleneck")
    two = {f"{name}.{key}": value for name in ("mean", "a") for key, value in Network().state_dict().items()}
    with pytest.raises(AncraError, match="has no place"):
        reference_model(two, ModelSettings(architecture="resnet18", width=WIDTH), SHAPE, CLASSES, "mine.pt")


@pytest.mark.parametrize("values", [{"mean": [125.3] * 3, "std": [63.0] * 3}, {"mean": [0.5] * 3, "std": [0.0] * 3}])
def test_a_normaliser_of_another_range_is_refused(values):
    refused(Network().state_dict() | {key: torch.tensor(value) for key, value in values.items()}, "from 0 to 1")


def test_half_a_normaliser_is_refused():
    refused(Network().state_dict() | {"mean": torch.zeros(3)}, "half of a normaliser")
    headless = {key: value for key, value in Network().state_dict().items() if not key.startswith("linear.")}
    refused(headless, "no layer that answers with classes")
    refused({**headless, "fc.0.weight": torch.zeros(5, 8), "fc.2.weight": torch.zeros(3, 5)}, "layers .fc.0 and fc.2.")
    refused({**Network().state_dict(), "conv1.weight": torch.zeros(WIDTH, 4, 3, 3)}, "4 channels")
    normed = Network()
    nn.utils.parametrizations.weight_norm(normed.linear)
    refused(normed.state_dict(), "remove_parametrizations")

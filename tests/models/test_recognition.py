import pytest
import torch

from ancra.errors import AncraError
from ancra.models.recognition import recognise
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings

KINDS = [
    {"architecture": "small_resnet"},
    {"architecture": "small_resnet", "width": 5},
    {"architecture": "strided_resnet"},
    {"architecture": "strided_resnet", "width": 8},
    {"architecture": "resnet18", "width": 8},
    {"architecture": "preact_resnet18"},
    {"architecture": "wide_resnet", "depth": 16, "widen_factor": 2},
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize(("channels", "classes"), [(1, 10), (3, 7)])
def test_every_architecture_is_told_from_its_weights(kind, channels, classes):
    settings = ModelSettings(**kind)
    with torch.device("meta"):
        tensors = build_model(settings, (channels, 32, 32), classes).state_dict()
    found = recognise(tensors)
    assert found.settings == settings
    assert (found.channels, found.classes) == (channels, classes)


def test_the_names_of_the_reference_are_known():
    settings = ModelSettings(architecture="wide_resnet", depth=10, widen_factor=1)
    with torch.device("meta"):
        ours = build_model(settings, (3, 32, 32), 4).state_dict()
    names = {"layer1.0": "block1.layer.0", "layer2.0": "block2.layer.0", "layer3.0": "block3.layer.0"}
    theirs = {"sub_block1.layer.0.conv1.weight": torch.zeros(1)}
    for key, value in ours.items():
        start = next((name for name in names if key.startswith(name)), "")
        theirs[names.get(start, "") + key.removeprefix(start).replace("linear", "fc")] = value
    assert recognise(theirs).settings == settings


@pytest.mark.parametrize("tensors", [{}, {"weight": torch.zeros(2)}, {"conv1.weight": torch.zeros(4, 3, 3, 3)}])
def test_other_networks_are_not_guessed(tensors):
    with pytest.raises(AncraError, match="none of the networks"):
        recognise(tensors)

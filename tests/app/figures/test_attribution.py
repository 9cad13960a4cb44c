import numpy as np
import pytest
import torch

from ancra.attribution.attribute import attribute
from ancra.attribution.channels import compare_channels
from ancra.attribution.settings import AttributionSettings
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.web.palette import palette
from app.figures.attribution import Panel, attribution_maps, channel_bars, channel_sentence, evidence_bars

CLASSES = [str(number) for number in range(10)]


@pytest.fixture(scope="module", params=[1, 3])
def model(request):
    torch.manual_seed(1)
    return build_model(ModelSettings(width=4, reverse_attention_blocks=2), (request.param, 8, 8), 10).eval()


def test_maps_stand_under_their_images(model):
    images = torch.rand(2, *model.image_shape)
    found = attribute(model, images, AttributionSettings())
    panels = [Panel("natural", images[index].numpy(), found, index) for index in range(2)]
    shared = attribution_maps(panels, palette())
    maps = [trace for trace in shared.data if trace.customdata is not None]
    assert [trace.z.shape for trace in maps] == [(8, 8), (8, 8)]
    assert {trace.zmax for trace in maps} == {found.strength.max()}
    own = attribution_maps(panels, palette(dark=True), same_scale=False)
    assert [trace.zmax for trace in own.data if trace.customdata is not None] == [
        pytest.approx(np.abs(found.values[index]).max()) for index in range(2)
    ]


def test_a_vanished_map_is_empty_and_says_so(model):
    images = torch.rand(1, *model.image_shape)
    found = attribute(model, images, AttributionSettings(method="saliency"))
    found.values[:] = 1e-12
    figure = attribution_maps([Panel("natural", images[0].numpy(), found)], palette())
    assert not figure.data[1].z.any()
    assert "empty" in figure.layout.annotations[-1].text
    assert figure.layout.annotations[-1].xref == "x2 domain"


def test_channels_before_and_after(model):
    images = torch.rand(1, *model.image_shape)
    change = compare_channels(model, images, 1 - images)
    for attacked in (False, True):
        figure = channel_bars(change, 0, -1, palette(), count=3, attacked=attacked)
        assert [trace.name for trace in figure.data] == ["before: z", "after: z'"]
        assert len(figure.data[0].x) <= 6
    evidence = evidence_bars(change, 0, CLASSES, 1, 2, -1, palette(), count=5)
    assert len(evidence.data[0].y) == 5
    sentence = channel_sentence(change, 0, CLASSES)
    assert sentence.startswith("Block 1")
    assert ("switches" in sentence) == (change.natural.rows != change.adversarial.rows).any()

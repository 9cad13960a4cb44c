import numpy as np
import pytest
import torch

from ancra.attribution.channels import channel_attention, compare_channels
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings


def make(architecture="small_resnet", shape=(1, 8, 8)):
    torch.manual_seed(1)
    settings = ModelSettings(architecture=architecture, width=4, reverse_attention_blocks=2)
    return build_model(settings, shape, 10).eval()


@pytest.mark.parametrize(("architecture", "side"), [("small_resnet", 8), ("preact_resnet18", 64)])
def test_the_parts_add_up_to_the_logits(architecture, side):
    model, images = make(architecture, (1, side, side)), torch.rand(4, 1, side, side)
    found = channel_attention(model, images)
    assert found.after == pytest.approx(found.before * found.row, abs=1e-5)
    assert np.array_equal(found.rows, found.auxiliary.argmax(axis=2))
    classes = np.array([3, 1, 4, 1])
    before = found.evidence_before(classes).sum(axis=2) + found.bias[classes]
    assert before == pytest.approx(found.auxiliary[:, np.arange(4), classes], abs=1e-4)
    after = found.evidence_after(classes)[-1].sum(axis=1) + found.bias[classes]
    assert after == pytest.approx(model(images).detach().numpy()[np.arange(4), classes], abs=1e-4)
    assert found.evidence_after(2).shape == found.before.shape


def test_channels_are_ordered_by_how_far_they_were_turned():
    found = channel_attention(make(), torch.rand(2, 1, 8, 8))
    assert found.shift.sum(axis=2) == pytest.approx(0, abs=1e-5)
    up, down = found.turned_up(0, count=3), found.turned_down(0, count=3)
    assert not set(up) & set(down)
    assert found.shift[-1, 0, up].tolist() == sorted(found.shift[-1, 0, up], reverse=True)
    assert found.shift[-1, 0, up[0]] == found.shift[-1, 0].max()
    assert found.shift[-1, 0, down[0]] == found.shift[-1, 0].min()


def test_an_image_is_like_itself():
    model, images = make(), torch.rand(2, 1, 8, 8)
    same = compare_channels(model, images, images)
    assert np.array_equal(same.natural.rows, same.adversarial.rows)
    assert same.feature_similarity == pytest.approx(1, abs=1e-5)
    assert same.attended_similarity == pytest.approx(1, abs=1e-5)


def test_bad_input_is_refused():
    plain = build_model(ModelSettings(width=4), (1, 8, 8), 10)
    with pytest.raises(AncraError, match="no reverse attention"):
        channel_attention(plain, torch.rand(1, 1, 8, 8))
    with pytest.raises(AncraError, match="before and after"):
        compare_channels(make(), torch.rand(1, 1, 8, 8), torch.rand(2, 1, 8, 8))

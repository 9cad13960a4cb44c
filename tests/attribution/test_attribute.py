import numpy as np
import pytest
import torch
from torch import nn

from ancra.attribution.attribute import agreement, attribute
from ancra.attribution.methods import METHODS
from ancra.attribution.settings import AttributionSettings
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings


class Linear(nn.Module):
    """Any module that gives logits: here one whose right attributions are known."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(2 * 4 * 4, 3)

    def forward(self, images):
        return self.linear(images.flatten(1))


class Convolutional(nn.Sequential):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
        )


def make(blocks=2):
    torch.manual_seed(1)
    return build_model(ModelSettings(width=4, reverse_attention_blocks=blocks), (1, 8, 8), 10).eval()


IMAGES = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("head", ["final", "first", "last"])
def test_every_method_explains_every_head(method, head):
    model = make()
    first = attribute(model, IMAGES, AttributionSettings(method=method, head=head))
    assert first.values.shape == (3, 8, 8)
    assert first.values.dtype == np.float32
    assert np.isfinite(first.values).all()
    assert not first.undefined.any()
    assert np.array_equal(first.classes, model(IMAGES).argmax(1).numpy())
    again = attribute(model, IMAGES, AttributionSettings(method=method, head=head))
    assert np.array_equal(first.values, again.values)
    if not METHODS[method].signed:
        assert (first.values >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_left_untouched(method):
    model = make().train()
    model.layer1.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    attribute(model, IMAGES, AttributionSettings(method=method))
    assert model.training
    assert not model.layer1.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_linear_model_is_explained_exactly():
    model, images, classes = Linear(), torch.rand(2, 2, 4, 4), torch.tensor([2, 0])
    rows = model.linear.weight.detach()[classes].view(2, 2, 4, 4)
    shares = (rows * images).sum(dim=1).numpy()
    integrated = attribute(model, images, AttributionSettings(), classes)
    assert integrated.values == pytest.approx(shares, abs=1e-5)
    assert integrated.gap == pytest.approx(0, abs=1e-5)
    hidden = attribute(model, images, AttributionSettings(method="occlusion", window=1), classes)
    assert hidden.values == pytest.approx(shares, abs=1e-5)
    assert hidden.gap is None
    slope = attribute(model, images, AttributionSettings(method="saliency"), classes)
    assert slope.values == pytest.approx(rows.abs().amax(dim=1).numpy(), abs=1e-6)
    assert agreement(integrated, hidden) == pytest.approx(1)
    assert not integrated.vanished.any()
    assert integrated.note(0) is None


def test_a_saturated_output_has_no_attribution_and_says_so():
    model, images = Linear(), torch.rand(2, 2, 4, 4)
    with torch.no_grad():
        model.linear.bias += torch.tensor([200.0, 0, 0])
    slope = AttributionSettings(method="saliency", output="probability")
    found = attribute(model, images, slope)
    assert found.vanished.all()
    assert (found.values == 0).all()
    assert "practically zero" in found.note(0)
    hidden = attribute(model, images, slope.with_changes(method="occlusion"))
    assert "Blacking out" in hidden.note(0)


def test_values_that_are_no_numbers_become_zero_and_are_named():
    class Root(nn.Module):
        def forward(self, images):
            # The gradient of the root is infinite at 0, and infinity times 0 is no number.
            total = images.sum(dim=(1, 2, 3))
            return torch.stack([(0 * total).sqrt(), total], dim=1)

    found = attribute(Root(), IMAGES, AttributionSettings(method="saliency"), torch.zeros(3, dtype=torch.int64))
    assert found.undefined.all()
    assert (found.values == 0).all()
    assert "no numbers" in found.note(0)


def test_integrated_gradients_miss_what_jumps():
    class Jump(nn.Module):
        def forward(self, images):
            total = images.sum(dim=(1, 2, 3))
            return torch.stack([total + 20 * (total > 10), 0 * total], dim=1)

    found = attribute(Jump(), IMAGES, AttributionSettings())
    assert found.gap == pytest.approx(-20, abs=0.1)
    assert "jumps on the way" in found.note(0)
    assert "take more steps" in attribute(Jump(), IMAGES, AttributionSettings(steps=5)).note(0)


def test_grad_cam_reads_a_layer_by_name():
    model = Convolutional()
    settings = AttributionSettings(method="grad_cam")
    with pytest.raises(AncraError, match="last_stage"):
        attribute(model, IMAGES, settings)
    assert attribute(model, IMAGES, settings.with_changes(layer="1")).values.shape == (3, 8, 8)
    with pytest.raises(AncraError, match="no layer 'conv9'"):
        attribute(model, IMAGES, settings.with_changes(layer="conv9"))
    with pytest.raises(AncraError, match="maps"):
        attribute(model, IMAGES, settings.with_changes(layer="4"))
    with pytest.raises(AncraError, match=r"cannot read the layer 'layer3\.1'"):
        attribute(make(), IMAGES, settings.with_changes(layer="layer3.1", head="first"))


def test_grad_cam_finds_the_last_stage_of_a_foreign_model():
    class Staged(Convolutional):
        @property
        def last_stage(self):
            return self[1]

    settings = AttributionSettings(method="grad_cam")
    named = attribute(Convolutional(), IMAGES, settings.with_changes(layer="1"))
    assert np.array_equal(attribute(Staged(), IMAGES, settings).values, named.values)


def test_the_heads_of_a_model_without_them_are_its_logits():
    model = make(blocks=0)
    final, first = (attribute(model, IMAGES, AttributionSettings(head=head)) for head in ("final", "first"))
    assert np.array_equal(final.values, first.values)


@pytest.mark.parametrize(
    ("changes", "images", "classes", "message"),
    [
        ({"method": "saliancy"}, IMAGES, None, "did you mean 'saliency'"),
        ({}, IMAGES[0], None, "At least one image"),
        ({}, IMAGES[:0], None, "At least one image"),
        ({}, (IMAGES * 255).byte(), None, "floating-point"),
        ({}, IMAGES, torch.tensor([0, 1]), "3 images need 3"),
        ({}, IMAGES, torch.tensor([0, 1, 10]), "classes 0 to 9"),
        ({}, torch.rand(1, 1, 9, 8), None, "takes images of shape"),
        ({}, IMAGES * float("nan"), None, "NaN"),
    ],
)
def test_bad_input_is_refused(changes, images, classes, message):
    with pytest.raises(AncraError, match=message):
        attribute(make(), images, AttributionSettings(**changes), classes)


def test_a_window_larger_than_the_image_hides_all_of_it():
    found = attribute(make(), IMAGES, AttributionSettings(method="occlusion", window=99, stride=99))
    assert found.values == pytest.approx((found.outputs - found.baseline)[:, None, None] * np.ones((1, 8, 8)), abs=1e-5)

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ancra.errors import AncraError
from ancra.evaluation.loss_surface import SurfaceSettings, loss_surface

SETTINGS = SurfaceSettings(epsilon=0.1, points=5)
IMAGE = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(2)) * 0.5 + 0.25


def test_losses_are_those_of_the_points(untrained):
    found = loss_surface(untrained, IMAGE, 3, SETTINGS)
    assert list(found.losses) == ["ce", "ce_first"]
    assert found.axis.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert set(np.unique(found.random)) == {-1, 1}
    for name in found.losses:
        plane = found.plane(name)
        assert plane.losses.shape == plane.decision.shape == (5, 5)
        point = IMAGE + 0.1 * torch.from_numpy(plane.gradient) - 0.05 * torch.from_numpy(found.random)
        prediction = untrained.predict(point.clamp(0, 1)[None])
        logits = prediction.logits if name == "ce" else prediction.auxiliary[0]
        assert plane.losses[4, 1] == pytest.approx(F.cross_entropy(logits, torch.tensor([3])).item(), abs=1e-4)
        assert plane.decision[4, 1] == prediction.classes
        assert plane.losses[2, 2] < plane.losses[3, 2]
    assert not np.array_equal(found.plane("ce").gradient, found.plane("ce_first").gradient)


def test_the_same_seed_gives_the_same_plane(untrained):
    first, again = (loss_surface(untrained, IMAGE, 3, SETTINGS) for _ in range(2))
    other = loss_surface(untrained, IMAGE, 3, SETTINGS.with_changes(seed=1))
    assert np.array_equal(first.plane("ce").losses, again.plane("ce").losses)
    assert not np.array_equal(first.random, other.random)


def test_one_gradient_can_span_all_planes(untrained):
    found = loss_surface(untrained, IMAGE, 3, SETTINGS.with_changes(direction="ce_first"))
    assert np.array_equal(found.plane("ce").gradient, found.plane("ce_first").gradient)
    assert np.array_equal(found.plane("ce").decision, found.plane("ce_first").decision)


def test_a_users_own_loss_and_the_model_left_alone(untrained):
    def squared(prediction, labels):
        return prediction.logits.square().sum(dim=1)

    untrained.train()
    before = {name: value.clone() for name, value in untrained.state_dict().items()}
    found = loss_surface(untrained, IMAGE, 3, SETTINGS, objectives=[squared, "soft_attention"])
    assert untrained.training
    untrained.eval()
    assert list(found.losses) == ["squared", "soft_attention"]
    assert all(torch.equal(before[name], value) for name, value in untrained.state_dict().items())
    assert all(parameter.grad is None for parameter in untrained.parameters())


class Cliff(nn.Module):
    """A plateau of exactly zero gradient that ends where the mean reaches a half."""

    def forward(self, images):
        mean = images.mean(dim=(1, 2, 3))
        side = (mean < 0.5).float()
        return torch.stack([200 * side + 0 * mean, 200 * (1 - side)], dim=1)


def test_a_plateau_with_a_cliff_is_flat_while_the_answer_is_right():
    image = torch.full((1, 8, 8), 0.49)
    found = loss_surface(Cliff(), image, 0, SETTINGS, objectives=["ce", lambda p, y: 0 * p.logits[:, 0]])
    plane = found.plane("ce")
    assert plane.zero_gradient
    assert plane.gradient_norm == 0
    assert set(np.unique(plane.gradient)) == {-1, 1}
    assert 0 < plane.correct.mean() < 1
    assert plane.change == plane.jump == 200
    assert plane.change_while_correct == 0


def test_points_stay_in_the_range_of_pixels():
    def brightest(prediction, labels):
        return prediction.logits[:, 0]

    class Largest(nn.Module):
        def forward(self, images):
            return torch.stack([images.amax(dim=(1, 2, 3)), -images.amin(dim=(1, 2, 3))], dim=1)

    found = loss_surface(Largest(), torch.rand(1, 4, 4), 0, SETTINGS.with_changes(epsilon=1.0), objectives=[brightest])
    assert 0 <= found.plane("brightest").losses.min() <= found.plane("brightest").losses.max() <= 1


@pytest.mark.parametrize(
    ("image", "label", "changes", "message"),
    [
        (IMAGE[None], 0, {}, "One image"),
        (IMAGE * 255, 0, {}, "One image"),
        (IMAGE * float("nan"), 0, {}, "One image"),
        (IMAGE, 10, {}, "classes 0 to 9"),
        (IMAGE, -1, {}, "classes 0 to 9"),
        (IMAGE, 0, {"objectives": ("ce_frist",)}, "did you mean 'ce_first'"),
        (IMAGE, 0, {"objectives": ("forced_target",)}, "needs a target"),
        (IMAGE, 0, {"direction": "forced_target"}, "needs a target"),
    ],
)
def test_bad_input_is_refused(untrained, image, label, changes, message):
    with pytest.raises(AncraError, match=message):
        loss_surface(untrained, image, label, SETTINGS.with_changes(**changes))


@pytest.mark.parametrize("wrong", [{"points": 4}, {"epsilon": 0}, {"epsilon": float("nan")}, {"objectives": ()}])
def test_bad_settings_are_refused(wrong):
    with pytest.raises(AncraError):
        SurfaceSettings(**wrong)


def test_a_loss_without_gradient_is_refused(untrained):
    with pytest.raises(AncraError, match="No gradient"):
        loss_surface(untrained, IMAGE, 3, SETTINGS, objectives=[lambda p, y: p.logits.detach()[:, 0]])
    with pytest.raises(AncraError, match="one loss a sample"):
        loss_surface(untrained, IMAGE, 3, SETTINGS, objectives=[lambda p, y: p.logits.sum()])

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ancra.errors import AncraError
from ancra.evaluation.loss_cut import loss_cut
from ancra.evaluation.loss_surface import SurfaceSettings, loss_surface

SETTINGS = SurfaceSettings(epsilon=0.1, points=5)
IMAGE = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(2)) * 0.5 + 0.25


def test_a_cut_is_the_middle_line_of_the_surface_along_the_same_gradient(untrained):
    cut = loss_cut(untrained, IMAGE, 3, SETTINGS)
    surface = loss_surface(untrained, IMAGE, 3, SETTINGS.with_changes(direction="ce_first"))
    assert cut.axis.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert cut.along == surface.plane("ce_first").title
    for curve in cut.curves:
        plane = surface.plane(curve.name)
        assert np.allclose(curve.losses, plane.losses[:, 2], atol=1e-5)
        assert np.array_equal(cut.decision, plane.decision[:, 2])
    assert np.array_equal(cut.direction, surface.plane("ce_first").gradient)


def test_the_slope_is_what_the_loss_does_beside_the_image(untrained):
    sure = copy.deepcopy(untrained)
    with torch.no_grad():
        sure.fc.weight *= 100  # so that losses so near the image differ by more than float32's rounding
    near = loss_cut(sure, IMAGE, 3, SurfaceSettings(epsilon=5e-4, points=3))
    for curve in near.curves:
        assert abs(curve.slope) > 1e-4
        assert curve.slope == pytest.approx((curve.losses[2] - curve.losses[0]) / 2, rel=0.05)


def test_perturbations_stand_where_the_line_has_gone_as_far(untrained):
    dark = IMAGE.clone()
    dark[:, :4] = 0  # these pixels cannot become darker
    cut = loss_cut(untrained, dark, 3, SETTINGS)
    line = (dark + 0.1 * torch.tensor([-1.0, 0.5, 1.0])[:, None, None, None] * torch.from_numpy(cut.direction)).clamp(
        0, 1
    )
    assert cut.place((line - dark).numpy()) == pytest.approx([-1, 0.5, 1], abs=1e-4)
    assert cut.place(np.zeros((1, 1, 8, 8))) == pytest.approx([0], abs=1e-6)
    assert cut.reached[-1] < 1


def test_a_gradient_of_zero_gives_a_random_direction_and_a_flat_line():
    class Blind(nn.Module):
        def forward(self, images):
            return F.pad(images.flatten(1)[:, :1] * 0, (0, 1))

    cut = loss_cut(Blind(), IMAGE, 0, SETTINGS.with_changes(objectives=("ce",)))
    assert set(np.unique(cut.direction)) == {-1, 1}
    assert cut.curves[0].slope == cut.curves[0].gradient_norm == 0
    assert np.ptp(cut.curves[0].losses) == 0


@pytest.mark.parametrize(
    ("image", "label", "objectives", "sentence"),
    [(IMAGE * 9, 3, ("ce",), "values in"), (IMAGE, 12, ("ce",), "label"), (IMAGE, 3, ("nothing",), "nothing")],
)
def test_what_makes_no_sense_is_one_sentence(untrained, image, label, objectives, sentence):
    with pytest.raises(AncraError, match=sentence):
        loss_cut(untrained, image, label, SETTINGS.with_changes(objectives=objectives))

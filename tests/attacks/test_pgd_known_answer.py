"""PGD on a model whose best attack is known, and on models that no attack can search."""

import pytest
import torch
from torch import nn

from ancra.attacks.ball import start_point
from ancra.attacks.pgd import pgd
from ancra.attacks.search import perturb
from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError


class Linear(nn.Module):
    """Two classes; the logit of class 1 grows with the mean pixel, so the best attack is known."""

    def __init__(self):
        super().__init__()
        self.calls = 0
        self.images_seen = 0

    def forward(self, images):
        self.calls += 1
        self.images_seen += len(images)
        mean = images.flatten(1).mean(dim=1)
        return torch.stack([0.5 - mean, mean - 0.5], dim=1) * 10


def test_n_fgsm_is_one_step_from_noise_of_twice_epsilon_and_stays_in_the_image():
    attack = AttackSettings(epsilon=0.1, steps=1, start="n_fgsm")
    images = torch.full((1, 1, 40, 40), 0.5)
    start = start_point(images, attack, torch.Generator().manual_seed(0))
    assert float((start - images).abs().max()) == pytest.approx(0.2, abs=0.001)
    assert float((start - images).std()) == pytest.approx(0.2 / 3**0.5, rel=0.05)
    moved = perturb(Linear(), images, torch.tensor([0]), attack, start=start)
    assert torch.allclose(moved, start + 0.1)
    bright = perturb(Linear(), images + 0.45, torch.tensor([0]), attack)
    assert float(bright.max()) == 1


def test_epsilon_1_finds_the_best_point_there_is():
    images = torch.full((3, 1, 4, 4), 0.2)
    found = pgd(Linear(), images, torch.zeros(3, dtype=torch.long), AttackSettings(epsilon=1, steps=10))
    assert torch.equal(found.images, torch.ones_like(images))
    assert found.success.all()


def test_l2_steps_have_their_full_length_where_gradients_are_tiny():
    class Faint(Linear):
        def forward(self, images):
            return super().forward(images) * 1e-25

    images = torch.full((1, 1, 4, 4), 0.45)
    found = pgd(Faint(), images, torch.tensor([0]), AttackSettings(norm="l2", epsilon=0.5, steps=1, start="none"))
    assert (found.images - images).norm().item() == pytest.approx(0.5, rel=1e-3)


def test_broken_images_are_not_searched_again():
    images = torch.tensor([0.49, 0.1]).view(2, 1, 1, 1).expand(2, 1, 4, 4).contiguous()
    labels = torch.zeros(2, dtype=torch.long)
    once, often = Linear(), Linear()
    attack = AttackSettings(epsilon=0.1, steps=4, start="none")
    assert pgd(once, images, labels, attack).success.tolist() == [True, False]
    assert pgd(often, images, labels, attack.with_changes(restarts=3)).success.tolist() == [True, False]
    natural = 2
    assert often.images_seen - once.images_seen == once.images_seen - natural
    easy = Linear()
    pgd(easy, images, labels, attack.with_changes(keep="first", steps=40))
    assert easy.images_seen < 80


class Broken(Linear):
    """Answers with NaN, everywhere or only away from the natural image."""

    def __init__(self, everywhere):
        super().__init__()
        self.everywhere = everywhere

    def forward(self, images):
        away = (images.flatten(1).mean(dim=1) > 0.45) | self.everywhere
        return super().forward(images).masked_fill(away[:, None], torch.nan)


@pytest.mark.parametrize("everywhere", [True, False])
def test_nan_logits_are_an_error(everywhere):
    labels = torch.ones(2, dtype=torch.long)
    with pytest.raises(AncraError, match="NaN"):
        pgd(Broken(everywhere), torch.full((2, 1, 4, 4), 0.44), 1 - labels, AttackSettings(epsilon=0.1, keep="last"))


def test_nan_gradients_do_not_move_the_image():
    class Rooted(Linear):
        def forward(self, images):
            return super().forward(images) + (images - images.detach()).sum(dim=(1, 2, 3))[:, None].sqrt()

    images = torch.full((2, 1, 4, 4), 0.3)
    found = pgd(Rooted(), images, torch.zeros(2, dtype=torch.long), AttackSettings(epsilon=0.1, start="none"))
    assert not found.success.any()
    assert torch.isfinite(found.images).all()


def test_a_model_without_gradient_is_an_error():
    class Counting(Linear):
        def forward(self, images):
            return super().forward(images.detach())

    images = torch.rand(2, 1, 4, 4)
    with pytest.raises(AncraError, match="No gradient"):
        pgd(Counting(), images, torch.zeros(len(images), dtype=torch.long), AttackSettings())
    with pytest.raises(AncraError, match="torch module"):
        pgd(lambda images: images, images, torch.zeros(len(images), dtype=torch.long), AttackSettings())

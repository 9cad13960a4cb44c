"""Each strategy's picks meet its condition in the paper's Table 2, whatever the batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.negatives.picker import Batch, Picker, Picks, pick
from ancra.negatives.settings import PRESETS, NegativeSettings
from ancra.negatives.strategy import PICKERS, active_picker, select_negatives

ATTACK = AttackSettings(epsilon=0.3, steps=10, step_size=0.05)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    size, classes = draw(st.integers(1, 12)), draw(st.integers(2, 5))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    labels = torch.randint(classes, (size,), generator=generator)
    return Batch(labels, torch.randn(size, classes, generator=generator))


def meets(name: str, batch: Batch, anchor: int, other: int) -> bool:
    """Table 2 (and the reference's easy picker), read off one pair."""
    label, guess = batch.labels.tolist(), batch.predicted.tolist()
    if label[other] == label[anchor]:
        return False
    return {
        "random": True,
        "soft_ls": guess[other] == guess[anchor],
        "hard_ls": guess[other] == label[anchor],
        "easy": guess[other] not in (label[anchor], guess[anchor]),
    }[name]


@pytest.mark.parametrize("name", sorted(PICKERS))
@given(batch=batches(), seed=st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_picks_meet_the_condition_or_fall_back(name: str, batch: Batch, seed: int) -> None:
    picks: Picks = pick(PICKERS[name], batch, torch.Generator().manual_seed(seed))
    for anchor in range(len(batch.labels)):
        others = range(len(batch.labels))
        candidates = [other for other in others if meets(name, batch, anchor, other)]
        index = int(picks.indices[anchor])
        assert picks.candidates[anchor].nonzero()[:, 0].tolist() == candidates
        assert bool(picks.valid[anchor]) == bool((batch.labels != batch.labels[anchor]).any())
        if not picks.valid[anchor]:
            assert index == anchor
            continue
        assert bool(picks.fallback[anchor]) == (not candidates)
        assert meets("random" if picks.fallback[anchor] else name, batch, anchor, index)
        assert float(picks.scores[anchor]) == float(batch.logits[index, batch.labels[anchor]])
        if name in {"soft_ls", "hard_ls"} and candidates:
            assert float(picks.scores[anchor]) == max(float(batch.logits[c, batch.labels[anchor]]) for c in candidates)


def test_random_picks_every_candidate_about_equally_often() -> None:
    batch = Batch(torch.tensor([0, 1, 1, 1, 0]), torch.zeros(5, 2))
    generator = torch.Generator().manual_seed(0)
    counts = torch.zeros(5)
    for _ in range(900):
        counts[pick(PICKERS["random"], batch, generator).indices[0]] += 1
    assert counts[[0, 4]].sum() == 0
    assert (counts[1:4] - 300).abs().max() < 60


def test_warm_up_picks_at_random() -> None:
    settings_ = NegativeSettings(picker="hard_ls", warmup_epochs=3)
    assert active_picker(settings_, epoch=2) is PICKERS["random"]
    assert active_picker(settings_, epoch=3) is PICKERS["hard_ls"]
    assert active_picker(settings_) is PICKERS["hard_ls"]


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_strategy_stands_for_a_picker_and_a_perturbation(preset: str) -> None:
    told = NegativeSettings.model_validate({"picker": "easy", "strategy": preset, "warmup_epochs": 3})
    assert told == PRESETS[preset].with_changes(warmup_epochs=3)


def test_a_strategy_may_be_any_picker() -> None:
    told = NegativeSettings.model_validate({"strategy": "easy"})
    assert (told.picker, told.perturbation) == ("easy", "none")


def test_a_typo_names_the_nearest_picker() -> None:
    with pytest.raises(AncraError, match="did you mean 'hard_ls'"):
        active_picker(NegativeSettings(picker="hard_l"))


@pytest.fixture(scope="module")
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_presets_answer_with_images_in_range(preset: str, model: nn.Module) -> None:
    images, labels = torch.rand(8, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    found = select_negatives(model, images, labels, PRESETS[preset], ATTACK, torch.Generator().manual_seed(0))
    assert torch.equal(found.natural, images[found.picks.indices])
    assert (found.labels != labels).all()
    assert (found.images - found.natural).abs().max() <= 0.3 + 1e-6
    assert found.images.min() >= 0
    assert found.images.max() <= 1
    assert torch.equal(found.images, found.natural) == (preset != "targeted_attack")


def test_the_targeted_attack_drives_the_negative_into_the_anchors_class(model: nn.Module) -> None:
    images, labels = torch.rand(30, 1, 4, 4), torch.arange(30) % 3
    found = select_negatives(
        model, images, labels, PRESETS["targeted_attack"], ATTACK, torch.Generator().manual_seed(0)
    )
    with torch.no_grad():
        before = (model(found.natural).argmax(dim=1) == labels).float().mean()
        after = (model(found.images).argmax(dim=1) == labels).float().mean()
    assert after > before + 0.2


def test_one_class_has_no_negatives_and_no_error(model: nn.Module) -> None:
    found = select_negatives(
        model, torch.rand(4, 1, 4, 4), torch.ones(4, dtype=torch.long), PRESETS["hard_ls"], ATTACK, torch.Generator()
    )
    assert not found.picks.valid.any()
    assert not found.picks.fallback.any()


def test_a_strategy_of_ones_own_is_one_small_class() -> None:
    class Nearest(Picker):
        title, condition, words = "Nearest", "gt(OE) = gt(ne) + 1", "The next class."

        def candidates(self, batch: Batch) -> torch.Tensor:
            return batch.labels[None, :] == batch.labels[:, None] + 1

    batch = Batch(torch.tensor([0, 1, 2]), torch.zeros(3, 3))
    picks = pick(Nearest(), batch, torch.Generator().manual_seed(0))
    assert picks.indices.tolist()[:2] == [1, 2]
    assert picks.fallback.tolist() == [False, False, True]

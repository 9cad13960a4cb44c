"""What a GPU computes is what a CPU computes, up to rounding; skipped where there is none."""

import numpy as np
import pytest
import torch

from ancra.attacks.pgd import pgd
from ancra.attacks.settings import AttackSettings
from ancra.checkpoints import load_checkpoint, resolve_checkpoint
from ancra.data.dataset import Dataset, Split
from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.features.extraction import extract_features
from ancra.features.settings import FeatureSettings
from ancra.training.observer import NullObserver
from ancra.training.trainer import train

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="gpu: there is none")]


@pytest.fixture(scope="module", params=["digits/trades-ancra", "fashion_mnist/trades-ancra"])
def subject(request):
    """The same model on both devices, 100 test images and their labels."""
    path = resolve_checkpoint(request.param)
    model, card = load_checkpoint(path)
    images, labels = load_dataset(card.data).test.batch(slice(100))
    return model, load_checkpoint(path, "cuda")[0], images, labels, card.recipe.attack.epsilon


@pytest.fixture(autouse=True)
def exact():
    """Convolutions in full float32, without the rounding of tensor cores."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def test_logits_of_every_head_agree(subject):
    model, twin, images, _, _ = subject
    ours, theirs = model.predict(images), twin.predict(images.cuda())
    for mine, other in zip((ours.logits, *ours.auxiliary), (theirs.logits, *theirs.auxiliary), strict=True):
        torch.testing.assert_close(other.cpu(), mine, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("objective", ["ce_first", "joint"])
def test_pgd_40_reaches_the_same_verdicts(subject, objective):
    model, twin, images, labels, epsilon = subject
    settings = AttackSettings(epsilon=epsilon, steps=40, start="none", objective=objective)
    here = pgd(model, images, labels, settings).success
    there = pgd(twin, images.cuda(), labels.cuda(), settings).success.cpu()
    assert (here == there).float().mean() >= 0.98


def test_features_agree(subject):
    model, twin, images, labels, _ = subject
    split = Split((255 * images).round().to(torch.uint8), labels)
    dataset = Dataset("some", tuple("abcdefghij"), split, split)
    ours, theirs = (extract_features(each, dataset, FeatureSettings()).features for each in (model, twin))
    np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-3)


class Watcher(NullObserver):
    """Remembers the losses and what was said; may stop the run in its second epoch."""

    def __init__(self, stops=False):
        self.losses, self.lines, self.stops = [], [], stops

    def progressed(self, progress):
        if self.stops and progress.epoch == 1:
            raise KeyboardInterrupt

    def epoch_finished(self, row):
        self.losses.append(row["loss"])

    def log(self, line):
        self.lines.append(line)


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tiny_recipe, tmp_path):
    recipe = tiny_recipe.with_changes(device="cuda", epochs=3)
    whole = load_checkpoint(train(recipe, tmp_path / "whole", NullObserver()))[0].state_dict()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "stopped", Watcher(stops=True))
    again = load_checkpoint(train(recipe, tmp_path / "stopped", NullObserver(), resume=True))[0].state_dict()
    for name, tensor in whole.items():
        torch.testing.assert_close(again[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bf16-mixed", "channels_last": True},
        {"compile": True, "attack": {"epsilon": 0.2, "steps": 1, "objective": "joint", "compiled": True}},
    ],
    ids=["bf16 and channels last", "compiled"],
)
def test_what_makes_training_faster_changes_its_loss_by_rounding_only(tiny_recipe, tmp_path, changes):
    recipe = tiny_recipe.with_changes(device="cuda", epochs=1)
    rows = []
    for name, each in (("plain", recipe), ("fast", recipe.with_changes(**changes))):
        watcher = Watcher()
        train(each, tmp_path / name, watcher)
        assert not [line for line in watcher.lines if "not compiled" in line]
        rows.append(watcher.losses[0])
    assert rows[1] == pytest.approx(rows[0], rel=0.05)


def test_a_full_gpu_is_said_in_a_sentence(tiny_recipe, tmp_path):
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-4)
    try:
        with pytest.raises(AncraError, match="memory"):
            train(tiny_recipe.with_changes(device="cuda", batch_size=1024), tmp_path, NullObserver())
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)

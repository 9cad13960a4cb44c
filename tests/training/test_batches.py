import pytest
import torch

from ancra.data.batches import derived_seed, epoch_batches
from ancra.data.dataset import Split
from ancra.errors import AncraError
from ancra.training.batches import hold_out


def split_of(*sizes: int) -> Split:
    labels = torch.cat([torch.full((size,), label) for label, size in enumerate(sizes)])
    return Split(torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1), labels)


def test_every_class_gives_its_share():
    training, held_out = hold_out(split_of(100, 50, 10), 0.1, seed=0)
    assert torch.bincount(held_out.labels).tolist() == [10, 5, 1]
    together = torch.cat([training.images, held_out.images]).flatten()
    assert sorted(together.tolist()) == list(range(160))


def test_same_seed_same_images_other_seed_others():
    images = [hold_out(split_of(100, 100), 0.1, seed)[1].images.flatten().tolist() for seed in (0, 0, 1)]
    assert images[0] == images[1] != images[2]


def test_a_class_with_one_image_keeps_it():
    training, _ = hold_out(split_of(1, 20), 0.5, seed=0)
    assert 0 in training.labels


def test_few_images_still_give_one_to_validate_on():
    assert [len(part) for part in hold_out(split_of(2, 3), 0.1, seed=0)] == [4, 1]


def test_too_few_images_are_refused():
    with pytest.raises(AncraError, match="too few"):
        hold_out(split_of(1, 1), 0.1, seed=0)


def test_every_image_once_an_epoch_and_no_batch_of_one():
    batches = epoch_batches(10, 4, seed=0)
    assert sorted(torch.cat(batches).tolist()) == list(range(10))
    assert [len(batch) for batch in epoch_batches(9, 4, seed=0)] == [4, 4]


def test_seeds_of_different_purposes_differ():
    seeds = {derived_seed(0, "order", 1), derived_seed(0, "order", 2), derived_seed(0, "steps", 1), derived_seed(1)}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)

"""A packed trace is the trace, what was seen of it within float16; what comes with the project is what is computed."""

import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace import trace_attack
from ancra.attacks.trace_pack import pack, unpack
from ancra.attacks.trace_store import PACKED, find_packed, image_digest, keep_packed
from ancra.checkpoints import load_checkpoint, resolve_checkpoint
from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.paths import results_folders
from ancra.reports.shipped_traces import story_attacks
from ancra.reports.story import FIRST, STORY
from ancra.store import Store

NAMES = ("digits/natural-ra", "digits/pgd-at", "fashion_mnist/trades-ancra")


@pytest.fixture(scope="module", params=NAMES)
def subject(request):
    """A shipped model, its card and its test split."""
    model, card = load_checkpoint(resolve_checkpoint(request.param))
    return model, card, load_dataset(card.data).test


def same(found, trace):
    assert np.array_equal(found.predicted, trace.predicted)
    assert np.array_equal(found.attended, trace.attended)
    for name, array in trace.arrays().items():
        if array.dtype.kind == "f":
            assert np.allclose(getattr(found, name), array, rtol=2e-3, atol=2e-3, equal_nan=True), name
        else:
            assert np.array_equal(getattr(found, name), array), name


def test_what_comes_with_the_project_is_what_is_computed(subject):
    model, card, split = subject
    blocks, store = card.model.reverse_attention_blocks, Store([results_folders()[-1]])
    story = STORY[card.dataset]
    for row, attacks in ((story, story_attacks(card.recipe.attack.epsilon)), (FIRST - 1, [])):
        image, label = split.batch(slice(row, row + 1))
        for settings in attacks or story_attacks(card.recipe.attack.epsilon)[:2]:
            found = find_packed(store, card.digest, settings, image, int(label), blocks, len(card.classes))
            assert found is not None
            same(found, trace_attack(model, image, label, settings, apart=True))


def test_all_of_it_takes_less_than_six_megabytes():
    folders = [results_folders()[-1] / kind for kind in PACKED]
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) < 6e6


def test_images_come_out_exactly_and_the_answers_are_the_same(subject):
    model, card, split = subject
    images, labels = split.batch(slice(3))
    blocks, classes = card.model.reverse_attention_blocks, len(card.classes)
    for settings in (preset("pgd10").search(0.05), AttackSettings(steps=3, epsilon=0.3, start="none")):
        made = trace_attack(model, images, labels, settings, apart=True)
        for row in range(3):
            one = made.one(row)
            found = unpack(pack(one, settings), images[row : row + 1], int(labels[row]), settings, blocks, classes)
            assert np.array_equal(found.images, one.images)
            same(found, one)


def test_a_tie_after_rounding_leaves_the_winner(attentive):
    settings = AttackSettings(steps=1, epsilon=0.1)
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    trace = trace_attack(attentive, image, torch.tensor([2]), settings, apart=True)
    trace.logits[:] = 0
    trace.logits[..., 4], trace.logits[..., 7] = 10.0, 10.0001
    found = unpack(pack(trace, settings), image, 2, settings, 2, 10)
    assert found.predicted.tolist() == [[7], [7]]


@pytest.mark.parametrize("changes", [{"norm": "l2"}, {"start": "n_fgsm"}])
def test_what_does_not_follow_from_directions_is_not_packed(attentive, changes):
    settings = AttackSettings(steps=1, epsilon=0.1, **changes)
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    trace = trace_attack(attentive, image, torch.tensor([2]), settings, apart=True)
    with pytest.raises(AncraError, match="be packed"):
        pack(trace, settings)


def test_damage_is_no_trace(attentive, tmp_path):
    settings, store = AttackSettings(steps=1, epsilon=0.1), Store([tmp_path])
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    packed = pack(trace_attack(attentive, image, torch.tensor([2]), settings, apart=True), settings)
    for content, there in ((packed, True), (packed[:-8], False), (b"", False)):
        keep_packed(store, PACKED[0], "model", settings, {"other": b"x", image_digest(image, 2): content})
        assert (find_packed(store, "model", settings, image, 2, 2, 10) is not None) is there
    with pytest.raises(AncraError, match="damaged"):
        unpack(packed, image, 2, settings, 1, 10)
    assert find_packed(store, "model", settings, image, 3, 2, 10) is None

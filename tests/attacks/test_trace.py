"""Traces record what the attack saw, and survive being stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, recorded_objectives, trace_attack
from ancra.errors import AncraError
from ancra.models.classifier import Classifier
from tests.attacks.conftest import Case

SETTINGS = AttackSettings(epsilon=0.1, steps=5)


@pytest.fixture(scope="module")
def trace(case: Case) -> AttackTrace:
    return trace_attack(case.model, case.images, case.labels, SETTINGS)


def test_it_has_a_point_for_the_start_and_one_for_each_step(trace: AttackTrace, case: Case) -> None:
    blocks = case.model.reverse_attention_blocks
    assert trace.images.shape == (6, 12, 1, 8, 8)
    assert trace.logits.shape == (6, 12, 5)
    assert trace.auxiliary.shape == (6, 12, blocks, 5)
    assert trace.attended.shape == (6, 12, blocks)
    assert np.isnan(trace.gradient_norm[-1]).all()
    assert np.isfinite(trace.gradient_norm[:-1]).all()


def test_it_tells_what_the_model_says_of_each_point(trace: AttackTrace, case: Case) -> None:
    with torch.no_grad():
        prediction = case.model.predict(torch.from_numpy(trace.images[3]))
    assert np.allclose(trace.logits[3], prediction.logits.numpy(), atol=1e-5)
    expected = OBJECTIVES["joint"].loss(prediction, case.labels).numpy()
    assert np.allclose(trace.loss("joint")[3], expected, atol=1e-4)


def test_what_it_records_of_a_point_does_not_depend_on_how_many_points_are_looked_at_together(
    trace: AttackTrace, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ancra.attacks.trace.POINTS_AT_ONCE", 7)
    again = trace_attack(case.model, case.images, case.labels, SETTINGS)
    assert np.array_equal(again.images, trace.images)
    for name in ("logits", "auxiliary", "losses", "natural_logits", "natural_auxiliary"):
        assert np.allclose(getattr(again, name), getattr(trace, name), atol=1e-5), name


def test_it_looks_at_all_points_in_one_pass_for_each_attention(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []
    predict = type(case.model).predict

    def counted(model: Classifier, images: torch.Tensor, *attention: Any) -> Any:
        batches.append(len(images))
        return predict(model, images, *attention)

    monkeypatch.setattr(type(case.model), "predict", counted)
    trace_attack(case.model, case.images, case.labels, SETTINGS)
    attentions = 1 + sum(OBJECTIVES[name].attention is not None for name in recorded_objectives())
    points = SETTINGS.steps + 1
    # Whether the natural images are finite, the search, all its points, and the natural images.
    assert batches == [12] * (1 + points) + [12 * points] * attentions + [12] * attentions


def test_distances_stay_inside_the_ball(trace: AttackTrace) -> None:
    assert trace.linf.max() <= 0.1 + 1e-6
    assert (trace.l2 <= trace.linf * 8 + 1e-6).all()


def test_the_attacked_loss_rises(trace: AttackTrace) -> None:
    assert trace.loss("ce")[-1].mean() > trace.loss("ce")[0].mean()


def test_it_is_the_same_after_saving_and_loading(trace: AttackTrace, tmp_path: Path) -> None:
    trace.save(tmp_path / "trace.npz")
    loaded = AttackTrace.load(tmp_path / "trace.npz")
    for name, array in trace.arrays().items():
        assert np.array_equal(array, getattr(loaded, name), equal_nan=array.dtype.kind == "f"), name


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"not a trace"])
def test_a_broken_file_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "trace.npz").write_bytes(content)
    with pytest.raises(AncraError, match="not a whole attack trace"):
        AttackTrace.load(tmp_path / "trace.npz")


def test_a_targeted_trace_heads_for_its_target(case: Case) -> None:
    targets = (case.labels + 1) % 5
    settings = SETTINGS.with_changes(targeted=True, steps=15, epsilon=0.5)
    trace = trace_attack(case.model, case.images, case.labels, settings, targets=targets)
    chosen = np.take_along_axis(trace.logits, targets.numpy()[None, :, None].repeat(16, 0), axis=2)[..., 0]
    assert chosen[-1].mean() > chosen[0].mean()
    assert (trace.targets == targets.numpy()).all()


@pytest.mark.parametrize("objective", ["ce", "forced_target"])
def test_missing_or_impossible_targets_are_one_sentence(case: Case, objective: str) -> None:
    settings = SETTINGS.with_changes(targeted=True, objective=objective)
    with pytest.raises(AncraError, match="target class"):
        trace_attack(case.model, case.images, case.labels, settings)
    with pytest.raises(AncraError, match="must differ"):
        trace_attack(case.model, case.images, case.labels, settings, targets=case.labels)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("start", ["uniform", "gaussian"])
def test_images_traced_apart_find_what_each_finds_alone(case: Case, norm: str, start: str) -> None:
    settings = SETTINGS.with_changes(norm=norm, start=start, seed=3, epsilon=0.1 if norm == "linf" else 0.5)
    together = trace_attack(case.model, case.images[:4], case.labels[:4], settings, apart=True)
    for row in range(4):
        each = slice(row, row + 1)
        alone = trace_attack(case.model, case.images[each], case.labels[each], settings).arrays()
        for name, array in together.one(row).arrays().items():
            if array.dtype.kind == "f":
                assert np.allclose(array, alone[name], atol=1e-5, equal_nan=True), name
            else:
                assert np.array_equal(array, alone[name]), name

"""Objectives against their formulas."""

import pytest
import torch
import torch.nn.functional as F

from ancra.attacks.objectives import OBJECTIVES, as_objective, each_its_own, logits_ratio, margin, mixes
from ancra.errors import AncraError
from ancra.models.prediction import Prediction

LOGITS = torch.tensor([[2.0, 1.0, -1.0, 0.0], [0.0, 3.0, 2.5, -2.0]])
LABELS = torch.tensor([0, 2])
PREDICTION = Prediction(LOGITS, auxiliary=(LOGITS.flip(1), LOGITS * 2))


def test_margin_is_best_wrong_minus_own() -> None:
    assert torch.allclose(margin(LOGITS, LABELS), torch.tensor([-1.0, 0.5]))


def test_logits_ratio_does_not_change_with_the_scale() -> None:
    assert torch.allclose(logits_ratio(LOGITS, LABELS), logits_ratio(LOGITS * 1000, LABELS))
    assert torch.allclose(logits_ratio(LOGITS, LABELS), torch.tensor([-1.0 / 2.0, 0.5 / 3.0]))


def test_logits_ratio_works_with_two_classes() -> None:
    assert torch.isfinite(logits_ratio(LOGITS[:, :2], torch.tensor([0, 1]))).all()


def test_joint_adds_twice_the_mean_of_the_heads() -> None:
    expected = F.cross_entropy(LOGITS, LABELS, reduction="none")
    for head in PREDICTION.auxiliary:
        expected = expected + F.cross_entropy(head, LABELS, reduction="none")
    assert torch.allclose(OBJECTIVES["joint"].loss(PREDICTION, LABELS), expected)


@pytest.mark.parametrize(
    ("name", "head"),
    [("margin", LOGITS), ("margin_first", LOGITS.flip(1)), ("margin_last", LOGITS * 2)],
)
def test_each_objective_reads_its_own_head(name: str, head: torch.Tensor) -> None:
    assert torch.equal(OBJECTIVES[name].loss(PREDICTION, LABELS), margin(head, LABELS))


def test_without_heads_an_objective_is_the_one_it_falls_back_to() -> None:
    plain = Prediction(LOGITS, auxiliary=())
    own = {name: each for name, each in OBJECTIVES.items() if each.falls_back}
    assert own.keys() == {"joint", "ce_first", "ce_last", "margin_first", "margin_last"}
    for objective in own.values():
        simpler = OBJECTIVES[objective.falls_back or ""]
        assert torch.equal(objective.loss(plain, LABELS), simpler.loss(plain, LABELS))


def test_each_image_has_its_own_objective_where_they_mix() -> None:
    found = each_its_own(["joint", "margin"]).loss(PREDICTION, LABELS)
    expected = [OBJECTIVES[name].loss(PREDICTION, LABELS)[row] for row, name in enumerate(("joint", "margin"))]
    assert torch.equal(found, torch.stack(expected))
    assert [mixes(name) for name in ("ce", "joint", "dlr", "soft_attention")] == [True, True, False, False]


def test_a_plain_function_is_an_objective() -> None:
    def confidence(prediction: Prediction, labels: torch.Tensor) -> torch.Tensor:
        return -prediction.logits.softmax(dim=1).gather(1, labels[:, None]).squeeze(1)

    objective = as_objective(confidence)
    assert objective.name == "confidence"
    assert objective.loss(PREDICTION, LABELS).shape == (2,)


def test_a_typo_names_the_nearest_objective() -> None:
    with pytest.raises(AncraError, match="did you mean 'margin_first'"):
        as_objective("margin_frist")

import numpy as np

from ancra.evaluation.breaking import breaking
from ancra.evaluation.robustness import Outcome, RobustnessReport
from ancra.evaluation.settings import EvaluationSettings


def outcome(robust, tried=(True,) * 5):
    return Outcome(np.array(robust), np.array(tried), 0.0)


def test_images_stand_in_the_order_in_which_the_weakest_attacks_break_them():
    report = RobustnessReport(
        EvaluationSettings(),
        indices=np.array([10, 11, 12, 13, 14]),
        natural=np.array([True, True, True, False, True]),
        outcomes={
            "margin": outcome([True, True, False, True, False], tried=[True, False, True, False, True]),
            "pgd": outcome([True, False, True, False, True]),
            "adaptive": outcome([True, False, True, False, False]),
        },
    )
    found = breaking(report)
    assert found.indices.tolist() == [11, 14, 12, 10, 13]
    assert found.by == ("pgd", "adaptive", "margin", "", "natural")

"""Runs side by side: final accuracies on the test images, and differences with intervals."""

import csv
import shutil

import numpy as np
import pytest

from ancra.checkpoints import read_card, write_card
from ancra.evaluation.intervals import Accuracy, Difference
from ancra.evaluation.robustness import Outcome, RobustnessReport
from ancra.evaluation.settings import EvaluationSettings
from ancra.runs.comparing import finals, finals_csv
from ancra.runs.run import Run


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe 1998, table II, example (a), method 10: 56/70 less 48/80.
    found = Difference.of(Accuracy.of(56, 70), Accuracy.of(48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert not found.inside_the_noise
    assert Difference.of(Accuracy.of(5, 10), Accuracy.of(5, 10)).inside_the_noise


@pytest.fixture
def evaluated(tmp_path, saved_model, tiny_recipe):
    """Makes a run whose checkpoint says that so many of 100 images survive PGD."""

    def made(name, survive=None, epsilon=0.2):
        run = Run.create(tmp_path / name, tiny_recipe)
        shutil.copy(saved_model, run.final_checkpoint)
        if survive is not None:
            whole = np.ones(100, bool)
            outcome = {"pgd": Outcome(np.arange(100) < survive, whole, 1.0)}
            report = RobustnessReport(EvaluationSettings(epsilon=epsilon), np.arange(100), whole, outcome)
            card = read_card(run.final_checkpoint)
            write_card(run.final_checkpoint, card.with_changes(evaluation=({"dataset": "digits", **report.row()},)))
        return run

    return made


def test_each_run_is_compared_with_the_first(evaluated):
    runs = [evaluated("a", 60), evaluated("b", 80), evaluated("never"), evaluated("other", 70, epsilon=0.1)]
    first, second, other = finals(runs)
    assert (first.run, second.run, other.run) == ("a", "b", "other")
    assert (first.apart, other.apart) == ({}, {})  # another epsilon is another question
    assert second.apart["pgd"].value == pytest.approx(0.2)
    assert second.apart["natural"].inside_the_noise
    lines = finals_csv(runs).decode().splitlines()
    rows = {(row["run"], row["attack"]): row for row in csv.DictReader(line for line in lines if line[0] != "#")}
    assert float(rows["b", "pgd"]["difference"]) == pytest.approx(0.2)
    assert float(rows["b", "pgd"]["difference_low"]) > 0
    assert rows["a", "pgd"]["difference"] == rows["other", "pgd"]["difference"] == ""
    assert any(
        line.startswith("# made anew by: ancra runs compare a b never other --finals finals.csv") for line in lines
    )

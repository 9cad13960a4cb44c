"""Trends along a number, and the paper's statements about them."""

import pytest

from ancra.sweeps.claims import ALPHA, ZETA, Answer, claims
from ancra.sweeps.trends import numeric_axes, trend

NOISE = (0.004, -0.002, 0.001)
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)


def along(make_outcome, recipe, slope, key=ALPHA, values=ALPHAS):
    """Accuracies that follow ``slope(measure) * value``, with seeds that differ in level and slope."""

    def accuracy(values, seed, measure):
        return 0.5 + (slope(measure) + NOISE[seed]) * float(values[key]) + 3 * NOISE[seed]

    return make_outcome(recipe, {key: values}, accuracy)


def test_a_rise_is_told_with_its_size(make_outcome, tiny_recipe):
    found = trend(along(make_outcome, tiny_recipe, lambda measure: 0.1), ALPHA, "natural")
    assert found.change.difference == pytest.approx(0.1 + sum(NOISE) / 3)
    assert not found.inside_the_noise
    assert found.sentence.startswith("Natural rises: +10.1 points from alpha 0 to 1 (95 % interval")


def test_slopes_of_either_sign_are_noise(make_outcome, tiny_recipe):
    found = trend(along(make_outcome, tiny_recipe, lambda measure: 0.0), ALPHA, "pgd")
    assert found.inside_the_noise
    assert found.sentence.endswith("inside the noise.")


def test_one_seed_says_nothing(make_outcome, tiny_recipe):
    outcome = make_outcome(tiny_recipe, {ALPHA: ALPHAS}, lambda values, seed, measure: values[ALPHA] / 2, seeds=1)
    assert "nothing can be said" in trend(outcome, ALPHA, "pgd").sentence
    assert trend(outcome, ALPHA, "pgd", 0.9, 1.0) is None


def test_a_seed_that_is_still_being_trained_is_left_out(make_outcome, tiny_recipe):
    outcome = along(make_outcome, tiny_recipe, lambda measure: 0.1)
    part = outcome.model_copy(update={"results": outcome.results[:-2]})
    found = trend(part, ALPHA, "natural")
    assert (found.first, found.last, found.change.seeds) == (0.0, 1.0, 2)


def test_only_numbers_are_numeric_axes(make_outcome, tiny_recipe):
    vary = {
        ALPHA: (0.0, 1.0),
        "negatives.strategy": ("random", "soft_ls"),
        "epochs": (1,),
        "keep_epochs": (True, False),
    }
    assert numeric_axes(make_outcome(tiny_recipe, vary, lambda *_: 0.5).plan) == [ALPHA]


def test_figure_3_as_the_paper_has_it(make_outcome, tiny_recipe):
    def accuracy(values, seed, measure):
        alpha = values[ALPHA]
        rise = 0.2 * alpha
        turn = -0.5 * max(alpha - 0.5, 0) if measure == "natural" else 0.0
        return 0.5 + rise + turn + NOISE[seed] * (1 + alpha)

    clean, robust, trade = claims(make_outcome(tiny_recipe, {ALPHA: ALPHAS}, accuracy))
    assert robust.answer is Answer.YES
    assert trade.answer is Answer.YES
    assert clean.measured[0].startswith("Natural")
    assert len(robust.measured) == 3


def test_figure_3_the_other_way_round_and_without_a_difference(make_outcome, tiny_recipe):
    falling = claims(along(make_outcome, tiny_recipe, lambda measure: -0.2))
    assert [claim.answer for claim in falling] == [Answer.NO, Answer.NO, Answer.NO]
    flat = claims(along(make_outcome, tiny_recipe, lambda measure: 0.0))
    assert [claim.answer for claim in flat] == [Answer.OPEN, Answer.OPEN, Answer.OPEN]


@pytest.mark.parametrize(("peak", "answer"), [(3, Answer.YES), (5, Answer.NO), (None, Answer.OPEN)])
def test_figure_4(make_outcome, tiny_recipe, peak, answer):
    def accuracy(values, seed, measure):
        return 0.5 + (0.2 if values[ZETA] == peak else 0) + NOISE[seed] * (1 + values[ZETA] % 2)

    (claim,) = claims(make_outcome(tiny_recipe, {ZETA: (0, 1, 3, 5)}, accuracy))
    assert claim.answer is answer
    assert len(claim.measured) == 3


def test_no_claims_about_other_settings(make_outcome, tiny_recipe):
    assert claims(make_outcome(tiny_recipe, {"epochs": (1, 2)}, lambda *_: 0.5)) == []
    both = make_outcome(tiny_recipe, {ALPHA: (0.0, 1.0), ZETA: (1, 3)}, lambda *_: 0.5)
    assert claims(both) == []

"""What a sweep comes to, in words."""

from ancra.sweeps.slices import sliced, varied
from ancra.sweeps.verdict import verdict

STRATEGY = "negatives.strategy"
NOISE = (0.004, -0.002, 0.001)
LEVEL = {"natural": 0.95, "pgd": 0.85, "adaptive": 0.6, "worst": 0.5}


def compared(make_outcome, recipe, lift, seeds=3):
    """Two strategies of which the second is ``lift`` better, beside noise."""

    def accuracy(values, seed, measure):
        own = lift if values[STRATEGY] == "soft_ls" else 0.0
        return LEVEL[measure] + own + NOISE[seed] * (1 if own else -1) * 2

    return make_outcome(recipe, {STRATEGY: ("random", "soft_ls")}, accuracy, seeds)


def test_noise_is_not_ranked_and_the_attack_matters_more(make_outcome, tiny_recipe):
    first, drop = verdict(compared(make_outcome, tiny_recipe, 0.002))
    assert first.startswith("Nothing here can be ranked: none of the 4 comparisons")
    assert "loses 35 points: more than the largest difference between two settings" in drop


def test_what_differs_is_said(make_outcome, tiny_recipe):
    first, drop = verdict(compared(make_outcome, tiny_recipe, 0.1))
    assert first.startswith("4 of 4 comparisons of two settings differ beyond the noise, in natural, PGD-40, adaptive")
    assert "35 points: more than" in drop


def test_a_larger_difference_than_the_drop_is_not_belittled(make_outcome, tiny_recipe):
    _, drop = verdict(compared(make_outcome, tiny_recipe, 0.4))
    assert "more than" not in drop
    assert "two settings differ by up to" in drop


def test_one_seed_ranks_nothing(make_outcome, tiny_recipe):
    assert "before a second one is trained" in verdict(compared(make_outcome, tiny_recipe, 0.1, seeds=1))[0]


def test_one_setting_says_nothing(make_outcome, tiny_recipe):
    assert verdict(make_outcome(tiny_recipe, {STRATEGY: ("random",)}, lambda *_: 0.5)) == []


def test_a_slice_is_a_sweep_over_what_is_left(make_outcome, tiny_recipe):
    vary = {STRATEGY: ("random", "soft_ls"), "objective.contrast.alpha": (0.0, 1.0), "epochs": (1,)}
    outcome = make_outcome(tiny_recipe, vary, lambda values, seed, measure: values["objective.contrast.alpha"] / 2)
    assert list(varied(outcome)) == [STRATEGY, "objective.contrast.alpha"]
    part = sliced(outcome, {"objective.contrast.alpha": 1.0, "epochs": 1})
    assert len(part.results) == 6
    assert part.plan.recipe.objective.contrast.alpha == 1.0
    assert part.settings == [((STRATEGY, "random"),), ((STRATEGY, "soft_ls"),)]
    assert part.spread(part.settings[0], "pgd").mean == 0.5
    assert sliced(outcome, {}) == outcome

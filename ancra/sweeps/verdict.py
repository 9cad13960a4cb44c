"""What a sweep's numbers come to, in words that rank nothing that seeds alone explain."""

from itertools import combinations

from ancra.sweeps.outcome import TITLES, Outcome
from ancra.text import listed

NOISE = (
    "Inside the noise means: training once more with another seed moves the number as far as the other setting does, "
    "so that these runs rank neither above the other."
)


def verdict(outcome: Outcome) -> list[str]:
    """One sentence for whether anything differs, one for the drop to the worst case beside it; [] without two settings.

    Every number is computed from the outcome's runs.
    """
    if len(outcome.settings) < 2 or not outcome.measures:
        return []
    return [_ranking(outcome), *_drop(outcome)]


def _ranking(outcome: Outcome) -> str:
    tests = [each for measure in outcome.measures for each in outcome.compare(measure)]
    apart = [each for each in tests if not each.inside_the_noise]
    if max(each.paired.seeds for each in tests) < 2:
        return "There is one seed of each so far: nothing can be ranked before a second one is trained."
    if not apart:
        return (
            f"Nothing here can be ranked: none of the {len(tests)} comparisons of two settings, in any accuracy, "
            "differs by more than seeds explain."
        )
    names = [TITLES[name] for name in dict.fromkeys(each.measure for each in apart)]
    return f"{len(apart)} of {len(tests)} comparisons of two settings differ beyond the noise, in {listed(names)}."


def _drop(outcome: Outcome) -> list[str]:
    if not {"pgd", "worst"} <= set(outcome.measures):
        return []
    means = {
        measure: [100 * outcome.spread(setting, measure).mean for setting in outcome.settings]
        for measure in outcome.measures
    }
    drops = [pgd - worst for pgd, worst in zip(means["pgd"], means["worst"], strict=True)]
    largest = max(abs(one - other) for values in means.values() for one, other in combinations(values, 2))
    low, high = min(drops), max(drops)
    span = f"{low:.0f} points" if round(low) == round(high) else f"{low:.0f} to {high:.0f} points"
    said = f"From PGD-40 to the worst case over all attacks each of them loses {span}"
    if low <= largest:
        return [f"{said}; two settings differ by up to {largest:.1f} points in one accuracy."]
    return [
        f"{said}: more than the largest difference between two settings in any accuracy ({largest:.1f} points). "
        "Which attack is asked matters more here than which setting was trained with."
    ]

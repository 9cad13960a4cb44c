"""The negative strategies there are: the paper's four (Table 2), and whatever pickers a person has registered."""

from ancra.errors import unknown_name
from ancra.negatives.settings import PRESETS, TITLES, NegativeSettings
from ancra.negatives.strategy import PICKERS

BUILT_IN = ("random", "soft_ls", "hard_ls", "easy")
"""Pickers that come with the project; ``easy`` is the reference implementation's, in no row of Table 2."""


def strategies() -> dict[str, NegativeSettings]:
    """The settings of each strategy by its name: the presets in the paper's order, then registered pickers' own."""
    own = {name: NegativeSettings(picker=name, perturbation="none") for name in PICKERS if name not in BUILT_IN}
    return {**PRESETS, **own}


def strategy(name: str) -> NegativeSettings:
    """The settings of a preset or of any registered picker. Raises AncraError with the nearest name."""
    if name not in PRESETS and name not in PICKERS:
        raise unknown_name("negative strategy", name, {*PRESETS, *PICKERS})
    return PRESETS.get(name) or NegativeSettings(picker=name, perturbation="none")


def title_of(strategy: str) -> str:
    """A strategy's name for people. Raises AncraError for one that is not known."""
    return TITLES.get(strategy) or PICKERS[strategy].title

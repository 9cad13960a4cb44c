"""The story of the Train page: from a recipe to a model that every page shows."""

from app.answers import runs
from app.parts.story import Step, Story

STEPS = (
    Step("1 A recipe", {"part": "New run"}),
    Step("2 What it takes", {"part": "New run"}),
    Step("3 Watch it learn", {"part": "Runs"}),
    Step("4 Take it along", {"part": "Runs"}),
)


def train_story(first: str) -> Story:
    """The steps; ``first`` is the part that the page opens on."""
    return Story("train_story", "Train a model, in four steps", STEPS, {"part": first}, follows=True)


TEXTS = (
    "A **recipe** decides all that a run does: images, network, attack, loss. Change what you like; a dot marks what "
    "differs from the recipe.",
    "Beside the settings: what will be trained, and how long that takes, measured here on a few steps. "
    "**Start training** starts it.",
    "The curves move while it trains. Natural accuracy comes first, then PGD; where **adaptive PGD** stays below PGD, "
    "the difference is not robustness.",
    "A finished run leads on: **Attack it**, put it **on the map**, **compare** it. Its model is in every page's list.",
)


WITHOUT_A_RUN = (
    *TEXTS[:2],
    "No run yet: **Back** to 2, and press **Start training**. Its curves then stand here while it trains.",
    "No run yet. A finished one leads on from here: **Attack it**, put it **on the map**, **compare** it.",
)


def tell(step: Step) -> str:
    """The sentence of a step."""
    return (TEXTS if runs.views() else WITHOUT_A_RUN)[STEPS.index(step)]

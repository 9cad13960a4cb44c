"""The story of the Attack page: in four steps from an attack that fails to what a robust accuracy is worth."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.suite import preset
from ancra.reports.story import AIMED
from ancra.text import epsilon_text
from app import compute, state
from app.answers.attacks import Picture
from app.answers.models import preferred, title_of
from app.parts import story
from app.parts.attack import explanations
from app.parts.attack.choose_attack import ANY_CLASS, recipe_epsilon
from app.parts.attack.view import trace_of
from app.parts.story import Step, Story
from app.words import attack as words

PLAIN = "ce"
SCENE = ("attacked", "image", "source", "epsilon")


def _step(title: str, objective: str, look: str = explanations.LOSSES) -> Step:
    aim = OBJECTIVES[objective].title
    return Step(title, {"attack": "PGD-40", "objective": aim, "target": ANY_CLASS, explanations.KEY: look})


STEPS = (
    _step("1 PGD fails", PLAIN),
    _step("2 Aim elsewhere", AIMED),
    _step("3 See why", AIMED, explanations.SURFACE),
    _step("4 The number", AIMED),
)


def _enter(step: Step) -> None:
    """Rewind and play; the third step shows what lies below instead."""
    st.session_state["reveal"] = (story.new_number(), "deeper" if step is STEPS[2] else "replay_place")


STORY = Story(
    "guide", "Look here: an illusion in four steps", STEPS, STEPS[0].sets, SCENE, (explanations.KEY,), enter=_enter
)


def guide_steps() -> Step | None:
    """The steps, to be pressed; returns the one that is on the page, which is marked."""
    return story.steps(STORY)


def told_by_now(current: Step | None) -> bool:
    """Whether the verdicts may be seen: not before the step of the story that they are the end of."""
    return current is not STEPS[0]


def guide_sentence(
    where: DeltaGenerator, current: Step | None, names: list[str], picture: Picture, epsilon: float
) -> None:
    """What to see at a step, on the first of the models that has reverse attention."""
    hero = next((name for name in names if compute.card(name).model.reverse_attention_blocks), None)
    if hero is None:
        missing = "The story needs a model with reverse attention."
        story.strip(where, STORY, current, lambda step: missing, _scene)
        return
    needs, text = False, ""
    if current is not None and STORY.holds(current):
        needs, text = TELLERS[STEPS.index(current)](hero, picture, epsilon)
    story.strip(where, STORY, current, lambda step: text, _scene if needs else None)


Teller = Callable[[str, Picture, float], tuple[bool, str]]
"""Whether what is chosen does not bear the sentence out, and the sentence."""


def _first(hero: str, picture: Picture, epsilon: float) -> tuple[bool, str]:
    text, broken = _outcome(hero, picture, epsilon, PLAIN)
    if broken:
        text += " The story needs an image on which it fails."
    else:
        text += " It looks robust. Is it? **Go on with 2.**"
    return broken, f"PGD pushes the final answer p' of **{title_of(hero)}** towards any wrong class. {text}"


def _second(hero: str, picture: Picture, epsilon: float) -> tuple[bool, str]:
    text, broken = _outcome(hero, picture, epsilon, AIMED)
    if broken:
        text += " The weakness was there all the time. **Why did PGD not find it? See 3.**"
    else:
        text += " At another epsilon, or on another image, it may succeed."
    same = "Same model, same image, same epsilon; only the aim is another: p, the answer before any attention."
    return not broken, f"{same} {text}"


def _third(hero: str, picture: Picture, epsilon: float) -> tuple[bool, str]:
    return False, (
        "Below is the loss on a line through the image. On p' it is **flat**: its gradient leads nowhere, so PGD walks "
        "at random. On p it is **steep**: the way up for the attack was only hidden. This is *gradient masking*."
    )


def _fourth(hero: str, picture: Picture, epsilon: float) -> tuple[bool, str]:
    rows = compute.card(hero).evaluation
    row = rows[-1] if rows else {}
    if "pgd" not in row or "adaptive" not in row:
        return False, f"{title_of(hero)} has not been evaluated yet."
    return False, (
        f"Over {row.get('samples', 'all')} test images **{title_of(hero)}** keeps **{row['pgd']:.0%}** under "
        f"PGD-40 and **{row['adaptive']:.0%}** under the adaptive attack. The first number measures the attack, "
        "not the model. **Robustness** has every model under every attack."
    )


TELLERS: tuple[Teller, ...] = (_first, _second, _third, _fourth)


def _scene() -> None:
    """The models, the image and the epsilon of which the story is true."""
    names, opening = state.model_names(), state.opening()
    st.session_state.update(attacked=preferred(names, opening.models), image=opening.image, source=opening.source)
    st.session_state["epsilon"] = epsilon_text(recipe_epsilon(st.session_state["attacked"]))


def _outcome(hero: str, picture: Picture, epsilon: float, objective: str) -> tuple[str, bool]:
    settings = preset("pgd40").search(epsilon).with_changes(objective=objective)
    trace = trace_of(hero, picture, settings, None)
    return words.outcome(trace, compute.card(hero).classes), words.broken_at(trace) is not None

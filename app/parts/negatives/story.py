"""The story of the Negatives page: from one anchor to what the choice of a strategy comes to."""

import streamlit as st

from app.parts.story import Step, Story, new_number

PLAYED = "mechanism_played"
TEXTS = {
    "1 One anchor": (
        {"tab": "Mechanism"},
        "Each column gives the same **anchor** a **negative**: the outlined image of the batch. How alike the model "
        "finds the two is their **similarity**, and the contrast pushes it down.",
    ),
    "2 Who gives way": (
        {"tab": "Mechanism"},
        "**alpha** divides the force: at 1 the negative alone moves, at 0 the anchor alone. Watch the arrows change "
        "hands: that the negative gives way is what makes the contrast asymmetric.",
    ),
    "3 Over a batch": (
        {"tab": "Population"},
        "One anchor is an anecdote. Over a whole batch: how many anchors find a candidate at all, and how alike each "
        "strategy's pairs are.",
    ),
    "4 Does it matter?": (
        {"tab": "Outcome"},
        "Models trained with each strategy, several seeds each: a difference that is smaller than the spread between "
        "seeds is noise.",
    ),
}
STEPS = tuple(Step(title, sets) for title, (sets, _) in TEXTS.items())


def _enter(step: Step) -> None:
    st.session_state[PLAYED] = {"id": new_number(), "alpha": 0.0 if step is STEPS[1] else None}


STORY = Story(
    "negative_story",
    "Whom it learns from, in four steps",
    STEPS,
    {"tab": "Mechanism"},
    enter=_enter,
    follows=True,
)


def tell(step: Step) -> str:
    """The sentence of a step."""
    return TEXTS[step.title][1]

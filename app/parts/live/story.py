"""The story of the Live page: make an image another class, and find how small an epsilon is enough for that."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.parts.story import Step, Story, new_number
from app.words.mechanism import kind

PLAYED = "live_told"
LIKE = {
    "2": "7",
    "Ankle boot": "Sneaker",
    "Sneaker": "Ankle boot",
    "Pullover": "Coat",
    "Shirt": "T-shirt/top",
    "cat": "dog",
    "dog": "cat",
    "ship": "airplane",
    "airplane": "bird",
    "automobile": "truck",
    "truck": "automobile",
}
"""What the first image is driven to; another class is driven to the next one."""


@dataclass(frozen=True)
class LiveStory:
    """The steps for one image.

    Attributes:
        own: the class of the stage's first image. other: where it is driven to, one of ``classes``.
    """

    classes: tuple[str, ...]
    own: str
    other: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The four steps; what they set is set in the browser."""
        titles = ("1 It runs here", f"2 Make it {kind(self.other)}", "3 How small?", "4 By hand")
        return tuple(Step(title, {}) for title in titles)

    @property
    def story(self) -> Story:
        """The story."""
        return Story("live_story", "How small an epsilon? In four steps", self.steps, {}, enter=self._enter)

    def _enter(self, step: Step) -> None:
        at = self.steps.index(step)
        told: dict[str, Any] = {"target": None if at == 0 else self.classes.index(self.other)}
        told |= {"play": at < 2, "rest": at == 2}
        st.session_state[PLAYED] = {"id": new_number(), **told}

    def tell(self, step: Step) -> str:
        """The sentence of a step."""
        own, other = kind(self.own), kind(self.other)
        return (
            "This attack runs **in your browser**. It moves each pixel by at most **epsilon** until a network no "
            "longer says what the image shows. Drag epsilon while it runs.",
            f"Now {own} is driven to **{self.other}**: its answer's bar was pressed. Press another one, and it is "
            "driven there.",
            f"How small an epsilon makes it {other}? Raise **epsilon** until a network says **{self.other}**, then "
            "pull it down: below each stand the fewest steps and the smallest change that did it.",
            f"Try it by hand: **Draw** and **Rub out** until a network says **{self.other}**. How much more than "
            "epsilon did you need?",
        )[self.steps.index(step)]


def live_story(classes: tuple[str, ...], label: int) -> LiveStory:
    """The story of an image of class number ``label``."""
    own = classes[label]
    other = LIKE.get(own)
    return LiveStory(classes, own, other if other in classes else classes[(label + 1) % len(classes)])

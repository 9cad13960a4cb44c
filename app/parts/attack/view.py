"""The attack that is looked at: models, picture, settings, traces and the step at which the replay rests."""

from dataclasses import dataclass

import streamlit as st

from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace
from ancra.origin import Origin
from ancra.settings import Settings
from app import compute, state
from app.answers import attacks
from app.answers.attacks import Picture
from app.answers.models import title_of
from app.parts import story

KEY = "replay"


@dataclass(frozen=True)
class AttackView:
    """What the page below the choices shows.

    Attributes:
        names: checkpoints, the first one's classes name the classes. traces: by checkpoint; those that failed miss.
        target: the class to reach, or None. step: where the replay rests.
    """

    names: list[str]
    picture: Picture
    settings: AttackSettings
    target: int | None
    traces: dict[str, AttackTrace]
    step: int

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return compute.card(self.names[0]).classes

    @property
    def titles(self) -> dict[str, str]:
        """The titles of the models whose traces are there, by checkpoint."""
        return {name: title_of(name) for name in self.traces}

    def origin(self, name: str, **looked_at: Settings) -> Origin:
        """Where a figure of the attack on a model is from.

        Args:
            looked_at: what else it was made with; then no command makes it anew.
        """
        target = None if self.target is None else self.classes[self.target]
        attack = attacks.origin(name, self.picture, self.settings, target)
        if not looked_at:
            return attack
        more = {key: settings.model_dump(mode="json") for key, settings in looked_at.items()}
        return attack.with_changes(command="", settings={"attack": attack.settings, **more})


def trace_of(name: str, picture: Picture, settings: AttackSettings, target: int | None) -> AttackTrace:
    """The trace of one model."""
    return attacks.trace(name, picture, settings, target, f"Attacking {title_of(name)}")


def resting_step(steps: int) -> int:
    """Where the replay rests: told by the widget or on arrival by the URL; the last step by default."""
    wanted = st.session_state.get("step", st.query_params.get("step"))
    try:
        return min(max(int(wanted), 0), steps) if wanted is not None else steps
    except ValueError:
        return steps


def keep_step(steps: int) -> None:
    """Take over where the widget came to rest; the last step needs no place in the URL."""
    step = st.session_state[KEY].get("step")
    st.session_state["step"] = step if step is not None and step < steps else None
    state.put_into_link("step", None if st.session_state["step"] is None else str(step))
    story.name_again()

"""A story: steps that each set up a page for one sentence, told in a strip that stays in sight."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state

NAMED = "story_named"


@dataclass(frozen=True)
class Step:
    """One step: its title, and what it sets, by keys of the session."""

    title: str
    sets: Mapping[str, Any]


def _nothing(step: Step) -> None:
    """A step that sets what it sets, and that is all."""


def _held(key: str) -> Any:
    """What a widget holds that keeps its options in the URL as they are; it may yet have to take them from there."""
    if key not in st.session_state or state.returned():
        return st.query_params.get(key)
    return st.session_state[key]


@dataclass(frozen=True)
class Story:
    """The steps of a page.

    Attributes:
        key: of the widget that shows the steps, and of the step that is told in the URL.
        usual: what each key that a step sets holds where nothing was chosen.
        also: further keys that a step may change, to be put back.
        open: keys that a step sets and a person may change while its sentence stays true.
        follows: whether the step told follows the page where a person goes on by hand.
        read: what a key holds now. enter: called when a step was set, to have it played.
    """

    key: str
    label: str
    steps: tuple[Step, ...]
    usual: Mapping[str, Any]
    also: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    read: Callable[[str], Any] = _held
    enter: Callable[[Step], None] = _nothing
    follows: bool = False

    def holds(self, step: Step) -> bool:
        """Whether the page still shows what a step has set."""
        return all(self._now(key) == value for key, value in step.sets.items() if key not in self.open)

    def current(self) -> Step | None:
        """The step that is told: the one that was pressed, else the first that the page shows anyway."""
        pressed = st.session_state.get(self.key)
        named = [step for step in self.steps if step.title == pressed and (self.holds(step) or not self.follows)]
        return named[0] if named else self._shown_anyway()

    def _shown_anyway(self) -> Step | None:
        return next(filter(self.holds, self.steps), None)

    def go(self, step: Step) -> None:
        """Set what a step sets; what was there before the story is kept. To be called from a callback."""
        self.keep()
        st.session_state.update(step.sets)
        st.session_state[self.key] = st.session_state[self.told] = step.title
        self.enter(step)

    def follow(self) -> None:
        """Take the step that the URL names: on arrival, and where a person went back or forward."""
        if self.key not in st.session_state or st.session_state.pop(state.WALKED, False):
            given = st.query_params.get(self.key)
            named = given if given in [step.title for step in self.steps] else None
            st.session_state[self.key] = st.session_state[self.told] = named

    def name(self, current: Step | None) -> None:
        """Name the step in the URL, unless the page shows it anyway and nobody pressed it."""
        pressed = current is not None and st.session_state.get(self.told) == current.title
        silent = current is None or (current is self._shown_anyway() and not pressed)
        st.session_state[NAMED] = named = (self.key, None if current is None or silent else current.title)
        state.put_into_link(*named)

    def keep(self) -> None:
        """Keep what is here before the story changes anything; once."""
        held = st.session_state
        beside = {key: held[key] for key in self.also if key in held}
        held.setdefault(self._before, {key: self._now(key) for key in self.usual} | beside)

    def reset(self) -> None:
        """Put back what was there before the story. To be called from a callback."""
        st.session_state.update(st.session_state.pop(self._before, self.usual))
        st.session_state[self.key] = st.session_state[self.told] = None
        self.enter(self.steps[0])

    @property
    def begun(self) -> bool:
        """Whether a step has set anything."""
        return self._before in st.session_state

    @property
    def told(self) -> str:
        """Where the step that was last set is held, which no widget owns."""
        return f"{self.key}_told"

    @property
    def shown(self) -> str:
        """Where the step is held that the person's browser was last shown as the marked one."""
        return f"{self.key}_shown"

    @property
    def _before(self) -> str:
        return f"{self.key}_before"

    def _now(self, key: str) -> Any:
        found = self.read(key)
        return self.usual[key] if found is None else found


def name_again() -> None:
    """Name the step as it was named last: a fragment that writes into the URL may know only the one before."""
    if state.in_part() and NAMED in st.session_state:
        state.put_into_link(*st.session_state[NAMED])


def new_number() -> int:
    """A number that nothing was played with before: a widget plays once for each."""
    st.session_state["story_number"] = number = st.session_state.get("story_number", 0) + 1
    return number


def place() -> DeltaGenerator:
    """Where the strip stands: on the page itself, so that it stays below the header while one scrolls."""
    st.html(f"""<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-strip) {{ position: sticky; top: 3.75rem; z-index: 60; padding: 4px 0;
    background: {state.look().background}; }}
.st-key-strip [data-testid="stMarkdownContainer"] {{ margin-bottom: 0; }} .st-key-strip p {{ margin: 0; }}
@media (min-width: 641px) {{ .st-key-sentence {{ min-height: 3.25rem; justify-content: center; }} }}
.st-key-maps_settings {{ background: {state.look().background}; }}
@media (max-width: 640px) {{
    .st-key-strip {{ gap: 6px; }} .st-key-strip p {{ font-size: 15px; line-height: 1.35; }}
    .st-key-strip button {{ min-height: 44px; }}
    .st-key-strip > [data-testid="stLayoutWrapper"]:has(> .st-key-sentence) {{ flex: 1 0 100%; }}
    /* Of steps that are not told their numbers stand for them, so that all are in sight. */
    :is(.st-key-guide, [class*="story"]) button[aria-checked="false"] p {{
        width: 1ch; overflow: hidden; white-space: nowrap; }}
}}
</style>""")
    return st.container(key="strip", horizontal=True, vertical_alignment="center", gap="small")


def steps(story: Story) -> Step | None:
    """The steps, to be pressed, with the one that is told marked; returns it. After the widgets that steps set."""
    story.follow()
    current = story.current()
    st.session_state[story.key] = current.title if current else None
    titles = {step.title: step for step in story.steps}

    def press() -> None:
        title, held = st.session_state[story.key], st.session_state
        # None: the marked one was pressed once more. The one shown: a run that set another was cut short before this.
        # A fragment's run, or one that goes back in the history: sent before the browser was shown a step that was set
        # meanwhile; nobody pressed a step.
        if title in (None, held.get(story.shown)) or state.in_part() or state.returned():
            held[story.key] = held.get(story.told)
        else:
            story.go(titles[title])

    st.segmented_control(story.label, list(titles), key=story.key, on_change=press)
    st.session_state[story.shown] = current.title if current else None
    story.name(current)
    return current


def strip(
    where: DeltaGenerator,
    story: Story,
    current: Step | None,
    tell: Callable[[Step], str],
    again: Callable[[], None] | None = None,
) -> None:
    """The sentence of a step, and Back, Next and Reset.

    Args:
        where: from ``place``.
        tell: the sentence, for a page that shows what the step has set.
        again: sets what the sentence needs beyond that; offered where it is given.
    """
    at, last = story.steps.index(current) if current else -1, len(story.steps) - 1
    strayed = current is not None and not story.holds(current)

    def set_again() -> None:
        story.keep()
        if again is not None:
            again()
        if current is not None:
            story.go(current)

    with where.container(width="stretch", key="sentence"):
        if current is None:
            st.markdown("This view is your own. **Next** begins the story.")
        elif strayed:
            st.markdown(f"Something that **{current.title}** speaks of was changed since.")
        else:
            st.markdown(tell(current))
    if strayed or again is not None:
        where.button("Set it again", key="story_again", on_click=set_again, help="All that this sentence speaks of.")
    where.button(
        "Back",
        key="story_back",
        icon=":material/arrow_back:",
        disabled=at < 1,
        on_click=story.go,
        args=(story.steps[max(at - 1, 0)],),
    )
    where.button(
        "Next",
        key="story_next",
        icon=":material/arrow_forward:",
        disabled=at == last,
        on_click=story.go,
        args=(story.steps[min(at + 1, last)],),
    )
    where.button(
        "Reset",
        key="story_reset",
        icon=":material/restart_alt:",
        disabled=not story.begun and at < 1,
        on_click=story.reset,
    )

"""A guided path: in four steps from an attack that fails to what a robust accuracy is worth."""

import streamlit as st

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.suite import preset
from ancra.text import epsilon_text
from app import compute, state
from app.answers.attacks import Picture
from app.answers.models import preferred, title_of
from app.parts.attack import explanations
from app.parts.attack.choose_attack import ANY_CLASS, recipe_epsilon
from app.parts.attack.view import trace_of
from app.words import attack as words

KEY = "guide"
STEPS = ("1 PGD fails", "2 Aim elsewhere", "3 See why", "4 The number")
PLAIN, AIMED = "ce", "margin_first"


def guide_steps() -> str | None:
    """The steps, to be pressed; returns the one that is on the page, which is marked."""
    current = st.session_state[KEY] = _current()
    st.segmented_control(
        "Look here: an illusion in four steps", STEPS, key=KEY, on_change=_go,
        help="Each step sets the attack and what is shown, and plays it.",
    )  # fmt: skip
    return current


def told_by_now(current: str | None) -> bool:
    """Whether the verdicts may be seen: not before the step of the path that they are the end of."""
    return current != STEPS[0]


def guide_sentence(current: str | None, names: list[str], picture: Picture, epsilon: float) -> None:
    """What to see at a step, on the first of the models that has reverse attention."""
    hero = next((name for name in names if compute.card(name).model.reverse_attention_blocks), None)
    if hero is None:
        st.caption("The path needs a model with reverse attention: choose one under **Models**.")
    elif current is not None:
        (_first, _second, _third, _fourth)[STEPS.index(current)](hero, picture, epsilon)


def _first(hero: str, picture: Picture, epsilon: float) -> None:
    text, broken = _outcome(hero, picture, epsilon, PLAIN)
    if broken:
        text += " The story needs an image on which it fails."
    else:
        text += " It looks robust. Is it? **Go on with 2.**"
    _say(f"PGD pushes the final answer p' of **{title_of(hero)}** towards any wrong class. {text}", anew=broken)


def _second(hero: str, picture: Picture, epsilon: float) -> None:
    text, broken = _outcome(hero, picture, epsilon, AIMED)
    if broken:
        text += " The weakness was there all the time. **Why did PGD not find it? See 3.**"
    else:
        text += " At another epsilon, or on another image, it may succeed."
    same = "Same model, same image, same epsilon; only the aim is another: p, the answer before any attention."
    _say(f"{same} {text}", anew=not broken)


def _third(hero: str, picture: Picture, epsilon: float) -> None:
    st.markdown(
        "Below is the loss on a line through the image. On p' it is **flat**: its gradient leads nowhere, so PGD walks "
        "at random. On p it is **steep**: the way up for the attack was only hidden. This is *gradient masking*."
    )


def _fourth(hero: str, picture: Picture, epsilon: float) -> None:
    rows = compute.card(hero).evaluation
    row = rows[-1] if rows else {}
    if "pgd" in row and "adaptive" in row:
        text = (
            f"Over {row.get('samples', 'all')} test images **{title_of(hero)}** keeps **{row['pgd']:.0%}** under "
            f"PGD-40 and **{row['adaptive']:.0%}** under the adaptive attack. The first number measures the attack, "
            "not the model."
        )
    else:
        text = f"{title_of(hero)} has not been evaluated yet."
    st.markdown(text)
    st.page_link("app_pages/robustness.py", label="Every model under every attack", icon=":material/shield:")


def _say(text: str, anew: bool) -> None:
    """A sentence; where what is chosen does not bear it out, beside it what sets that again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text, width="content" if anew else "stretch")
        if anew:
            st.button(
                "Set it again",
                key="guide_anew",
                on_click=_set_again,
                help="The models, image and epsilon that it is true of.",
            )


def _set_again() -> None:
    names = state.model_names()
    opening = state.opening()
    st.session_state.update(attacked=preferred(names, opening.models), image=opening.image, source=opening.source)
    st.session_state["epsilon"] = epsilon_text(recipe_epsilon(st.session_state["attacked"]))
    _go()


def _outcome(hero: str, picture: Picture, epsilon: float, objective: str) -> tuple[str, bool]:
    settings = preset("pgd40").search(epsilon).with_changes(objective=objective)
    trace = trace_of(hero, picture, settings, None)
    return words.outcome(trace, compute.card(hero).classes), words.broken_at(trace) is not None


def _settings() -> tuple[object, ...]:
    """What the page shows, as far as the path sets it."""
    defaults = {
        "attack": "PGD-40",
        "objective": OBJECTIVES[PLAIN].title,
        "target": ANY_CLASS,
        explanations.KEY: explanations.LOSSES,
    }
    return tuple(st.session_state.get(key, default) for key, default in defaults.items())


def _current() -> str | None:
    attack, objective, target, look = now = _settings()
    if st.session_state.get("guide_end") == now:
        return STEPS[3]
    if attack != "PGD-40" or target != ANY_CLASS:
        return None
    if look == explanations.SURFACE:
        return STEPS[2]
    return {OBJECTIVES[PLAIN].title: STEPS[0], OBJECTIVES[AIMED].title: STEPS[1]}.get(str(objective))


def _go() -> None:
    step = st.session_state[KEY]
    if step is None:  # The marked step was pressed once more.
        return
    st.session_state.pop("guide_end", None)
    if step == STEPS[3]:
        st.session_state["guide_end"] = _settings()
        return
    objective = PLAIN if step == STEPS[0] else AIMED
    st.session_state.update(attack="PGD-40", objective=OBJECTIVES[objective].title, target=ANY_CLASS)
    st.session_state[explanations.KEY] = explanations.SURFACE if step == STEPS[2] else explanations.LOSSES
    st.session_state["reveal"] = (
        st.session_state.get("reveal", (0,))[0] + 1,
        "deeper" if step == STEPS[2] else "replay_place",
    )

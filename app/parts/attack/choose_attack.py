"""Choosing an attack: how many steps, what the attacker maximises, where to, and how far."""

import streamlit as st

from ancra.attacks.objectives import OBJECTIVES
from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import attack_title, preset
from ancra.text import epsilon_text
from app import compute, state

ATTACKS = {attack_title(name): preset(name) for name in ("pgd40", "pgd20", "pgd10", "fgsm")}
SHARES_OF_EPSILON = (0.25, 0.5, 0.75, 1, 1.5, 2.5)
PHOTOGRAPHS = (2 / 255, 4 / 255, 8 / 255, 16 / 255)
"""What papers try on colour photographs, where 8/255 is the usual epsilon."""
ANY_CLASS = "Any wrong class"


def choose_attack(classes: tuple[str, ...], label: int, epsilon: float) -> tuple[AttackSettings, int | None]:
    """The attack's settings, and the target class if one was chosen.

    Args:
        classes: their names. label: the image's own class, which is no target.
        epsilon: from ``choose_epsilon``.
    """
    title = st.selectbox(
        "Attack",
        list(ATTACKS),
        key="attack",
        bind="query-params",
        help="FGSM takes one step along the sign of the gradient; PGD-k takes k smaller ones.",
    )
    by_title = {objective.title: objective for objective in OBJECTIVES.values()}
    goal = by_title[st.selectbox("The attacker maximises", list(by_title), key="objective", bind="query-params")]
    st.caption(goal.explanation)
    aims = [ANY_CLASS, *(name for index, name in enumerate(classes) if index != label)]
    aim = st.selectbox("and drives the image into", aims, key="target", bind="query-params")
    target = None if aim == ANY_CLASS else classes.index(aim)
    settings = ATTACKS[title].search(epsilon).with_changes(objective=goal.name, targeted=target is not None)
    return settings, target


def choose_epsilon(names: list[str]) -> float:
    """Epsilon from presets around the one that these models were trained against."""
    trained = recipe_epsilon(names)
    choices = {epsilon_text(size): size for size in offered(trained)}
    state.say_unmet("epsilon", choices, "the epsilon")
    chosen = st.select_slider(
        "Epsilon: how far a pixel may move",
        list(choices),
        epsilon_text(trained),
        key="epsilon",
        bind="query-params",
        on_change=state.met,
        args=("epsilon",),
    )
    known = any(compute.card(name).recipe for name in names)
    against = f"Trained against {epsilon_text(trained)}" if known else "What they met is not known"
    st.caption(f"{against}. Pixels: 0 to 1.")
    return choices[chosen]


def offered(trained: float) -> list[float]:
    """The epsilons to choose from, from small to large, around the one of the training."""
    if trained in PHOTOGRAPHS:
        return list(PHOTOGRAPHS)
    return [trained * share for share in SHARES_OF_EPSILON if trained * share <= 1]


def widest_epsilon(names: list[str]) -> float:
    """The largest epsilon that can be chosen for these models: the change that pictures draw in full colour."""
    return offered(recipe_epsilon(names))[-1]


def recipe_epsilon(names: list[str]) -> float:
    """The epsilon that these models were trained against; the field's 8/255 when no card says, or says 0."""
    recipes = [recipe for name in names if (recipe := compute.card(name).recipe)]
    return max((recipe.attack.epsilon for recipe in recipes), default=0) or 8 / 255

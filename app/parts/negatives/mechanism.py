"""The Mechanism tab: one anchor, the negative that each strategy gives it, and what the contrast does to the two."""

import streamlit as st

from ancra.losses.settings import ContrastSettings
from ancra.strategies.mechanism import BatchMechanism
from ancra.text import epsilon_text
from app import compute, state
from app.answers import mechanism as answers
from app.answers.mechanism import BatchQuestion
from app.answers.models import title_of
from app.components.mechanism import mechanism_widget
from app.drawn import drawn
from app.figures.mechanism import mechanism_payload
from app.guard import guard
from app.parts import story
from app.parts.negatives.batch import choose_batch
from app.parts.negatives.story import PLAYED

KEY = "mechanism"
KEPT = "mechanism_anchor"


def mechanism() -> None:
    """The choosers, and the anchors of the batch one after the other."""
    asked = choose_batch()
    if (contrast := asked.recipe.objective.contrast) is None:
        st.info(
            f"{title_of(asked.model)} was trained without the contrast. What you see is what the contrast "
            f"would do to it, with the paper's alpha and zeta.",
            icon=":material/info:",
        )
    one_anchor(asked, contrast or ContrastSettings())


@st.fragment
@guard()
def one_anchor(asked: BatchQuestion, contrast: ContrastSettings) -> None:
    """The anchor that the URL names, and its neighbours made ready."""
    batch = answers.batch(asked)
    anchor = wanted_anchor(asked, batch)
    pairs = answers.anchor(asked, batch, anchor)
    classes = compute.card(asked.model).classes
    payload = drawn(mechanism_payload, batch, pairs, anchor, classes, contrast.alpha, state.look())
    mechanism_widget({**payload, "played": st.session_state.get(PLAYED)}, on_anchor=lambda: keep_anchor(asked), key=KEY)
    recipe = asked.recipe
    st.caption(
        f"Picks follow the model as it answers in use, `h`. Similarity and forces follow training, where reverse "
        f"attention is given the true labels, with the statistics of the trained model. A step is this pair's share "
        f"of one step of training: learning rate {recipe.optimiser.learning_rate:g} × zeta {contrast.zeta:g} ÷ batch "
        f"size {recipe.batch_size}, without momentum. The targeted attack takes {asked.attack.steps} steps within "
        f"epsilon {epsilon_text(asked.attack.epsilon)}, as the recipe says. The warm-up, in which all strategies "
        "pick at random, is left out."
    )
    order = batch.order.tolist()
    for near in (1, -1):
        answers.prepare(asked, batch, order[(order.index(anchor) + near) % len(order)])


def wanted_anchor(asked: BatchQuestion, batch: BatchMechanism) -> int:
    """The anchor kept for this batch, or on arrival the URL's; else the one on which most strategies act."""
    first = int(batch.order[0])
    kept = st.session_state.get(KEPT)
    if kept is None:
        given = st.query_params.get("anchor", "")
        anchor = int(given) if given.isdecimal() and int(given) < len(batch.labels) else first
    else:
        anchor = kept[1] if kept[0] == asked.key else first
    show_anchor(asked, anchor, first)
    return anchor


def keep_anchor(asked: BatchQuestion) -> None:
    """Take over the anchor that the widget asks for."""
    anchor = st.session_state[KEY].get("anchor")
    if anchor is not None:
        st.session_state[KEPT] = (asked.key, int(anchor))


def show_anchor(asked: BatchQuestion, anchor: int, first: int) -> None:
    """Keep the anchor for this batch and put it into the URL, where the first needs no place."""
    st.session_state[KEPT] = (asked.key, anchor)
    if anchor == first:
        st.query_params.pop("anchor", None)
    else:
        st.query_params["anchor"] = str(anchor)
    story.name_again()

"""The Mechanism tab: one batch, every strategy."""

import numpy as np
import streamlit as st

from ancra.negatives.picker import PICKERS
from ancra.negatives.settings import PRESETS, TITLES
from app import compute
from app.answers.negatives import Batch, Picked, negatives
from app.figures import pictures, words
from app.guard import guard
from app.parts.negatives_batch import choose_batch

ON_PAGE = 8
SIDE = 88
SHOW = {"Every anchor": "all", "Soft-LS finds one": "soft_ls", "Hard-LS finds one": "hard_ls"}


def rule(strategy: str) -> tuple[str, str]:
    """A strategy's rule in words, and in the notation of the paper's Table 2."""
    picker = PICKERS[PRESETS[strategy].picker]
    if PRESETS[strategy].perturbation == "none":
        return picker.words, picker.condition
    return (
        f"{picker.words} It is then moved within epsilon until the model takes it for the anchor's class.",
        f"{picker.condition}, then h(OE) → gt(ne)",
    )


def rules(batch: Batch) -> None:
    """One card a strategy: its rule, and what it comes to in this batch."""
    for card, (strategy, picked) in zip(st.columns(len(batch.picked)), batch.picked.items(), strict=True):
        with card.container(border=True, height="stretch"):
            sentence, notation = rule(strategy)
            st.markdown(f"**{TITLES[strategy]}**")
            st.markdown(sentence)
            st.markdown(f"`{notation}`")
            st.space("stretch")
            found = 1 - picked.fallback[picked.valid].mean() if picked.valid.any() else 0
            st.caption(
                f"Finds a candidate for {found:.0%} of the anchors; mean similarity "
                f"{picked.similarity.mean():.3f}, which is what the contrast pushes down."
            )


def anchor_cells(batch: Batch, row: int, classes: tuple[str, ...]) -> None:
    """An anchor and its four negatives, side by side while there is room."""
    with st.container(border=True), st.grid(5, min_column_width=132, gap="small") as grid:
        with grid.cell():
            own, says = classes[batch.labels[row]], classes[batch.predicted[row]]
            st.markdown("**Anchor**")
            st.image(pictures.crisp(batch.images[row], 2 * SIDE), width=SIDE, alt=f"Anchor {row}, a {own}")
            st.caption(f"A {own}, predicted {says}.")
        for strategy, picked in batch.picked.items():
            with grid.cell():
                st.markdown(f"**{TITLES[strategy]}**")
                negative_cell(strategy, picked, row, classes)


def negative_cell(strategy: str, picked: Picked, row: int, classes: tuple[str, ...]) -> None:
    """One negative: its picture before and after the perturbation, and what it is."""
    if not picked.valid[row]:
        st.caption("The batch holds no image of another class, so this anchor has no negative.")
        return
    own, says = classes[picked.labels[row]], classes[picked.predicted[row]]
    moved = not np.array_equal(picked.images[row], picked.natural[row])
    shown = [picked.natural[row], picked.images[row]] if moved else [picked.natural[row]]
    names = [f"Negative, a {own}", "The same after the attack"][: len(shown)]
    with st.container(horizontal=True, gap="xsmall"):
        for image, alt in zip(shown, names, strict=True):
            st.image(pictures.crisp(image, 2 * SIDE), width=SIDE if not moved else SIDE - 12, alt=alt)
    change = f"{classes[picked.natural_predicted[row]]} → {says}" if moved else says
    grown = f"{picked.natural_similarity[row]:.2f} → " if moved else ""
    st.caption(f"A {own}, predicted {change}. Similarity {grown}{picked.similarity[row]:.2f}.")
    if picked.fallback[row]:
        st.badge("no candidate: Random", icon=":material/shuffle:", color="orange")
    elif PRESETS[strategy].picker != "random":
        st.badge(f"best of {picked.found[row]}", icon=":material/check:", color="green")


@st.fragment
@guard()
def anchors(name: str, batch: Batch) -> None:
    """The anchors, a few at a time."""
    classes = compute.card(name).classes
    shown = st.segmented_control(
        "Anchors", list(SHOW), default="Every anchor", required=True, key="anchors", bind="query-params"
    )
    wanted = SHOW[shown]
    fallbacks = np.sum([picked.fallback for picked in batch.picked.values()], axis=0)
    # Where most strategies find a candidate of their own, they differ most.
    rows = np.argsort(fallbacks, kind="stable")
    if wanted != "all":
        rows = np.flatnonzero(~batch.picked[wanted].fallback & batch.picked[wanted].valid)
    if not len(rows):
        st.info(f"In this batch {TITLES[wanted]} finds a candidate for no anchor: try another seed or model.")
        return
    pages = -(-len(rows) // ON_PAGE)
    if st.session_state.get("anchor_page", 1) > pages:
        st.session_state["anchor_page"] = pages
    slot = st.container()
    page = st.pagination(pages, key="anchor_page", bind="query-params")
    with slot:
        for row in rows[(page - 1) * ON_PAGE : page * ON_PAGE]:
            anchor_cells(batch, int(row), classes)
    st.caption(
        f"{len(rows)} of {len(batch.labels)} anchors, those with candidates of most strategies first. Similarity is "
        "the square root of the product of both top probabilities where both are predicted alike, else 0."
    )


def mechanism() -> None:
    """What each strategy picks in one batch, and why."""
    chosen = choose_batch()
    result = negatives(chosen.model, chosen.split, chosen.count, chosen.seed, chosen.attack)
    rules(result)
    st.caption(
        f"The targeted attack takes {chosen.attack.steps} steps within epsilon "
        f"{words.epsilon_text(chosen.attack.epsilon)}, as this model's recipe says. Shares differ from seed to seed: "
        "one batch ranks nothing."
    )
    anchors(chosen.model, result)

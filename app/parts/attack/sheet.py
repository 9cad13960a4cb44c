"""The contact sheet of a model's test images: page by page, of all classes or of one, in two orders."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from ancra.arrays import IntArray
from app import compute, state
from app.answers import attacks
from app.answers.attacks import Picture
from app.answers.robustness import order_of_breaking
from app.components.contact_sheet import contact_sheet
from app.drawn import drawn
from app.figures import pictures
from app.words import attack as words
from app.words.sheet import broken_by, counted

ON_PAGE, COLUMNS = 160, 20
ALL_CLASSES = "All"
AS_THEY_COME, BREAK_FIRST = "As they come", "Those that break first"
PAGE = "sheet_page"


def from_sheet(name: str, epsilon: float, more: DeltaGenerator) -> Picture:
    """One click on the sheet picks; the number is the same choice, and stands in the URL.

    Args:
        more: where the choices go that are needed less often.
    """
    data = compute.dataset(name)
    labels, classes = data.test.labels.numpy(), data.classes
    if st.session_state.pop("find", False):
        go_to_missed(name, epsilon)
    sheet = st.container()
    opening = min(state.opening().image, len(labels) - 1)
    with more:
        left, right = st.columns(2, gap="xsmall", wrap=False)  # with more between them the second is cut off
    shown = left.selectbox("On the sheet", [ALL_CLASSES, *classes], key="show", bind="query-params", on_change=turn)
    state.say_unmet("image", {str(place) for place in range(len(labels))}, "test image")
    number = right.number_input(
        "Test image", 0, len(labels) - 1, opening, key="image", bind="query-params", on_change=turn
    )
    index, by = int(number), {}
    rows: IntArray = np.arange(len(labels))
    breaking = order_of_breaking(name)
    if breaking is not None:
        order = more.selectbox("Order", [AS_THEY_COME, BREAK_FIRST], key="order", bind="query-params", on_change=turn)
        if order == BREAK_FIRST:
            rows, by = breaking.indices, dict(zip(breaking.indices.tolist(), breaking.by, strict=True))
    if shown != ALL_CLASSES:
        rows = rows[labels[rows] == classes.index(shown)]
    with sheet:
        _page(name, rows, index, {row: broken_by(attack) for row, attack in by.items()})
        if by:
            st.caption(counted([by[row] for row in rows.tolist()]))
    with more:
        state.choose_enlargement()
    if compute.card(name).model.reverse_attention_blocks:
        more.button(
            "Find an image that PGD misses",
            icon=":material/search:",
            width="stretch",
            key="find_missed",
            help="The next image on which PGD-40 on p' fails on the first model and the adaptive attack succeeds.",
            on_click=lambda: st.session_state.update(find=True),
        )
    return attacks.picture_of_test(name, index)


def turn() -> None:
    """Open the sheet on the page that has the chosen image."""
    st.session_state.pop(PAGE, None)
    state.met("image")


def _page(name: str, rows: IntArray, index: int, said: Mapping[int, str]) -> None:
    """One page of the images ``rows``, with ``index`` marked if it is among them.

    Args:
        said: what is added to an image's class in its tooltip.
    """
    test, classes = compute.dataset(name).test, compute.card(name).classes
    pages, place = max(1, -(-len(rows) // ON_PAGE)), np.flatnonzero(rows == index)
    if st.session_state.get(PAGE, 1) > pages:
        turn()
    sheet, page = st.container(), 1
    if pages > 1:
        own = int(place[0]) // ON_PAGE + 1 if len(place) else 1
        page = st.pagination(pages, default=own, max_visible_pages=5, width="stretch", key=PAGE)
    start = (page - 1) * ON_PAGE
    rows = rows[start : start + ON_PAGE]
    selected = int(place[0]) - start if len(place) else -1

    def pick() -> None:
        st.session_state["image"] = int(rows[st.session_state["sheet"].picked])

    def called(row: int) -> str:
        added = f", {said[row]}" if row in said else ""
        return f"Test image {row}: {classes[int(test.labels[row])]}{added}"

    with sheet:
        contact_sheet(
            drawn(pictures.sprite, test.batch(torch.from_numpy(rows))[0].numpy(), COLUMNS),
            [called(row) for row in rows.tolist()],
            columns=COLUMNS,
            selected=selected if 0 <= selected < len(rows) else None,
            on_pick=pick,
            key="sheet",
            label="Pick an image to attack",
        )


def go_to_missed(name: str, epsilon: float) -> None:
    """Moves on to the next image that only the adaptive attack breaks. Must run before the number is drawn."""
    current = int(st.session_state.get("image", 0))
    missed = attacks.missed_by_pgd(name, epsilon)
    for index in sorted(missed, key=lambda index: (index <= current, index)):
        # The random start differs between a batch and one image, so each is tried as the page will show it.
        plain, adaptive = attacks.pair(name, attacks.picture_of_test(name, index), epsilon, "Trying an image")
        if words.verdict(plain, adaptive, has_attention=True)[0] == "illusion":
            st.session_state["image"] = index
            turn()
            return
    st.toast(f"On the first {attacks.SEARCHED} test images neither attack outdoes the other.")

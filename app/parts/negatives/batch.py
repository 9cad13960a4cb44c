"""Choosing the batch that negatives are picked from: a model, a split, how many images, a seed."""

import streamlit as st

from ancra.attacks.settings import AttackSettings
from app import compute, state
from app.access import may_change
from app.answers.mechanism import BatchQuestion


def choose_batch() -> BatchQuestion:
    """The choosers in one row, kept in the URL; the same choice serves every tab."""
    most, seeds = (512, 10_000) if may_change() else (128, 9)
    with st.container(horizontal=True, vertical_alignment="bottom", key="settings"):
        with st.container(width=340):
            model = state.choose_model("Model", "model", "trades-ancra")
        with st.container(width=190):
            split = st.segmented_control(
                "Split", ["Train", "Test"], default="Test", required=True, key="split", bind="query-params"
            )
        with st.container(width=150):
            count = int(st.number_input("Batch size", 2, most, 128, key="batch", bind="query-params"))
        with st.container(width=150):
            seed = int(st.number_input("Seed", 0, seeds, 0, key="batch_seed", bind="query-params"))
    recipe = compute.card(model).recipe
    attack = recipe.attack if recipe else AttackSettings(objective="joint")
    return BatchQuestion(model, split.lower(), count, seed, attack)

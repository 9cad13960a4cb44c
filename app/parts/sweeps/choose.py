"""Choosing what is looked at: a sweep, the values of settings that are held fixed, one of its runs."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from ancra.sweeps.outcome import CellResult, Outcome
from ancra.sweeps.outcomes import KnownOutcome
from ancra.sweeps.plan import short
from ancra.sweeps.slices import sliced, varied
from app.answers import sweeps as answers
from app.figures import sweeps as figures


def choose_sweep(found: dict[str, KnownOutcome], key: str) -> KnownOutcome:
    """One of the outcomes, kept in the URL, with what it is in small print."""
    name = st.selectbox(
        "Sweep",
        list(found),
        format_func=lambda each: answers.title_of(found[each].outcome.plan),
        key=key,
        bind="query-params",
        help="A sweep trains one recipe with several settings, each with several seeds.",
    )
    chosen = found[name]
    plan, done = chosen.outcome.plan, len(chosen.outcome.results)
    so_far = "" if chosen.complete else f" **{done} of {plan.size} runs so far: means may still move.**"
    images = max((each.samples for each in chosen.outcome.results), default=0)
    seeds = "one seed" if plan.seeds == 1 else f"{plan.seeds} seeds"
    st.caption(f"{plan.description} Each setting with {seeds}, tested on {images} images.{so_far}".strip())
    return chosen


def hold_fixed(outcome: Outcome, free: Sequence[str], key: str) -> Outcome:
    """A select box for every other setting that varies; the outcome of the runs with those values."""
    others = {name: values for name, values in varied(outcome).items() if name not in free}
    if not others:
        return sliced(outcome, {name: values[0] for name, values in outcome.plan.vary.items() if name not in free})
    fixed: dict[str, Any] = {}
    with st.container(horizontal=True):
        for name, values in others.items():
            fixed[name] = st.selectbox(
                f"With {short(name)}",
                list(values),
                format_func=partial(figures.value_title, name),
                key=f"{key}/{outcome.plan.name}/{name}",
                width=180,
            )
    rest = {name: values[0] for name, values in outcome.plan.vary.items() if name not in free and name not in others}
    return sliced(outcome, {**fixed, **rest})


def choose_run(results: Sequence[CellResult], key: str) -> CellResult | None:
    """One of the runs, kept in the URL; a click on its dot chooses it, too."""
    by_name = {each.cell: each for each in results}
    chosen = st.selectbox(
        "One run, taken apart",
        list(by_name),
        index=None,
        key=key,
        bind="query-params",
        format_func=lambda cell: run_title(by_name[cell]),
        placeholder="Click a dot above, or choose a run here",
    )
    return by_name.get(chosen) if chosen else None


def run_title(result: CellResult) -> str:
    """A run for people: its settings and its seed."""
    return f"{figures.label(result.setting)}, seed {result.seed}"


def take_click(chart: str, key: str) -> None:
    """Called when a dot of a chart was clicked: the run becomes the chosen one; a click beside dots changes nothing."""
    points = st.session_state[chart].selection.points
    clicked = next((point["customdata"] for point in points if point.get("customdata")), None)
    if clicked:
        st.session_state[key] = clicked[0] if isinstance(clicked, list) else clicked

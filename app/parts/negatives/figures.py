"""The Figures 3 and 4 tab: accuracy along alpha, zeta or any other number, beside what the paper says of it."""

from functools import partial
from typing import Literal

import streamlit as st

from ancra.settings import flat
from ancra.sweeps.claims import Answer, claims
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import TITLES, Outcome
from ancra.sweeps.outcomes import KnownOutcome
from ancra.sweeps.plan import short
from ancra.sweeps.slices import varied
from ancra.sweeps.trends import is_number, numeric_axes, trend
from ancra.sweeps.verdict import NOISE
from app.answers import sweeps as answers
from app.figures import sweeps as drawings
from app.guard import guard
from app.parts.chart import chart
from app.parts.save_figure import save_figure
from app.parts.sweeps import choose, files, one_run, work

SWEEP, RUN, CHART = "figure", "figure_run", "figure_chart"
CURVE, SQUARES = "One curve", "Both settings"
BADGES: dict[Answer, tuple[Literal["green", "red", "gray"], str]] = {
    Answer.YES: ("green", ":material/check:"),
    Answer.NO: ("red", ":material/close:"),
    Answer.OPEN: ("gray", ":material/question_mark:"),
}


def figures() -> None:
    """What sweeps along a number found, and a new one."""
    st.markdown(
        "The contrast has two numbers to set. **Alpha** divides its force between the anchor (0) and the negative (1); "
        "**zeta** says how much it weighs in the loss. Each dot is one training: several seeds a value, "
        "since another seed gives another number."
    )
    work.going_on()
    found = answers.outcomes(numeric=True)
    if not found:
        st.info("No sweep along a number has a finished run yet: start one below.", icon=":material/show_chart:")
    else:
        show_figure(choose.choose_sweep(found, SWEEP))
    work.work("figure3-digits")


@st.fragment
@guard()
def show_figure(chosen: KnownOutcome) -> None:
    """The figure, what it says, and the run whose dot was clicked."""
    outcome = chosen.outcome
    numbers = numeric_axes(outcome.plan)
    others = [key for key in varied(outcome) if key not in numbers]
    both = [*numbers, *others]
    axis, kind = numbers[0], CURVE
    if len(both) > 1:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.segmented_control(
                "Show", [CURVE, SQUARES], default=SQUARES, required=True, key="figure_kind", bind="query-params"
            )
            if kind == CURVE and len(numbers) > 1:
                axis = st.selectbox(
                    "Along", numbers, format_func=short, key="figure_axis", bind="query-params", width=180
                )
    if kind == CURVE:
        part = choose.hold_fixed(outcome, [axis], "figure_fixed")
        one_setting(part, axis)
        said(part)
    else:
        two_settings(outcome, both)
        findings(outcome)
    run = choose.choose_run(outcome.results, RUN)
    if run is not None:
        one_run.show_run(outcome, run)
    files.take_away(chosen, "figure_files")


def one_setting(part: Outcome, axis: str) -> None:
    """Accuracies along one number."""
    own = flat(part.plan.recipe.model_dump(mode="json")).get(axis)
    chart(
        partial(drawings.along_chart, part, axis, own if is_number(own) else None, st.session_state.get(RUN)),
        key=CHART,
        on_point=lambda: choose.take_click(CHART, RUN),
        alt=f"Accuracies against {short(axis)}, a dot a run, with means and spread",
    )
    st.caption("Dots are runs, lines their means, bands one standard deviation over seeds. Click a dot to see its run.")
    name = f"{part.plan.name} accuracy against {short(axis)}"
    draw = partial(drawings.along_chart, part, axis, own if is_number(own) else None, None)
    save_figure(draw, name, outcome_origin(part, name), CHART)


def two_settings(outcome: Outcome, both: list[str]) -> None:
    """A heat map of two settings."""
    part = choose.hold_fixed(outcome, both[:2], "figure_fixed")
    measure = st.segmented_control(
        "Accuracy",
        outcome.measures,
        format_func=TITLES.__getitem__,
        default=outcome.measures[-1],
        required=True,
        key="figure_measure",
        bind="query-params",
    )
    chart(
        partial(drawings.two_axes_chart, part, both[0], both[1], measure),
        key=CHART,
        on_point=lambda: choose.take_click(CHART, RUN),
        alt=f"Mean accuracy for every pair of {short(both[0])} and {short(both[1])}",
    )
    st.caption("Mean ± standard deviation over seeds, %. Click a square to see its first run.")
    name = f"{outcome.plan.name} {TITLES[measure]}"
    save_figure(
        partial(drawings.two_axes_chart, part, both[0], both[1], measure), name, outcome_origin(outcome, name), CHART
    )


def said(part: Outcome) -> None:
    """The paper's statements with what is measured here; for other settings the trends alone."""
    found = claims(part)
    if not part.results:
        st.caption("No run with these values is finished yet.")
        return
    if not found:
        st.markdown("**What is measured**")
        key = next(iter(part.plan.vary))
        for measure in part.measures:
            one = trend(part, key, measure)
            if one is not None:
                st.markdown(f"- {one.sentence}")
        st.caption(NOISE)
        return
    for claim in found:
        colour, icon = BADGES[claim.answer]
        with st.container(border=True):
            paper, here = st.columns([2, 3])
            with paper:
                st.caption("The paper says")
                st.markdown(claim.paper)
                st.badge(str(claim.answer).capitalize(), icon=icon, color=colour)
            with here:
                st.caption("Measured here")
                for sentence in claim.measured:
                    st.markdown(sentence)
    digits = " The paper's own figures are not of these digits." if part.plan.recipe.data.name == "digits" else ""
    st.caption(NOISE + digits)


def findings(outcome: Outcome) -> None:
    """What differs beyond the noise, setting by setting."""
    st.markdown("**What differs beyond the noise**")
    for sentence in outcome.findings():
        st.markdown(f"- {sentence}")
    st.caption(NOISE)

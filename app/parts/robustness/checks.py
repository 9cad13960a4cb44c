"""A trust report in plain words."""

from typing import Literal

import streamlit as st

from ancra.trust.report import CheckResult, Level, TrustReport, Verdict
from app.parts.robustness.table import words

Colour = Literal["red", "orange", "green", "gray"]
VERDICTS: dict[Verdict, tuple[str, Colour, str]] = {
    Verdict.BELIEVABLE: (":material/verified:", "green", "Believable"),
    Verdict.DOUBTFUL: (":material/help:", "orange", "Doubtful"),
    Verdict.NOT_BELIEVED: (":material/gpp_bad:", "red", "Not to be believed"),
}
LEVELS: dict[Level, tuple[str, Colour, str]] = {
    Level.RED: (":material/close:", "red", "Alarm"),
    Level.AMBER: (":material/warning:", "orange", "Doubt"),
    Level.GREEN: (":material/check:", "green", "Passed"),
    Level.NOT_RUN: (":material/remove:", "gray", "Not run"),
}


def trust_view(report: TrustReport) -> None:
    """The verdict, the checks that speak against the number, and all checks with figures and thresholds."""
    icon, colour, title = VERDICTS[report.verdict]
    st.badge(title, icon=icon, color=colour)
    text = f"**{report.claim}** leaves {words(report.claimed)}."
    if report.lowest.value < report.claimed.value:
        text += f" After everything that the checks tried, {words(report.lowest)} are left."
    else:
        text += " Nothing that the checks tried breaks more images."
    st.markdown(f"{text} {_conclusion(report)}")
    for level in (Level.RED, Level.AMBER):
        found = [check for check in report.checks if check.level is level]
        if found:
            with st.container(border=True):
                st.markdown("\n".join(_finding(check) for check in found))
    passed = [check for check in report.checks if check.level is Level.GREEN]
    st.caption(f"{len(passed)} of {len(report.checks)} checks passed. The verdict rests on {report.budget}.")
    if report.not_run:
        st.caption(f"Not run, so the verdict says nothing about it: {', '.join(report.not_run)}.")
    with st.expander("Every check: figure, threshold, source", key="open_checks", bind="query-params"):
        st.markdown("\n".join(_line(check) for check in report.checks))


def _conclusion(report: TrustReport) -> str:
    return {
        Verdict.BELIEVABLE: "No check found a reason to doubt it. That is no proof: a new attack may find more.",
        Verdict.DOUBTFUL: "Some checks give reason for doubt: quote the worst case instead.",
        Verdict.NOT_BELIEVED: "At least one check shows that the attack failed, not that the model is robust.",
    }[report.verdict]


def _finding(check: CheckResult) -> str:
    icon, colour, title = LEVELS[check.level]
    return f"- :{colour}-badge[{icon} {title}] **{check.title}.** {check.sentence}"


def _line(check: CheckResult) -> str:
    measured = _measured(check)
    return f"{_finding(check)} :gray[:small[{measured + ' ' if measured else ''}Source: {check.source}.]]"


def _measured(check: CheckResult) -> str:
    unit = f" {check.unit}" if check.unit else ""
    parts = [] if check.figure is None else [f"measured {check.figure:.3g}{unit}"]
    if check.amber is not None:
        parts.append(f"doubt above {check.amber:.3g}")
    if check.red is not None:
        parts.append(f"alarm above {check.red:.3g}")
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""

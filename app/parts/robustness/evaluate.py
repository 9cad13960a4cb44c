"""Evaluating a model from the page, as a process of its own."""

import streamlit as st

from ancra.progress import duration
from ancra.text import listed
from app.access import may_change
from app.answers import robustness as answers
from app.answers import runs
from app.answers.models import title_of
from app.answers.robustness import Results
from app.answers.runs import LAUNCHER_TITLES
from app.guard import guard
from app.parts.press import pressed

POLL = 2.0  # seconds between two looks at an evaluation that goes on
SLOW = "autoattack"


def evaluate_more(found: list[Results]) -> None:
    """A model whose results are incomplete: what is missing, the button, and its progress."""
    found = [each for each in found if answers.has_images(each.name)]
    if not found:
        st.caption("All models with images have all results. Train another one, or upload it, and it appears here.")
        return
    titles = {each.name: each.title for each in found}
    # One that is being evaluated comes first, so that a reload finds it.
    names = sorted(titles, key=lambda name: not _active(name))
    name = st.selectbox("Model to evaluate", names, format_func=titles.__getitem__, key="evaluate", bind="query-params")
    chosen = next(each for each in found if each.name == name)
    active = _active(name)
    st.fragment(guard()(_show), run_every=POLL if active else None)(chosen, active)


def _active(name: str) -> bool:
    status = answers.status(name)
    return status is not None and status.active


def _show(chosen: Results, was_active: bool) -> None:
    status = answers.status(chosen.name)
    active = status is not None and status.active
    if active != was_active:
        st.rerun(scope="app")  # the table and the figures follow
    if status is not None and active:
        left = f", about {duration(status.remaining)} left" if status.remaining is not None else ""
        by = LAUNCHER_TITLES.get(answers.sent_to(chosen.name), "")
        begins = "Starting" if status.pid is not None else f"Waiting for its turn at {by}"
        st.progress(status.share, text=f"{status.message or begins} ({status.share:.0%}{left})")
        st.caption("It goes on when you leave this page. What is finished is kept when you stop it.")
        if pressed("Stop", icon=":material/stop:", key="stop_evaluation"):
            answers.stop(chosen.name)
            st.rerun(scope="app")
        return
    if status is not None and status.state == "failed":
        st.error(status.message)
    elif status is not None and status.state in ("cancelled", "lost"):
        st.info(status.message)
    st.caption(f"Still to be made: {answers.part_titles(chosen.missing)}. {chosen.left_out}")
    with_slow = SLOW in chosen.missing and st.checkbox(
        "AutoAttack too (takes as long as all the rest)", value=True, key="with_autoattack"
    )
    parts = tuple(part for part in chosen.missing if part != SLOW or with_slow)
    by = _where()
    label = "Go on" if status is not None and status.state in ("cancelled", "lost", "failed") else "Evaluate"
    if pressed(label, type="primary", icon=":material/play_arrow:", disabled=not parts, key="start_evaluation"):
        answers.start(chosen.name, parts, by)
        st.rerun(scope="app")


def _where() -> str:
    """Where to evaluate; asked for where there is a choice."""
    usable = [name for name, why_not in runs.launchers().items() if not why_not]
    if len(usable) < 2:
        return "local"
    return str(
        st.segmented_control(
            "Evaluate on",
            usable,
            format_func=lambda name: LAUNCHER_TITLES.get(name, name),
            default="local",
            required=True,
            key="evaluate_on",
            help="A stopped evaluation keeps what is finished, wherever it goes on.",
        )
    )


def say_missing(found: list[Results]) -> None:
    """A sentence on the chosen models that have no results yet."""
    bare = [each.title for each in found if not answers.has_images(each.name)]
    if bare:
        it = "it" if len(bare) == 1 else "they"
        st.info(
            f"**{listed(bare)}** came without images, so nothing can be measured: {it} can be attacked with pictures "
            "that you upload. Send the same file again under Train, Upload, and choose images that fit.",
            icon=":material/image_not_supported:",
        )
    without = [each.title for each in found if not each.row and each.title not in bare]
    if without:
        then = ": evaluate below." if may_change() else "."
        have = "has" if len(without) == 1 else "have"
        st.info(f"**{listed(without)}** {have} no stored results yet{then}", icon=":material/science:")


def refusals(found: list[Results]) -> None:
    """Stored results that were not used, and why."""
    for each in found:
        for sentence in each.refused:
            st.warning(f"{title_of(each.name)}: {sentence}", icon=":material/warning:")

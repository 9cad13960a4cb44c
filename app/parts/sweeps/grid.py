"""The grid of a sweep's runs: a row a setting, a column a seed, with what each run does now."""

from functools import partial

import streamlit as st

from ancra.progress import duration
from ancra.sweeps.files import plan_origin
from app.answers import sweeps as answers
from app.answers.sweeps import SweepView
from app.figures import sweep_grid as figures
from app.figures.sweeps import label
from app.guard import guard
from app.parts.chart import chart
from app.parts.press import pressed
from app.parts.save_figure import save_figure
from app.parts.sweeps.choose import take_click

CHOSEN, CELL, CHART = "own_sweep", "own_cell", "own_grid"
TABS = {True: ("Figures 3 and 4", "figure"), False: ("Outcome", "strategies")}
"""By whether a sweep varies a number: the tab that shows it, and the key of the choice there."""
SOONEST = 2.0  # seconds between two looks
EACH = 0.02  # seconds more for every cell: looking at thousands of runs takes its time
MOST = 1000  # runs in the grid
TALL = 16  # rows after which the grid scrolls


def watch() -> None:
    """Choose one of the workspace's sweeps and look at it while it goes on."""
    titles = answers.sweeps()
    started = st.session_state.pop("started_sweep", None)
    if started in titles:
        st.session_state[CHOSEN] = started
    if not titles:
        st.info("None yet. A sweep you start appears here, as a grid of its runs.", icon=":material/grid_on:")
        return
    name = st.selectbox("Started", list(titles), format_func=titles.__getitem__, key=CHOSEN, bind="query-params")
    view = answers.view(name)
    pause = max(SOONEST, EACH * len(view.states)) if view.active else None
    st.fragment(guard()(show), run_every=pause)(name, view.active)


def show(name: str, was_active: bool) -> None:
    """How far it is, its buttons, the grid, what failed."""
    view = answers.view(name)
    if view.active != was_active:
        answers.forget()
        st.rerun(scope="app")  # the tabs' own lists follow
    head(view)
    st.progress(view.finished / max(len(view.states), 1), text=so_far(view))
    if view.status is not None and view.status.message and not view.active:
        (st.error if view.status.state == "failed" else st.info)(view.status.message)
    shown = view.states
    if len(shown) > MOST:
        shown = [each for each in shown if each.status is not None][-MOST:] or shown[:MOST]
        st.caption(f"So many runs have no place in a grid: these are the last {len(shown):,} that were started.")
    rows = len({tuple(each.cell.values.items()) for each in shown})
    with st.container(height=figures.CELL * TALL + 130 if rows > TALL else "content", border=False):
        chart(
            partial(figures.grid_chart, shown, st.session_state.get(CELL)),
            key=CHART,
            on_point=lambda: take_click(CHART, CELL),
            alt="The state of every run: settings in rows, seeds in columns",
        )
    st.caption("A row is a setting, a column a seed. Point at a run to see what it does, click it for its last lines.")
    name = f"Runs of {view.name} as they stand"
    save_figure(partial(figures.grid_chart, shown, None), name, plan_origin(view.plan, name), CHART)
    one(view)
    for each in view.failed[:5]:
        st.error(f"{each.cell.name}: {each.status.message if each.status else ''}", icon=":material/error:")
    if len(view.failed) > 5:
        st.caption(f"{len(view.failed) - 5} more runs failed.")


def head(view: SweepView) -> None:
    """The button that changes it."""
    done = view.finished == len(view.states)
    with st.container(horizontal=True, vertical_alignment="center"):
        if view.active:
            if pressed("Stop", icon=":material/stop:", key=f"stop/{view.name}"):
                answers.stop(view.name)
                st.rerun(scope="app")
            st.caption("It goes on when you leave this page. Stopped, it keeps what is finished.")
        elif not done and pressed("Go on", icon=":material/play_arrow:", key=f"go_on/{view.name}"):
            answers.go_on(view.name)
            st.rerun(scope="app")
        elif done:
            st.badge("Finished", icon=":material/check:", color="green")
        there = view.finished and not view.active
        if there and pressed(
            "See what it found",
            icon=":material/arrow_upward:",
            key=f"look/{view.name}",
            on_click=_look_at,
            args=(view,),
        ):
            st.rerun(scope="app")


def _look_at(view: SweepView) -> None:
    """Choose the sweep in the tab that shows sweeps of its kind."""
    tab, key = TABS[answers.shown_in(view.plan, numeric=True)]
    st.session_state["tab"] = tab
    st.session_state[key] = view.name


def one(view: SweepView) -> None:
    """The run that was clicked: what it says."""
    chosen = next((each for each in view.states if each.cell.name == st.session_state.get(CELL)), None)
    if chosen is None:
        return
    word = figures.STATES[chosen.status.state if chosen.status else "none"][1]
    who = f"{label(tuple(chosen.cell.values.items()))}, seed {chosen.cell.seed}"
    st.markdown(f"**{who}**: {word}")
    if chosen.status is None:
        return
    if chosen.status.message and chosen.status.state != "failed":
        st.caption(chosen.status.message)
    lines = answers.log(view.name, chosen.cell.name)
    if lines:
        st.code(lines, language=None, wrap_lines=False)


def so_far(view: SweepView) -> str:
    """How far a sweep is, in words."""
    total, failed = len(view.states), len(view.failed)
    left = f", about {duration(view.remaining)} left" if view.active and view.remaining is not None else ""
    return f"{view.finished} of {total} runs finished{f', {failed} failed' if failed else ''}{left}"

"""The Outcome tab: models trained with each strategy, side by side, ranked only as far as seeds allow."""

from functools import partial

import pandas as pd
import streamlit as st

from ancra.maps.settings import ModelMapSettings
from ancra.sweeps.axes import STRATEGY
from ancra.sweeps.files import outcome_origin
from ancra.sweeps.outcome import TITLES, Outcome
from ancra.sweeps.outcomes import KnownOutcome
from ancra.sweeps.slices import varied
from ancra.sweeps.verdict import NOISE, verdict
from app import state
from app.answers import maps
from app.answers import sweeps as answers
from app.answers.models import set_of, title_of
from app.components.feature_map import feature_map
from app.figures import sweeps as drawings
from app.guard import guard
from app.parts.chart import chart
from app.parts.maps.progress import wait
from app.parts.save_figure import save_figure
from app.parts.sweeps import choose, files, one_run, work

SWEEP, RUN, CHART = "strategy_sweep", "strategy_run", "strategy_chart"
ON_MAP = 4  # models at most
# On a phone the picture comes first; the story's sentence has asked the question.
STYLE = """<style>
@media (max-width: 640px) {
    .st-key-outcome_question { display: none; }
    .st-key-outcome_stage { flex-direction: column-reverse; }
}
</style>"""


def outcome() -> None:
    """What training with each strategy comes to, and a new comparison."""
    st.html(STYLE)
    with st.container(key="outcome_question"):
        st.markdown(
            "Does it matter which strategy a model is trained with? Here are models that differ in nothing else, "
            "each strategy with several seeds, since another seed gives another number."
        )
    work.going_on()
    found = answers.outcomes(numeric=False)
    if not found:
        st.info("No comparison of strategies has a finished run yet: start one below.", icon=":material/science:")
    else:
        show_outcome(choose.choose_sweep(found, SWEEP))
    work.work("table2-digits")


@st.fragment
@guard()
def show_outcome(chosen: KnownOutcome) -> None:
    """The verdict, the accuracies, the learning curves, the maps, and the run whose dot was clicked."""
    axis = STRATEGY if STRATEGY in varied(chosen.outcome) else next(iter(chosen.outcome.plan.vary))
    part = choose.hold_fixed(chosen.outcome, [axis], "outcome_fixed")
    if not part.results:
        st.info("No run with these values is finished yet.")
        return
    with st.container(key="outcome_stage"):
        say(part)
        accuracies(part)
    run = choose.choose_run(chosen.outcome.results, RUN)
    if run is not None:
        one_run.show_run(chosen.outcome, run)
    learning(part)
    feature_maps(part)
    files.take_away(chosen, "outcome_files")


def accuracies(part: Outcome) -> None:
    """The accuracies of each setting, drawn and as a table."""
    left, right = st.columns([4, 3], gap="large")
    with left:
        chart(
            partial(drawings.settings_chart, part, st.session_state.get(RUN)),
            key=CHART,
            on_point=lambda: choose.take_click(CHART, RUN),
            alt="Accuracy of the models of each setting without an attack, under PGD-40, adaptive PGD-40, worst case",
        )
        st.caption(
            "Small dots are runs, one a seed; click one to see it. Large marks are their means with 95 % intervals, "
            "which are wide because seeds are few."
        )
        name = f"{part.plan.name} accuracy of each setting"
        save_figure(partial(drawings.settings_chart, part, None), name, outcome_origin(part, name), CHART)
    with right:
        table(part)
        with st.expander("Every comparison", key="open_comparisons", bind="query-params"):
            for sentence in part.findings():
                st.markdown(f"- {sentence}")


def say(part: Outcome) -> None:
    """The verdict in words."""
    first, *rest = verdict(part) or ["One setting is finished so far: there is nothing to compare it with yet."]
    with st.container(border=True):
        st.markdown(f"**{first}**")
        for sentence in rest:
            st.markdown(sentence)
        st.caption(NOISE)


def table(part: Outcome) -> None:
    """Mean and standard deviation of every accuracy."""
    rows = [
        {
            "": drawings.label(setting),
            **{TITLES[measure]: part.spread(setting, measure).percent for measure in part.measures},
        }
        for setting in part.settings
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="outcome_table")
    counts = [len(part.of(setting)) for setting in part.settings]
    seeds = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else str(counts[0])
    st.caption(f"Accuracy in %, mean ± standard deviation over {seeds} seeds.")


def learning(part: Outcome) -> None:
    """Learning curves of every setting."""
    st.header("While they were trained", anchor=False)
    origin = outcome_origin(part, "")
    shown = [curve for curve in drawings.CURVES if any(each.curves.get(curve) for each in part.results)]
    for first in range(0, len(shown), 2):
        for column, curve in zip(st.columns(2, gap="large"), shown[first : first + 2], strict=False):
            with column:
                chart(
                    partial(drawings.learning_chart, part, curve),
                    key=f"outcome_learning_{curve}",
                    alt=f"{drawings.CURVES[curve]} of each setting after each epoch",
                )
                name = f"{part.plan.name} {drawings.CURVES[curve]} while training"
                save_figure(partial(drawings.learning_chart, part, curve), name, origin, f"outcome_learning_{curve}")
    st.caption(
        "Means over seeds; bands are one standard deviation. Accuracies are on held-out training images, with fewer "
        "steps of PGD than above. The contrast is how alike the model finds anchors and their negatives: "
        "what training pushes down, each strategy with its own negatives, so that its height compares nothing."
    )


def feature_maps(part: Outcome) -> None:
    """The models of the first seed on maps of the same images, or what to do to have them."""
    st.header("What they make of the same images", anchor=False)
    seed = min(each.seed for each in part.results)
    first = [each for setting in part.settings for each in part.of(setting) if each.seed == seed]
    found = answers.models_of(first)
    there = [each for each in first if each.cell in found][:ON_MAP]
    names = [found[each.cell] for each in there]
    if len(names) < 2:
        st.caption("The models themselves are not here; carried out on this machine, the sweep keeps them all.")
        return
    titles = [title_of(name) for name in names]
    st.page_link(
        "app_pages/feature_maps.py",
        label="All of the Feature maps page with these models",
        icon=":material/scatter_plot:",
        query_params={"models": titles, state.IMAGES: set_of(names[0])},
    )
    if st.toggle("Show them here", key="outcome_maps", bind="query-params"):
        settings = ModelMapSettings()
        made = maps.maps_of(names, settings, place="outcome_map_jobs")
        if made.jobs:
            wait(made.jobs)
        shown = dict(zip([drawings.label(each.setting) for each in there], made.shown.values(), strict=True))
        feature_map(maps.scene(names, settings, shown), key="outcome_map")
        st.caption(
            f"Test images under PGD-10, placed by each model of seed {seed}; the same image is the same point in every "
            "map. All maps start from one layout. One seed each: differences between maps may be noise, too."
        )

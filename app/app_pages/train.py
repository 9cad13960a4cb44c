"""Train: a form from the recipe, runs as processes of their own, curves while they go on."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from ancra.console import duration
from ancra.errors import AncraError
from ancra.training.recipe import Recipe
from app import state
from app.answers import runs
from app.answers.runs import RunView
from app.figures import learning
from app.guard import guard, show_error
from app.parts.recipe_form import recipe_form

POLL = 2.0  # seconds between two looks at a run that goes on
Colour = Literal["gray", "blue", "green", "red", "orange"]
BADGES: dict[str, tuple[str, Colour, str]] = {
    "queued": (":material/hourglass_empty:", "gray", "Starting"),
    "running": (":material/play_arrow:", "blue", "Running"),
    "finished": (":material/check:", "green", "Finished"),
    "failed": (":material/error:", "red", "Failed"),
    "cancelled": (":material/stop:", "orange", "Stopped"),
    "lost": (":material/help:", "orange", "Lost"),
}


def preset_title(name: str) -> str:
    """A preset by the paper's name, with what it trains on."""
    recipe = runs.presets()[name]
    setup = name.removeprefix("digits-") if name.startswith("digits-") else name
    return f"{recipe.title} · digits" if setup != name else f"{recipe.title} · {name}"


@st.fragment
@guard()
def new_run_form() -> None:
    """Choose a preset, change what you like, start."""
    presets = runs.presets()
    names = list(presets)
    first = names.index("digits-trades-ancra") if "digits-trades-ancra" in names else 0
    name = st.selectbox(
        "Recipe", names, index=first, format_func=preset_title, key="recipe", bind="query-params",
        help="The eight digits recipes need nothing but this machine and a few minutes; the paper's need a GPU.",
    )  # fmt: skip
    st.caption(presets[name].description)
    recipe: Recipe | None = None
    try:
        recipe = recipe_form(presets[name])
    except AncraError as error:
        show_error(error)
    others = runs.active_runs()
    if others:
        them = "A run is" if others == 1 else f"{others} runs are"
        st.caption(f"{them} going on already; another one slows all of them down.")
    pressed = st.button("Start training", type="primary", icon=":material/play_arrow:", disabled=recipe is None)
    if pressed and recipe is not None:
        st.session_state["started_run"] = runs.start(recipe)
        st.rerun(scope="app")


def watch(name: str, active: bool) -> None:
    """One run, looked at again every two seconds while it goes on."""
    st.fragment(guard()(show_run), run_every=POLL if active else None)(name, active)


def show_run(name: str, was_active: bool) -> None:
    """State, progress, curves and log of a run."""
    run = runs.view(name)
    if run.status.active != was_active:
        st.rerun(scope="app")  # buttons, polling and the lists of models follow
    heading(run)
    if run.status.active:
        progress(run)
    if run.status.message and not run.status.active:
        (st.error if run.status.state == "failed" else st.info)(run.status.message)
    curves(run)
    if run.log:
        st.caption("The last lines of its log")
        st.code(run.log, language=None, wrap_lines=False)


def heading(run: RunView) -> None:
    """What it trains and its state, with the button that changes it."""
    icon, colour, word = BADGES[run.status.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(run.recipe.title, anchor=False, width="content")
        st.badge(word, icon=icon, color=colour)
        st.space("stretch")
        if run.status.active:
            act("Stop", ":material/stop:", runs.stop, run.name)
        elif run.status.state != "finished":
            act("Resume", ":material/play_arrow:", runs.resume, run.name)
    if run.status.state == "finished":
        st.success(
            f"The model is now in every page's list as **{run.recipe.title} · {run.name}**.", icon=":material/check:"
        )


def act(label: str, icon: str, action: Callable[[str], None], name: str) -> None:
    """A button that does something to a run."""
    if st.button(label, icon=icon, key=f"{label}/{name}"):
        action(name)
        st.rerun(scope="app")


def progress(run: RunView) -> None:
    """How far it is and how long it still takes."""
    status = run.status
    if status.state == "queued" or not status.steps:
        st.progress(0.0, text="Getting ready …")
        return
    left = f", {duration(status.remaining)} left" if status.remaining is not None else ""
    epoch = min(status.epoch + 1, status.epochs)
    st.progress(status.fraction, text=f"Epoch {epoch} of {status.epochs}{left}")


def curves(run: RunView) -> None:
    """Accuracies and losses after each epoch."""
    if not run.rows:
        if run.status.active:
            st.caption("The curves appear after the first epoch.")
        return
    last, colours = run.rows[-1], state.look()
    with st.container(horizontal=True):
        for label, key in (("Natural", "natural"), ("PGD", "pgd"), ("Adaptive PGD", "adaptive")):
            st.metric(label, f"{last[key]:.1%}", border=True)
    st.plotly_chart(
        learning.accuracies(run.rows, run.status.epochs, colours), key="accuracies", config={"displayModeBar": False},
        alt="Natural and robust accuracy after each epoch",
    )  # fmt: skip
    count, steps = run.recipe.validation.samples, run.recipe.validation.steps
    st.caption(
        f"Accuracy on at most {count} held-out training images, with {steps} steps of PGD: to follow the run by. "
        "The numbers to quote come from `ancra evaluate`."
    )
    st.plotly_chart(
        learning.losses(run.rows, run.status.epochs, colours), key="losses", config={"displayModeBar": False},
        alt="The loss and its parts after each epoch",
    )  # fmt: skip
    st.caption("The loss and its parts, before their weights; mean of each epoch.")


st.title("Train")
st.markdown(
    "Train a model by a recipe. It runs as a process of its own: you may leave this page, or close it. "
    "A stopped run goes on from its last whole epoch."
)
left, right = st.columns([2, 3], gap="large")
with left:
    st.subheader("New run", anchor=False)
    new_run_form()
with right:
    titles = runs.run_titles()
    if "started_run" in st.session_state:
        st.session_state["run"] = st.session_state.pop("started_run")
    if not titles:
        st.info("No run yet: choose a recipe and start one. A digits recipe takes a few minutes.")
    else:
        chosen = st.selectbox(
            "Run", list(titles), format_func=lambda name: titles[name], key="run", bind="query-params"
        )
        with guard():
            watch(chosen, runs.view(chosen).status.active)

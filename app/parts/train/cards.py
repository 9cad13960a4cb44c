"""The chosen runs one by one: state, progress, numbers, what can be done with each, and its log."""

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ancra.errors import AncraError
from ancra.recipe import recipe_differences
from ancra.training.best import at_chance
from ancra.training.overfitting import overfitting
from app import compute, state
from app.answers import recipes, runs
from app.answers.models import title_of
from app.answers.runs import LAUNCHER_TITLES, RunView
from app.parts.asking import answered, ask, question
from app.parts.onward import onward
from app.parts.press import pressed
from app.parts.train import selection as selection
from app.parts.train.field import setting_title
from app.parts.train.labels import labels_line
from app.parts.train.run_list import BADGES, plain_title, progress_text, swatch

NUMBERS = {"natural": "No attack", "pgd": "PGD", "adaptive": "Adaptive PGD"}
EXTEND = "More epochs"
NOTE, DELETE = "Name and note", "Delete"
ASKED = "asked_of_runs"
"""Where a press is kept until the whole page runs anew: what a fragment starts cannot change the tabs."""


def cards(found: Sequence[RunView]) -> None:
    """One card a run, side by side where there is room."""
    with st.grid(3, min_column_width=300, border=True) as grid:
        for run in found:
            with grid.cell():
                card(run)


def card(run: RunView) -> None:
    """State, progress, numbers and buttons of a run."""
    icon, tint, word = BADGES[run.status.state]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(swatch(selection.colour(run.name, state.look())), width="content")
        st.markdown(f"**{plain_title(run)}**", width="content")
        st.badge(word, icon=icon, color=tint)
    labels_line(run)
    if run.status.active:
        st.progress(0.0 if run.status.state == "queued" else run.status.share, text=progress_text(run))
    else:
        st.caption(f"{progress_text(run)} · {run.name}")
    if run.status.message and not run.status.active:
        (st.error if run.status.state == "failed" else st.info)(run.status.message)
    elif run.status.message:
        st.caption(run.status.message)
    if run.rows:
        _numbers(run)
    _actions(run)
    _models(run)


def _models(run: RunView) -> None:
    """What the other pages call the run's models: the last one, and the best one where that is another."""
    there = [name for name in (f"runs/{run.name}", f"runs/{run.name}/best") if name in compute.checkpoints()]
    if there:
        names = " and ".join(f"**{title_of(name)}**" for name in there)
        st.caption(f"In every page's list of models as {names}.")
        onward(there[-1])


def _numbers(run: RunView) -> None:
    last, best = run.rows[-1], run.best
    with st.container(horizontal=True):
        for key, title in NUMBERS.items():
            if key in last:
                st.metric(title, f"{last[key]:.1%}")
    if best is not None and best["epoch"] != last["epoch"]:
        kind = NUMBERS[run.recipe.validation.metric]
        share = best.get(run.recipe.validation.metric, math.nan)
        st.caption(f"Best epoch by {kind}: {best['epoch']}, with {share:.1%} (the star on the curves).")
    if sentence := overfitting(run.rows).sentence:
        st.warning(sentence, icon=":material/warning:")
    if not run.status.active and best is not None and at_chance(best, metric := run.recipe.validation.metric):
        st.warning(
            f"{NUMBERS[metric]}: {best[metric]:.1%} at best, and the same answer for all images has "
            f"{best['constant']:.1%}. This model is not robust; the best epoch is told by the natural accuracy.",
            icon=":material/warning:",
        )


def _actions(run: RunView) -> None:
    active = run.status.active
    with st.container(horizontal=True):
        if active:
            _button("Stop", ":material/stop:", run, "It ends after writing down where it is, and can be resumed.")
        elif run.status.state != "finished":
            _button("Resume", ":material/play_arrow:", run, "It goes on from its last whole epoch.")
        else:
            _more_epochs(run)
        _button("Duplicate", ":material/content_copy:", run, "Opens the form with this run's settings, to change them.")
        _button(NOTE, ":material/edit:", run, "A name of its own, tags to find it by, what is worth remembering.")
        _button(
            DELETE, ":material/delete:", run, "Stop it first." if active else "Asks before it does.", disabled=active
        )
    if run.launcher != "local":
        st.caption(f"Trained by {LAUNCHER_TITLES.get(run.launcher, run.launcher)}.")


def _more_epochs(run: RunView) -> None:
    with st.popover("More epochs", icon=":material/add:"):
        done = run.status.epochs
        epochs = st.number_input("Epochs in all", done + 1, 10_000, 2 * done, key=f"epochs/{run.name}")
        st.caption("It goes on from its last epoch, where its schedule does not depend on how many there are.")
        if pressed("Go on", type="primary", key=f"extend/{run.name}"):
            st.session_state[ASKED] = (EXTEND, run.name, int(epochs))
            st.rerun(scope="app")


def _button(label: str, icon: str, run: RunView, about: str, disabled: bool = False) -> None:
    if pressed(label, icon=icon, key=f"{label}/{run.name}", help=about, disabled=disabled):
        st.session_state[ASKED] = (label, run.name)
        st.rerun(scope="app")


def answer_presses() -> None:
    """Does what was pressed on a card. To be called before anything of the page is drawn."""
    label, name, *given = st.session_state.pop(ASKED, (None, None))
    if label is None:
        return
    if label == EXTEND:
        runs.extend(name, *given)
    elif label == "Stop":
        runs.stop(name)
    elif label == "Resume":
        runs.resume(name)
    elif label == "Duplicate":
        new_run_from(recipes.OF_RUN + name)
    else:
        ask(label, name)


def new_run_from(recipe: str, changes: Sequence[str] = ()) -> None:
    """Open the form on a recipe, with changes as ``--set`` takes them. To be called before the page is drawn."""
    st.session_state.update(part="New run", recipe=recipe, form=(recipe, list(changes)))


@question("Delete this run?", icon=":material/delete:")
def ask_to_delete(name: str) -> None:
    """Says what is lost, and deletes when told to."""
    try:
        run, size = runs.view(name), runs.size(name)
    except AncraError as error:
        st.error(str(error))
        return
    epochs = len(run.rows)
    st.markdown(f"**{plain_title(run)}** · {run.name}")
    model = " and its model, which then leaves every page's list" if run.status.state == "finished" else ""
    st.markdown(
        f"You lose {epochs} {'epoch' if epochs == 1 else 'epochs'} of training{model}: curves, log and checkpoints, "
        f"{size / 2**20:.1f} MB. It can be brought back for a day."
    )
    with st.container(horizontal=True):
        if pressed("Delete it", type="primary", icon=":material/delete:", key=f"confirm_delete/{name}"):
            try:
                runs.delete(name)
            except AncraError as error:
                st.error(str(error))
                return
            selection.choose(name, wanted=False)
            answered()
        if pressed("Keep it", key="keep_run"):
            answered()


def logs(found: Sequence[RunView]) -> None:
    """The log of one of the chosen runs."""
    names = {run.name: run for run in found}
    with st.expander("Log", icon=":material/notes:", expanded=any(run.status.state == "failed" for run in found)):
        name = found[0].name
        if len(found) > 1:
            name = st.selectbox(
                "Log of", list(names), format_func=lambda each: f"{plain_title(names[each])} · {each}", key="log_of"
            )
        text = runs.log(name)
        if text:
            st.code(text, language=None, wrap_lines=False, height=260)
        else:
            st.caption("It has not written anything yet.")


def settings_table(found: Sequence[RunView]) -> None:
    """The settings in which the chosen runs differ."""
    differing = recipe_differences([run.recipe for run in found])
    # A table that one run has and another has not is told by its own settings.
    differing = {p: values for p, values in differing.items() if not any(o.startswith(f"{p}.") for o in differing)}
    if differing.pop("data.root", None):  # where images lie on the server is nobody's business: their name says which
        differing["data.name"] = [recipes.data_title(run.recipe.data) for run in found]
    st.markdown("**Settings that differ**")
    if not differing:
        st.caption("None: these runs have the same recipe, so their curves differ by chance alone, if at all.")
        return
    heads = [f"{plain_title(run)} · {run.created:%H:%M:%S}" for run in found]
    table = {"Setting": [setting_title(path) for path in differing]} | {
        head: [_value_text(values[index]) for values in differing.values()] for index, head in enumerate(heads)
    }
    st.dataframe(table, hide_index=True, key="differences", alt="The settings in which the chosen runs differ")


def _value_text(value: Any) -> str:
    if value is ...:
        return "–"
    if value is None:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

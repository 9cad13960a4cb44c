"""The part of the Train page that starts runs: a recipe, what is changed in it, what it will take, the start."""

from collections.abc import Sequence
from time import monotonic

import streamlit as st

from ancra.errors import AncraError
from ancra.progress import duration
from ancra.recipe import Recipe, recipe_changes
from ancra.text import epsilon_text
from app import state
from app.answers import estimates, recipes, runs
from app.answers.runs import LAUNCHER_TITLES
from app.guard import guard, show_error
from app.parts.press import pressed
from app.parts.train import selection as selection
from app.parts.train.field import setting_title
from app.parts.train.recipe_form import RecipeForm, recipe_form
from app.parts.train.subject import subject

FIRST = "digits-trades-ancra"
POLL = 1.0  # seconds between two looks at an estimate
SETTLED = 1.2  # seconds without a change after which an estimate is worth its time
STARTED = "started_run"
WALKS = "form_walks"
"""How often a person had gone back or forward when the whole form was last drawn."""


@st.fragment
@guard()
def new_run_part() -> None:
    """Choose a recipe, change what you like, start."""
    anew = st.session_state.get(WALKS, 0) != state.walks()
    if anew:
        st.session_state["recipe"] = _held()[0]
    left, right = st.columns([3, 2], gap="large")
    with left:
        name = choose_recipe()
        base = recipes.recipe(name)
        st.caption(base.description)
        form, recipe = None, None
        try:
            recipe, form = recipe_form(name, base, _start(name, base), anew)
        except AncraError as error:
            show_error(error)
        st.session_state[WALKS] = state.walks()  # Not before: another run may cut in.
    with right:
        if recipe is not None and form is not None:
            given = recipes.arguments(base, recipe)
            _keep(name, given)
            with st.container(key="outlook"):
                waits = _waits(recipe)
                st.fragment(guard()(outlook), run_every=POLL if waits else None)(recipe, waits)
            by = choose_launcher()
            _start_button(base, recipe, by)
            changes(base, recipe, form)
            command(name, given)
            other_launchers()


def choose_recipe() -> str:
    """A preset by the paper's name, or the run that is to be duplicated; kept in the URL by its short name."""
    names = list(recipes.presets())
    asked = st.session_state.get("recipe") or _held()[0]
    if asked.startswith(recipes.OF_RUN):
        names.append(asked)
    first = asked if asked in names else FIRST
    name = st.selectbox(
        "Recipe",
        names,
        index=names.index(first),
        format_func=recipes.title,
        key="recipe",
        help="The digits recipes need nothing but this machine and a few minutes; the paper's other ones need their "
        "data and a GPU.",
    )
    state.put_into_link("recipe", name)
    return name


def changes(base: Recipe, recipe: Recipe, form: RecipeForm) -> None:
    """What differs from the recipe the form began with; a press takes it back."""
    found = recipe_changes(base, recipe)
    if recipes.uploaded(recipe.data):
        found.pop("data.root", None)  # the set's name says it
        found["data.name"] = (recipes.data_title(base.data), recipes.data_title(recipe.data))
    if not found:
        st.caption(":material/check: As the recipe has it: nothing is changed.")
        return
    count = len(found)
    st.markdown(f"**{count} {'setting differs' if count == 1 else 'settings differ'} from the recipe** (•)")
    with st.container(gap="xxsmall"):
        for path, (old, new) in found.items():
            st.button(
                f"{setting_title(path)} {_value(path, old)} → {_value(path, new)}",
                icon=":material/undo:",
                key=f"reset/{path}",
                type="tertiary",
                wrap=True,
                help="Take this change back.",
                on_click=form.reset,
                args=(path,),
            )
    if count > 1:
        st.button(
            "Take all back", icon=":material/restart_alt:", key="reset_all", on_click=form.reset, args=tuple(found)
        )


def outlook(recipe: Recipe, waited: bool) -> None:
    """What is going to be trained, and what it takes; looked at again as long as that is ``waited`` for."""
    with guard():
        subject(recipe)
    estimate(recipe)
    if waited and not _waits(recipe):
        st.rerun(scope="app")  # a page on which nothing is waited for runs no more


def _waits(recipe: Recipe) -> bool:
    """Whether the recipe's estimate is still to come."""
    asked, _, future = st.session_state.get("estimate", (None, 0.0, None))
    return asked != recipe.digest() or future is None or not future.done()


def estimate(recipe: Recipe) -> None:
    """Time and memory that the run will take; measured in a process of its own while the page goes on."""
    digest, now = recipe.digest(), monotonic()
    asked, since, future = st.session_state.get("estimate", (None, now, None))
    if asked != digest:
        asked, since, future = digest, now, None
    if future is None and now - since >= SETTLED:
        future = estimates.begin(recipe)
    st.session_state["estimate"] = (asked, since, future)
    if future is None or not future.done():
        st.caption(":material/hourglass_empty: Estimating time and memory …")
        return
    try:
        found = future.result()
    except AncraError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    memory = f", {_size(found.memory)} of memory" if found.memory else ""
    where = f" on {found.device}" if found.device else ""
    st.markdown(f":material/timer: About **{duration(found.seconds)}**{memory}{where}")
    steps = (
        f"Epochs: {recipe.epochs}, steps in each: {found.steps}, of {found.step_seconds:.2g} s. " if found.steps else ""
    )
    st.caption(f"{steps}Measured here just now, with whatever else this machine does at the moment.")


def choose_launcher() -> str:
    """Where it is to be trained; only what works here is offered."""
    found = runs.launchers()
    usable = [name for name, why_not in found.items() if not why_not]
    name = "local"
    if len(usable) > 1:
        name = st.segmented_control(
            "Train on",
            usable,
            format_func=_launcher_title,
            default="local",
            required=True,
            key="launcher",
            bind="query-params",
            help="Where the run is sent to; a stopped run is resumed at the same place.",
        )
    return name


def other_launchers() -> None:
    """The launchers that do not work here, with what each of them needs."""
    missing = {each: why_not for each, why_not in runs.launchers().items() if why_not}
    if missing:
        with st.expander(f"Other places to train: {', '.join(map(_launcher_title, missing))}", icon=":material/dns:"):
            for why_not in missing.values():
                st.caption(why_not)


def command(name: str, given: Sequence[str]) -> None:
    """The same run from the command line."""
    if name.startswith(recipes.OF_RUN):
        return
    with st.expander("The same on the command line", icon=":material/terminal:"):
        words = [f"--set '{each}'" if set(each) & set(' []{}"*') else f"--set {each}" for each in given]
        st.code(" ".join(["ancra train", name, *words]), language="bash", wrap_lines=True)


def _start_button(base: Recipe, recipe: Recipe, by: str) -> None:
    others = sum(run.status.active for run in runs.views().values())
    if others and by == "local":
        them = "A run is" if others == 1 else f"{others} runs are"
        st.caption(f"{them} going on or waiting already: this one starts when there is room.")
    if pressed("Start training", type="primary", icon=":material/play_arrow:", key="start", width="stretch"):
        st.session_state[STARTED] = runs.start(recipes.named(base, recipe), by)
        st.rerun(scope="app")


def show_started() -> None:
    """Show a run that was just started. To be called before anything of the page is drawn."""
    name = st.session_state.pop(STARTED, None)
    if name is not None:
        st.session_state["part"] = "Runs"
        selection.only(name)
        st.toast("Training has started. You may leave this page, or close it.", icon=":material/play_arrow:")


def _held() -> tuple[str, list[str]]:
    """The recipe and its changes of before a reload, another part or another page: from the session or the link."""
    held: tuple[str, list[str]] | None = st.session_state.get("form")
    return held or (st.query_params.get("recipe", FIRST), _portable(st.query_params.get_all("set")))


def _start(name: str, base: Recipe) -> Recipe:
    """What the form shows first."""
    held, given = _held()
    try:
        return recipes.with_arguments(base, given) if given and held == name else base
    except AncraError:
        return base  # a link of another version


def _keep(name: str, given: list[str]) -> None:
    st.session_state["form"] = name, given
    state.put_into_link("set", _portable(given))


def _portable(given: list[str]) -> list[str]:
    """Changes without the folder of the images: a link opens none on this machine."""
    return [change for change in given if change.partition("=")[0].strip() not in ("data", "data.root")]


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size > 2**29 else f"{size / 2**20:.0f} MB"


def _launcher_title(name: str) -> str:
    return LAUNCHER_TITLES.get(name, name)


def _value(path: str, value: object) -> str:
    if path in recipes.FRACTIONS and isinstance(value, float):
        return epsilon_text(value)
    if value is None or value is ...:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.6g}"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)

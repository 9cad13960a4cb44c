"""Starting a sweep: what varies, how many seeds, how long it will take; many runs are asked for once more."""

from collections.abc import Sequence

import streamlit as st

from ancra.errors import AncraError
from ancra.progress import duration
from ancra.recipe import recipe_names
from ancra.sweeps.axes import STRATEGY
from ancra.sweeps.plan import SweepPlan, sweep_names
from ancra.sweeps.reproduce import sweep_command
from app.answers import runs
from app.answers import sweeps as answers
from app.guard import guard, show_error
from app.parts.asking import answered, ask, forget, question
from app.parts.press import pressed

MANY = 100  # runs; more than so many are asked for
OWN = "A recipe of my choice"
CONFIRM = "many runs"
SETTINGS = (
    STRATEGY,
    "contrast.alpha",
    "contrast.zeta",
    "attack.epsilon",
    "attack.steps",
    "objective.base",
    "objective.beta",
    "negatives.warmup_epochs",
    "optimiser.learning_rate",
    "optimiser.weight_decay",
    "batch_size",
    "epochs",
)
"""What people vary most; any other setting of a recipe may be typed."""
EXAMPLES = {
    STRATEGY: "random, soft_ls, hard_ls, targeted_attack",
    "contrast.alpha": "0:1:0.1",
    "contrast.zeta": "0:5:1",
}


@st.fragment
@guard()
def form(usual: str) -> None:
    """The form; nothing is started before its plan holds."""
    names = [*sorted(sweep_names(), key=lambda name: ("digits" not in name, name)), OWN]
    base = st.selectbox(
        "New sweep",
        names,
        index=names.index(usual) if usual in names else 0,
        key="new_sweep",
        format_func=lambda name: name if name == OWN else answers.named_plan(name).title,
    )
    vary: Sequence[str] = ()
    if base == OWN:
        base, vary = choose_recipe()
    else:
        st.caption(answers.named_plan(base).description)
    with st.grid(2, min_column_width=140, gap="small") as grid:
        with grid.cell():
            seeds = int(st.number_input("Seeds", 1, 1000, 3, key="new_seeds", help="Runs of each setting."))
        with grid.cell():
            by = st.selectbox(
                "Where",
                [name for name, why_not in runs.launchers().items() if not why_not],
                key="new_launcher",
                format_func=lambda name: runs.LAUNCHER_TITLES.get(name, name),
            )
    with st.expander("Change settings of every run", icon=":material/tune:"):
        changes = st.text_area(
            "One a line",
            key="new_changes",
            placeholder="epochs=10\nattack.steps=5",
            height=100,
            help="Setting = value, as `ancra sweep --set` takes them.",
        ).splitlines()
        called = st.text_input("Name", key="new_name", placeholder="Its folder; found for you when empty").strip()
    try:
        plan = answers.plan(base, vary, [line for line in changes if line.strip()], seeds, called)
        slots = answers.at_once(by)
    except AncraError as error:
        show_error(error)
        st.button("Start", type="primary", icon=":material/play_arrow:", disabled=True, key="start_sweep")
        return
    each = seconds_each(plan)
    st.markdown(f"**{how_long(plan, each, slots)}**")
    if pressed("Start", type="primary", icon=":material/play_arrow:", key="start_sweep"):
        if plan.size > MANY:
            ask(CONFIRM, plan, by, each, slots)
            st.rerun(scope="app")
        else:
            begin(plan, by)
    command = sweep_command(plan)
    if command:
        st.caption("The same on the command line:")
        st.code(command if by == "local" else f"{command} --launcher {by}", language="bash", wrap_lines=True)


def choose_recipe() -> tuple[str, list[str]]:
    """A recipe, and one or two settings with their values."""
    names = sorted(recipe_names(), key=lambda name: (not name.startswith("digits-"), name))
    recipe = st.selectbox("Recipe", names, index=names.index("digits-trades-ancra"), key="new_recipe")
    first = _axis("What varies", "Its values", "A setting", 1)
    second = _axis("And, if you like", "Values of the second", "Nothing else", None)
    return recipe, [axis for axis in (first, second) if axis]


def _axis(title: str, values_title: str, placeholder: str, index: int | None) -> str:
    """A setting and its values, as ``--vary`` takes them; empty without a setting."""
    left, right = st.columns(2, gap="small")
    with left:
        key = st.selectbox(
            title,
            SETTINGS,
            index=index,
            key=f"new_{title}",
            accept_new_options=True,
            placeholder=placeholder,
            help="Choose one, or type any other setting of a recipe by the end of its name.",
        )
    with right:
        values = st.text_input(
            values_title,
            EXAMPLES.get(key or "", ""),
            key=f"new_{title}_{key}",
            disabled=not key,
            placeholder="first:last:step, or one, two, three",
            help="A range with both ends, `0:1:0.1`, or values with commas, `64, 128`.",
        )
    return f"{key}={','.join(part.strip() for part in values.split(','))}" if key else ""


def seconds_each(plan: SweepPlan) -> float | None:
    """Seconds that one run takes: as earlier ones took here, else measured now if a person asks for it."""
    known = answers.seconds_before(plan)
    if known is not None:
        return known
    wanted = f"estimate/{plan.recipe.digest()}"
    if wanted not in st.session_state and not pressed("Estimate its time", icon=":material/timer:", key="estimate"):
        return None
    st.session_state[wanted] = True
    return measured(plan)


def measured(plan: SweepPlan) -> float | None:
    """Seconds that one run takes, from a few steps of it; None, after its sentence, where it cannot be trained here."""
    with st.spinner("Training a few steps to see how long they take …"):
        try:
            return answers.begin_estimate(plan).result().seconds
        except AncraError as error:
            show_error(error)
            return None


def how_long(plan: SweepPlan, each: float | None, slots: int | None) -> str:
    """What a sweep takes, in words."""
    text = "1 run" if plan.size == 1 else f"{plan.size:,} runs"
    if each is None:
        return f"{text}."
    at_once = min(slots or 1, plan.size)
    total = each * -(-plan.size // at_once)
    how = {1: "one after another"}.get(at_once, f"{at_once} at once") if slots is not None else "if one after another"
    return f"{text} of about {duration(each)} each: about {duration(total)}, {how}."


@question("That many runs?")
@guard()
def confirm(plan: SweepPlan, by: str, each: float | None, slots: int | None) -> None:
    """Asks once more before a long sweep."""
    if each is None:
        each = measured(plan)
    st.markdown(how_long(plan, each, slots))
    st.markdown("It may be stopped at any time and keeps what is finished. Fewer values or seeds take less.")
    with st.container(horizontal=True):
        if pressed("Start them all", type="primary", key="start_many"):
            forget()
            begin(plan, by)
        if pressed("Back", key="start_none"):
            answered()


def begin(plan: SweepPlan, by: str) -> None:
    """Start it; the page then shows its grid."""
    with st.spinner("Starting …"):
        st.session_state["started_sweep"] = answers.start(plan, by)
    st.rerun(scope="app")

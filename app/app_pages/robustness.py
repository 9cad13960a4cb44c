"""Robustness: every model under every attack, and how far each number can be believed."""

from functools import partial

import streamlit as st

from ancra.checkpoints import METHODS
from ancra.evaluation import tables
from ancra.evaluation.transfer import matrix
from ancra.text import listed
from app import state
from app.access import may_change
from app.answers import robustness as answers
from app.answers.models import preferred, reservations, title_of
from app.answers.robustness import Results
from app.figures import robustness as figures
from app.parts import story
from app.parts.chart import chart
from app.parts.details import details
from app.parts.robustness import evaluate, table
from app.parts.robustness.checks import trust_view
from app.parts.robustness.story import LIT, robustness_story
from app.parts.save_figure import save_figure


def opening(found: list[Results]) -> str:
    """The one thing to see, in words: the largest drop."""
    guessing = [each.title for each in found if answers.at_chance(each)]
    if guessing:
        do = "does" if len(guessing) == 1 else "do"
        return f"**{listed(guessing)}** {do} no better than chance without any attack: robustness says nothing there."
    rows = [row for each in found if (row := each.row) is not None and row.drop is not None]
    if not rows:
        return ""
    row = max(rows, key=lambda each: each.drop or 0)
    pgd, worst = row.cells["pgd"], row.cells["worst"]
    assert pgd is not None
    assert worst is not None
    if row.drop is None or row.drop < 1:
        return "For these models the attacks agree: stronger ones find little that PGD did not."
    return (
        f"**{row.title}** keeps {pgd.value:.0%} under PGD-{row.steps}, the number most papers give, but "
        f"{worst.value:.0%} when the attacker knows how the model works. Only the last one is robustness."
    )


def compare(found: list[Results], lit: tuple[str, ...]) -> None:
    """The table, and beside it the verdict on the model whose row is pressed; then figure and downloads.

    Args:
        lit: the columns that a story speaks of.
    """
    rows = [row for each in found if (row := each.row) is not None]
    left, right = st.container(key="compared").columns([5, 3], gap="large")
    with right, st.container(key="believed"):  # First: the table marks the row of the model that is chosen there.
        believe(found)
    with left:
        chosen = st.session_state.get("trust", believed_first(found))
        table.accuracy_table(found, chosen, lambda name: st.session_state.update(trust=name), lit)
        st.caption(
            f"{tables.note(rows)} {reservations([each.name for each in found])} Press a row for its verdict, a "
            "heading to sort. Worst case: no attack of this table breaks the image."
        )
        if any(row.drop is not None for row in rows):
            drops(found, rows)
        table.downloads(found)


def drops(found: list[Results], rows: list[tables.TableRow]) -> None:
    """How far each model falls from PGD to the worst case."""
    draw = partial(figures.drop_chart, rows)
    chart(draw, key="drop", alt="Accuracy of each model under PGD and in the worst case over all attacks")
    st.caption(
        "The thick bar is the drop from PGD to the worst case: the longer it is, the less PGD says about the "
        "model. Thin lines are 95 % intervals. RA is reverse attention."
    )
    origin = answers.origin([each.name for each in found], rows)
    save_figure(draw, f"Drop to the worst case {_of(found)}", origin, "drop")


def believed_first(found: list[Results]) -> str:
    """The model whose verdict is shown where none was chosen: the one that the story begins with."""
    told = robustness_story(found)
    return told.hero.name if told else preferred([each.name for each in found], [state.opening().models[0]])[0]


def tell(found: list[Results]) -> tuple[str, ...]:
    """The story's steps and sentence; returns the columns that it speaks of."""
    told = robustness_story(found)
    if told is None:
        where.markdown(opening(found))
        return ()
    if any(answers.at_chance(each) for each in found):
        st.markdown(opening(found))
    its = told.story(believed_first(found))
    with steps:
        current = story.steps(its)
    story.strip(where, its, current, lambda step: told.tell(its, step))
    return LIT[its.steps.index(current)] if current else ()


def believe(found: list[Results]) -> None:
    """The trust report and the curves of one model."""
    st.header("Can the number be believed?", anchor=False)
    names, first = [each.name for each in found], believed_first(found)
    name = st.selectbox(
        "Model",
        names,
        index=names.index(first),
        format_func=title_of,
        key="trust",
        bind="query-params",
        label_visibility="collapsed",
    )
    chosen = next(each for each in found if each.name == name)
    if chosen.trust:
        trust_view(chosen.trust)
    else:
        st.info(f"This model was not examined yet{': evaluate it below.' if may_change() else '.'}")
    if chosen.curves:
        chart(
            partial(figures.model_curves_chart, chosen.curves),
            key="own_curves",
            alt=f"Accuracy of {chosen.title} against epsilon under three attacks",
        )
        st.caption(
            f"{chosen.title} as the attacker is allowed more (epsilon: the largest change of a pixel); "
            f"{chosen.curves.samples} test images, bands are 95 % intervals. Where the lines part, PGD misleads."
        )
        save_figure(
            partial(figures.model_curves_chart, chosen.curves),
            f"Accuracy against epsilon {_of([chosen])}",
            answers.origin_of([chosen], "curves"),
            "own_curves",
        )


def curves(found: list[Results]) -> None:
    """Accuracy against epsilon, all models."""
    have = {each.title: each.curves for each in found if each.curves}
    if not have:
        return
    st.header("As the attacker is allowed more", anchor=False)
    attack = st.segmented_control(
        "Attack",
        list(figures.CURVE_TITLES),
        format_func=figures.CURVE_TITLES.__getitem__,
        default="worst",
        key="curve_attack",
        bind="query-params",
        required=True,
    )
    chart(
        partial(figures.curves_chart, have, attack),
        key="curves",
        alt=f"Accuracy of each model against epsilon, {figures.CURVE_TITLES[attack]}",
    )
    st.caption(
        "Accuracy must fall as epsilon grows, and must reach nothing in the end: "
        "a curve that stays up shows an attack that fails. Epsilon 0 is no attack."
    )
    shown = [each for each in found if each.curves]
    save_figure(
        partial(figures.curves_chart, have, attack),
        f"Accuracy against epsilon {attack} {_of(shown)}",
        answers.origin_of(shown, "curves"),
        "curves",
    )


def transfer(found: list[Results]) -> None:
    """Who fools whom."""
    have = {each.digest: each.transfer for each in found if each.transfer}
    if not have:
        return
    st.header("Do the images fool other models?", anchor=False)
    shown = [each for each in found if each.digest in have]
    draw = partial(
        figures.transfer_chart, [each.title for each in shown], matrix([each.digest for each in shown], have)
    )
    chart(draw, key="transfer", alt="Accuracy of each model on images crafted on each other model")
    st.caption(
        "Accuracy in % of the column's model on up to 200 test images that were crafted on the row's model with the "
        "strongest single attack known for it. On the diagonal model and attacker are the same: a number beside the "
        "diagonal that is lower in its column means that images of a stranger work better, a sign of masked gradients. "
        "Empty: not tried."
    )
    save_figure(draw, f"Transfer {_of(shown)}", answers.origin_of(shown, "transfer"), "transfer")


def _of(found: list[Results]) -> str:
    """What models a figure shows, in the name of its file."""
    return f"{found[0].dataset} {' '.join(each.title for each in found)}"


heading, steps, choice = st.columns([2, 5, 4], gap="medium", vertical_alignment="bottom")
heading.title("Robustness", anchor=False)
state.require_models()
where = story.place()
with choice:
    names = state.choose_models("Models", "models", METHODS, most=16)
found = answers.results_of(names)
ready = [each for each in found if each.row]
evaluate.refusals(found)
evaluate.say_missing(found)
if ready:
    if st.session_state.get("trust", ready[0].name) not in [each.name for each in ready]:
        del st.session_state["trust"]  # that model is not in the table any more
    compare(ready, tell(ready))
    curves(ready)
    transfer(ready)
if may_change():
    st.header("Evaluate more", anchor=False)
    others = answers.results_of([name for name in state.model_names() if name not in names])
    evaluate.evaluate_more([each for each in [*found, *others] if each.missing])
details("Published numbers, on other data", table.published_table, key="open_published")
st.caption(
    "Robust accuracy: how many test images a model still answers rightly when somebody changes them on purpose, under "
    "attacks that know more and more about it."
)

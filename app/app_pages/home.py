"""Home: an image being fooled, what the shipped models achieve, and where to go."""

from functools import partial

import streamlit as st

from ancra.checkpoints import METHODS
from app import compute, state
from app.access import may_change
from app.answers.demonstrations import demonstration
from app.answers.models import SETS, reservations, set_of, title_of
from app.answers.robustness import origin_of_evaluations
from app.components.fooled import fooled_widget
from app.figures.fooled import fooled
from app.figures.gap import gap_chart
from app.guard import guard
from app.parts.attack.choose_attack import widest_epsilon
from app.parts.chart import chart
from app.parts.press import pressed
from app.parts.save_figure import save_figure

IMAGES = {
    "Fashion": "Photographs of clothes (Fashion-MNIST)",
    "Digits": "Handwritten digits",
    "CIFAR-10": "Photographs (CIFAR-10)",
    "Tiny": "Photographs (twenty classes of Tiny-ImageNet)",
}
WAYS = (
    ("attack", "swords", "See a robust model fooled", "One image, several models, every step of the attack."),
    ("robustness", "shield", "See what to believe", "Every attack, the worst case, and a verdict in words."),
    ("feature_maps", "scatter_plot", "See what models learn", "The same test images on a map, model beside model."),
    ("negatives", "contrast", "See whom it learns from", "What each strategy contrasts an image with, and why."),
    ("train", "model_training", "Train your own", "From a recipe, with live curves; then attack it here."),
)

PRESSED = "gap_pressed"
# The whole card is the link.
CARDS = """<style>[class*="st-key-way_"] { position: relative; }
[class*="st-key-way_"] a::after { content: ""; position: absolute; inset: 0; }
[class*="st-key-way_"]:hover { outline: 2px solid currentColor; }</style>"""


def play(names: list[str]) -> None:
    """The stored attack on one image after another, and the way to an attack of one's own."""
    found = demonstration(names)
    if found is None:
        st.markdown("Change an image a little, and see whether a network still knows what it shows.")
    else:
        shown, pair, key = found
        classes = compute.card(pair[0]).classes
        fooled_widget(fooled(shown, classes, widest_epsilon(pair), state.look().dark, key), key="fooled")
    if pressed("Attack an image yourself", type="primary", icon=":material/swords:", key="attack_one"):
        st.switch_page("app_pages/attack.py")


def gaps(names: list[str]) -> None:
    """Every shipped model under two attackers; pressing a point opens that model's verdict."""
    rows = {
        name.rpartition("/")[2]: {"name": name, "title": title_of(name), **card.evaluation[-1]}
        for name in names
        if name.partition("/")[0] in SETS and (card := compute.card(name)).evaluation
    }
    ordered = [rows[name] for name in METHODS if name in rows]
    if not ordered:
        return
    st.header("Can the numbers be believed? The same models, two attackers", anchor=False)

    def press() -> None:
        points = st.session_state["gap"].selection.points
        st.session_state[PRESSED] = points[0].get("y") if points else None

    draw = partial(gap_chart, ordered)
    words = "Accuracy of each shipped model without an attack, under PGD-40 and under adaptive PGD-40"
    chart(draw, key="gap", on_point=press, alt=words)
    shown = [row["name"] for row in ordered]
    st.caption(
        f"{IMAGES[set_of(names[0])]}; lines are 95 % intervals. {reservations(shown)} **PGD-40** is the usual attack: "
        "it looks at the final answer p'. The **adaptive** attacker knows that some models have earlier answers p "
        "inside, and attacks them as well. Where the two points lie far apart, the first number was no measure of "
        "robustness. Press a point to see that model's verdict."
    )
    save_figure(draw, words, origin_of_evaluations(shown), "gap")
    # Once: the chart keeps its selection, and a person who comes back to Home wants to stay there.
    title = st.session_state.pop(PRESSED, None)
    if title and (chosen := next((row["name"] for row in ordered if row["title"] == title), None)):
        st.switch_page("app_pages/robustness.py", query_params={"trust": title_of(chosen)})


st.title("A small change, another answer", anchor=False)
state.require_models()
names = state.model_names()
with guard():
    play(names)
with guard():
    gaps(names)
st.html(CARDS)
ways = [way for way in WAYS if way[0] != "train" or may_change()]
with st.grid(len(ways), min_column_width=200):
    for page, icon, title, text in ways:
        with st.container(border=True, height="stretch", key=f"way_{page}"):
            st.page_link(f"app_pages/{page}.py", label=f"**{title}**", icon=f":material/{icon}:")
            st.caption(text)
st.caption(
    "A classifier is *robust* when small changes of an image do not change its answer. ANCRA trains for that in two "
    "ways: **asymmetric negative contrast** pushes classes apart, **reverse attention** multiplies the features by the "
    "weights of the class predicted so far. This lab shows what that does, and how far its numbers can be believed."
)

"""Home: what this is, what the shipped models achieve, and where to go."""

import streamlit as st

from app import compute, state
from app.answers.models import SETS, set_of, title_of
from app.figures.gap import gap_chart

ORDER = ("natural", "natural-ra", "pgd-at", "trades", "mart", "pgd-at-ancra", "trades-ancra", "mart-ancra")
IMAGES = {
    "Fashion": "Photographs of clothes (Fashion-MNIST)",
    "Digits": "Handwritten digits",
    "CIFAR-10": "Photographs (CIFAR-10)",
}
WAYS = (
    ("attack", "swords", "See a robust model fooled", "One image, several models, every step of the attack."),
    ("robustness", "shield", "See what to believe", "Every attack, the worst case, and a verdict in words."),
    ("feature_maps", "scatter_plot", "See what models learn", "The same test images on a map, model beside model."),
    ("negatives", "contrast", "See whom it learns from", "What each strategy contrasts an image with, and why."),
    ("train", "model_training", "Train your own", "From a recipe, with live curves; then attack it here."),
)

st.title("ANCRA Lab")
st.markdown(
    "A classifier is *robust* when small changes of an image do not change its answer. ANCRA trains for that in two "
    "ways: **asymmetric negative contrast** pushes classes apart, **reverse attention** multiplies the features by the "
    "weights of the class predicted so far. This lab shows what that does, and how far its numbers can be believed."
)
state.require_models()

rows = {
    name.rpartition("/")[2]: {"title": title_of(name), **card.evaluation[-1]}
    for name in state.model_names()
    if name.partition("/")[0] in SETS and (card := compute.card(name)).evaluation
}
if rows:
    st.subheader("The same models, two attackers", anchor=False)
    st.plotly_chart(
        gap_chart([rows[name] for name in ORDER if name in rows], state.look()),
        key="gap",
        config={"displayModeBar": False},
        alt="Accuracy of each shipped model without an attack, under PGD-40 and under adaptive PGD-40",
    )
    st.caption(
        f"{IMAGES[set_of(state.model_names()[0])]}, lines are 95 % intervals. PGD-40 only looks at the final answer "
        "p'. The adaptive attacker knows that reverse attention has auxiliary answers p, and attacks them as well. "
        "Where the two points lie far apart, the first number was no measure of robustness. Worst cases may lie lower "
        "still."
    )

with st.grid(5, min_column_width=200):
    for page, icon, title, text in WAYS:
        with st.container(border=True, height="stretch"):
            st.page_link(f"app_pages/{page}.py", label=f"**{title}**", icon=f":material/{icon}:")
            st.caption(text)

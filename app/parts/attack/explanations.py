"""Below the replay: why the attack fares as it does. Only the tab that is open computes anything."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import streamlit as st

from app.answers import explanations
from app.answers.models import title_of
from app.figures import losses
from app.figures.loss_cut import cut_figure, cut_sentence
from app.figures.loss_surface import surface_figure, surface_sentence
from app.guard import guard
from app.parts.attack import explanations_view
from app.parts.attack.view import AttackView
from app.parts.chart import chart
from app.parts.save_figure import save_figure

KEY = "look"
LOSSES, SURFACE = "Losses", "Loss surface"
CUT = "Cut"
KINDS: dict[str, Literal["map", "3d"]] = {"Map": "map", "3-D": "3d"}
COLOURS = {
    "map": "Bright is a large loss; the orange line is where the answer changes.",
    "3d": "Orange is where the answer is wrong; the dot is the image. Drag to turn.",
}
LOSS = {"Cross-entropy": "ce", "Margin": "margin"}


def deeper(view: AttackView) -> None:
    """The tabs; the open one is in the URL."""
    tabs: dict[str, Callable[[AttackView], None]] = {
        LOSSES: loss_tab,
        SURFACE: surface_tab,
        "Attribution": explanations_view.attribution_tab,
        "Channels": explanations_view.channel_tab,
    }
    with st.container(key="deeper"):
        opened = st.tabs(list(tabs), key=KEY, on_change="rerun", bind="query-params")
        for tab, draw in zip(opened, tabs.values(), strict=True):
            if tab.open:
                with tab, guard():
                    draw(view)


def loss_tab(view: AttackView) -> None:
    """All objectives while one of them is attacked."""
    st.markdown("Everything that an attacker could climb, at every step, while the attack climbs one of them.")
    with st.grid(len(view.traces), min_column_width=340, gap="medium"):
        for name, trace in view.traces.items():
            with st.container(), guard():
                st.markdown(f"**{view.titles[name]}**")
                draw = partial(losses.loss_curves, trace, view.settings.objective, view.step)
                alt = f"Every objective at each step of the attack on {view.titles[name]}"
                chart(draw, key=f"losses_{name}", alt=alt)
                save_figure(draw, f"Objectives on {view.titles[name]}", view.origin(name), f"losses_{name}")
                st.caption(losses.losses_sentence(trace, view.settings.objective))
    st.caption(
        "All losses are of the true class; larger is better for the attacker. A margin above 0 means that this answer "
        "is wrong. CE is the cross-entropy. On a symlog scale each grid line beyond 1 is ten times as far from 0."
    )


def surface_tab(view: AttackView) -> None:
    """The loss around the natural image, for p' and for p, on a line or on a plane."""
    with st.container(horizontal=True, gap="medium"):
        kind = _one_of("View", [CUT, *KINDS], "surface")
        loss = _one_of("Loss", list(LOSS), "loss")
    if view.settings.epsilon == 0:
        st.info("At epsilon 0 there is nothing around the image to look at: choose a larger epsilon.")
        return
    if kind == CUT:
        _cuts(view, LOSS[loss])
    else:
        _surfaces(view, kind, LOSS[loss])


def _cuts(view: AttackView, loss: str) -> None:
    with st.grid(len(view.traces), min_column_width=340, gap="medium"):
        for name, trace in view.traces.items():
            with st.container(), guard():
                title = view.titles[name]
                found = explanations.cut(name, view.picture, view.settings.epsilon, loss, f"Looking around on {title}")
                st.markdown(f"**{title}.** {cut_sentence(found, view.classes)}")
                draw, words = partial(cut_figure, found, trace), f"The losses on a line through the image, {title}"
                chart(draw, key=f"cut_{name}", alt=words)
                save_figure(draw, words, view.origin(name, surface=found.settings), f"cut_{name}")
    st.caption(
        "A line through the natural image, up to epsilon to both sides. The white dot is the image; its arrow is the "
        "gradient, all that an attack can see from there. Crosses are the steps of the attack above; in the tinted "
        "part the answer is wrong. Losses of a model share one scale, by powers of ten where the steep one spans many; "
        "what is beyond it stands at its upper edge."
    )


def _surfaces(view: AttackView, kind: str, loss: str) -> None:
    for name in view.names:
        with guard():
            title = title_of(name)
            text = f"Looking around on {title}"
            found = explanations.surface(name, view.picture, view.settings.epsilon, loss, text)
            st.markdown(f"**{title}.** {surface_sentence(found, view.classes)}")
            with st.grid(2, min_column_width=320, gap="medium"):
                for index, plane in enumerate(found.planes):
                    with st.container():
                        draw = partial(surface_figure, found, kind=KINDS[kind], only=index)
                        key, words = f"surface_{name}_{kind}_{plane.name}", f"{plane.title} around the image, {title}"
                        chart(draw, key=key, alt=words)
                        save_figure(draw, words, view.origin(name, surface=found.settings), key)
                if len(found.planes) == 1:
                    st.caption("Without reverse attention p' is the only answer, so there is one surface.")
    st.caption(
        "One axis follows the gradient of that loss, the other a random direction, both up to epsilon; the surfaces of "
        f"a model share one scale. {COLOURS[KINDS[kind]]}"
    )


def _one_of(label: str, options: list[str], key: str) -> str:
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, bind="query-params", label_visibility="collapsed"
    )

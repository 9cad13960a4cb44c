"""Which pixels and channels the answers rest on, before and after the attack."""

from functools import partial

import streamlit as st

from ancra.attribution.methods import METHODS
from ancra.attribution.settings import HEADS, AttributionSettings
from app import compute
from app.answers import explanations
from app.figures.attribution import Panel, attribution_maps, channel_bars, channel_sentence, evidence_bars
from app.guard import guard
from app.parts.attack.view import AttackView
from app.parts.chart import chart
from app.parts.save_figure import save_figure

EXPLAINED = ("The true class", "The model's answer")


def attribution_tab(view: AttackView) -> None:
    """Pixels: method and head, natural beside attacked."""
    methods = {method.title: method for method in METHODS.values()}
    heads = {title: head for head, title in HEADS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        method = methods[st.selectbox("Method", list(methods), key="method", bind="query-params", width=220)]
        head = st.selectbox("of", list(heads), key="head", bind="query-params", width=240)
        explained = st.selectbox("Explained", EXPLAINED, key="explained", bind="query-params", width=200)
    st.caption(method.explanation)
    settings = AttributionSettings(method=method.name, head=heads[head])
    label = view.picture.label if explained == EXPLAINED[0] else None
    with st.grid(min(2, len(view.traces)), min_column_width=340, gap="medium"):
        for name, trace in view.traces.items():
            with st.container(), guard():
                title = view.titles[name]
                st.markdown(f"**{title}**")
                text = f"Explaining {title}"
                found = explanations.attribution(name, view.picture, trace, view.step, settings, label, text)
                names = [view.classes[index] for index in found.classes]
                panels = [
                    Panel(f"natural, for {names[0]}", trace.natural[0], found, 0),
                    Panel(f"after step {view.step}, for {names[1]}", trace.images[view.step, 0], found, 1),
                ]
                draw, words = partial(attribution_maps, panels), f"Attributions of {title} before and after the attack"
                chart(draw, key=f"attribution_{name}", alt=words)
                notes = dict.fromkeys(note for index in range(2) if (note := found.note(index)))
                meaning = (
                    "Orange speaks for the class, blue against it" if method.signed else "The more orange, the more"
                )
                st.caption(" ".join([f"{meaning}; both maps share one scale.", *notes]))
                if settings.head != "final" and not compute.card(name).model.reverse_attention_blocks:
                    st.caption("This model has no auxiliary logits: p' is explained instead.")
                save_figure(draw, words, view.origin(name, attribution=settings), f"attribution_{name}")


def channel_tab(view: AttackView) -> None:
    """Channels: what the reverse attention turns up and down, before and after the attack."""
    st.markdown(
        "Reverse attention multiplies the features z by the weights W of the class that the auxiliary logits favour. "
        "That turns some channels up and others down; under attack it may take another class's row."
    )
    attention = [name for name in view.traces if compute.card(name).model.reverse_attention_blocks]
    for name in view.traces:
        if name not in attention:
            st.caption(f"{view.titles[name]} has no reverse attention, so no channel is turned up or down.")
    if not attention:
        return
    blocks = max(compute.card(name).model.reverse_attention_blocks for name in attention)
    block = 0
    if blocks > 1:
        titles = [f"Block {number + 1}" for number in range(blocks)]
        chosen = st.segmented_control(
            "Block",
            titles,
            default=titles[-1],
            required=True,
            key="block",
            bind="query-params",
            label_visibility="collapsed",
        )
        block = titles.index(chosen)
    with st.grid(min(2, len(attention)), min_column_width=340, gap="medium"):
        for name in attention:
            with st.container(), guard():
                _channels(view, name, min(block, compute.card(name).model.reverse_attention_blocks - 1))


def _channels(view: AttackView, name: str, block: int) -> None:
    title, trace = view.titles[name], view.traces[name]
    label, logits = view.picture.label, trace.logits[view.step, 0].copy()
    change = explanations.channels(name, view.picture, trace, view.step, f"Reading the channels of {title}")
    st.markdown(f"**{title}.** {channel_sentence(change, 0, view.classes)}")
    for attacked, when in ((False, "Natural image"), (True, f"After step {view.step}")):
        draw = partial(channel_bars, change, 0, block, attacked=attacked)
        words = f"Share of the activity of channels of {title}, {when.lower()}"
        chart(draw, key=f"channels_{name}_{attacked}", alt=words)
        st.caption(f"{when}: the channels that the attention turned up and down most, before (z) and after it (z').")
        save_figure(draw, words, view.origin(name), f"channels_{name}_{attacked}")
    # Against the class that the attack leads to, or would lead to.
    logits[label] = -float("inf")
    other = int(logits.argmax())
    draw = partial(evidence_bars, change, 0, view.classes, label, other, block)
    words = f"Evidence of the channels of {title} for {view.classes[label]} against {view.classes[other]}"
    chart(draw, key=f"evidence_{name}", alt=words)
    st.caption(
        f"What the channels behind the attention say: upwards for {view.classes[label]}, the true class, downwards for "
        f"{view.classes[other]}, its strongest rival."
    )
    save_figure(draw, words, view.origin(name), f"evidence_{name}")

"""The Population tab: all strategies side by side over one batch or a whole epoch."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ancra.files import csv_text
from ancra.negatives.picker import PICKERS
from ancra.negatives.settings import PRESETS
from ancra.origin import Origin, signed
from ancra.strategies.known import strategies, title_of
from ancra.strategies.measures import MEASURES
from ancra.strategies.summary import Statistics
from ancra.strategies.words import value_text
from app.access import may_change
from app.answers import strategies as answers
from app.answers.mechanism import BatchQuestion
from app.figures import strategies as figures
from app.guard import guard
from app.parts.chart import Draw, chart
from app.parts.negatives.batch import choose_batch
from app.parts.press import pressed
from app.parts.save_figure import save_figure
from app.words import strategies as says

POLL = 1.0  # Seconds between two looks at an epoch that goes on.
ONE, WHOLE = "This batch", "Whole epoch"
COLUMNS = ("found", "candidates", "similarity", "contrast", "negative_features", "reached")
PAIRS: dict[str, figures.What] = {"How often": "count", "Similarity": "similarity", "Contrast": "contrast"}


def population() -> None:
    """The choosers, what there is so far, and a note while more is coming."""
    asked = choose_batch()
    names, whole = choose_strategies()
    if not names:
        st.info("Choose at least one strategy.", icon=":material/checklist:")
        return
    found = epoch_so_far(asked, names) if whole else answers.one_batch(asked, names)
    draw(asked, found)


def choose_strategies() -> tuple[tuple[str, ...], bool]:
    """Which strategies, and whether over all batches of the split."""
    known = [*strategies(), *(name for name in PICKERS if name not in strategies())]
    amounts = [ONE, WHOLE] if may_change() else [ONE]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=340):
            amount = st.segmented_control(
                "Anchors",
                amounts,
                default=ONE,
                required=True,
                key="amount",
                bind="query-params",
                help="An epoch takes every image of the split as an anchor once, in batches of this size.",
            )
        with st.container(width="stretch"):
            names = st.pills(
                "Strategies",
                known,
                default=list(strategies()),
                selection_mode="multi",
                format_func=title_of,
                key="strategies",
                bind="query-params",
            )
    return tuple(name for name in known if name in names), amount == WHOLE


def epoch_so_far(asked: BatchQuestion, names: tuple[str, ...]) -> Statistics:
    """The whole epoch; its first batch while the rest is coming."""
    job = answers.epoch(asked, names)
    if not job.future.done():
        st.fragment(guard()(wait), run_every=POLL)(asked, names)
        return answers.one_batch(asked, names)
    found: Statistics = job.future.result()
    if answers.stopped(asked, names):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"Stopped: {found.batches} of {answers.batches_of(asked)} batches.", icon=":material/stop:")
            if pressed("Go on", icon=":material/play_arrow:", key="population_go_on"):
                answers.go_on(asked, names)
                st.rerun()
    return found


def wait(asked: BatchQuestion, names: tuple[str, ...]) -> None:
    """A note with the progress of an epoch; the page runs anew when it is done."""
    job = answers.epoch(asked, names)
    if job.future.done():
        st.rerun(scope="app")
    share, total = job.progress.share or 0.0, int(job.progress.total)
    done = f"{int(job.progress.done)} of {total} batches" if total else "waiting for its turn"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share, text=f"The whole epoch: {done}. Until then this is its first batch.")
        if pressed("Stop", icon=":material/stop:", key="population_stop", disabled=answers.stopped(asked, names)):
            answers.stop(asked, names)


def draw(asked: BatchQuestion, found: Statistics) -> None:
    """The table and the figures."""
    st.markdown(f"{says.found_words(found)} {says.contrast_words(found)}")
    table(found)
    st.caption(
        f"{says.basis(found)} Contrast and forces are those of a training step: each image with the rows of its own "
        "label, BatchNorm with its running statistics. All else is the model as it answers by itself."
    )
    origin = answers.origin(asked, found)
    with st.grid(2, min_column_width=340, gap="large") as grid:
        with grid.cell():
            shares(found, origin)
        with grid.cell():
            figure(
                "How alike the pairs are",
                partial(figures.similarity_chart, found),
                says.similarity_words(found),
                origin,
            )
        with grid.cell():
            contrast(found, origin)
        with grid.cell():
            st.fragment(guard()(forces))(asked, found)
    st.fragment(guard()(pairs))(found, origin)
    with st.grid(2, min_column_width=340, gap="large") as grid:
        with grid.cell():
            st.fragment(guard()(agreement))(found, origin)
        with grid.cell():
            success(found, origin)
    downloads(asked, found)


def table(found: Statistics) -> None:
    """One row a strategy: the few numbers that tell them apart."""
    rows = [
        {"Strategy": title_of(name)}
        | {MEASURES[key].title: value_text(found.measured(name, key), key) for key in COLUMNS}
        for name in found.observed
    ]
    config = {MEASURES[key].title: st.column_config.Column(help=_sentence(MEASURES[key].words)) for key in COLUMNS}
    config["Strategy"] = st.column_config.Column(pinned=True)
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=config, key="population_table")


def shares(found: Statistics, origin: Origin) -> None:
    """Candidates, and what the model takes the negatives for."""
    measures = {"found": "with a candidate", "as_label": "taken for the anchor's class"}
    text = "A candidate is an image of the batch that meets the strategy's condition."
    if any(PRESETS[name].perturbation != "none" for name in found.observed if name in PRESETS):
        measures["reached"] = "the same after the attack"
    figure(
        "Candidates, and what the model takes the negatives for",
        partial(figures.dots_chart, found, measures, "share of the anchors, %", True),
        f"{text} {says.sharing_words(found)}",
        origin,
    )


def contrast(found: Statistics, origin: Origin) -> None:
    """The contrast of training, and the heads it comes from."""
    measures = {"contrast": "whole", "contrast_final": "of p'", "contrast_auxiliary": "of the auxiliary logits"}
    if next(iter(found.observed.values())).contrast.shape[1] == 1:
        measures = {"contrast": "whole"}
    weight = found.weights.auxiliary
    figure(
        "The contrast that training sees",
        partial(figures.dots_chart, found, measures, "mean over the anchors", False),
        f"{says.heads_words(found)} The whole is the term of p' plus {weight:g} times the mean of the others.",
        origin,
    )


def forces(asked: BatchQuestion, found: Statistics) -> None:
    """The two forces, as alpha divides them."""
    st.markdown("**The two forces**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=220):
            alpha = st.slider(
                "alpha",
                0.0,
                1.0,
                answers.own_alpha(asked),
                0.05,
                key="population_alpha",
                bind="query-params",
                help="The share of the force on the negative. It starts at the value of this model's recipe.",
            )
        where: figures.Where = st.segmented_control(
            "Gradient on the",
            ["features", "logits"],
            default="features",
            required=True,
            key="force_on",
            bind="query-params",
        )
    divided = answers.with_alpha(found, alpha)
    draw = partial(figures.forces_chart, divided, where)
    chart(draw, key="population_forces", alt="The force on anchors and negatives of each strategy")
    st.caption(says.forces_words(divided, where))
    save_figure(draw, f"Forces on the {where} of {asked.model}", answers.origin(asked, found), "population_forces")


def pairs(found: Statistics, origin: Origin) -> None:
    """Which class is pushed from which."""
    st.markdown("**Which class is pushed from which**")
    names = list(found.observed)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = PAIRS[
            st.segmented_control(
                "Show", list(PAIRS), default="How often", required=True, key="pairs", bind="query-params"
            )
        ]
        if len(found.classes) > figures.LABELLED:
            names = [st.selectbox("Strategy", names, format_func=title_of, key="pairs_of", bind="query-params")]
    with st.grid(min(4, len(names)), min_column_width=300, gap="small") as grid:
        for name in names:
            with grid.cell():
                draw = partial(figures.pairs_chart, found, name, what)
                words = f"Anchor's class by negative's class, {title_of(name)}"
                chart(draw, alt=words, key=f"pairs_{name}")
                st.caption(says.pairs_words(found, name))
                save_figure(draw, f"{words} {what}", origin, f"pairs_{name}")
    st.caption("Rows are the anchor's true class, columns the negative's. All strategies share one scale.")


def agreement(found: Statistics, origin: Origin) -> None:
    """How far the strategies agree."""
    st.markdown("**Do they pick the same?**")
    if len(found.observed) < 2:
        st.caption("It takes two strategies to agree.")
        return
    label = st.segmented_control(
        "The same", ["image", "class"], default="image", required=True, key="agree", bind="query-params"
    )
    what: figures.Alike = "negative" if label == "image" else "same_class"
    draw, words = partial(figures.agreement_chart, found, what), f"How often two strategies pick the same {label}, in %"
    chart(draw, key=f"population_{what}", alt=words)
    st.caption(says.agreement_words(found, what))
    save_figure(draw, words, origin, f"population_{what}")


def success(found: Statistics, origin: Origin) -> None:
    """The targeted attack by step."""
    driven = [name for name in found.observed if len(found.success(name)) > 1]
    if not driven:
        return
    figure(
        "The targeted attack, step by step",
        partial(figures.success_chart, found),
        " ".join(says.success_words(found, name) for name in driven),
        origin,
    )


def downloads(asked: BatchQuestion, found: Statistics) -> None:
    """Everything as CSV files."""
    stem = f"strategies-{asked.model.replace('/', '-')}-{asked.split}"
    with st.container(horizontal=True):
        for label, rows, ending in (("Measures", Statistics.rows, "measures"), ("Class pairs", _cells, "pairs")):
            st.download_button(
                f"{label} (CSV)",
                partial(_csv, rows, asked, found),
                f"{stem}-{ending}.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"population_{ending}",
            )


def figure(title: str, draw: Draw, caption: str, origin: Origin) -> None:
    """A figure under its title, with its caption, to be saved."""
    st.markdown(f"**{title}**")
    chart(draw, key=f"population_{title}", alt=title)
    st.caption(caption)
    save_figure(draw, f"{title} {' '.join(origin.checkpoints)}", origin, f"population_{title}")


def _csv(rows: Callable[[Statistics], Iterable[dict[str, Any]]], asked: BatchQuestion, found: Statistics) -> bytes:
    return signed(csv_text(list(rows(found))).encode(), "csv", answers.origin(asked, found))


def _cells(found: Statistics) -> list[dict[str, Any]]:
    """How often each strategy gives the anchors of a class a negative of another."""
    return [
        {"strategy": name, "anchor": own, "negative": other, "count": int(count)}
        for name in found.observed
        for own, row in zip(found.classes, found.pairs(name), strict=True)
        for other, count in zip(found.classes, row, strict=True)
        if count
    ]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."

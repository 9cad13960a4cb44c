"""Feature maps: what up to four models make of the same images, and when a pretty map lies."""

import json
from functools import partial
from typing import Any

import streamlit as st

from ancra.attacks.suite import attack_title
from ancra.errors import AncraError
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ModelMapSettings
from ancra.scenes import export
from ancra.scenes.of_models import guesses, typical_movement
from ancra.scenes.scene import Scene
from app import compute, state
from app.answers import maps as answers
from app.components.feature_map import feature_map
from app.figures import map_tables
from app.guard import guard
from app.parts import story
from app.parts.details import details
from app.parts.maps import controls, epochs, images, over_attack, paths, progress, selection, space
from app.warming import compile_umap
from app.words import maps as words

NOTE = """
- A map squeezes many dimensions into two. **Near on the map** often means near in truth: *neighbours kept* says how
  often. Lines from a point lead to its true neighbours, wherever the map put them.
- **Far on the map means little**, and so do the size of a cluster, the empty space between clusters and the axes.
- **Tight clusters are not accuracy.** They may hold the wrong images: compare the silhouette by *true* and by
  *predicted* label.
- **Alignment alone is not robustness.** When all features collapse onto one point, every image is close to its
  adversarial version: read it together with *exclusion* and *effective rank*.
- A failed attack proves nothing about the model, only about that attack.
- Another seed moves points, too: movement between two models' maps counts only where it is clearly larger.
"""


@st.fragment
@guard()
def widget(scene: Scene, shown: dict[str, ModelMap], names: list[str], settings: ModelMapSettings) -> None:
    """The maps and the images selected on them; a lasso runs nothing else."""
    selection.selected(scene)
    walks = state.walks()
    if st.session_state.get("map") is None or st.session_state.get("map_walks", 0) != walks:
        st.session_state["map_walks"] = walks  # The widget is new on the page, or shows another view.
        controls.command_widget()
    if st.session_state.get("map_commanded") != st.session_state["map_command_id"]:
        st.session_state["map_commanded"] = number = st.session_state["map_command_id"]
        st.session_state["map_command"] = {
            "id": number,
            "colour": controls.colour(),
            "view": controls.view(),
            "selection": st.session_state["map_selection"],
            "zoom": controls.zoom(),
        }

    def on_selection() -> None:
        st.session_state["map_selection"] = st.session_state["map"].get("selection") or ""
        selection.keep_in_url(scene)

    def on_colour() -> None:
        st.session_state["map_colour"] = st.session_state["map"].get("colour")
        st.session_state["map_recoloured"] = True

    def on_view() -> None:
        st.session_state["map_view"] = st.session_state["map"].get("view")

    def on_zoom() -> None:
        st.session_state["map_zoom"] = st.session_state["map"].get("zoom") or ""

    maps, below = st.container(), st.container()
    with st.container(key="selected"):
        selection.picture_grid(scene, shown, names)
    followed = paths.follow(scene, shown, names, settings)
    if followed:
        paths.describe(followed, scene.classes)
    with maps:
        feature_map(
            scene,
            key="map",
            command=st.session_state["map_command"],
            projected=followed.for_widget(scene.classes) if followed else [],
            on_selection=on_selection,
            on_colour=on_colour,
            on_view=on_view,
            on_zoom=on_zoom,
        )
    for parameter, value, usual in (
        ("colour", controls.colour(), "true"),
        ("view", controls.view(), "rows"),
        ("zoom", controls.zoom(), ""),
    ):
        state.put_into_link(parameter, value if value != usual else None)
    story.name_again()
    if st.session_state.pop("map_recoloured", False):
        st.rerun()  # The sentence above speaks of the colour.
    below.caption(
        f"Each point is a {scene.split} image, placed by what the model makes of it; the same image in every map. "
        "Point at one to see it and its true neighbours, press it, or draw around many with the lasso."
    )


def sentence(names: list[str], shown: dict[str, ModelMap]) -> str:
    """What is to be seen, in words, from the measures."""
    first = next(iter(shown.values()))
    features = first.settings.features
    attention = [n for n in names if compute.card(n).model.reverse_attention_blocks]
    focus = (attention or names)[-1]
    title = answers.titles_of(names)[names.index(focus)]
    one = shown[title]
    asked = one.settings.features
    paper = asked.with_changes(features="z_prime", block=-1)
    if asked.features == "z_prime":
        paper = paper.with_changes(attack="pgd10")
    usual = answers.stored_map(focus, one.settings.model_copy(update={"features": paper}))
    seen = words.Seen(
        attack=None if features.attack == "natural" else attack_title(features.attack),
        adaptive=features.attack.startswith("adaptive"),
        attention=asked.features == "z_prime",
        colour=controls.colour(),
        rows={title: each.measures[-1] for title, each in shown.items()},
        focus=title,
        usual=usual.measures[-1] if usual else None,
        guessing=[title for title, each in shown.items() if guesses(each)],
    )
    return words.story(seen)


@st.fragment
@guard()
def downloads(
    scene: Scene, shown: dict[str, ModelMap], names: list[str], settings: ModelMapSettings, laid_out: bool
) -> None:
    """The maps as files; only maps that are laid out can be attacked in theirs."""
    colour = controls.colour()
    attacking = st.checkbox(
        "In the HTML file, a pressed image is attacked and walks over the maps", key="save_live", disabled=not laid_out
    )
    walk, said = walks(shown, names) if attacking and laid_out else (None, "")
    origin = answers.origin(names, settings, colour, live=True if walk else None)
    titles = {
        "PDF, two columns wide": ("pdf", "application/pdf"),
        "SVG, two columns wide": ("svg", "image/svg+xml"),
        "PNG, two columns wide": ("png", "image/png"),
        "HTML, works without a server": ("html", "text/html"),
        "CSV": ("csv", "text/csv"),
    }
    with st.container(horizontal=True):
        for label, (ending, kind) in titles.items():
            make = partial(export.scene_file, scene, ending, origin, colour, walk)
            st.download_button(
                label,
                make,
                f"feature-maps.{ending}",
                kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"save_{ending}",
            )
    if said:
        st.caption(said)


def walks(shown: dict[str, ModelMap], names: list[str]) -> tuple[dict[str, Any] | None, str]:
    """What the HTML file needs to attack images, and a sentence about it."""
    try:
        found = answers.walks(names, shown)
    except AncraError as error:
        return None, f"No image can be attacked in it: {error}"
    return found, f"Networks and features take {len(json.dumps(found)) / 1e6:.1f} MB of it."


heading, steps = st.columns([1, 3], gap="medium", vertical_alignment="bottom")
heading.title("Feature maps", anchor=False)
state.require_models()
if epochs.wanted():
    epochs.show()
    st.stop()
sentences = story.place()
names, settings = controls.choose()
with steps:
    told = story.steps(controls.STORY)
if not names:
    st.info("Choose one to four models under **Models, images, layout**.", icon=":material/scatter_plot:")
    st.stop()
if controls.along_steps():
    with st.container(key="maps_stage"):
        over_attack.show(names, settings)
    st.stop()
made = answers.maps_of(names, settings)
shown = made.shown
scene = answers.scene(names, settings, shown)
story.strip(sentences, controls.STORY, told, lambda step: sentence(names, shown))
with st.container(key="map_notes"):
    if notes := images.notes(next(iter(shown.values())), names, settings):
        st.caption(" ".join(notes))
progress.wait_over_page(made.jobs)
with st.container(key="maps_stage"):
    widget(scene, shown, names, settings)

st.header("Measured in the full feature space", anchor=False)
st.html(map_tables.measures_table(shown))
with st.expander("How far each map may be believed", expanded=True, key="open_belief", bind="query-params"):
    origin = next(iter(shown.values()))
    movements = {
        title: typical_movement(origin, one, origin.attacked) if one.engine == origin.engine else None
        for title, one in list(shown.items())[1:]
    }
    st.html(map_tables.faithfulness_table(shown, movements))
    st.caption(
        "*Kept* is the mean share of a point's true nearest neighbours that are its nearest on the map, too. "
        "*Trustworthiness* forgives much: it stays near 1 while neighbours are lost. Movement is the median, in "
        "standard deviations of the map."
    )
if len(shown) > 1:
    details("Where two models disagree most", partial(selection.movers, scene, shown, names), key="open_movers")
in_space = st.query_params.get("space") == "true"
with st.expander("In three dimensions", expanded=in_space, key="open_space", bind="query-params"):
    space.three_dimensions(names, settings)
with st.expander("What a map can and cannot tell", key="open_note", bind="query-params"):
    st.markdown(NOTE)
details("Save the maps", partial(downloads, scene, shown, names, settings, laid_out=not made.jobs), key="open_save")
st.caption(scene.caption)
for one in shown.values():
    if one.warning:
        st.warning(one.warning, icon=":material/save:")
compile_umap()

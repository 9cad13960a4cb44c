"""The images that were selected on the maps, as cards."""

import hashlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from ancra.arrays import IntArray
from ancra.maps.model_map import ModelMap
from ancra.scenes.of_models import most_moved
from ancra.scenes.scene import Scene, pack_selection, unpack_selection
from ancra.text import percent
from app import compute, state
from app.access import is_public
from app.answers.models import title_of
from app.figures import map_tables
from app.parts.maps.controls import command_widget

SHOWN = 24
IN_URL = 40
KIND, STORED = "selection", "stored-"
"""What a selection is stored as, and what its name in a link begins with."""


def selected(scene: Scene) -> IntArray:
    """The positions of the selected images: from the session, or on arrival from the URL's list of image numbers."""
    if "map_selection" not in st.session_state:
        wanted = _asked(st.query_params.get("selected", ""))
        positions = np.flatnonzero(np.isin(scene.indices, list(wanted))) if wanted else np.empty(0, np.int64)
        st.session_state["map_selection"] = pack_selection(positions, scene.count)
        st.session_state["map_selection_of"] = scene.payload["key"]
    if st.session_state.get("map_selection_of") != scene.payload["key"]:  # Other images than the selection was made in.
        st.session_state.update(map_selection="", map_zoom="", map_selection_of=scene.payload["key"])
    return unpack_selection(st.session_state["map_selection"], scene.count)


def picture_grid(scene: Scene, maps: Mapping[str, ModelMap], names: Sequence[str]) -> None:
    """The selected images with their true labels and every model's answers."""
    chosen = selected(scene)
    if not len(chosen):
        st.caption("Select points on a map (press one, or draw with the lasso) to see their images here.")
        return
    wrong = {title: (one.half(one.predictions, True) != one.labels)[chosen] for title, one in maps.items()}
    parts = ", ".join(f"{title} {percent(float(flags.mean()))}" for title, flags in wrong.items())
    under = "under attack " if scene.attacked else ""
    images = "1 selected image" if len(chosen) == 1 else f"{len(chosen)} selected images"
    st.markdown(f"**{images}.** Predicted wrongly {under}by: {parts}.")
    if is_public() and len(chosen) > IN_URL:
        st.caption(f"A link to this page leaves the selection out: it takes at most {IN_URL} images on this server.")
    chosen = chosen[np.argsort(-np.sum(list(wrong.values()), axis=0), kind="stable")]
    linked = [title_of(name) for name in names]
    most = SHOWN * int(st.session_state.get("map_pages", 1))
    if scene.images is None:
        st.caption("The images themselves are not on this machine.")
        return
    st.html(map_tables.cards(maps, linked, chosen[:most].tolist(), scene.images, state.look()))
    if len(chosen) > most:
        st.button(f"Show {min(SHOWN, len(chosen) - most)} more", on_click=_more)


def movers(scene: Scene, maps: Mapping[str, ModelMap], names: Sequence[str]) -> None:
    """Where to look: the images that lie elsewhere in another model's map."""
    titles = list(maps)
    left, right, third = st.columns(3)
    first = left.selectbox("From the map of", titles, key="move_from", bind="query-params")
    second = right.selectbox(
        "to the map of", [t for t in titles if t != first], index=len(titles) - 2, key="move_to", bind="query-params"
    )
    rows = list(scene.rows) if scene.attacked else [scene.rows[0]]
    adversarial = (
        third.selectbox("Images", rows, index=len(rows) - 1, key="move_row", bind="query-params") != scene.rows[0]
    )
    moved = most_moved(maps[first], maps[second], adversarial)
    notes = {m.sample: f"moved {m.moved:.1f} SD; {percent(m.shared)} of its true neighbours are shared" for m in moved}
    pair = {title: maps[title] for title in (first, second)}
    chosen = [title_of(names[titles.index(title)]) for title in (first, second)]
    st.button(
        "Mark these on the maps", icon=":material/select_all:", on_click=select, args=(scene, [m.sample for m in moved])
    )
    if scene.images is None:
        st.caption("The images themselves are not on this machine.")
        return
    st.html(map_tables.cards(pair, chosen, [m.sample for m in moved], scene.images, state.look(), notes))
    st.caption(
        "Distances are in standard deviations of the first map, after the second was turned onto it. A map may move a "
        "point for no reason: the share of common true neighbours, counted in the full feature space, tells whether "
        "the models really see the image differently."
    )


def select(scene: Scene, positions: Sequence[int]) -> None:
    """Select images on the maps from Python."""
    st.session_state["map_selection"] = pack_selection(np.asarray(positions), scene.count)
    keep_in_url(scene)
    command_widget()


def keep_in_url(scene: Scene) -> None:
    """Put the selection into the URL, so that a link opens it: a small one by the images' numbers, a larger one by the
    name that it is stored under. A public server stores none."""
    numbers = scene.indices[selected(scene)]
    named = None
    if 0 < len(numbers) <= IN_URL:
        named = ",".join(str(int(number)) for number in numbers)
    elif len(numbers) and not is_public():
        name = hashlib.sha256(numbers.astype("<i8").tobytes()).hexdigest()[:12]
        compute.store().put(KIND, name, arrays={"numbers": numbers}, meta={})
        named = f"{STORED}{name}"
    state.put_into_link("selected", named)
    st.session_state["map_pages"] = 1


def _asked(text: str) -> set[int]:
    """The numbers of the images that a link asks for; what it asks for and is not here is said."""
    if not text.startswith(STORED):
        return {int(part) for part in text.split(",") if part.isdigit()}
    name = text.removeprefix(STORED)
    stored = compute.store().get(KIND, name) if re.fullmatch("[0-9a-f]{12}", name) else None
    if stored is None:
        st.warning("The link asks for a selection of images that is not stored here.", icon=":material/link_off:")
        return set()
    return {int(number) for number in stored.arrays["numbers"]}


def _more() -> None:
    st.session_state["map_pages"] = int(st.session_state.get("map_pages", 1)) + 1

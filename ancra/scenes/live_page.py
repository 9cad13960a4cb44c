"""The live stage as one file: for any static host, a memory stick or a mail; it asks no server for anything."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ancra.checkpoints import read_card
from ancra.data.places import place_of
from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.live.network import live_checkpoint
from ancra.maps.inputs import mapped_features
from ancra.maps.settings import ModelMapSettings, resolve
from ancra.maps.store import find_model_map
from ancra.progress import OnProgress, subprogress
from ancra.scenes.live_stage import OnStage, images_of, inline, stage
from ancra.store import Store
from ancra.text import listed
from ancra.web.assemble import script, style
from ancra.web.page import page

CAPTION = (
    "Draw on the image, drag epsilon, press an answer to drive the image there. The networks and the attack run in "
    "this browser; nothing is sent anywhere."
)
_BODY = '<div class="live-stage" id="stage" tabindex="0" role="group" aria-label="Attack live"></div>'
_START = """
const dark = matchMedia("(prefers-color-scheme: dark)");
const begin = () => createLive(document.getElementById("stage"), { ...data, dark: dark.matches });
let live = begin();
dark.addEventListener("change", () => {
  live.end();
  live = begin();
});
"""


def live_page(paths: Sequence[Path], store: Store, on_progress: OnProgress | None = None) -> str:
    """A page that attacks the networks of checkpoints, with 64 images and the stored maps that the point walks on.

    Args:
        paths: checkpoints of the same images and classes.
        on_progress: called with (hundredths done, 100).

    Raises:
        AncraError: other images or classes, no image at hand, or an operation that no browser can run.
    """
    cards = [read_card(path) for path in paths]
    first = cards[0]
    for card in cards:
        if (card.image_shape, card.classes) != (first.image_shape, first.classes):
            raise AncraError(f"{card.title} and {first.title} know other images or classes: choose models of one set.")
    say = subprogress(on_progress)
    networks = []
    place = place_of(first.data)
    images, labels = images_of(first, load_dataset(first.data) if place is None or place.here else None)
    right = np.ones(len(labels), bool)
    for position, (path, card) in enumerate(zip(paths, cards, strict=True)):
        network = live_checkpoint(path)
        right &= network.logits(torch.from_numpy(images).float() / 255)[0].argmax(dim=1).numpy() == labels
        asked = resolve(card, ModelMapSettings())
        shown = find_model_map(card, asked, store)
        found = None
        if shown is not None and not shown.elsewhere:
            span = say(100 * position // len(paths), 100 * (position + 1) // len(paths))
            found = (shown, mapped_features(path, asked, store, on_progress=span))
        networks.append(OnStage(card.title, card, inline(network.to_bytes()), found))
    # An image that all of them know comes first: only such a one can be lost.
    order = np.argsort(~right, kind="stable")
    title = f"Attack live: {listed([card.title for card in cards])}"
    return page(
        title,
        _BODY,
        CAPTION,
        stage(networks, images[order], [labels[row] for row in order]),
        style("live"),
        script("live") + _START,
    )

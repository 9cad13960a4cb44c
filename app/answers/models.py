"""Which models there are to choose from: by their images, their titles, and the first ones that a page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ancra.checkpoints import Card
from ancra.data.digest import PUBLISHED
from ancra.reports.story import STORY
from ancra.runs.labels import read_labels
from ancra.runs.run import list_runs
from ancra.text import listed
from app import compute

MAP_MODELS = ("pgd-at", "trades", "mart", "trades-ancra")

SETS = {"fashion_mnist": "Fashion", "digits": "Digits", "cifar10": "CIFAR-10", "tiny_imagenet": "Tiny"}
"""The sets of images that models come with, in the order they are offered; the first is where the app opens."""

YOURS = "Yours"

TEST_IMAGE, EXAMPLE = "Test image", "Example"


@dataclass(frozen=True)
class Opening:
    """What the Attack page opens on: models by the ends of their names, and a test image.

    On the image PGD on p' fails on the first model and the adaptive attack succeeds.

    Attributes:
        source: where the image is from; photographs that come with the project stand in for those that may not.
    """

    models: tuple[str, str]
    image: int
    source: str = TEST_IMAGE


OPENINGS = {
    "Fashion": Opening(("trades-ancra", "pgd-at"), STORY["fashion_mnist"]),
    # A horse where the images lie in folders; the published files have another image under this number.
    "CIFAR-10": Opening(("trades-ancra", "natural"), 7013, EXAMPLE),
    "Tiny": Opening(("trades-ancra", "trades"), 7),
}
OPENING = Opening(("natural-ra", "pgd-at"), STORY["digits"])


def set_of(name: str) -> str:
    """What the switch calls the images of a checkpoint; those of a person's own have one name together."""
    card = compute.checkpoints().get(name)
    return _set_of(card) if card else YOURS


def models_by_set() -> dict[str, list[str]]:
    """The names of the checkpoints for each set of images that has any, in the order they are offered.

    A person's own, trained or uploaded, come first.
    """
    found: dict[str, list[str]] = {title: [] for title in (*SETS.values(), YOURS)}
    for name, card in sorted(compute.checkpoints().items(), key=lambda item: not _is_own(item[0])):
        found[_set_of(card)].append(name)
    return {title: names for title, names in found.items() if names}


def _set_of(card: Card) -> str:
    return SETS.get(card.dataset, YOURS)


def _is_own(name: str) -> bool:
    return name.startswith(("runs/", "uploads/"))


def title_of(name: str) -> str:
    """A checkpoint's name for people: the paper's for one of ours, with where it comes from for others."""
    card = compute.checkpoints().get(name)
    if card is None:
        return name
    head, _, rest = name.partition("/")
    origin = {**dict.fromkeys(SETS, ""), "runs": rest, "uploads": rest, "sweeps": rest}.get(head, head)
    title = _run_titles().get(rest.partition("/")[0]) if head == "runs" else None
    return f"{title or card.title} · {origin}" if origin else card.title


@st.cache_data(ttl=3, show_spinner=False)
def _run_titles() -> dict[str, str]:
    """What people call their runs, where they have named them."""
    return {run.name: title for run in list_runs() if (title := read_labels(run).title)}


def preferred(names: Sequence[str], wishes: Sequence[str]) -> list[str]:
    """Of the wished-for ends of names ("trades-ancra"), the names that exist; then others, in order, to fill up."""
    found = [name for wish in wishes for name in names if name.rpartition("/")[2] == wish]
    return [*dict.fromkeys([*found, *names])][: len(wishes)]


def reservations(names: Sequence[str]) -> str:
    """What to know before these models' numbers are compared, in sentences; empty where there is nothing."""
    copies = "Measured on JPEG copies of these images, which differ slightly from the published files."
    said = [copies] if any(map(_measured_on_copies, names)) else []
    cards = {name: compute.card(name) for name in names}
    fewer = [
        f"{title_of(name)} {card.epochs_trained} of {card.recipe.epochs}"
        for name, card in cards.items()
        if card.recipe and card.epochs_trained and card.epochs_trained < card.recipe.epochs
    ]
    if fewer:
        said.append(f"Fewer epochs than their recipes have, which may be part of a difference: {listed(fewer)}.")
    return " ".join(said)


def _measured_on_copies(name: str) -> bool:
    card = compute.card(name)
    measured = {row["images"] for row in card.evaluation if row.get("images")}
    return card.data.name in PUBLISHED and bool(measured) and compute.subject(name)[1] not in measured


def like(name: str) -> list[str]:
    """The checkpoints of the same dataset and classes as this one."""
    cards = compute.checkpoints()
    wanted = (cards[name].dataset, cards[name].classes, cards[name].image_shape)
    return [other for other, it in cards.items() if (it.dataset, it.classes, it.image_shape) == wanted]

"""The demonstration that Home plays for a set of images."""

from ancra.reports.demonstration import PAIR, Demonstration, stored_demonstration
from app import compute


def demonstration(names: list[str]) -> tuple[Demonstration, tuple[str, ...], str] | None:
    """What is stored for two of these checkpoints, with the names of the classes and a key; None where nothing is."""
    pair = [next((name for name in names if name.rpartition("/")[2] == end), None) for end in PAIR]
    if None in pair:
        return None
    cards = [compute.card(name) for name in pair if name]
    found = stored_demonstration(cards[0], cards[1], compute.store())
    if found is None or not len(found.labels):
        return None
    return found, cards[0].classes, f"{cards[0].digest} {cards[1].digest}"

"""The demonstration that Home plays for a set of images."""

from ancra.reports.demonstration import PAIR, Demonstration, stored_demonstration
from app import compute


def demonstration(names: list[str]) -> tuple[Demonstration, list[str], str] | None:
    """What is stored for two of these checkpoints, with those two and a key; None where nothing is."""
    ends = {name.rpartition("/")[2]: name for name in reversed(names)}
    pair = [ends[end] for end in PAIR if end in ends]
    if len(pair) < len(PAIR):
        return None
    cards = [compute.card(name) for name in pair]
    images = compute.images_digest(cards[0].data)
    found = stored_demonstration(cards[0], cards[1], compute.store(), images=images)
    if found is None or not len(found.labels):
        return None
    return found, pair, f"{cards[0].digest} {cards[1].digest}"

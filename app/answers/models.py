"""Which models there are to choose from: their titles, those alike, and the first ones that a page shows."""

from collections.abc import Sequence

from app import compute

ATTACK_MODELS = ("natural-ra", "pgd-at")
MAP_MODELS = ("pgd-at", "trades", "mart", "trades-ancra")


def title_of(name: str) -> str:
    """A checkpoint's name for people: the paper's for one of ours on digits, with where it comes from for others."""
    card = compute.checkpoints().get(name)
    if card is None:
        return name
    head, _, rest = name.partition("/")
    origin = {"digits": "", "runs": rest, "uploads": rest, "sweeps": rest}.get(head, head)
    return f"{card.title} · {origin}" if origin else card.title


def preferred(names: Sequence[str], wishes: Sequence[str]) -> list[str]:
    """Of the wished-for ends of names ("trades-ancra"), the names that exist; then others, in order, to fill up."""
    found = [name for wish in wishes for name in names if name.rpartition("/")[2] == wish]
    return [*dict.fromkeys([*found, *names])][: len(wishes)]


def like(name: str) -> list[str]:
    """The checkpoints of the same dataset and classes as this one."""
    cards = compute.checkpoints()
    wanted = (cards[name].dataset, cards[name].classes, cards[name].image_shape)
    return [other for other, it in cards.items() if (it.dataset, it.classes, it.image_shape) == wanted]

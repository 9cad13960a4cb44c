"""A few images that one model loses to a small change and another keeps: what Home plays at first."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ancra.arrays import Array, FloatArray, IntArray, PixelArray
from ancra.attacks.settings import AttackSettings
from ancra.checkpoints import Card, checkpoint_name, find_checkpoints, load_checkpoint
from ancra.data.digest import data_digest
from ancra.paths import results_folders, shipped_checkpoints
from ancra.store import Store, Stored

KIND = "demonstration"
STEPS, SEARCHED, MOST = 20, 400, 6
PAIR = ("natural", "pgd-at")
"""The model that is fooled and the one that is not, by the ends of their names."""
SHOWN_FIRST = ("Sneaker", "7", "automobile")
"""Classes that a person knows at first sight come first."""


@dataclass(frozen=True)
class Demonstration:
    """N images on the way of an attack by gradients on two models, S = steps + 1 points each, K classes.

    Attributes:
        natural: (N, C, H, W) uint8, the images before the attack.
        images: (2, S, N, C, H, W) uint8; the first point is the natural image.
        chances: (2, S, N, K) float16, the probabilities of the final answer p'.
        labels: (N,) true classes. indices: (N,) places in the test split.
        epsilon: the largest change of a pixel, in [0, 1] pixel values.
    """

    natural: PixelArray
    images: PixelArray
    chances: FloatArray
    labels: IntArray
    indices: IntArray
    epsilon: float


def settings_for(card: Card) -> AttackSettings:
    """PGD from the image itself in steps small enough to be watched, within the epsilon of the card's recipe."""
    epsilon = card.recipe.attack.epsilon if card.recipe else 8 / 255
    return AttackSettings(epsilon=epsilon, steps=STEPS, step_size=epsilon / 8, start="none")


def stored_demonstration(
    fooled: Card, robust: Card, store: Store, *, images: str | None = None
) -> Demonstration | None:
    """What is stored for two models; None where nothing is. Needs no torch.

    Args:
        images: the digest of their images (``data_digest``), where that is known: it looks at every file of a folder.
    """
    stored = store.get(KIND, *_key(fooled, robust, images))
    return None if stored is None else _read(stored)


def make_demonstration(fooled: Path, robust: Path, store: Store) -> Demonstration:
    """Find the images, one a class, and keep the attack on them; an image where it does not come out so is not taken.

    Raises AncraError: a checkpoint or its dataset cannot be read.
    """
    from ancra.attacks.trace import trace_attack
    from ancra.data.registry import load_dataset

    models, cards = zip(*(load_checkpoint(path) for path in (fooled, robust)), strict=True)
    settings = settings_for(cards[1])

    def make() -> tuple[dict[str, Array], dict[str, float]]:
        data = load_dataset(cards[0].data)
        images, labels = data.test.batch(slice(0, SEARCHED))
        traces = [trace_attack(model, images, labels, settings) for model in models]
        rights = [trace.predicted == trace.labels for trace in traces]
        wanted = rights[0][0] & ~rights[0][-1] & rights[1].all(axis=0)
        chances = [_softmax(trace.logits) for trace in traces]
        sure = chances[1][-1, np.arange(len(labels)), labels.numpy()] * wanted
        chosen = []
        for name in sorted(data.classes, key=lambda name: (name not in SHOWN_FIRST, data.classes.index(name))):
            of_class = np.where(labels.numpy() == data.classes.index(name), sure, 0)
            if of_class.max() > 0:
                chosen.append(int(of_class.argmax()))
        take = np.array(chosen[:MOST], np.int64)
        return {
            "natural": _pixels(traces[0].natural[take]),
            "images": np.stack([_pixels(trace.images[:, take]) for trace in traces]),
            "chances": np.stack([each[:, take] for each in chances]).astype(np.float16),
            "labels": labels.numpy()[take],
            "indices": take,
        }, {"epsilon": settings.epsilon}

    return _read(store.remember(KIND, *_key(*cards), make=make))


def ship_demonstrations(folder: Path | None = None) -> Iterator[tuple[str, Demonstration]]:
    """Make those of the shipped models into ``folder`` (checkpoints/results); yields (set, demonstration)."""
    store = Store([folder or results_folders()[1]])
    found = {checkpoint_name(path): path for path, _ in find_checkpoints() if shipped_checkpoints() in path.parents}
    for name in sorted({name.partition("/")[0] for name in found}):
        pair = [found.get(f"{name}/{end}") for end in PAIR]
        if pair[0] and pair[1]:
            yield name, make_demonstration(pair[0], pair[1], store)


def _key(fooled: Card, robust: Card, images: str | None = None) -> tuple[str, ...]:
    return fooled.digest, robust.digest, images or data_digest(fooled.data), settings_for(robust).digest()


def _read(stored: Stored) -> Demonstration:
    return Demonstration(**stored.arrays, epsilon=float(stored.meta["epsilon"]))


def _pixels(images: FloatArray) -> PixelArray:
    return (images * 255).round().astype(np.uint8)


def _softmax(logits: FloatArray) -> FloatArray:
    from scipy.special import softmax

    return softmax(logits, axis=-1)


if __name__ == "__main__":
    for title, made in ship_demonstrations():
        print(f"{title}: {len(made.labels)} images, test images {', '.join(map(str, made.indices))}")

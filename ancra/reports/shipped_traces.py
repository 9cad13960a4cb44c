"""The traces that come with the project, so that what a visitor sees first is there at once.

    python -m ancra.reports.shipped_traces

For each shipped model of the datasets in ``STORY``: of the first test images the attacks of a verdict, and of the image
that the story is told on all that the story shows. What is there already is not made again.
"""

from collections.abc import Iterator
from pathlib import Path

from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace import trace_attack
from ancra.attacks.trace_pack import pack
from ancra.attacks.trace_store import PACKED, image_digest, keep_packed
from ancra.checkpoints import Card, checkpoint_name, find_checkpoints, load_checkpoint
from ancra.data.dataset import Split
from ancra.data.registry import load_dataset
from ancra.models.classifier import Classifier
from ancra.paths import results_folders
from ancra.reports.story import AIMED, FIRST, STORY
from ancra.store import Store


def verdict_attacks(epsilon: float) -> list[AttackSettings]:
    """The two attacks that a verdict on one image rests on."""
    return [preset(name).search(epsilon) for name in ("pgd40", "adaptive40")]


def story_attacks(epsilon: float) -> list[AttackSettings]:
    """The attacks that the story shows."""
    return [*verdict_attacks(epsilon), preset("pgd40").search(epsilon).with_changes(objective=AIMED)]


def ship_traces(path: Path, card: Card, store: Store) -> list[str]:
    """Make what is missing of one model's traces; one line for each file made. Raises AncraError."""
    if card.recipe is None:
        return []
    epsilon, told, first = card.recipe.attack.epsilon, *PACKED
    wanted = [(told, each, [STORY[card.dataset]]) for each in story_attacks(epsilon)]
    wanted += [(first, each, [*range(FIRST)]) for each in verdict_attacks(epsilon)]
    missing = [each for each in wanted if store.get(each[0], card.digest, each[1].digest()) is None]
    if not missing:
        return []
    model, split = load_checkpoint(path)[0], load_dataset(card.data).test
    lines = []
    for kind, settings, rows in missing:
        traces = dict(_packed(model, split, settings, rows))
        keep_packed(store, kind, card.digest, settings, traces)
        size = sum(map(len, traces.values()))
        lines.append(f"{checkpoint_name(path)}: {len(traces)} traces of {settings.objective} in {size / 1000:.0f} kB")
    return lines


def _packed(model: Classifier, split: Split, settings: AttackSettings, rows: list[int]) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        # One by one, as a page that asks for one gets it: a batch is rounded otherwise.
        image, label = split.batch(slice(row, row + 1))
        trace = trace_attack(model, image, label, settings, apart=True)
        yield image_digest(image, int(label)), pack(trace, settings)


if __name__ == "__main__":
    own = Store([results_folders()[-1]])
    for path, card in find_checkpoints():
        if checkpoint_name(path).partition("/")[0] in STORY:
            for line in ship_traces(path, card, own):
                print(line, flush=True)

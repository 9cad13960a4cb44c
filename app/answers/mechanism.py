"""One batch under every strategy, and one of its anchors: computed once for all sessions."""

from contextlib import suppress
from dataclasses import dataclass

from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.recipe import Recipe
from ancra.strategies.known import strategies
from ancra.strategies.mechanism import BatchMechanism, batch_mechanism, step_of
from ancra.strategies.pair import PairMechanism, anchor_mechanism
from app import compute
from app.queueing import Progress, Work


@dataclass(frozen=True)
class BatchQuestion:
    """A seeded batch of a checkpoint's images.

    Attributes:
        model: the checkpoint's name. split: "train" or "test". count: images in the batch.
        seed: of the batch, of Random, and of the targeted attack's start.
        attack: what the targeted attack may do.
    """

    model: str
    split: str
    count: int
    seed: int
    attack: AttackSettings

    @property
    def recipe(self) -> Recipe:
        """The model's own recipe; the defaults where it has none."""
        return compute.card(self.model).recipe or Recipe(name="none", title="none")

    @property
    def key(self) -> tuple[object, ...]:
        """What the picks in the batch depend on: the model, its images, and which strategies there are."""
        return *compute.subject(self.model), self.split, self.count, self.seed, *strategies()


def batch(asked: BatchQuestion) -> BatchMechanism:
    """What every strategy picks in a batch. Raises AncraError for a batch of one class."""
    model, data = compute.model(asked.model), compute.dataset(asked.model)
    part = data.train if asked.split == "train" else data.test

    def work(progress: Progress) -> BatchMechanism:
        return batch_mechanism(model, *part.batch(part.sample(asked.count, asked.seed)), asked.seed)

    return compute.ask("mechanism", asked.key, work, "Picking negatives")


def anchor(asked: BatchQuestion, found: BatchMechanism, index: int) -> dict[str, PairMechanism]:
    """One anchor of a batch under every strategy, by the strategies' names."""
    return compute.ask("mechanism-anchor", *_anchor(asked, found, index), "Following the negatives of this anchor")


def prepare(asked: BatchQuestion, found: BatchMechanism, index: int) -> None:
    """Begin with an anchor that is likely to be asked for next."""
    with suppress(AncraError):  # the queue is full: it is computed when it is asked for
        compute.begin("mechanism-anchor", *_anchor(asked, found, index))


def _anchor(asked: BatchQuestion, found: BatchMechanism, index: int) -> tuple[tuple[object, ...], Work]:
    model, recipe = compute.model(asked.model), asked.recipe

    def work(progress: Progress) -> dict[str, PairMechanism]:
        return anchor_mechanism(model, found, index, asked.attack, recipe.objective.auxiliary_weight, step_of(recipe))

    return (*asked.key, asked.attack.digest(), index), work

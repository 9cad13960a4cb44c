"""One batch under every strategy, and one of its anchors: computed once for all sessions."""

from contextlib import suppress
from dataclasses import dataclass

from ancra.attacks.settings import AttackSettings
from ancra.errors import AncraError
from ancra.recipe import Recipe
from ancra.strategies.known import strategies
from ancra.strategies.mechanism import BatchMechanism, step_of
from ancra.strategies.pair import PairMechanism
from app import compute
from app.engine.kinds.negatives import Anchor, Batch
from app.engine.request import Request


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
    compute.require_images(asked.model)
    wanted = compute.request("mechanism", asked.model, item=Batch(asked.split, asked.count, asked.seed))
    return compute.ask(wanted, asked.key, "Picking negatives")


def anchor(asked: BatchQuestion, found: BatchMechanism, index: int) -> dict[str, PairMechanism]:
    """One anchor of a batch under every strategy, by the strategies' names."""
    return compute.ask(*_anchor(asked, found, index), "Following the negatives of this anchor")


def prepare(asked: BatchQuestion, found: BatchMechanism, index: int) -> None:
    """Begin with an anchor that is likely to be asked for next."""
    with suppress(AncraError):  # the queue is full: it is computed when it is asked for
        compute.begin(*_anchor(asked, found, index))


def _anchor(asked: BatchQuestion, found: BatchMechanism, index: int) -> tuple[Request, tuple[object, ...]]:
    recipe = asked.recipe
    item = Anchor(found, index, asked.attack, recipe.objective.auxiliary_weight, step_of(recipe))
    return compute.request("mechanism-anchor", asked.model, item=item), (*asked.key, asked.attack.digest(), index)

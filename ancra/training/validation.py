"""What is measured after each epoch, on images held out of the training split."""

from ancra.data.dataset import Split
from ancra.evaluation.robustness import HEADLINE, NATURAL, evaluate_robustness
from ancra.evaluation.settings import EvaluationSettings
from ancra.models.classifier import Classifier
from ancra.recipe import Recipe
from ancra.training.memory import in_parts

ATTACKS = (*HEADLINE, "fgsm")
"""The last, of a single step, tells catastrophic overfitting apart."""


class Validation:
    """Accuracies to follow a run by: of too few images, and too weakly attacked, to be quoted.

    Args:
        held_out: the images that are not trained on; a seeded sample of them is used.
    """

    def __init__(self, held_out: Split, recipe: Recipe) -> None:
        self.recipe = recipe
        self.split = held_out.subset(held_out.sample(recipe.validation.samples, recipe.seed))
        self._parts = 1

    @property
    def constant(self) -> float:
        """The accuracy of giving every image the most frequent class."""
        return float(self.split.labels.bincount().max()) / len(self.split)

    def accuracies(self, model: Classifier) -> dict[str, float]:
        """Natural, pgd, adaptive and fgsm accuracy; where the memory is full, in smaller batches. Raises AncraError."""
        model.eval()
        return in_parts(lambda parts: self._measured(model, parts), self._parts, self.recipe.batch_size, self._smaller)

    def _measured(self, model: Classifier, parts: int) -> dict[str, float]:
        settings = EvaluationSettings(
            epsilon=self.recipe.attack.epsilon,
            steps=self.recipe.validation.steps,
            batch_size=-(-self.recipe.batch_size // parts),
        )
        found = evaluate_robustness(model, self.split, settings, ATTACKS, independent=ATTACKS)
        own = {name: accuracy.value for name in ATTACKS if (accuracy := found.accuracy(name)) is not None}
        return {NATURAL: found.natural_accuracy.value, **own}

    def _smaller(self, parts: int) -> None:
        self._parts = parts

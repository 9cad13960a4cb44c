"""Settings that are allowed, each by itself, and make no sense together."""

from ancra.recipe import Recipe
from ancra.text import epsilon_text
from ancra.training.extent import Extent

FEWEST_VALIDATED = 50  # held-out images; with fewer, one image is more than two points of an accuracy
GREY = 0.5  # the Linf epsilon within which every image can be made the same grey one
ROBUST = {"pgd": "PGD", "adaptive": "adaptive PGD"}


def doubts(recipe: Recipe, extent: Extent) -> list[str]:
    """One sentence for each thing that a person hardly means; the run itself would work.

    Args:
        extent: of this recipe.
    """
    found = [*_of_images(recipe, extent), *_of_schedule(recipe)]
    metric = recipe.validation.metric
    if recipe.objective.base == "natural" and metric in ROBUST:
        found.append(
            f"Natural training resists no attack: its accuracy under {ROBUST[metric]} stays at chance, which tells no "
            "best epoch. Tell it by the natural accuracy."
        )
    if recipe.attack.norm == "linf" and recipe.attack.epsilon >= GREY:
        found.append(
            f"Within epsilon {epsilon_text(recipe.attack.epsilon)} every image can be made one and the same grey: no "
            "model does better than chance under attack."
        )
    return found


def _of_images(recipe: Recipe, extent: Extent) -> list[str]:
    found = []
    if recipe.batch_size > extent.images:
        found.append(
            f"The batch size, {recipe.batch_size:,}, is above the {extent.images:,} training images: an epoch is one "
            "single step."
        )
    if extent.validated < FEWEST_VALIDATED:
        held = "1 held-out image tells" if extent.validated == 1 else f"{extent.validated} held-out images tell"
        found.append(f"Only {held} the best epoch: one of them more or less is {100 / extent.validated:.0f} points.")
    return found


def _of_schedule(recipe: Recipe) -> list[str]:
    schedule, epochs = recipe.schedule, recipe.epochs
    if schedule.warmup_epochs >= epochs:
        return [f"The warm-up takes {schedule.warmup_epochs} of {epochs} epochs: the learning rate never stays high."]
    if schedule.kind == "steps" and schedule.milestones and min(schedule.milestones) >= epochs:
        return [f"Every milestone of the schedule lies after epoch {epochs}, the last: the learning rate never falls."]
    return []

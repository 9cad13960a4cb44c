"""What an evaluation is of: a checkpoint, the images it is measured on, and the usual settings for it."""

from ancra.checkpoints import Card
from ancra.data.digest import PUBLISHED, data_digest
from ancra.evaluation.settings import EvaluationSettings

Subject = tuple[str, str]
"""The digests of a checkpoint and of its images."""


def settings_of(card: Card, samples: int | None = None) -> EvaluationSettings:
    """The usual settings for a checkpoint: norm and epsilon of its recipe, Linf 8/255 for one without a recipe."""
    settings = EvaluationSettings(samples=samples)
    if card.recipe:
        settings = settings.with_changes(norm=card.recipe.attack.norm, epsilon=card.recipe.attack.epsilon)
    return settings


def subjects_of(card: Card) -> tuple[Subject, ...]:
    """What stored results of a checkpoint may be named by, best first.

    Its images as they are here; then, for a published dataset, the copies of it (JPEG files of CIFAR-10, say) that the
    card's evaluations were measured on.

    Raises:
        AncraError: the images are gone.
    """
    rows = card.evaluation if card.data.name in PUBLISHED else ()
    measured = (str(row["images"]) for row in rows if row.get("images"))
    return tuple(dict.fromkeys((subject_of(card), *((card.digest, images) for images in measured))))


def subject_of(card: Card) -> Subject:
    """The digests of a checkpoint and of its images, which every result that is stored of it is named by.

    Raises:
        AncraError: the images are gone.
    """
    return card.digest, data_digest(card.data)

"""How much a recipe would train, counted in the queue while the page goes on, and what is doubtful about it."""

from dataclasses import dataclass

from ancra.data.places import place_of, require_here
from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.recipe import Recipe
from ancra.training.doubts import doubts
from ancra.training.extent import Extent, extent
from app import compute
from app.queueing import Job


@dataclass(frozen=True)
class Counted:
    """The extent of a recipe, and a sentence for each thing in it that makes no sense."""

    extent: Extent
    doubts: tuple[str, ...]


def begin(recipe: Recipe) -> Job:
    """Have a recipe counted: the job's future gives a Counted. Keep the job: one that failed is not to be begun again.

    Raises AncraError: its images would have to be fetched first.
    """
    require_here(recipe.data)
    place = place_of(recipe.data)
    if place is not None and place.download:
        raise AncraError(f"Its {place.download / 1e6:.0f} MB of training images are fetched when the training starts.")
    return compute.begin_here("extent", (recipe.digest(), str(recipe.data.root)), lambda progress: _count(recipe))


def _count(recipe: Recipe) -> Counted:
    found = extent(recipe, load_dataset(recipe.data))
    return Counted(found, tuple(doubts(recipe, found)))

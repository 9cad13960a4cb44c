"""What each page says while it works, and where: in the place in which the result will appear."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Place:
    """A place of a page.

    Attributes:
        where: a CSS selector of it. says: what is being done for it.
        acts: the keys of the widgets whose change is seen there, with * for all that begin so; none: all others.
    """

    where: str
    says: str
    acts: tuple[str, ...] = ()


MAIN = "[data-testid=stMainBlockContainer]"
OTHER_IMAGES = Place(MAIN, "Turning to other images", ("images",))
LOOKED_UP = Place(MAIN, "Drawing this page anew")
PLACES: dict[str, tuple[Place, ...]] = {
    "": (
        Place(MAIN, "Opening the Attack page", ("attack_one",)),
        Place(".st-key-gap", "Opening its verdict", ("gap",)),
    ),
    "attack": (
        Place(".st-key-deeper", "Drawing what lies behind the answers", ("deeper",)),
        Place(".st-key-choices", "Turning the sheet", ("show", "order", "sheet_page", "source", "camera")),
        Place(".st-key-choices", "Searching for an image that PGD misses", ("find_missed",)),
        Place(".st-key-results", "Setting up this step and attacking the models", ("guide", "strip")),
        Place(".st-key-results", "Attacking the models"),
    ),
    "live": (
        Place(".st-key-live", "Setting up this step of the story", ("live_story", "strip")),
        Place(".st-key-live", "Asking the core for its verdict", ("live",)),
        Place(".st-key-live", "Fetching the networks"),
    ),
    "feature_maps": (
        Place(".st-key-space_figure", "Laying the maps out in three dimensions", ("space_*",)),
        Place(".st-key-maps_stage", "Setting up this step of the story", ("story", "strip")),
        Place(".st-key-selected", "Looking up the images", ("map",)),
        Place(".st-key-maps_stage", "Following the images through the attack", ("steps",)),
        Place(".st-key-maps_stage", "Looking up these maps"),
    ),
    "robustness": (
        Place(".st-key-believed", "Turning to that model's verdict", ("accuracies", "trust")),
        Place(".st-key-curves", "Drawing the curves under this attack", ("curve_attack",)),
        Place(".st-key-compared", "Setting up this step of the story", ("story", "strip")),
        Place(".st-key-compared", "Looking up the results of these models"),
    ),
    "negatives": (
        Place(".st-key-mechanism", "Picking negatives for this anchor", ("mechanism",)),
        Place(".st-key-tab", "Setting up this step of the story", ("story", "strip")),
        Place(".st-key-tab", "Picking negatives for this batch", ("model", "split", "batch", "batch_seed")),
        Place(".st-key-tab", "Drawing this part anew"),
    ),
    "train": (
        Place(".st-key-outlook", "Starting the run", ("start",)),
        Place(".st-key-outlook", "Counting what these settings take", ("recipe*",)),
        Place(".st-key-part", "Setting up this step of the story", ("story", "strip")),
        Place(".st-key-part", "Drawing this part anew"),
    ),
}


def places(page: str) -> list[dict[str, object]]:
    """The places of a page, as the URL names it, in the order in which they are looked through."""
    return [asdict(place) for place in (OTHER_IMAGES, *PLACES.get(page, ()), LOOKED_UP)]

"""Photographs of clear licence that come with the project, so that models can be attacked without their dataset."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Example:
    """A photograph.

    Attributes:
        title: what it is called. shows: the class that it is, as CIFAR-10 names it.
        file: where it lies. source: where it is from, and its licence.
        zoom, centre: the part of it that a model is shown, as ``read_image`` takes it.
    """

    title: str
    shows: str
    file: Path
    source: str
    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)


EXAMPLES = (
    Example("Chelsea", "cat", FOLDER / "chelsea.png", "Stefan van der Walt, CC0, from scikit-image", 1.8, (0.4, 0.7)),
)


def examples_for(classes: tuple[str, ...], image_shape: tuple[int, int, int]) -> list[Example]:
    """The photographs that a model of colour images with these classes can name."""
    return [example for example in EXAMPLES if example.shows in classes and image_shape[0] == 3]

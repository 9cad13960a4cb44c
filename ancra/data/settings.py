"""The settings of a dataset."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from ancra.errors import AncraError
from ancra.paths import workspace
from ancra.settings import Settings


class DataSettings(Settings):
    """Which dataset, and how its images are read."""

    name: str = Field("digits", description="A dataset's name, as `ancra list datasets` shows it.")
    root: Path | None = Field(None, description="Folder of the data; empty for datasets that need none.")
    image_size: int | None = Field(
        None, ge=8, le=512, description="Side in pixels that images of a folder are resized to."
    )
    channels: Literal[1, 3] | None = Field(None, description="1 for grey, 3 for colour; empty for the dataset's own.")
    test_fraction: float = Field(
        0.2, gt=0, lt=1, description="Share held out for testing when a folder has no test split."
    )
    split_seed: int = Field(0, ge=0, description="Seed of that split.")


def check_fixed_shape(settings: DataSettings, channels: int, image_size: int) -> None:
    """Raise AncraError when settings ask for another shape than the one a dataset has."""
    if settings.channels not in (None, channels) or settings.image_size not in (None, image_size):
        colour = "grey" if channels == 1 else "colour"
        raise AncraError(
            f"{settings.name} has {colour} images of {image_size} x {image_size} pixels: "
            "leave data.channels and data.image_size empty."
        )


def data_root(settings: DataSettings) -> Path:
    """The folder of a downloadable dataset: the settings' root, or the workspace's folder of data."""
    return (settings.root or workspace() / "data").expanduser()

"""The settings of a dataset."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from ancra.data.archive import ARCHIVE
from ancra.errors import AncraError
from ancra.paths import workspace
from ancra.settings import Line, Settings, digest_of

NO_IMAGES = "none"
"""The dataset of a model that came without one."""


FOLDER = "image_folder"
"""The dataset that is a person's own folder or archive of images."""


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
    classes: tuple[Line, ...] = Field(
        (),
        description="Names (or WordNet ids) of the classes to keep, at least two; labels follow this list. "
        "Empty for all classes of the dataset.",
    )

    @field_validator("classes")
    @classmethod
    def _several_different_classes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) == 1:
            raise ValueError(f"a classifier needs at least two classes, and {names[0]!r} is the only one listed")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the class {twice!r} is listed twice")
        return names

    @field_validator("classes", mode="before")
    @classmethod
    def _numbers_are_names(cls, names: Any) -> Any:
        # YAML reads the names of digits as numbers.
        if isinstance(names, list | tuple):
            return [str(name) if isinstance(name, int) and not isinstance(name, bool) else name for name in names]
        return names

    @property
    def images(self) -> str:
        """What the images are called: a dataset's name, or a folder or an archive by its own."""
        return f"the folder {called(self.root)}" if self.name == FOLDER and self.root else self.name

    @property
    def is_none(self) -> bool:
        """Whether there are no images at all."""
        return self.name == NO_IMAGES

    def require_any(self) -> None:
        """Raise AncraError, with what to do, where there are no images at all."""
        if self.is_none:
            raise AncraError(
                "This model came without images: attack one that you upload, or send the same file again under Train, "
                "Upload (`ancra import` with --data) and choose images that fit."
            )

    def digest(self) -> str:
        """As any settings'; without a list of classes it is what it was before there were such lists."""
        return digest_of(self.model_dump(mode="json", exclude=None if self.classes else {"classes"}))


def called(folder: Path) -> str:
    """What people call a folder or an archive of images; an uploaded one lies in a folder of its name."""
    return folder.absolute().parent.name if folder.name == ARCHIVE else folder.name


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

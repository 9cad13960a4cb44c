"""Where a run keeps the model of every epoch."""

from contextlib import suppress
from pathlib import Path


def epoch_file(folder: Path, epoch: int) -> Path:
    """The checkpoint after so many whole epochs, in a run's folder."""
    return folder / "checkpoints" / "epochs" / f"{epoch:05d}.safetensors"


def kept_epochs(folder: Path) -> list[int]:
    """The epochs whose model a run has kept, ascending."""
    stems = (path.stem for path in epoch_file(folder, 0).parent.glob("*.safetensors"))
    return sorted(int(stem) for stem in stems if stem.isdigit())


def forget_epochs(folder: Path, after: int) -> None:
    """Remove the models of later epochs, which training is about to make anew."""
    for epoch in kept_epochs(folder):
        if epoch > after:
            with suppress(OSError):
                epoch_file(folder, epoch).unlink()

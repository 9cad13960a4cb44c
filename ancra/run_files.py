"""Where everything of a run lies in its folder."""

from contextlib import suppress
from pathlib import Path

FINAL, BEST = "final.safetensors", "best.safetensors"


class RunFiles:
    """The paths in a run's folder, whether the files are there or not.

    Attributes:
        folder: the run's.
        recipe_file: what is trained; it is what makes a folder a run. status_file: the state.
        launch_file: by which launcher it was started. labels_file: what a person noted.
        lock_file: held by the process that trains it.
        metrics_file: one JSON object a line, one line an epoch. steps_file: the loss within
        epochs. tensorboard: the folder of the same as events.
        log_file: what happened, in lines for people.
        output_file: what a launched process printed itself: worth a look when it ended before it could log.
        checkpoints: the folder of the following. state_file: what resuming starts from.
        best_checkpoint, final_checkpoint: the best epoch's model, and the finished one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recipe_file = folder / "recipe.yaml"
        self.status_file = folder / "status.json"
        self.launch_file = folder / "launch.json"
        self.labels_file = folder / "labels.json"
        self.lock_file = folder / ".lock"
        self.metrics_file = folder / "metrics.jsonl"
        self.steps_file = folder / "steps.jsonl"
        self.tensorboard = folder / "tensorboard"
        self.log_file = folder / "log.txt"
        self.output_file = folder / "output.txt"
        self.checkpoints = folder / "checkpoints"
        self.state_file = self.checkpoints / "last.pt"
        self.best_checkpoint = self.checkpoints / BEST
        self.final_checkpoint = self.checkpoints / FINAL

    def epoch_checkpoint(self, epoch: int) -> Path:
        """The model after so many whole epochs, where the recipe keeps all."""
        return self.checkpoints / "epochs" / f"{epoch:05d}.safetensors"

    def kept_epochs(self) -> list[int]:
        """The epochs whose model is kept, ascending."""
        stems = (path.stem for path in self.epoch_checkpoint(0).parent.glob("*.safetensors"))
        return sorted(int(stem) for stem in stems if stem.isdigit())

    def forget_epochs(self, after: int) -> None:
        """Remove the models of later epochs, which training is about to make anew."""
        for epoch in self.kept_epochs():
            if epoch > after:
                with suppress(OSError):
                    self.epoch_checkpoint(epoch).unlink()

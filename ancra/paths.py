"""Where things lie: what comes with the project, and what a person makes (the workspace)."""

from pathlib import Path

from ancra.environment import HOME

ROOT = Path(__file__).resolve().parent.parent


def recipes_folder() -> Path:
    """The recipes that come with the project."""
    return ROOT / "recipes"


def named_sweeps_folder() -> Path:
    """The sweeps that come with the project."""
    return ROOT / "sweeps"


def shipped_checkpoints() -> Path:
    """The checkpoints that come with the project, one folder a dataset."""
    return ROOT / "checkpoints"


def workspace() -> Path:
    """The folder of a person's runs, uploads and stored results: ``$ANCRA_HOME``, or ``workspace/`` in the project.

    Raises AncraError when it cannot be a folder.
    """
    return HOME.read(ROOT / "workspace")


def runs_folder() -> Path:
    """The training runs, one folder each."""
    return workspace() / "runs"


def sweeps_folder() -> Path:
    """The sweeps, one folder of runs each."""
    return workspace() / "sweeps"


def uploads_folder() -> Path:
    """Checkpoints that a person uploaded."""
    return workspace() / "uploads"


def plugins_folder() -> Path:
    """A person's own modules, ``*.py``, imported before anything is looked up by name."""
    return workspace() / "plugins"


def results_folders() -> tuple[Path, ...]:
    """Stored results: the workspace's, which is written to, then the ones that come with the project."""
    return workspace() / "results", ROOT / "checkpoints" / "results"

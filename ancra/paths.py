"""Where things lie: what comes with the project, and what a person makes (the workspace)."""

from pathlib import Path

from platformdirs import user_data_path

from ancra.environment import HOME

_PACKAGE = Path(__file__).resolve().parent
IN_CHECKOUT = (_PACKAGE.parent / "pyproject.toml").is_file()
"""Whether this is the repository, not an installed wheel."""
ROOT = _PACKAGE.parent if IN_CHECKOUT else _PACKAGE / "shipped"
"""The folder of what comes with the project: app, recipes, sweeps and checkpoints."""


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
    """The folder of a person's runs, uploads and stored results.

    ``$ANCRA_HOME``; else ``workspace/`` in a checkout, and the user's folder of data for what was installed.

    Raises AncraError when it cannot be a folder.
    """
    return HOME.read(ROOT / "workspace" if IN_CHECKOUT else user_data_path("ancra-lab", appauthor=False))


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

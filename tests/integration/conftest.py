import sys
from pathlib import Path

import pytest

from ancra.runs.execution import execute
from ancra.runs.run import Run

sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside this one


@pytest.fixture(scope="session")
def long_recipe(tiny_recipe):
    """Long enough to be stopped on its way."""
    return tiny_recipe.with_changes(epochs=12)


@pytest.fixture(scope="session")
def whole(long_recipe, tmp_path_factory):
    """A run that was never stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANCRA_THREADS", "1")
        run = Run.create(tmp_path_factory.mktemp("whole") / "run", long_recipe)
        execute(run)
    return run

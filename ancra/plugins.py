"""A person's own modules: whatever they register is there for the command line, for recipes and in the app.

Three places are looked through: installed packages with an entry point in the group ``ancra.plugins``, the files and
modules that ``$ANCRA_PLUGINS`` names (separated by commas), and the files ``plugins/*.py`` of the workspace.
"""

import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from ancra.environment import PLUGINS
from ancra.errors import AncraError
from ancra.paths import plugins_folder

GROUP = "ancra.plugins"
# Registered first, so that a name that is taken is refused in the plugin and not where its owner is imported later.
FIRST = ("ancra.negatives.strategy", "ancra.trust.examine")

_loaded: dict[str, AncraError | None] = {}
_lock = threading.Lock()


def load_plugins() -> list[AncraError]:
    """Import every plugin that has not been imported yet; call it as often as you like.

    Returns:
        One error for each plugin that cannot be used, in one sentence; the others are there all the same. A plugin that
        failed is not tried again in this process, for it may have registered half of its things.
    """
    with _lock:
        found = {name: (load, remedy) for name, load, remedy in _plugins()}
        for name, (load, remedy) in found.items():
            if name not in _loaded:
                _loaded[name] = _attempt(name, load, remedy)
        return [error for name in found if (error := _loaded[name]) is not None]


def plugin_module(name: str) -> ModuleType:
    """The module of a plugin, by its dotted name or its file's name without the ending.

    Raises:
        AncraError: no plugin is called so; nothing else is imported.
    """
    named = [text for text in PLUGINS.read(()) if not text.endswith(".py")]
    named += [point.module for point in entry_points(group=GROUP)]
    if any(name == each or name.startswith(f"{each}.") for each in named):
        return import_module(name)
    with _lock:
        for loaded, module in sys.modules.items():
            if re.fullmatch(rf"ancra_plugin_\d+_{re.escape(name)}", loaded):
                return module
    raise AncraError(
        f"{name} is no plugin here, and only a plugin's code is run: put {name}.py into {plugins_folder()}, or name it "
        f"in {PLUGINS.name}."
    )


def _plugins() -> Iterator[tuple[str, Callable[[], object], str]]:
    """Where each plugin comes from, how it is imported, and what to do with one that fails."""
    for point in _points():
        yield f"{point.name} ({point.value})", point.load, "correct it or uninstall its package"
    for text in _named():
        load = partial(_run, Path(text)) if text.endswith(".py") else partial(import_module, text)
        yield text, load, f"correct it or take it out of {PLUGINS.name}"
    for path in sorted(plugins_folder().glob("[!_]*.py")):
        yield str(path), partial(_run, path), "correct it or take it away"


@cache  # looking through all installed packages takes longer than most pages
def _points() -> tuple[EntryPoint, ...]:
    return (*entry_points(group=GROUP),)


def _named() -> list[str]:
    """What ``$ANCRA_PLUGINS`` names; files are made absolute there, for processes that start in another folder."""
    found = PLUGINS.read(())
    texts = [str(Path(text).expanduser().absolute()) if text.endswith(".py") else text for text in found]
    if texts:
        os.environ[PLUGINS.name] = ",".join(texts)
    return texts


def _run(path: Path) -> object:
    spec = spec_from_file_location(f"ancra_plugin_{len(_loaded)}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # Before it runs: whoever asks for the source of one of its classes looks there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _attempt(name: str, load: Callable[[], object], remedy: str) -> AncraError | None:
    try:
        for module in FIRST:
            import_module(module)
        load()
    # A plugin is anybody's code: nothing that goes wrong in it may end the program.
    except (Exception, SystemExit) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
        line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
        reason = error.msg if isinstance(error, SyntaxError) else str(error).partition("\n")[0]
        what = f"{type(error).__name__}: {reason}".rstrip(": ") + (f", line {line}" if line else "")
        return AncraError(f"The plugin {name} cannot be used ({what}): {remedy}.")
    return None

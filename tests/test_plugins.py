"""A person's own modules are imported from three places, once, and one that fails costs nothing but itself."""

import os
from importlib.metadata import EntryPoint

import pytest

from ancra import plugins
from ancra.data.registry import DATASETS
from ancra.environment import PLUGINS
from ancra.negatives.strategy import PICKERS
from ancra.plugins import load_plugins
from ancra.trust import examine  # noqa: F401  (its checks are registered before a test looks away)

NEXT = """
from ancra.negatives.picker import PICKERS, Picker

class Next(Picker):
    title, condition, words = "Next", "gt(OE) = gt(ne) + 1", "The next class."

    def candidates(self, batch):
        return batch.labels[None, :] == batch.labels[:, None] + 1

PICKERS.add("{name}")(Next())
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch, workspace):
    """Nothing loaded yet, and what a test registers is gone after it."""
    monkeypatch.setattr(plugins, "_loaded", {})
    monkeypatch.setenv(PLUGINS.name, "")
    for registry in (PICKERS, DATASETS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    (workspace / "plugins").mkdir(parents=True)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_files_of_the_workspace_are_loaded_once(workspace):
    write(workspace / "plugins" / "next.py", NEXT.format(name="next"))
    write(workspace / "plugins" / "_draft.py", "raise RuntimeError")
    assert load_plugins() == []
    assert PICKERS["next"].title == "Next"
    assert load_plugins() == []
    write(workspace / "plugins" / "later.py", NEXT.format(name="later"))
    assert load_plugins() == []
    assert "later" in PICKERS


def test_files_and_modules_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "mine.py", NEXT.format(name="from_file"))
    write(tmp_path / "my_ancra_module.py", NEXT.format(name="from_module"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(PLUGINS.name, "mine.py, my_ancra_module,")
    assert load_plugins() == []
    assert {"from_file", "from_module"} <= set(PICKERS)
    # A run started from here works in another folder.
    assert os.environ[PLUGINS.name].split(",")[0] == str(tmp_path / "mine.py")


def test_what_the_environment_names_in_vain_is_told_with_its_variable(tmp_path, monkeypatch):
    write(tmp_path / "good.py", NEXT.format(name="good"))
    monkeypatch.setenv(PLUGINS.name, f"{tmp_path / 'gone.py'}, no_such_module_here, {tmp_path / 'good.py'}")
    errors = [str(error) for error in load_plugins()]
    for error, name in zip(errors, ("gone.py", "no_such_module_here"), strict=True):
        assert name in error
        assert error.endswith("take it out of ANCRA_PLUGINS.")
    assert "good" in PICKERS


def test_packages_announce_theirs(tmp_path, monkeypatch):
    write(tmp_path / "their_ancra_package.py", NEXT.format(name="theirs"))
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("theirs", "their_ancra_package", plugins.GROUP)
    monkeypatch.setattr(plugins, "_points", lambda: (point,))
    assert load_plugins() == []
    assert "theirs" in PICKERS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\nboo\n", "NameError: name 'boo' is not defined, line 2"),
        ("\n\nfoo(\n", "SyntaxError: '(' was never closed, line 3"),
        ("import no_such_module_here", "ModuleNotFoundError: No module named 'no_such_module_here', line 1"),
        ("raise SystemExit", "SystemExit, line 1"),
        (NEXT.format(name="random"), "a negative picker named 'random' is registered already"),
    ],
)
def test_one_that_fails_is_told_in_a_sentence_and_the_others_are_there(workspace, text, says):
    bad = write(workspace / "plugins" / "bad.py", text)
    write(workspace / "plugins" / "good.py", NEXT.format(name="good"))
    (error,) = load_plugins()
    assert says in str(error)
    assert str(error).startswith(f"The plugin {bad} cannot be used")
    assert "\n" not in str(error)
    assert "good" in PICKERS
    assert [str(each) for each in load_plugins()] == [str(error)]


def test_a_dataset_of_ones_own_is_listed_and_a_broken_plugin_is_told(workspace, ancra):
    write(
        workspace / "plugins" / "dots.py",
        "from ancra.data.registry import DATASETS\n\n"
        '@DATASETS.add("dots")\ndef load_dots(settings, on_progress=None):\n    """Dots, made up on the spot."""\n',
    )
    write(workspace / "plugins" / "bad.py", "boo")
    code, out, err = ancra("list", "datasets")
    assert code == 0
    assert "Dots, made up on the spot." in out
    assert "bad.py cannot be used" in err

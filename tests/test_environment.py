"""A value that does not work is told in one sentence, whichever variable it is of."""

import re
from pathlib import Path

import pytest

import ancra
from ancra.device import limit_threads
from ancra.environment import (
    DEVICE,
    EDITORS,
    EMBED,
    ENGINE,
    HERE,
    HOME,
    MACHINES,
    PLUGINS,
    PUBLIC,
    RAY_CPUS,
    RAY_GPUS,
    SLOTS,
    SLURM,
    THREADS,
    VARIABLES,
    WORKERS,
)
from ancra.errors import AncraError
from ancra.jobs.slots import slot_count
from ancra.paths import workspace

ROOT = Path(ancra.__file__).parents[1]
NO_COUNTS = ("two", "-1", "1.5", "1 2")
WRONG = {
    THREADS: NO_COUNTS,
    SLOTS: (*NO_COUNTS, "0"),
    WORKERS: NO_COUNTS,
    ENGINE: ("slurm", "Ray"),
    DEVICE: ("gpu", "cuda:x", "cpu:0"),
    RAY_CPUS: ("two", "-1", "nan", "inf"),
    RAY_GPUS: ("two", "-0.5", "nan", "inf"),
    SLURM: ("gpu", "partition=gpu fast", "time=1h", "time=-5", "=gpu"),
    HOME: (__file__, f"{__file__}/inside"),
    PLUGINS: (),  # any text is a list of names: each plugin that cannot be used has a sentence of its own
    PUBLIC: ("https://lab.example.org", "lab/x", "-lab", "a b"),
    EMBED: ("example.org", "http://example.org", "https://example.org/x", "https://*"),
    EDITORS: (),
    HERE: (*NO_COUNTS, "0"),
    MACHINES: (*NO_COUNTS, "0"),
}
RIGHT = [
    (THREADS, "0", 0),
    (THREADS, " 3 ", 3),
    (SLOTS, "2", 2),
    (DEVICE, "cuda:1", "cuda:1"),
    (WORKERS, "0", 0),
    (ENGINE, "ray", "ray"),
    (RAY_CPUS, "0.5", 0.5),
    (RAY_GPUS, "0", 0.0),
    (SLURM, "partition=gpu gpus_per_node=1 time=600", {"partition": "gpu", "gpus_per_node": 1, "time": 600}),
    (SLURM, "comment=a=b", {"comment": "a=b"}),
    (HOME, "~/ancra", Path.home() / "ancra"),
    (PLUGINS, "mine.py, mine.too,", ["mine.py", "mine.too"]),
    (PUBLIC, "Lab.example.org", "lab.example.org"),
    (EMBED, "https://example.org", "https://example.org"),
    (EDITORS, "a@example.org, b@example.org", ["a@example.org", "b@example.org"]),
    (HERE, "4", 4),
    (MACHINES, "2", 2),
]


def test_every_variable_is_in_the_tables():
    assert set(WRONG) == set(VARIABLES) == {variable for variable, _, _ in RIGHT}


@pytest.mark.parametrize(
    ("variable", "text"),
    [(variable, text) for variable, texts in WRONG.items() for text in texts],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_value_that_does_not_work_is_one_sentence(monkeypatch, variable, text):
    monkeypatch.setenv(variable.name, text)
    with pytest.raises(AncraError) as error:
        variable.read(None)
    assert str(error.value) == f"{variable.name} is {text!r}: set it to {variable.wanted}."


@pytest.mark.parametrize(("variable", "text", "value"), RIGHT)
def test_a_value_that_works_is_read(monkeypatch, variable, text, value):
    monkeypatch.setenv(variable.name, text)
    assert variable.read(None) == value


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_one_that_is_empty_or_not_there_leaves_the_default(monkeypatch, variable):
    monkeypatch.setenv(variable.name, "  ")
    assert variable.read("default") == "default"
    monkeypatch.delenv(variable.name)
    assert variable.read("default") == "default"


@pytest.mark.parametrize(("variable", "ask"), [(THREADS, limit_threads), (SLOTS, slot_count), (HOME, workspace)])
def test_whoever_needs_a_variable_says_what_is_wrong_with_it(monkeypatch, variable, ask):
    monkeypatch.setenv(variable.name, WRONG[variable][0])
    with pytest.raises(AncraError, match=variable.name):
        ask()


@pytest.mark.parametrize(
    ("variable", "arguments"), [(THREADS, ("train", "digits-natural")), (HOME, ("list", "checkpoints"))]
)
def test_a_command_ends_with_the_sentence(ancra, monkeypatch, variable, arguments):
    monkeypatch.setenv(variable.name, WRONG[variable][0])
    code, _, err = ancra(*arguments)
    assert code == 2
    assert err.strip().splitlines() == [f"{variable.name} is {WRONG[variable][0]!r}: set it to {variable.wanted}."]


def test_no_other_module_reads_one_of_our_variables():
    ours = re.compile(r"""(environ|getenv)\W+(get\W+)?["']ANCRA_""")
    modules = [path for folder in ("ancra", "app") for path in (ROOT / folder).rglob("*.py")]
    assert not [str(path) for path in modules if ours.search(path.read_text(encoding="utf-8"))]

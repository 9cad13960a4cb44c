from collections.abc import Callable

import pytest

from ancra.device import limit_threads
from ancra.environment import amount, pairs, whole_number
from ancra.errors import AncraError
from ancra.jobs.slots import slot_count


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("ANCRA_THREADS", "two", limit_threads),
        ("ANCRA_THREADS", "-1", limit_threads),
        ("ANCRA_SLOTS", "0", slot_count),
        ("ANCRA_SLOTS", "1.5", slot_count),
        ("ANCRA_RAY_CPUS", "many", lambda: amount("ANCRA_RAY_CPUS", "how many")),
        ("ANCRA_RAY_GPUS", "-0.5", lambda: amount("ANCRA_RAY_GPUS", "how many")),
        ("ANCRA_RAY_GPUS", "nan", lambda: amount("ANCRA_RAY_GPUS", "how many")),
        ("ANCRA_RAY_GPUS", "inf", lambda: amount("ANCRA_RAY_GPUS", "how many")),
        ("ANCRA_SLURM", "partition gpu", lambda: pairs("ANCRA_SLURM", "partition=gpu")),
        ("ANCRA_SLURM", "=gpu", lambda: pairs("ANCRA_SLURM", "partition=gpu")),
    ],
)
def test_a_wrong_variable_is_one_sentence_that_names_it(
    monkeypatch, name: str, value: str, read: Callable[[], object]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(AncraError, match=rf"^{name} (is|takes) [^.]*(\.\d[^.]*)?\.$"):
        read()


def test_what_is_not_set_is_left_to_the_reader(monkeypatch) -> None:
    monkeypatch.setenv("ANCRA_EMPTY", " ")
    assert whole_number("ANCRA_EMPTY", 1, "a number") is amount("ANCRA_EMPTY", "a number") is None
    assert pairs("ANCRA_EMPTY", "a=1") == {}


def test_what_is_set_is_read(monkeypatch) -> None:
    monkeypatch.setenv("ANCRA_SET", "12")
    assert (whole_number("ANCRA_SET", 1, ""), amount("ANCRA_SET", "")) == (12, 12.0)
    monkeypatch.setenv("ANCRA_SET", "partition=gpu export=A=1")
    assert pairs("ANCRA_SET", "") == {"partition": "gpu", "export": "A=1"}

"""The environment variables that are read, each with the one sentence that is said when its value does not work."""

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from ancra.errors import AncraError

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True)
class Variable(Generic[T]):
    """An environment variable.

    Attributes:
        name: what it is called.
        wanted: what it is to be set to, as the end of a sentence.
        parse: gives what a text that is not empty stands for; raises ValueError.
    """

    name: str
    wanted: str
    parse: Callable[[str], T]

    def read(self, otherwise: D) -> T | D:
        """What it is set to; ``otherwise`` when it is not set, or empty. Raises AncraError."""
        text = os.environ.get(self.name, "").strip()
        if not text:
            return otherwise
        try:
            return self.parse(text)
        except ValueError:
            raise AncraError(f"{self.name} is {text!r}: set it to {self.wanted}.") from None


def _whole(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if int(text) < least:
            raise ValueError
        return int(text)

    return parse


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 <= amount < math.inf:
        raise ValueError
    return amount


def _folder(text: str) -> Path:
    path = Path(os.path.expanduser(text))
    # What is there already of a folder that is yet to be made.
    there = next((each for each in (path, *path.parents) if os.path.lexists(each)), path)
    if not os.path.isdir(there):
        raise ValueError
    return path


def _device(text: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
        raise ValueError
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return parse


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", text.lower()):
        raise ValueError
    return text.lower()


def _origin(text: str) -> str:
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?", text):
        raise ValueError
    return text


def _parameters(text: str) -> dict[str, int | str]:
    pairs = dict(word.split("=", 1) for word in text.split())  # a word without "=" is a ValueError
    if "" in pairs or not pairs.get("time", "1").isdecimal():
        raise ValueError
    return {key: int(value) if value.isdecimal() else value for key, value in pairs.items()}


HOME = Variable("ANCRA_HOME", "a folder, there or yet to be made, for your runs, uploads and results", _folder)
PLUGINS = Variable("ANCRA_PLUGINS", "Python files and modules, separated by commas", _list)
THREADS = Variable("ANCRA_THREADS", "how many CPU threads compute, or to 0 for torch's own choice", _whole(0))
SLOTS = Variable("ANCRA_SLOTS", "how many runs may train at once, 1 or more", _whole(1))
DEVICE = Variable("ANCRA_DEVICE", "auto, cpu, cuda, cuda:1 or mps: where the app computes large things", _device)
WORKERS = Variable(
    "ANCRA_WORKERS", "how many processes compute for the app, or to 0 for the app's own process", _whole(0)
)
ENGINE = Variable("ANCRA_ENGINE", "processes or ray: what computes for the app", _one_of("processes", "ray"))
RAY_CPUS = Variable("ANCRA_RAY_CPUS", "how many processors a run asks Ray for, 0 or more", _amount)
RAY_GPUS = Variable("ANCRA_RAY_GPUS", "how many GPUs a run asks Ray for, 0 or more", _amount)
SLURM = Variable(
    "ANCRA_SLURM", "key=value words, the time in minutes, as in `partition=gpu gpus_per_node=1 time=600`", _parameters
)
# Set by `ancra app --public`.
PUBLIC = Variable("ANCRA_PUBLIC", "the name that visitors know this server by, as in lab.example.org", _host)
EMBED = Variable("ANCRA_EMBED", "the site whose pages may show the app in a frame, as in https://example.org", _origin)
EDITORS = Variable("ANCRA_EDITORS", "e-mail addresses, separated by commas", _list)
# Set by torchrun, for the processes that it starts.
HERE = Variable("LOCAL_WORLD_SIZE", "how many processes train on this machine, 1 or more", _whole(1))
MACHINES = Variable("GROUP_WORLD_SIZE", "how many machines train together, 1 or more", _whole(1))

VARIABLES: tuple[Variable[Any], ...] = (
    HOME,
    PLUGINS,
    THREADS,
    SLOTS,
    DEVICE,
    WORKERS,
    ENGINE,
    RAY_CPUS,
    RAY_GPUS,
    SLURM,
    PUBLIC,
    EMBED,
    EDITORS,
    HERE,
    MACHINES,
)

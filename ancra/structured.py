"""Text as JSON or YAML: of bounded size and depth, without aliases; whatever is wrong with it is one sentence."""

import json
import reprlib
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ancra import limits
from ancra.errors import AncraError

KNOWN = 2**14  # characters of a text that is remembered: recipes and plans have fewer

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = limits.REPEATED // 2
_repr.maxlevel = 3


def short(value: object) -> str:
    """A value as Python writes it, in a bounded number of characters and steps, for sentences that repeat it."""
    return _repr.repr(value)[: limits.REPEATED]


def read_json(path: Path, most: int = limits.STRUCTURED_BYTES) -> Any:
    """What a file of JSON holds, unchecked. Raises AncraError: missing, unreadable, too large or no JSON."""
    return json_value(_bytes(path, most), str(path))


def json_value(text: str | bytes, source: str) -> Any:
    """What a JSON text holds, unchecked. Raises AncraError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise AncraError(f"{source} is damaged: it is no JSON that can be read.") from None


def read_yaml_value(path: Path) -> Any:
    """What a YAML file holds, unchecked. Raises AncraError: missing, unreadable, too large or no YAML."""
    try:
        return yaml_value(_bytes(path, limits.YAML_BYTES).decode(), str(path))
    except UnicodeDecodeError:
        raise AncraError(f"{path} is not a YAML file: it is no text in UTF-8.") from None


def yaml_value(text: str, source: str) -> Any:
    """What a YAML text holds, unchecked. Raises AncraError, also for anchors and aliases: settings need none."""
    if len(text) > limits.YAML_BYTES:
        raise AncraError(f"{source} is longer than {limits.YAML_BYTES // 2**10} KB: that is no table of settings.")
    try:
        return deepcopy(_known(text)) if len(text) <= KNOWN else yaml.load(text, _Plain)
    except AncraError as error:
        raise AncraError(f"{source} {error}") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" (line {line + 1})" if line is not None else ""
        raise AncraError(f"{source} is not YAML{where}: check its indentation and quotes.") from None
    except Exception:  # constructors raise whatever a value like 2020-13-45 provokes
        raise AncraError(f"{source} holds a value that is no YAML: put it in quotes.") from None


@lru_cache(maxsize=128)  # a page reads the same recipes and plans at every run, each of them for milliseconds
def _known(text: str) -> Any:
    return yaml.load(text, _Plain)


class _Plain(yaml.SafeLoader):
    """YAML without anchors, of a depth that settings have."""

    _deep = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise AncraError("uses anchors or aliases (& and *): write the value out.")
        self._deep += 1
        if self._deep > limits.DEPTH:
            raise AncraError(f"is nested more than {limits.DEPTH} levels deep: that is no table of settings.")
        try:
            return super().compose_node(parent, index)
        finally:
            self._deep -= 1


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise AncraError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > most:
        raise AncraError(f"{path} is larger than {most / 2**20:g} MB: that is more than is read.")
    return content

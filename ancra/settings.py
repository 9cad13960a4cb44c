"""Settings: one frozen pydantic object is the YAML file, the CLI's flags, the app's form and a cache key."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic._internal._model_construction import ModelMetaclass

from ancra import limits
from ancra.errors import AncraError
from ancra.structured import read_yaml_value, short, yaml_value
from ancra.text import is_plain

S = TypeVar("S", bound="Record")


def _line(text: str) -> str:
    if not is_plain(text):
        raise ValueError("line breaks, control characters, pictures and links have no place in a name")
    return text


def _words(text: str) -> str:
    if "](" in text:
        raise ValueError("pictures and links have no place in a description")
    return text.encode(errors="replace").decode()


Line = Annotated[str, Field(max_length=limits.TITLE), AfterValidator(_line)]
"""A name that people are shown, on one line."""
Words = Annotated[str, Field(max_length=limits.DESCRIPTION), AfterValidator(_words)]
"""A description."""


class _InOneSentence(ModelMetaclass):
    """Makes a wrong value an AncraError where settings are made in Python, too; nested settings are checked as ever."""

    def __call__(self, *args: Any, **values: Any) -> Any:
        try:
            return super().__call__(*args, **values)
        except ValidationError as error:
            raise AncraError(f"{self.__name__}: {_explain(cast(type[BaseModel], self), error)}") from None


class Record(BaseModel, metaclass=_InOneSentence):
    """Checked data that is stored: immutable, no unknown keys, no NaN or infinity; ``8/255`` is a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _fractions_are_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name is None or not _takes_numbers(cls.model_fields[info.field_name].annotation):
            return value
        return [number(each) for each in value] if isinstance(value, list | tuple) else number(value)

    def with_changes(self: S, **changes: Any) -> S:
        """A validated copy with some fields changed (``model_copy`` alone does not validate)."""
        return parse(type(self), {**self.model_dump(), **changes}, source=type(self).__name__)


class Settings(Record):
    """Base of every settings object: a record that names cached and stored results."""

    def digest(self) -> str:
        """16 hexadecimal digits that name these settings in caches and stored results."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(values: Mapping[str, Any]) -> str:
    """16 hexadecimal digits that name settings given as a plain dict."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def number(value: Any) -> Any:
    """``"8/255"`` as the number that it means; anything else as it is."""
    found = re.fullmatch(r"\s*([0-9.]+)\s*/\s*([0-9.]+)\s*", value) if isinstance(value, str) else None
    try:
        return float(found[1]) / float(found[2]) if found else value
    except (ValueError, ZeroDivisionError):
        return value


def parse(kind: type[S], data: Mapping[str, Any] | None, source: str) -> S:
    """Validate ``data`` as ``kind``. Raises AncraError: one sentence that names the source, the key and the remedy."""
    if not isinstance(data, Mapping):
        raise AncraError(f"{source} holds no settings: a table of `key: value` lines is expected.")
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        raise AncraError(f"{source}: {_explain(kind, error)}") from None


def read_yaml(kind: type[S], path: Path) -> S:
    """Read settings from a YAML file. Raises AncraError when it is missing, unreadable or wrong."""
    return parse(kind, read_table(path), source=str(path))


def read_table(path: Path) -> dict[str, Any]:
    """What a YAML file of ``key: value`` lines holds, unchecked. Raises AncraError."""
    data = read_yaml_value(path)
    if not isinstance(data, dict):
        raise AncraError(f"{path} holds no settings: a table of `key: value` lines is expected.")
    return data


def write_yaml(settings: Settings, path: Path) -> None:
    """Write settings so that ``read_yaml`` gives an equal object."""
    path.write_text(yaml_text(settings))


def yaml_text(settings: Settings) -> str:
    """Settings as the text of a YAML file."""
    return yaml.safe_dump(settings.model_dump(mode="json", exclude_none=True), sort_keys=False)


def parse_changes(changes: Sequence[str]) -> dict[str, Any]:
    """Changes of settings from text, ``a.b=value`` with values as YAML has them: what ``changed`` takes.

    Raises:
        AncraError: a text is no such change.
    """
    values: dict[str, Any] = {}
    for change in changes:
        key, separator, text = change.partition("=")
        if not separator or not key:
            raise AncraError(f"{short(change)} changes no setting: key=value is expected, as in epochs=20.")
        values[key.strip()] = yaml_value(text, f"{key} = {short(text)}")
    return values


def apply_changes(data: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Apply changes as ``parse_changes`` takes them to nested settings given as a plain dict. Raises AncraError."""
    return changed(data, parse_changes(changes))


def changed(data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of nested settings, given as a plain dict, with the values of some dotted paths (``a.b``) replaced."""
    result = json.loads(json.dumps(data))
    for path, value in values.items():
        table = result
        *parents, last = path.split(".")
        for parent in parents:
            if not isinstance(table.get(parent), dict):
                table[parent] = {}
            table = table[parent]
        table[last] = value
    return dict(result)


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings, given as a plain dict, as dotted path -> value: what ``changed`` takes."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {prefix + name: value}
    return found


def differences(tables: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The dotted paths at which nested settings, given as plain dicts, differ.

    Returns:
        For each path the value of every table, ``...`` where it has none.
    """
    flats = [flat(table) for table in tables]
    paths = dict.fromkeys(path for table in flats for path in table)
    values = {path: [table.get(path, ...) for table in flats] for path in paths}
    return {path: each for path, each in values.items() if any(value != each[0] for value in each)}


def settings_in(annotation: Any) -> type[BaseModel] | None:
    """The settings class that an annotation names, alone or as one that may be missing; None for plain values."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _explain(kind: type[BaseModel], error: ValidationError) -> str:
    first, *others = error.errors()
    where = ".".join(str(part) for part in first["loc"]) or "the settings"
    if first["type"] == "extra_forbidden":
        known = _fields_at(kind, first["loc"][:-1])
        nearest = get_close_matches(str(first["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]!r}?" if nearest else f"known keys: {', '.join(sorted(known))}."
        text = f"{where!r} is not a setting; {hint}"
    else:
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        given = "" if isinstance(first["input"], Mapping) else f" = {short(first['input'])}"
        end = "" if message.endswith("?") else "."
        text = f"{where}{given} does not work: {message[:1].lower()}{message[1:]}{end}"
        if first["type"] == "missing":
            text = f"{where!r} is missing."
    return text + (f" ({len(others)} more like it.)" if others else "")


def _takes_numbers(annotation: Any) -> bool:
    return annotation is float or any(map(_takes_numbers, get_args(annotation)))


def _fields_at(kind: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """The field names of the (nested) settings class at a location of a validation error."""
    for part in location:
        field = kind.model_fields.get(str(part))
        if field is None:
            break
        kind = settings_in(field.annotation) or kind
    return list(kind.model_fields)

"""What a person calls a run and notes about it; none of it changes what is trained."""

from contextlib import suppress

from pydantic import Field, field_validator

from ancra import limits
from ancra.errors import AncraError
from ancra.files import replace_file
from ancra.runs.run import Run
from ancra.settings import Line, Record, Words, parse
from ancra.structured import read_json


class RunLabels(Record):
    """A name, a note and tags."""

    title: Line = Field("", description="What the run is called; empty for its recipe's title.")
    note: Words = Field("", description="What is worth remembering of it.")
    tags: tuple[Line, ...] = Field((), max_length=limits.TAGS, description="Words that it is found by.")

    @field_validator("tags")
    @classmethod
    def _each_once(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))


def read_labels(run: Run) -> RunLabels:
    """A run's labels; none where nothing was noted or the file is damaged."""
    with suppress(AncraError):
        return parse(RunLabels, read_json(run.labels_file), source=str(run.labels_file))
    return RunLabels()


def write_labels(run: Run, labels: RunLabels) -> None:
    """Note them in the run's folder, also while it trains. Raises AncraError when it cannot be written."""
    try:
        replace_file(run.labels_file, lambda file: file.write(labels.model_dump_json(indent=1).encode()))
    except OSError as error:
        raise AncraError(f"The run's folder {run.folder} cannot be written: {error.strerror}.") from None

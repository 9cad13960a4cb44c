"""What a live file says of itself, read without its weights and without torch."""

import json
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ancra.errors import AncraError
from ancra.tensor_file import read_header

FORMAT, VERSION = "ancra_live", 1
SUFFIX = ".live"


class Operation(BaseModel):
    """One operation; its numbers are the browser's business."""

    kind: str


class Head(BaseModel):
    """The head of a live file, as far as people are told of it (docs/live.md, The file)."""

    version: int
    title: str
    digest: str
    classes: list[str]
    shape: tuple[int, int, int]
    precision: str
    blocks: list[int]
    operations: list[Operation]


def read_head(path: Path) -> Head:
    """The head of a live file. Raises AncraError: it is missing, damaged, another file or of another version."""
    text = read_header(path).metadata.get(FORMAT)
    if not isinstance(text, str):
        raise AncraError(f"{path} is no network for the browser: write one with ancra live CHECKPOINT --out FILE.live.")
    try:
        head = Head.model_validate(json.loads(text))
    except (ValueError, RecursionError, ValidationError):
        raise AncraError(f"{path} is damaged: what it says of its network cannot be read.") from None
    if head.version != VERSION:
        raise AncraError(
            f"{path} is of version {head.version}, and this program knows version {VERSION}: write it anew."
        )
    return head

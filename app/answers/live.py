"""What the Live page asks: networks as files for the browser, their maps, and the core's verdict on what was found."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ancra.arrays import PixelArray
from ancra.errors import AncraError, unknown_name
from ancra.live.head import VERSION
from ancra.maps.inputs import Mapped
from ancra.maps.model_map import ModelMap
from ancra.maps.settings import ModelMapSettings
from ancra.scenes import live_stage
from ancra.text import listed, percent
from app import compute
from app.answers import maps as map_answers
from app.answers.images import missing
from app.answers.models import title_of
from app.queueing import Job

FILE = "live-file"
ROUTE = "live-networks"
"""Where the server hands the files out: ``live-networks/DIGEST``."""


def prepare(name: str) -> None:
    """Make sure that a checkpoint's file for the browser is there. Raises AncraError: an operation it does not know."""
    asked = compute.request(FILE, name)
    compute.ask(asked, (asked.source.digest, VERSION), f"Making {title_of(name)} ready for the browser")


def file_of(digest: str) -> bytes:
    """The file of the checkpoint with these weights. Raises AncraError."""
    names = {card.digest: name for name, card in compute.checkpoints().items()}
    if digest not in names:
        raise unknown_name("checkpoint", digest, names)
    asked = compute.request(FILE, names[digest])

    def made() -> bytes:
        return compute.engine().run(asked, [None], lambda *_: None).results[0]

    return compute.recall(FILE, (digest, VERSION), made) or made()


def images_of(name: str, first: int) -> tuple[PixelArray, list[int]]:
    """Images to attack (N, C, H, W), the chosen one in front, and their classes. Raises AncraError: none fits."""
    return live_stage.images_of(compute.card(name), None if missing(name) else compute.dataset(name), first)


def maps_of(names: Sequence[str], settings: ModelMapSettings) -> tuple[dict[str, tuple[ModelMap, Mapped]], list[Job]]:
    """The stored maps with the features they were laid out from, by checkpoint; and what is still being computed."""
    found, jobs = {}, []
    for name in names:
        shown = map_answers.stored_map(name, settings)
        if shown is None or missing(name):
            continue
        resolved = map_answers.resolved(name, settings)
        job = compute.begin(compute.request("live-map", name, resolved), map_answers.map_key(name, resolved))
        if job.future.done():
            found[name] = (shown, job.future.result())
        else:
            jobs.append(job)
    return found, jobs


def judge(names: Sequence[str], found: Mapping[str, Any]) -> str:
    """The core's own verdict, in fp32, on images that a browser found. Raises AncraError: they do not fit."""
    said = []
    for name, text in zip(names, found.get("images") or [], strict=False):
        card = compute.card(name)
        natural, image = (_image(each, card.image_shape) for each in (found.get("natural"), text))
        asked = compute.request("live-verdict", name, item=image)
        chances = compute.ask(asked, (asked.source.digest, image.numpy().tobytes()), "Asking the model")
        answer = int(chances.argmax())
        words = f"{card.classes[answer]}, {percent(float(chances[answer]), 1)}"
        said.append(f"**{title_of(name)}** says {words}, at a largest change of {(image - natural).abs().max():.4f}")
    if not said:
        raise AncraError("What the browser sent is no image: load the page anew.")
    return f"The server's verdict, in full precision: {listed(said)}."


def _image(text: Any, shape: tuple[int, int, int]) -> torch.Tensor:
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), np.float32)
    except (ValueError, TypeError):
        values = np.empty(0, np.float32)
    if values.size != int(np.prod(shape)) or not np.isfinite(values).all():
        raise AncraError("What the browser sent is no image that this model takes: load the page anew.")
    return torch.from_numpy(values.clip(0, 1).reshape(1, *shape).copy())

"""A request answered in this process: fewer at a time where a device's memory is not enough, and then on the CPU."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from ancra.plugins import load_plugins
from ancra.progress import OnProgress, unheard
from ancra.store import Store
from app.engine.kinds import KINDS
from app.engine.place import Place, make_room
from app.engine.request import Answer, Request

SMALLER = "Its memory was not enough for all at once: they were computed in smaller batches."
ON_CPU = "Its memory was not enough for the last computation: the CPU did it."


def answer(
    request: Request,
    items: Sequence[Any],
    device: str,
    on_progress: OnProgress = unheard,
    stopped: Callable[[], bool] = lambda: False,
) -> Answer:
    """What a request gives for each of several items, on a device or where its memory allows.

    Raises:
        AncraError: there is no such request; and whatever its function raises.
    """
    load_plugins()  # a person's objectives and strategies, some of which may have come since this process began
    place = Place(device, Store(read_only=request.read_only), on_progress, stopped)
    try:
        return Answer(KINDS[request.what](place, request, items), device)
    except torch.OutOfMemoryError:
        if device == "cpu" and len(items) == 1:
            raise
    make_room(device)  # here, as what failed is held until its error is gone
    if len(items) == 1:
        return Answer(answer(request, items, "cpu", on_progress, stopped).results, "cpu", ON_CPU)
    half = len(items) // 2
    parts = [answer(request, part, device, on_progress, stopped) for part in (items[:half], items[half:])]
    remark = next((part.remark for part in parts if part.remark == ON_CPU), SMALLER)
    return Answer([result for part in parts for result in part.results], parts[-1].device, remark)

"""Networks as files for browsers, the features that their maps were laid out from, and the core's word on an image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ancra.arrays import FloatArray
from ancra.attacks.verdict import decide
from ancra.live.head import VERSION
from ancra.live.network import live_checkpoint
from ancra.maps.inputs import Mapped, mapped_features
from app.engine.place import Place
from app.engine.request import Request

KIND = "live"


def files(place: Place, request: Request, items: Sequence[None]) -> list[bytes]:
    """The checkpoint as a browser attacks it, kept in the store. Raises AncraError: an operation it does not know."""
    stored = place.store.get(KIND, request.source.digest, str(VERSION))
    if stored is not None:
        return [stored.arrays["file"].tobytes() for _ in items]
    made = live_checkpoint(request.source.path).to_bytes()
    place.store.put(KIND, request.source.digest, str(VERSION), arrays={"file": np.frombuffer(made, np.uint8)}, meta={})
    return [made for _ in items]


def features(place: Place, request: Request, items: Sequence[None]) -> list[Mapped]:
    """What a map was laid out from; the settings are its ResolvedMap."""
    path = Path(request.source.path)
    return [mapped_features(path, request.settings, place.store, place.device, place.on_progress) for _ in items]


def probabilities(place: Place, request: Request, items: Sequence[Tensor]) -> list[FloatArray]:
    """The probabilities p' of each image (1, C, H, W), in fp32. Raises AncraError."""
    logits = decide(place.model(request.source), torch.cat([*items]).to(place.device))
    return [*logits.softmax(dim=1).cpu().numpy()]

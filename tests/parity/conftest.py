"""The numbers that the paper's reference implementation gave, and models with the weights that it used for them."""

import json
import math
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from ancra.models.classifier import Classifier
from ancra.models.settings import ModelSettings
from ancra.models.weights import load_reference_weights

FOLDER = Path(__file__).parent
NETWORKS = {
    "resnet18": (ModelSettings(architecture="resnet18", reverse_attention_blocks=2), (3, 32, 32), 10),
    "preact_resnet18": (ModelSettings(architecture="preact_resnet18", reverse_attention_blocks=2), (3, 64, 64), 200),
    "wide_resnet16_2": (
        ModelSettings(architecture="wide_resnet", reverse_attention_blocks=2, depth=16, widen_factor=2),
        (3, 32, 32),
        10,
    ),
}


def _tensor(key: str, shape: list[int]) -> Tensor:
    """The reference's weight of this name: made from the name alone."""
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(key.encode())))
    if len(shape) == 4:
        return noise * math.sqrt(2 / math.prod(shape[1:]))
    if len(shape) == 2:
        return noise * 0.2
    if key.endswith("running_var"):
        return 1 + 0.1 * noise.abs()
    return 1 + 0.1 * noise if key.endswith("weight") else 0.1 * noise


@pytest.fixture(scope="session")
def reference() -> dict[str, Tensor]:
    return load_file(FOLDER / "reference.safetensors")


@pytest.fixture(scope="session")
def reference_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Name of a network -> a weight file as the reference implementation writes it, from several GPUs."""
    shapes = json.loads((FOLDER / "shapes.json").read_text())

    def write(network: str) -> Path:
        path = tmp_path_factory.mktemp(network) / "epoch120.pt"
        torch.save({f"module.{key}": _tensor(key, shape) for key, shape in shapes[network].items()}, path)
        return path

    return write


@pytest.fixture(scope="session")
def reference_model(reference_file: Callable[[str], Path]) -> Callable[[str], Classifier]:
    """Name of a network -> our model of it with the reference's weights."""
    return lambda network: load_reference_weights(reference_file(network), *NETWORKS[network])

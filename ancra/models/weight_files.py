"""Weight files of any kind, read without running anything in them: by what they hold, whatever they are called."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ancra import limits
from ancra.errors import AncraError
from ancra.models.foreign_files import WRAPPERS, in_the_way
from ancra.tensor_file import read_bytes, read_header
from ancra.text import listed

_NUMBERS = [
    np.dtype,
    *(type(np.dtype(kind)) for kind in "?bhilqBHILQefd"),
    *((np.float64(0).__reduce__()[0], f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
]
"""What a NumPy number is made of in a pickle: nothing of it runs code."""
_QUANTISED = "holds quantised weights ({}), of which no attack finds a gradient: bring those from before"


@dataclass(frozen=True)
class WeightFile:
    """What was read of a weight file.

    Attributes:
        tensors: by their names.
        aside: sentences on what stands in the file beside them and was left out, and on their number format.
    """

    tensors: dict[str, Tensor]
    aside: tuple[str, ...] = ()


def is_tensor_file(path: Path) -> bool:
    """Whether a file begins as a safetensors file does."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") <= limits.CARD_BYTES


def read_weights(path: Path | str) -> dict[str, Tensor]:
    """The tensors of a weight file by name. Raises AncraError as ``read_weight_file``."""
    return read_weight_file(path).tensors


def read_weight_file(path: Path | str) -> WeightFile:
    """A weight file: safetensors, or what ``torch.save`` writes; what it is called says nothing.

    Raises:
        AncraError: for a missing, damaged or unsafe file, or one without a state dict, with what is in the way and the
            line of Python that saves the weights alone.
    """
    path = Path(path)
    if not path.is_file():
        raise AncraError(f"There is no weight file {path}.")
    if is_tensor_file(path):
        return _weight_file(_safetensors(path), path)
    try:
        with torch.serialization.safe_globals(_NUMBERS), warnings.catch_warnings():  # type: ignore[arg-type]
            warnings.simplefilter("ignore")  # torch's advice is for those who write the file
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch raises whatever a damaged or hostile file provokes
        raise AncraError(f"{path} cannot be read safely: it {in_the_way(path)}.") from None
    return _weight_file(content, path)


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    read_header(path)
    try:
        return load(read_bytes(path))
    except (SafetensorError, ValueError, KeyError) as error:
        raise AncraError(f"{path} is damaged ({error}): fetch it again.") from None


def _weight_file(content: Any, path: Path) -> WeightFile:
    found, aside = _find(content, path)
    if not isinstance(found, Mapping) or not found:
        raise AncraError(f"{path} holds no state dict: a table of tensors by name is expected.")
    odd = next((key for key in found if str(key).endswith("_packed_params")), None)
    if odd is not None:
        raise AncraError(f"{path} {_QUANTISED.format(odd)}.")
    values = [key for key, value in found.items() if isinstance(key, str) and "." not in key and _is_value(value)]
    tensors = {key: value for key, value in found.items() if key not in values}
    dense = 0
    for key, value in tensors.items():
        if isinstance(value, Tensor) and value.is_quantized:
            raise AncraError(f"{path} {_QUANTISED.format(key)}.")
        if not isinstance(key, str) or not isinstance(value, Tensor) or not _is_plain(value):
            raise AncraError(f"{path} holds no state dict: its entry {str(key)[:80]!r} is not a plain tensor.")
        dense += value.numel() * value.element_size()
    if not tensors:
        raise AncraError(f"{path} holds no state dict: a table of tensors by name is expected.")
    if dense > limits.DENSE_RATIO * path.stat().st_size + 2**20:
        raise AncraError(f"{path} holds tensors that are far larger than the file: it is not read.")
    if values:
        aside.append(f"Left out, as no tensors: {_some(values)}.")
    return WeightFile(tensors, (*aside, *_format(tensors)))


def _find(content: Any, path: Path) -> tuple[Any, list[str]]:
    """The table of weights, under a usual name or the only table of tensors, at any depth; and what else could be it.

    Raises AncraError: several tables may be meant.
    """
    aside: list[str] = []
    for _ in range(limits.DEPTH):
        if not isinstance(content, Mapping):
            break
        tables = {key: value for key, value in content.items() if isinstance(value, Mapping) and value}
        alone = [key for key, value in tables.items() if all(isinstance(one, Tensor) for one in value.values())]
        named = [key for key in WRAPPERS if key in tables]
        own = sum(isinstance(one, Tensor) for one in content.values())
        if not named and len(alone) > 1 and not own:
            raise AncraError(
                f"{path} holds several tables of tensors ({_some(alone)}): save the one that is meant, as in "
                f"torch.save(torch.load('FILE', weights_only=False)[{alone[0]!r}], 'weights.pt')."
            )
        if not named and (len(alone) != 1 or own > len(tables[alone[0]])):
            break
        chosen = named[0] if named else alone[0]
        others = [key for key in tables if key != chosen and _shapes(tables[key]) == _shapes(tables[chosen])]
        if others and _shapes(tables[chosen]):
            aside.append(
                f"The file holds the same network more than once: {chosen!r} was taken, {_some(others)} left out. To "
                f"have that, save torch.save(torch.load('FILE', weights_only=False)[{others[0]!r}], 'weights.pt')."
            )
        content = tables[chosen]
    return content, aside


def _shapes(table: Mapping[Any, Any]) -> list[tuple[int, ...]]:
    """The shapes of the matrices and kernels in a table, in order; empty where it holds anything but tensors."""
    if not all(isinstance(one, Tensor) for one in table.values()):
        return []
    return sorted(tuple(one.shape) for one in table.values() if one.dim() > 1)


def _format(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    formats = {str(one.dtype).removeprefix("torch.") for one in tensors.values() if one.is_floating_point()}
    other = sorted(formats - {"float32"})
    return (f"The weights are in {listed(other)}; they are kept and computed with in float32.",) if other else ()


def _some(names: list[Any], most: int = 4) -> str:
    texts = [repr(str(name)[:80]) for name in names]
    return listed(texts) if len(texts) <= most else f"{', '.join(texts[:most])} and {len(texts) - most} more"


def _is_value(value: object) -> bool:
    """Whether something beside tensors is a plain value, as of bookkeeping."""
    return value is None or isinstance(value, str | int | float | np.number | torch.dtype | torch.device)


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor is numbers in memory, one after another."""
    return tensor.layout == torch.strided and not (tensor.is_quantized or tensor.is_meta or tensor.is_nested)

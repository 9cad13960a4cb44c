"""A model as a file that a browser attacks by itself: weights in the safetensors format, operations in its header."""

import json
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from ancra.attacks.verdict import finite, frozen
from ancra.checkpoints import Card, load_checkpoint
from ancra.data.registry import load_dataset
from ancra.errors import AncraError
from ancra.features.numba_cache import turn
from ancra.files import replace_file
from ancra.live.aten import program_of
from ancra.live.head import FORMAT, VERSION
from ancra.live.program import Program
from ancra.models.classifier import Classifier
from ancra.models.folding import folded
from ancra.models.plain import PlainClassifier, as_classifier
from ancra.models.reverse_attention import Attention, predicted_rows

Precision = Literal["auto", "fp32", "fp16"]
# How far the logits of the operations may be from the model's own, relative to the largest: rounding stays far below.
TOLERANCE = 1e-3
ASKED, PROBES = 500, 64


@dataclass(frozen=True)
class LiveNetwork:
    """A model's operations and what a page says about it.

    Attributes:
        title, digest, classes: as its checkpoint's card has them.
        shape: channels, height and width of its images, in [0, 1]; normalisation is one of the operations.
        blocks: B, how many reverse-attention blocks it has.
        features: how many features z' it gives, as many z, or 0 for a model that gives none.
        precision: of the stored weights; they are computed with in fp32.
        program: its results are the final logits, B auxiliary logits, then the features z and z' of each block.
    """

    title: str
    digest: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    blocks: int
    features: int
    precision: Literal["fp32", "fp16"]
    program: Program

    def logits(self, images: Tensor, attention: Attention = predicted_rows) -> tuple[Tensor, ...]:
        """The final and the auxiliary logits, (N, K) each, of images (N, C, H, W)."""
        return tuple(found.flatten(1) for found in self.program.run(images, attention)[: 1 + self.blocks])

    def to_bytes(self) -> bytes:
        """The file (docs/live.md, The file)."""
        from safetensors.torch import save

        tensors = {name: tensor.contiguous() for name, tensor in self.program.tensors.items()}
        checksum = zlib.crc32(_tensor_bytes(save(tensors)))
        return save(tensors, {FORMAT: json.dumps(self._head(checksum), separators=(",", ":"))})

    def write(self, path: Path) -> int:
        """Write the file and give its size in bytes. Raises AncraError where it cannot be written."""
        content = self.to_bytes()
        try:
            replace_file(path, lambda file: file.write(content))
        except OSError as error:
            raise AncraError(f"{path} cannot be written: {error.strerror}.") from None
        return len(content)

    def _head(self, checksum: int) -> dict[str, object]:
        final, *rest = self.program.results
        return {
            "version": VERSION,
            "title": self.title,
            "digest": self.digest,
            "classes": self.classes,
            "shape": self.shape,
            "precision": self.precision,
            "checksum": checksum,
            "logits": final,
            "blocks": rest[: self.blocks],
            "features": {
                "z": rest[self.blocks : self.blocks + self.features] if self.blocks else [],
                "z_prime": rest[self.blocks + self.features :],
            },
            "operations": [
                {
                    "kind": each.kind,
                    "inputs": each.inputs,
                    "shape": each.shape,
                    **({"weights": each.weights} if each.weights else {}),
                    **each.settings,
                }
                for each in self.program.operations
            ],
        }


@torch.inference_mode(False)
def live_network(
    model: nn.Module, card: Card, precision: Precision = "auto", images: Tensor | None = None
) -> LiveNetwork:
    """The live network of a model; BatchNorm is folded into the convolutions where that is safe.

    Args:
        model: in evaluation mode; it is not changed.
        card: its title, digest, classes and image shape.
        precision: of the stored weights; ``auto`` takes fp16 where the answers to ``images`` stay the same, else fp32.
        images: (N, C, H, W) in [0, 1], which both are asked about; random ones where there are none.

    Raises:
        AncraError: an operation that no browser can run, named; weights that are not finite; a network whose answers
            are others than the model's (one that draws random numbers, for example).
    """
    if images is None:
        images = torch.rand(PROBES, *card.image_shape, generator=torch.Generator().manual_seed(0))
    # While one is exported its weights stand in for others, so a second thread may not even ask for them.
    # An export replaces functions that all threads use, those in which numba compiles among them: one at a time.
    with turn(), frozen(model.cpu()), torch.no_grad():
        found = as_classifier(model).predict(images)
        finite(found.logits)
        twin = as_classifier(folded(model, images[:1]))
        # Nothing is decomposed; operations in place become ones that give a new tensor.
        exported = torch.export.export(_Results(twin), (images[:1],)).run_decompositions({})
        program = program_of(exported)
        network = LiveNetwork(
            title=card.title,
            digest=card.digest,
            classes=card.classes,
            shape=card.image_shape,
            blocks=len(found.auxiliary),
            features=len(found.features_after),
            precision="fp32",
            program=program,
        )
        own = network.logits(images)
        for computed, wanted in zip(own, (found.logits, *found.auxiliary), strict=True):
            if not bool((computed - wanted).abs().max() <= TOLERANCE * wanted.abs().max()):
                raise AncraError("This network's answers change from call to call, so no copy of it can be made.")
        half = replace(network, precision="fp16", program=_rounded(program))
        if precision == "auto":
            precision = "fp16" if _same_answers(half.logits(images), own) else "fp32"
    return half if precision == "fp16" else network


def live_checkpoint(path: Path | str, precision: Precision = "auto") -> LiveNetwork:
    """The live network of a checkpoint, asked about test images of its dataset where that is there.

    Raises:
        AncraError: for a file that is no checkpoint, and as ``live_network``.
    """
    model, card = load_checkpoint(path)
    return live_network(model, card, precision, _some_images(card))


def _some_images(card: Card) -> Tensor | None:
    try:
        test = load_dataset(card.data).test
        return test.batch(test.sample(min(ASKED, len(test)), seed=0))[0]
    except AncraError:
        return None


class _Results(nn.Module):
    """A classifier that gives the parts of its prediction as one tuple."""

    def __init__(self, classifier: Classifier | PlainClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        found = self.classifier.predict(images)
        return (found.logits, *found.auxiliary, *found.features_before, *found.features_after)


def _rounded(program: Program) -> Program:
    """The program with weights in fp16; what is added, and factors of a channel, stay as they are."""
    tensors = {name: tensor.half() if tensor.dim() > 1 else tensor for name, tensor in program.tensors.items()}
    return replace(program, tensors=tensors)


def _same_answers(rounded: tuple[Tensor, ...], own: tuple[Tensor, ...]) -> bool:
    """Whether the final and every auxiliary answer are the same classes."""
    return all(
        bool(torch.isfinite(left).all()) and torch.equal(left.argmax(1), right.argmax(1))
        for left, right in zip(rounded, own, strict=True)
    )


def _tensor_bytes(content: bytes) -> memoryview:
    """The tensors of a safetensors file, behind its header."""
    return memoryview(content)[8 + int.from_bytes(content[:8], "little") :]

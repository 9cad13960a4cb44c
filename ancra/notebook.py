"""What ``import ancra`` gives: load, attack, trust and map, with results that show themselves in a notebook."""

import base64
import html
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ancra.arrays import FloatArray
from ancra.attacks.settings import AttackSettings
from ancra.attacks.suite import preset
from ancra.attacks.trace import AttackTrace
from ancra.checkpoints import Card, load_checkpoint, read_card, resolve_checkpoint
from ancra.data.titles import dataset_title
from ancra.errors import unknown_name
from ancra.evaluation.subject import settings_of
from ancra.figure_files import write_file
from ancra.maps.settings import map_settings
from ancra.models.classifier import Classifier
from ancra.origin import Origin, npz
from ancra.reports.traces import trace_of_image, trace_origin
from ancra.scenes.export import scene_picture, write_scene
from ancra.scenes.of_models import scene_of_checkpoints
from ancra.scenes.origin import map_origin
from ancra.scenes.scene import Scene
from ancra.store import Store
from ancra.text import epsilon_text
from ancra.trust.report import TrustReport
from ancra.trust.stored import checkpoint_trust


@dataclass(frozen=True)
class Loaded:
    """A checkpoint: ``model`` (images in [0, 1] -> logits), its ``card``, and the ``path`` of its file."""

    model: Classifier
    card: Card
    path: Path

    def _repr_html_(self) -> str:
        card = self.card
        rows = {
            "network": f"{card.model.architecture}, {sum(each.numel() for each in self.model.parameters()):,} weights",
            "images": f"{' x '.join(str(side) for side in card.image_shape)} of {dataset_title(card.data.images)}",
            "classes": str(len(card.classes)),
            "recipe": card.recipe.name if card.recipe else "not known",
            "digest": card.digest,
        }
        return f"<b>{html.escape(card.title)}</b> {html.escape(card.description)}{_table(rows)}"


@dataclass(frozen=True)
class Attacked:
    """An attack on one test image: its ``trace``, the ``settings``, class names, and its ``origin``."""

    trace: AttackTrace
    settings: AttackSettings
    classes: tuple[str, ...]
    origin: Origin

    @property
    def fooled(self) -> bool:
        """Whether the last point of the search is answered wrongly."""
        return bool(self.trace.predicted[-1, 0] != self.trace.labels[0])

    def save(self, path: Path | str) -> None:
        """Write the trace as a .npz file that says where it is from. Raises AncraError."""
        write_file(Path(path), npz(self.trace.arrays(), self.origin))

    def _repr_html_(self) -> str:
        trace = self.trace
        answers = [self.classes[int(row.argmax())] for row in (trace.natural_logits[0], trace.logits[-1, 0])]
        images = zip((trace.natural[0], trace.images[-1, 0]), ("before", "after"), answers, strict=True)
        cells = "".join(
            f"<td style='text-align:center'>{_picture(image)}<br>{when}: {html.escape(answer)}</td>"
            for image, when, answer in images
        )
        radius = epsilon_text(self.settings.epsilon)
        true = html.escape(self.classes[int(trace.labels[0])])
        said = f"{html.escape(self.origin.what)}: a {true}, {self.settings.steps} steps within {radius}."
        return f"<p>{said}</p><table><tr>{cells}</tr></table>"


@dataclass(frozen=True)
class Trusted:
    """Whether the robust accuracy of a checkpoint can be believed: its ``report``."""

    title: str
    report: TrustReport

    def _repr_html_(self) -> str:
        rows = {f"{check.title} ({check.level})": check.sentence for check in self.report.checks}
        return f"<b>{html.escape(self.title)}</b>: {html.escape(self.report.summary)}{_table(rows)}"


@dataclass(frozen=True)
class Mapped:
    """Maps of checkpoints side by side: the ``scene``, and its ``origin``."""

    scene: Scene
    origin: Origin

    def save(self, path: Path | str) -> None:
        """Write the maps as .html, .pdf, .svg, .png or .csv. Raises AncraError."""
        write_scene(self.scene, Path(path), self.origin)

    def _repr_html_(self) -> str:
        return _image(scene_picture(self.scene, "png", self.origin), "Feature maps")


def load(checkpoint: str) -> Loaded:
    """A checkpoint by its name or file. Raises AncraError."""
    path = resolve_checkpoint(checkpoint)
    return Loaded(*load_checkpoint(path), path)


def attack(
    checkpoint: str,
    image: int = 0,
    attack: str = "pgd40",
    epsilon: float | str | None = None,
    target: str | None = None,
) -> Attacked:
    """Attack one test image, step by step.

    Args:
        attack: its name and number of steps. epsilon: in [0, 1] pixel values, as 0.1 or "8/255"; else the model's own.
        target: the class to drive the image into; any wrong one without it.

    Raises:
        AncraError: no such checkpoint, image, attack or class.
    """
    path = resolve_checkpoint(checkpoint)
    card = read_card(path)
    if target is not None and target not in card.classes:
        raise unknown_name("class", target, card.classes)
    radius = settings_of(card).epsilon if epsilon is None else epsilon
    settings = preset(attack).search(0).with_changes(epsilon=radius, targeted=target is not None)
    trace = trace_of_image(path, image, settings, None if target is None else card.classes.index(target))
    return Attacked(trace, settings, card.classes, trace_origin(path, str(image), attack, settings, target))


def trust(checkpoint: str, samples: int = 500) -> Trusted:
    """The trust report of a checkpoint: the stored one where there is one. Raises AncraError."""
    path = resolve_checkpoint(checkpoint)
    return Trusted(read_card(path).title, checkpoint_trust(path, samples, store=Store()))


def map(
    *checkpoints: str, attack: str = "pgd10", epsilon: float | None = None, samples: int = 1000, seed: int = 0
) -> Mapped:
    """Maps of what checkpoints make of the same test images: stored ones where there are some. Raises AncraError."""
    paths = [resolve_checkpoint(name) for name in checkpoints]
    settings = map_settings(attack, epsilon, "z'", -1, samples, "plain", seed)
    return Mapped(scene_of_checkpoints(paths, settings), map_origin(paths, settings))


def _table(rows: dict[str, str]) -> str:
    lines = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in rows.items())
    return f"<table>{''.join(lines)}</table>"


def _picture(image: FloatArray) -> str:
    """An image (C, H, W) in [0, 1], pixel by pixel."""
    pixels = (np.clip(image, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return _image(buffer.getvalue(), "", "width:128px;image-rendering:pixelated")


def _image(content: bytes, alt: str, style: str = "max-width:100%") -> str:
    data = base64.b64encode(content).decode()
    return f"<img alt='{alt}' style='{style}' src='data:image/png;base64,{data}'>"

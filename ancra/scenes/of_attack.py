"""The scene of an attack's steps: the same images, moved by a slider from natural to adversarial."""

from collections.abc import Mapping

from ancra.attacks.suite import attack_title
from ancra.data.titles import dataset_title
from ancra.errors import AncraError
from ancra.features.images import Images
from ancra.maps.model_map import require_comparable
from ancra.maps.over_attack import AttackSteps
from ancra.scenes.of_models import COLOURS, thumbnails
from ancra.scenes.scene import NATURAL_TITLE, Frame, MeasureRow, Scene, SceneMap
from ancra.text import epsilon_text, percent


def scene_of_steps(trajectories: Mapping[str, AttackSteps], images: Images) -> Scene:
    """The scene of several models under one attack, by the models' names for people.

    Raises:
        AncraError: no model, or models of different images.
    """
    if not trajectories:
        raise AncraError("Choose at least one model to follow through the attack.")
    require_comparable({title: trajectory.shown for title, trajectory in trajectories.items()})
    first = next(iter(trajectories.values()))
    return Scene(
        classes=first.shown.classes,
        labels=first.shown.labels[first.rows],
        indices=first.shown.indices[first.rows],
        split=first.features.part,
        rows=(NATURAL_TITLE, f"{attack_title(first.features.attack)}, {first.titles[-1].lower()}"),
        maps=tuple(
            SceneMap(title, _frames(trajectory), measures=_measures(trajectory))
            for title, trajectory in trajectories.items()
        ),
        images=thumbnails(first.shown, images.dataset)[first.rows],
        colours=tuple(colour for colour in COLOURS if colour.id == "confidence"),
        caption=f"{caption(trajectories)} {images.left_out}".strip(),
        stages=True,
    )


def caption(trajectories: Mapping[str, AttackSteps]) -> str:
    """What the maps show, with all parameters, as for a paper."""
    first = next(iter(trajectories.values()))
    radius = " or ".join(
        epsilon_text(epsilon)
        for epsilon in sorted({trajectory.features.epsilon or 0.0 for trajectory in trajectories.values()})
    )
    shown, layout = first.shown, first.shown.settings.layout
    method = "UMAP (umap-learn)" if shown.engine == "umap-learn" else shown.engine
    return (
        f"{len(first.rows)} {first.features.part} images of {dataset_title(shown.dataset)} along "
        f"{attack_title(first.features.attack)} with epsilon "
        f"{radius}, one search. Layout: {method} of {shown.count} natural images, {layout.neighbours} "
        f"neighbours, seed {layout.seed}. Positions after the first are projected onto the natural map: each lies "
        "between the natural images that are nearest to it in the full feature space."
    )


def _frames(trajectory: AttackSteps) -> tuple[Frame, ...]:
    stages = zip(trajectory.titles, trajectory.positions, trajectory.predictions, trajectory.confidences, strict=True)
    return tuple(Frame(title, places[:, :2], said, {"confidence": sure}) for title, places, said, sure in stages)


def _measures(trajectory: AttackSteps) -> tuple[MeasureRow, ...]:
    labels = trajectory.shown.labels[trajectory.rows]
    before, after = (float((trajectory.predictions[stage] == labels).mean()) for stage in (0, -1))
    text = "Share of the images whose predicted class after the last step is not that of the natural image."
    return (
        MeasureRow("Accuracy, natural", percent(before), "Share of the followed images that are classified rightly."),
        MeasureRow("Accuracy, last step", percent(after), "The same share after the last step of the attack."),
        MeasureRow("Predicted class changed", percent(trajectory.changed), text),
    )

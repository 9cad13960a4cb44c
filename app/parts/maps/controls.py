"""The controls of the Feature maps page: models, attack, features, layout, and the story that sets them together."""

import re

import streamlit as st

from ancra.attacks.suite import NATURAL, attack_title, own_attacks
from ancra.features.settings import FeatureSettings
from ancra.maps.settings import MAP_PRESETS, ModelMapSettings
from app import state
from app.access import may_change
from app.answers.models import MAP_MODELS
from app.parts.maps import images
from app.parts.story import Step, Story

ATTACKS = {"No attack": NATURAL, "PGD-10 on p′": "pgd10", "Adaptive PGD-10": "adaptive10"}
FEATURES = {"z′": ("z_prime", -1), "z": ("z", -1), "z of the first block": ("z", 0)}
FEATURES_HELP = (
    "**z′** is what the classifier sees, after the last reverse attention. **z** is the same before it, yet already "
    "shaped by the attention of the block before. **z of the first block** has seen no attention at all. Models "
    "without reverse attention have only one kind."
)
ATTACK_HELP = (
    "**PGD-10 on p′** raises the loss of the final answer. **Adaptive PGD-10** raises the loss of the auxiliary "
    "logits, too, which reverse attention computes on the way: the attacker knows the defence."
)
STEPS_HELP = "Follow up to 200 images through the attack, from natural to adversarial, with a slider."
LAYOUTS = {
    "UMAP": MAP_PRESETS["plain"],
    "densMAP, as the reference draws": MAP_PRESETS["reference"],
    "AlignedUMAP, all models together": MAP_PRESETS["plain"].with_changes(method="aligned_umap"),
}
LAYOUT_HELP = (
    "**UMAP** lays out one model after the other, all from the same start; under another attack than PGD-10 the "
    "natural images stay where they are. **densMAP** keeps differences in density, too. **AlignedUMAP** lays out all "
    "models at once and pulls each image to one place in all maps: it takes about ten times as long, and a map then "
    "depends on the others beside it."
)
SAMPLES = (200, 500, 1000, 2000, 5000, 10_000)
COLOURS = ("true", "predicted", "flipped", "kept", "confidence")
VIEWS = ("rows", "together", "attack", "models")


def _step(title: str, attack: str, features: str, colour: str) -> Step:
    return Step(title, {"condition": attack, "features": features, "map_colour": colour, "steps": False})


STEPS = (
    _step("1 The paper's figure", "PGD-10 on p′", "z′", "true"),
    _step("2 The adaptive attack", "Adaptive PGD-10", "z′", "true"),
    _step("3 The model's answers", "Adaptive PGD-10", "z′", "predicted"),
    _step("4 Before the attention", "Adaptive PGD-10", "z of the first block", "true"),
)


def choose() -> tuple[list[str], ModelMapSettings]:
    """The checkpoints and the settings of their maps; the widgets keep them in the URL."""
    unmet = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="maps_settings"):
        attacks = {**ATTACKS, **{attack_title(name): name for name in own_attacks()}}
        attack = _one_of("Attack", tuple(attacks), "condition", 1, ATTACK_HELP)
        st.toggle("Along the steps", key="steps", bind="query-params", help=STEPS_HELP)
        features = _one_of("Features", tuple(FEATURES), "features", 0, FEATURES_HELP)
        with st.popover("Models, images, layout", icon=":material/tune:"):
            names = state.choose_models("Models, from left to right", "models", MAP_MODELS, most=4, place=unmet)
            layouts = [name for name, each in LAYOUTS.items() if each.method != "aligned_umap" or may_change()]
            layout = st.selectbox("Layout", layouts, key="layout", bind="query-params", help=LAYOUT_HELP)
            sizes = SAMPLES if may_change() else SAMPLES[:3]
            which_images = images.choose(names, unmet)
            samples = st.selectbox("Images, at most", sizes, index=2, key="samples", bind="query-params")
            most = 10_000 if may_change() else 9
            seed = int(st.number_input("Seed of images and layout", 0, most, 0, key="seed", bind="query-params"))
            st.caption("A run trained with **Keep epochs** on can be watched here over its epochs.")
    which, block = FEATURES[features]
    chosen = FeatureSettings(
        features=which, block=block, attack=attacks[attack], samples=samples, seed=seed, **which_images
    )
    return names, ModelMapSettings(features=chosen, layout=LAYOUTS[layout].with_changes(seed=seed))


def along_steps() -> bool:
    """Whether the images are to be followed along the attack's steps."""
    return bool(st.session_state.get("steps"))


def colour() -> str:
    """What colours the points: chosen in the widget, by the story, or given in the URL."""
    wanted = st.session_state.get("map_colour", st.query_params.get("colour"))
    return wanted if wanted in COLOURS else "true"


def view() -> str:
    """How the maps are arranged: chosen in the widget or given in the URL."""
    wanted = st.session_state.get("map_view", st.query_params.get("view"))
    return wanted if wanted in VIEWS else "rows"


def zoom() -> str:
    """Where the maps are looked at, ``x,y,zoom``, or empty for the whole: set in the widget or given in the URL."""
    wanted = str(st.session_state.get("map_zoom", st.query_params.get("zoom") or ""))
    return wanted if re.fullmatch(r"(-?\d+(\.\d+)?,){2}\d+(\.\d+)?", wanted) else ""


def command_widget() -> None:
    """Have the widget take what the session holds, on the next run."""
    st.session_state["map_command_id"] = st.session_state.get("map_command_id", 0) + 1


def _read(key: str) -> object:
    return colour() if key == "map_colour" else st.session_state.get(key)


def _enter(step: Step) -> None:
    command_widget()


STORY = Story("story", "The story in four steps", STEPS, STEPS[0].sets, read=_read, enter=_enter)


def _one_of(label: str, options: tuple[str, ...], key: str, default: int, help: str) -> str:
    usual = options[default]
    chosen = st.segmented_control(label, options, default=usual, required=True, key=key, help=help, bind="query-params")
    return chosen or usual

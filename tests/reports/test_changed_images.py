"""A result never outlives its images: after a picture is added, every kind of stored result is refused."""

import numpy as np
import pytest
import torch
from PIL import Image

from ancra.attacks.settings import Threat
from ancra.checkpoints import Card, read_card, save_checkpoint
from ancra.data.registry import load_dataset
from ancra.evaluation.curves import stored_curves
from ancra.evaluation.robustness import stored_report
from ancra.evaluation.subject import settings_of, subject_of
from ancra.evaluation.tables import note, row_of
from ancra.evaluation.transfer import stored_transfer
from ancra.features.images import load_images
from ancra.features.settings import FeatureSettings
from ancra.features.store import checkpoint_features
from ancra.maps.making import model_map
from ancra.maps.settings import MapSettings, ModelMapSettings, resolve
from ancra.maps.store import find_model_map
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.recipe import Recipe
from ancra.reports.results import make_results
from ancra.scenes.of_models import caption
from ancra.scenes.origin import map_origin
from ancra.store import Store
from ancra.strategies.observations import KIND as STRATEGIES
from ancra.strategies.population import checkpoint_population, population_settings
from ancra.trust.settings import TrustSettings
from ancra.trust.stored import stored_trust

MAP = ModelMapSettings(
    features=FeatureSettings(attack="fgsm", samples=None), layout=MapSettings(method="pca", neighbours=2)
)


def draw(folder, number):
    random = np.random.default_rng(number)
    Image.fromarray(random.integers(0, 255, (8, 8), np.uint8)).save(folder / f"{number:02d}.png")


@pytest.fixture
def model(tmp_path, workspace, monkeypatch):
    """A model of a folder of images, and that folder."""
    quick = TrustSettings(threat=Threat(epsilon=0.1, steps=2, queries=5), restarts=2, more_steps=2)
    monkeypatch.setattr("ancra.trust.stored.trust_settings", lambda card, samples=500: quick)
    for name in "abcd":
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(10):
            draw(tmp_path / "images" / name, number)
    data = {"name": "image_folder", "root": tmp_path / "images", "image_size": 8, "channels": 1, "test_fraction": 0.4}
    settings = ModelSettings(width=4, reverse_attention_blocks=2)
    attack = {"epsilon": 0.1, "steps": 1}
    recipe = Recipe.model_validate(
        {"name": "own", "title": "Own", "data": data, "model": settings.model_dump(), "attack": attack}
    )
    torch.manual_seed(0)
    card = Card(
        name="own",
        title="Own",
        recipe=recipe,
        dataset="image_folder",
        classes=tuple("abcd"),
        image_shape=(1, 8, 8),
        model=settings,
    )
    save_checkpoint(build_model(settings, (1, 8, 8), 4).eval(), card, tmp_path / "own.safetensors")
    return tmp_path / "own.safetensors", tmp_path / "images"


def stored_kinds(path, store):
    """The kinds of results that are found for a checkpoint and its images as they are now."""
    card = read_card(path)
    population = population_settings(card, batch_size=8)
    found = {
        "robustness": stored_report(subject_of(card), settings_of(card), store),
        "trust": stored_trust(card, store),
        "curves": stored_curves(card, store),
        "transfer": stored_transfer(card, store),
        "map": find_model_map(card, resolve(card, MAP), store),
        "features": store.find("features", *subject_of(card), resolve(card, MAP).features.source),
        "strategies": any(
            subject_of(card)[1] in file.name and population.digest() in file.name
            for file in (store.folders[0] / STRATEGIES).glob("*.npz")
        ),
    }
    return {kind for kind, one in found.items() if one}


def make_all(path, store):
    make_results(path, store, ("attacks", "trust", "curves", "transfer"), device="cpu")
    card = read_card(path)
    model_map(path, resolve(card, MAP), store)
    checkpoint_features(path, resolve(card, MAP).features, store)
    checkpoint_population(path, ("random",), population_settings(card, batch_size=8), store=store, device="cpu")


def test_a_picture_more_refuses_every_kind_of_result(model, tmp_path):
    path, images = model
    store = Store([tmp_path / "results"])
    kinds = {"robustness", "trust", "curves", "transfer", "map", "features", "strategies"}
    assert not stored_kinds(path, store)
    make_all(path, store)
    assert stored_kinds(path, store) == kinds
    draw(images / "a", 99)
    assert not stored_kinds(path, store)
    (images / "a" / "99.png").unlink()
    assert stored_kinds(path, store) == kinds


def test_sentences_call_a_folder_by_its_own_name(model, tmp_path):
    path, _ = model
    store = Store([tmp_path / "results"])
    make_all(path, store)
    card = read_card(path)
    report = stored_report(subject_of(card), settings_of(card), store)
    made = model_map(path, resolve(card, MAP), store)
    said = (
        caption({"Own": made}),
        caption({"Own": made}, load_images(card, made.settings.features)),
        note([row_of(card, "Own", report)]),
        map_origin([path], resolve(card, MAP)).data,
        card.data.images,
    )
    assert all("the folder images" in text and "image_folder" not in text for text in said), said
    uploaded = card.data.with_changes(root=tmp_path / "holiday" / "images.zip")
    assert uploaded.images == "the folder holiday"


def test_the_app_loads_a_folder_anew_when_a_picture_is_added(model, tmp_path, monkeypatch):
    import streamlit as st

    from app import compute

    path, images = model
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setattr("app.compute.find_checkpoints", lambda: [(path, read_card(path))])
    name = next(iter(compute.checkpoints()))
    before, subject = len(compute.dataset(name).train), compute.subject(name)
    draw(images / "b", 99)
    st.cache_data.clear()  # what it keeps for a few seconds
    assert compute.subject(name) != subject
    assert len(compute.dataset(name).train) + len(compute.dataset(name).test) == 41
    assert before + len(load_dataset(read_card(path).data).test) >= 40

import threading
import time

import numpy as np
import pytest
import streamlit as st

from ancra.environment import PUBLIC
from ancra.errors import AncraError

RA, PLAIN = "Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption])


def html(at) -> str:
    return " ".join(element.proto.body for element in at.get("html"))


@pytest.fixture(autouse=True)
def quick_layout(monkeypatch):
    """Maps that stay where they start: what UMAP does is tested elsewhere."""
    monkeypatch.setattr("ancra.maps.layout.fit_umap", lambda features, settings, neighbours, init: (init, "none"))
    monkeypatch.setattr("ancra.maps.umap_engine.warm_up", lambda: None)


@pytest.fixture
def page(open_page):
    def opened(**query):
        return open_page("feature_maps", **{"samples": "200", "models": [PLAIN, RA], **query})

    return opened


def test_shows_models_measures_and_words(page):
    at = page()
    assert not at.exception
    assert not at.error
    assert "rightly" in texts(at) or "silhouette" in texts(at)
    assert "Effective rank" in html(at)
    assert "200 of 450 test images of digits" in texts(at)


def test_a_step_of_the_story_sets_the_attack_and_the_colour(page):
    at = page()
    at.segmented_control(key="story").set_value("3 The model's answers").run()
    assert not at.exception
    assert at.segmented_control(key="condition").value == "Adaptive PGD-10"
    assert at.session_state["map_command"]["colour"] == "predicted"


def test_without_a_model_chosen_the_page_says_what_to_do(page):
    at = page()
    at.multiselect(key="models").set_value([]).run()
    assert not at.exception
    assert "Choose one to four models" in at.info[0].value


def test_wrong_parameters_of_a_link_are_ignored(page):
    at = page(colour="taste", view="upside-down", selected="1,x,99999999", condition="Magic")
    assert not at.exception
    assert not at.error


def test_a_link_opens_a_selection(page):
    at = page(selected="0,1,2")
    assert "selected images" in texts(at)
    assert "attack?image=" in html(at)


def test_without_a_checkpoint_the_page_says_what_to_do(no_models):
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    script = Path(__file__).parents[2] / "app" / "streamlit_app.py"
    at = AppTest.from_file(str(script), default_timeout=60).run()
    at.switch_page("app_pages/feature_maps.py").run()
    assert not at.exception
    assert at.info


def wait_for_maps(at, runs=40):
    """Run the page until its maps are laid out, as the browser does every second."""
    for _ in range(runs):
        if not at.session_state["map_jobs"]:
            return at
        time.sleep(0.1)
        at.run()
    raise AssertionError("the maps were never laid out")


def test_principal_components_are_shown_until_the_layout_is_ready(page, monkeypatch):
    ready = threading.Event()
    monkeypatch.setattr("app.engine.kinds.maps.model_map", held_back(ready))
    at = page()
    assert not at.exception
    assert not at.error
    assert "principal components" in texts(at)
    assert "Effective rank" in html(at)
    ready.set()
    wait_for_maps(at)
    assert "principal components" not in texts(at)
    assert not at.error


def test_a_layout_that_fails_is_told_once(page, monkeypatch):
    def fail(*_, **__):
        raise AncraError("This layout cannot be made.")

    monkeypatch.setattr("app.engine.kinds.maps.model_map", fail)
    at = page()
    for _ in range(40):
        if at.error:
            break
        time.sleep(0.1)
        at.run()
    assert "This layout cannot be made." in at.error[0].value


def held_back(ready):
    """Making a map, once it is allowed."""
    from ancra.maps.making import model_map

    def work(*args, **kwargs):
        assert ready.wait(30)
        return model_map(*args, **kwargs)

    return work


def test_one_selected_image_can_be_followed_through_its_attack(page):
    at = page(selected="0", map_follow="true")
    assert not at.exception
    assert not at.error
    assert "The way of this image over the maps" in texts(at)
    assert "Predicted at step" in html(at)
    at.toggle(key="map_follow").set_value(False).run()
    assert "Predicted at step" not in html(at)


def test_several_selected_images_have_no_way(page):
    at = page(selected="0,1", map_follow="true")
    assert not at.error
    assert "Predicted at step" not in html(at)


def test_models_of_other_data_are_not_mixed(page, home):
    from ancra.checkpoints import Card, save_checkpoint
    from ancra.models.registry import build_model
    from ancra.models.settings import ModelSettings

    settings = ModelSettings(width=4)
    classes, shape = ("a", "b", "c"), (1, 8, 8)
    card = Card(name="other", title="Other", dataset="digits", classes=classes, image_shape=shape, model=settings)
    save_checkpoint(build_model(settings, shape, 3).eval(), card, home / "uploads" / "other.safetensors")
    at = page(models=[PLAIN, "Other · other"])
    assert not at.exception
    assert "cannot be compared" in at.error[0].value


def test_features_that_are_not_finite_are_said(page, home):
    from ancra.checkpoints import load_checkpoint, save_checkpoint

    model, card = load_checkpoint(home / "uploads" / "tiny-plain.safetensors")
    for parameter in model.parameters():
        parameter.data.fill_(float("nan"))
    card = card.model_copy(update={"name": "broken", "title": "Broken", "digest": ""})
    save_checkpoint(model, card, home / "uploads" / "broken.safetensors")
    at = page(models=["Broken · broken"], condition="No attack")
    assert not at.exception
    assert at.error
    assert "Traceback" not in at.error[0].value
    assert "did not foresee" not in at.error[0].value


def test_one_class_is_mapped(page, monkeypatch):
    from dataclasses import replace

    import torch

    from ancra.data.registry import load_dataset

    def of_one_class(settings):
        data = load_dataset(settings)
        return replace(data, test=data.test.subset(torch.where(data.test.labels == 3)[0]))

    monkeypatch.setattr("ancra.data.registry.load_dataset", of_one_class)
    at = page(models=[RA])
    assert not at.exception
    assert not at.error
    assert "too few classes" in texts(at) or "Effective rank" in html(at)


def test_training_images_of_one_class_are_mapped_and_few_are_said_to_be_few(page):
    at = page(models=[RA], map_images="Training images", map_classes=["3", "nine"])
    assert not at.exception
    assert not at.error
    said = texts(at)
    assert "137 training images of the class 3 of digits" in said
    assert "their accuracy here is not that on new ones" in said
    assert any("the class nine, which is not here" in warning.value for warning in at.warning)
    at = page(models=[RA], map_classes=["3"])
    assert "Only 46 images" in texts(at)


def test_a_run_is_followed_over_its_epochs(page, home, tiny_recipe):
    from ancra.runs.execution import execute
    from ancra.runs.run import Run

    assert "Maps of" not in [each.label for each in page().segmented_control]
    recipe = tiny_recipe.with_changes(epochs=2, keep_epochs=True)
    execute(Run.create(home / "runs" / "tiny-run", recipe))
    at = page(of="Epochs of a run")
    assert not at.exception
    assert not at.error
    assert "From epoch 1 to 2 the silhouette by true class goes from" in texts(at)
    assert "Epochs 1 to 2 of one run" in texts(at)


def test_images_are_followed_along_the_steps_and_kept(page, monkeypatch):
    at = page(steps="true")
    assert not at.exception
    assert not at.error
    assert "of the 200 images has changed" in texts(at)
    assert "Positions after the first are projected onto the natural map" in texts(at)
    monkeypatch.setattr("ancra.maps.over_attack.extract_path", None)
    st.cache_resource.clear()  # The queue's memory, too: what is left is the store.
    again = page(steps="true", models=[RA, PLAIN])
    assert not again.error
    at.segmented_control(key="condition").set_value("No attack").run()
    assert "no steps without an attack" in at.info[0].value
    at.toggle(key="steps").set_value(False).run()
    assert not at.error
    assert "Effective rank" in html(at)


def test_a_third_dimension_on_demand(page):
    at = page(models=[RA], space="true")
    assert not at.exception
    assert not at.error
    assert "This map keeps" in texts(at)


def test_a_long_selection_travels_under_a_stored_name_and_zoom_and_open_parts_as_they_are(page, home):
    from app import compute
    from app.parts.maps.selection import KIND

    compute.store().put(KIND, "0123456789ab", arrays={"numbers": np.arange(100)}, meta={})
    at = page(models=[RA], samples="500", selected="stored-0123456789ab", zoom="0.4,0.6,2", open_note="true")
    assert not at.exception
    assert "100 selected images" in texts(at)
    assert at.session_state["map_command"]["zoom"] == "0.4,0.6,2"
    assert next(each for each in at.expander if each.label.startswith("What a map can")).proto.expanded


def test_a_stored_selection_that_is_not_here_and_a_zoom_that_is_none_are_no_view(page):
    at = page(models=[RA], selected="stored-ba9876543210", zoom="1,2,x")
    assert not at.exception
    assert any("selection of images that is not stored here" in warning.value for warning in at.warning)
    assert at.session_state["map_command"]["zoom"] == ""


def test_a_public_server_leaves_a_long_selection_out_of_the_link_and_says_so(page, monkeypatch):
    from app.parts.maps.selection import IN_URL

    monkeypatch.setenv(PUBLIC.name, "lab.example.org")
    numbers = ",".join(str(number) for number in range(IN_URL + 1))
    at = page(models=[RA], samples="450", selected=numbers)
    assert not at.exception
    assert f"{IN_URL + 1} selected images" in texts(at)
    assert f"takes at most {IN_URL} images on this server" in texts(at)

import numpy as np
import pytest
import torch

from ancra.checkpoints import Card, read_card, save_checkpoint
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.features.images import Images
from ancra.features.settings import FeatureSettings
from ancra.maps.making import model_map
from ancra.maps.model_map import require_comparable, shared_neighbours
from ancra.maps.settings import MapSettings, ModelMapSettings, ResolvedMap, resolve
from ancra.maps.store import find_model_map
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.scenes.of_models import caption, format_measure, most_moved, scene_of, typical_movement
from ancra.store import Store

PCA = MapSettings(method="pca")


def save(folder, name, blocks, classes=10):
    torch.manual_seed(blocks)
    settings = ModelSettings(width=4, reverse_attention_blocks=blocks)
    names = tuple(str(i) for i in range(classes))
    shape = (1, 8, 8)
    card = Card(name=name, title=name, dataset="digits", classes=names, image_shape=shape, model=settings)
    path = folder / f"{name}.safetensors"
    save_checkpoint(build_model(settings, shape, classes).eval(), card, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("maps")


@pytest.fixture(scope="module")
def store(folder):
    return Store([folder / "results"])


@pytest.fixture(scope="module")
def settings():
    features = FeatureSettings(attack="pgd10", epsilon=0.2, samples=60)
    return ResolvedMap(features=features, layout=PCA)


@pytest.fixture(scope="module")
def maps(folder, store, settings):
    return {name: model_map(save(folder, name, blocks), settings, store) for name, blocks in (("plain", 0), ("ra", 2))}


def test_natural_and_adversarial_share_one_map(maps):
    one = maps["ra"]
    assert one.attacked
    assert one.count == 60
    assert one.positions.shape == (120, 2)
    assert one.neighbours.max() < 120
    assert one.pixels.shape == (60, 1, 8, 8)
    assert [row["condition"] for row in one.measures] == ["No attack", "PGD-10"]
    assert np.sqrt((one.positions**2).sum(axis=1).mean()) == pytest.approx(1, abs=0.01)


def test_a_stored_map_comes_back_the_same(maps, folder, store, settings):
    found = find_model_map(read_card(folder / "ra.safetensors"), settings, store)
    np.testing.assert_array_equal(found.positions, maps["ra"].positions)
    np.testing.assert_array_equal(found.pixels, maps["ra"].pixels)
    assert found.measures == maps["ra"].measures


def test_without_attention_z_is_z_prime(maps, folder, settings):
    card = read_card(folder / "plain.safetensors")
    before = settings.model_copy(update={"features": settings.features.with_changes(features="z", block=0)})
    assert resolve(card, before) == resolve(card, settings)


def test_a_model_alone_has_nothing_to_be_aligned_with(maps, folder, settings):
    card = read_card(folder / "plain.safetensors")
    aligned = ModelMapSettings(features=settings.features, layout=MapSettings(method="aligned_umap"))
    assert resolve(card, aligned).layout.method == "umap"
    assert resolve(card, aligned, aligned=True).layout.method == "aligned_umap"


def test_a_map_under_an_attack_of_ones_own(maps, folder, store, settings):
    square = settings.model_copy(update={"features": settings.features.with_changes(attack="square", samples=10)})
    one = model_map(folder / "ra.safetensors", square, store)
    assert [row["condition"] for row in one.measures] == ["No attack", "Square"]
    moved = np.abs(one.pixels.astype(int) - maps["ra"].pixels[:10].astype(int)).max()
    assert moved > 0


@pytest.fixture(scope="module")
def laid_out(folder, store):
    """Maps by UMAP of a model, by the attack and its epsilon."""

    def make(name, attack, epsilon=None):
        features = FeatureSettings(attack=attack, epsilon=epsilon, samples=60)
        asked = ModelMapSettings(features=features, layout=MapSettings(epochs=20))
        path = save(folder, name, 2 if name == "ra" else 0)
        return model_map(path, resolve(read_card(path), asked), store)

    return make


@pytest.mark.parametrize(("attack", "epsilon"), [("adaptive10", None), ("pgd10", 0.3), ("square", None)])
def test_natural_images_stay_where_they_are_when_the_attack_changes(laid_out, attack, epsilon):
    usual, other = laid_out("ra", "pgd10"), laid_out("ra", attack, epsilon)
    np.testing.assert_array_equal(other.half(other.positions, False), usual.half(usual.positions, False))
    assert np.abs(other.half(other.positions, True) - usual.half(usual.positions, True)).max() > 0.05
    assert other.unit == usual.unit
    assert np.isfinite(other.positions).all()


def test_attacks_that_find_the_same_images_have_the_same_map(laid_out):
    usual, other = laid_out("plain", "pgd10"), laid_out("plain", "adaptive10")
    np.testing.assert_array_equal(other.pixels, usual.pixels)
    np.testing.assert_allclose(other.positions, usual.positions, atol=2e-3)  # stored in 16 bits


def test_natural_images_alone_are_half_a_map(folder, store, settings, maps):
    natural = settings.model_copy(update={"features": settings.features.with_changes(attack="natural")})
    one = model_map(folder / "ra.safetensors", natural, store)
    assert not one.attacked
    assert one.pixels is None
    assert len(one.positions) == 60
    assert one.half(one.positions, True) is not None


def test_a_scene_of_two_models(maps):
    scene = scene_of(maps, Images(load_dataset(DataSettings())))
    assert scene.rows == ("Natural", "PGD-10")
    assert [one.title for one in scene.maps] == ["plain", "ra"]
    assert scene.images.max() == 255
    assert "epsilon 0.2" in caption(maps)
    assert "60 test images of digits" in caption(maps)
    assert "Only 60 images" in scene.caption


def test_movers_are_ranked(maps):
    moved = most_moved(maps["plain"], maps["ra"], adversarial=True, count=5)
    assert len(moved) == 5
    assert moved[0].moved >= moved[-1].moved
    assert 0 <= moved[0].shared <= 1
    assert typical_movement(maps["plain"], maps["plain"], False) == pytest.approx(0, abs=1e-3)


def test_a_model_shares_all_neighbours_with_itself(maps):
    assert shared_neighbours(maps["ra"], maps["ra"], True).min() == 1


def test_models_of_other_images_are_not_mixed(maps, folder, store, settings):
    fewer = settings.model_copy(update={"features": settings.features.with_changes(samples=40)})
    other = model_map(folder / "ra.safetensors", fewer, store)
    with pytest.raises(AncraError, match="cannot be shown together"):
        require_comparable({"one": maps["ra"], "two": other})


def test_too_few_images_are_said(folder, store, settings):
    few = settings.model_copy(update={"features": settings.features.with_changes(samples=2)})
    with pytest.raises(AncraError, match="choose more samples"):
        model_map(folder / "plain.safetensors", few, store)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [("accuracy", 0.623, "62 %"), ("exclusion", 0.5, "0.50"), ("effective_rank", 7.26, "7.3"), ("probe", None, "–")],
)
def test_measures_are_printed_plainly(key, value, text):
    assert format_measure(key, value) == text

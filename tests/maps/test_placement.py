import numpy as np
import pytest

from ancra.checkpoints import load_checkpoint
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.features.settings import FeatureSettings
from ancra.maps.inputs import mapped_features
from ancra.maps.making import preview_map
from ancra.maps.placement import place_image
from ancra.maps.settings import ResolvedMap
from ancra.store import Store


@pytest.fixture(scope="module")
def mapped_model(saved_model, tmp_path_factory):
    path, store = saved_model, Store([tmp_path_factory.mktemp("placed")])
    settings = ResolvedMap(features=FeatureSettings(attack="pgd10", epsilon=0.2, samples=60))
    return load_checkpoint(path)[0], mapped_features(path, settings, store), preview_map(path, settings, store)


def test_a_preview_is_pca_with_all_measures(mapped_model):
    _, _, preview = mapped_model
    assert preview.engine == "PCA"
    assert len(preview.positions) == 120
    assert len(preview.measures) == 2
    assert preview.faithfulness["seed_movement"] is None


def test_an_image_of_the_map_starts_at_its_own_place(mapped_model):
    model, mapped, preview = mapped_model
    image, label = load_dataset(DataSettings()).test.batch(slice(int(preview.indices[3]), int(preview.indices[3]) + 1))
    way = place_image(model, image, int(label), mapped, preview, mapped.settings.features)
    assert len(way.titles) == len(way.positions) == len(way.predictions) == len(way.distance) == 12
    assert way.titles[0] == "Natural"
    assert way.titles[-1] == "PGD-10, step 10 of 10"
    np.testing.assert_allclose(way.positions[0], preview.positions[3], atol=1e-3)
    assert way.predictions[0] == preview.predictions[3]
    assert np.isfinite(way.positions).all()


def test_without_an_attack_there_is_one_place(mapped_model):
    model, mapped, preview = mapped_model
    image, label = load_dataset(DataSettings()).test.batch(slice(0, 1))
    way = place_image(model, image, int(label), mapped, preview, FeatureSettings())
    assert way.titles == ("Natural",)
    assert way.positions.shape == (1, 2)

import numpy as np
import pytest

from ancra.checkpoints import read_card
from ancra.errors import AncraError
from ancra.features.settings import FeatureSettings
from ancra.maps.aligned import aligned_maps, find_aligned_maps
from ancra.maps.settings import MapSettings, ResolvedMap
from ancra.store import Store

SETTINGS = ResolvedMap(
    features=FeatureSettings(samples=40), layout=MapSettings(method="aligned_umap", neighbours=5, epochs=5)
)


def test_maps_laid_out_together_are_stored_together(saved_model, tmp_path, monkeypatch):
    calls = []

    def quick(features, settings):
        calls.append(len(features))
        return [points[:, :2].copy() for points in features]

    monkeypatch.setattr("ancra.maps.layout.fit_aligned", quick)
    store, paths = Store([tmp_path]), [saved_model, saved_model]
    made = aligned_maps(paths, [SETTINGS] * 2, store)
    assert [one.engine for one in made] == ["AlignedUMAP", "AlignedUMAP"]
    found = find_aligned_maps([read_card(path) for path in paths], [SETTINGS] * 2, store)
    np.testing.assert_array_equal(found[1].positions, made[1].positions)
    aligned_maps(paths, [SETTINGS] * 2, store)
    assert calls == [2]
    assert find_aligned_maps([read_card(path) for path in paths[:1]], [SETTINGS], store) is None


def test_one_model_is_not_aligned(saved_model, tmp_path):
    with pytest.raises(AncraError, match="two models or more"):
        aligned_maps([saved_model], [SETTINGS], Store([tmp_path]))

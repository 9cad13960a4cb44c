import subprocess
import sys
import threading
from types import SimpleNamespace

from ancra.maps import umap_engine
from ancra.maps.layout import make_map
from ancra.maps.settings import MapSettings
from ancra.maps.umap_engine import warm_up


def test_warming_up_in_the_background_and_maps_at_the_same_time(clusters):
    thread = threading.Thread(target=warm_up)
    thread.start()
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(make_map(clusters()[0], MapSettings(epochs=20)))) for _ in range(3)
    ]
    for other in threads:
        other.start()
    for other in [thread, *threads]:
        other.join(60)
    assert len(made) == 3
    assert all((one.positions == made[0].positions).all() for one in made)


def test_settings_and_maps_do_not_import_umap_or_torch():
    code = "import sys, ancra.features.settings, ancra.maps.layout; print({'umap', 'torch'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


class Gpu:
    """Takes what cuML's UMAP takes, and answers with the start."""

    def __init__(self, *, n_neighbors, min_dist, metric, n_components, n_epochs, random_state, init, **rest):
        indices, distances = rest.pop("precomputed_knn")
        assert rest == {"output_type": "numpy"}
        assert indices.shape == distances.shape == (len(init), n_neighbors)
        self.init = init

    def fit_transform(self, features):
        return self.init


def test_cuml_is_used_where_it_is_and_said(monkeypatch, clusters):
    monkeypatch.setattr(umap_engine, "cuml_umap", lambda: Gpu)
    features, _ = clusters()
    assert make_map(features, MapSettings()).engine == "cuML"
    assert make_map(features, MapSettings(densmap=True, epochs=10)).engine == "umap-learn"


def test_without_cuml_or_a_gpu_umap_learn_is_used(monkeypatch):
    for modules in ({"cupy": None}, {"cupy": fake_cupy(0), "cuml": None}, {"cupy": fake_cupy(0), **FAKE_CUML}):
        with monkeypatch.context() as patch:
            for name, module in modules.items():
                patch.setitem(sys.modules, name, module)
            assert umap_engine.cuml_umap.__wrapped__() is None
    with monkeypatch.context() as patch:
        for name, module in {"cupy": fake_cupy(1), **FAKE_CUML}.items():
            patch.setitem(sys.modules, name, module)
        assert umap_engine.cuml_umap.__wrapped__() is Gpu


def fake_cupy(devices):
    return SimpleNamespace(cuda=SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=lambda: devices)))


FAKE_CUML = {"cuml": SimpleNamespace(), "cuml.manifold": SimpleNamespace(UMAP=Gpu)}

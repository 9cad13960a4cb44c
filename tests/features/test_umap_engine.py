import subprocess
import sys
import threading

from ancra.features.maps import make_map
from ancra.features.settings import MapSettings
from ancra.features.umap_engine import warm_up, warm_up_in_background


def test_warming_up_in_the_background_and_maps_at_the_same_time(clusters):
    warm_up()
    thread = warm_up_in_background()
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
    code = "import sys, ancra.features.settings, ancra.features.maps; print({'umap', 'torch'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"

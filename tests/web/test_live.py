"""What the live stage computes: where a point lies on a map, what a pen draws, numbers of half precision."""

import numpy as np
import pytest

from ancra.maps.projection import project, typical_distance
from ancra.maps.settings import MapSettings
from ancra.scenes.live_stage import packed

pytestmark = pytest.mark.browser


def of_module(page, module: str, expression: str, given=None):
    """What an expression gives in which ``it`` is a module of the stage and ``given`` what is handed over."""
    return page.evaluate(f"(given) => import('/live/{module}.js').then((it) => {expression})", given)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "correlation"])
def test_a_point_is_placed_as_the_core_places_it(blank, metric):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 12)).astype(np.float16).astype(np.float32)
    positions = rng.normal(size=(60, 2)).astype(np.float32)
    new = np.concatenate([features[:2], rng.normal(size=(6, 12)).astype(np.float32)])
    expected = project(new, features, positions, MapSettings(metric=metric))
    sent = {
        "positions": packed(positions),
        "features": packed(features.astype(np.float16)),
        "width": 12,
        "metric": metric,
        "typical": typical_distance(features, metric),
    }
    places = of_module(
        blank,
        "walk",
        "given.points.map((point) => it.project(Float32Array.from(point), it.unpack(given.sent)))",
        {"sent": sent, "points": new.tolist()},
    )
    np.testing.assert_allclose([[each["x"], each["y"]] for each in places], expected.positions, atol=2e-4)
    np.testing.assert_allclose([each["distance"] for each in places], expected.distance, rtol=1e-3, atol=1e-3)


def test_half_precision_is_read_exactly(blank):
    values = np.arange(2**16, dtype=np.uint16).view(np.float16)
    values = values[np.isfinite(values)]
    read = blank.evaluate(
        "(sent) => import('/shared/codec.js').then((it) => Array.from(it.decode(sent)))", packed(values)
    )
    np.testing.assert_array_equal(np.float32(read), values.astype(np.float32))


def test_a_dab_of_the_pen_stays_within_the_image_and_its_radius(blank):
    image = np.float32(
        of_module(
            blank,
            "paper",
            "{ const image = new Float32Array(64); it.dab(image, [1, 8, 8], 0.5, 4.5, 1, [1]); return [...image] }",
        )
    ).reshape(8, 8)
    assert image[4, 0] == 1
    assert (image >= 0).all()
    assert (image <= 1).all()
    assert not image[:, 3:].any()
    assert not image[:2].any()


def test_a_run_goes_on_is_looked_back_at_and_made_anew_when_a_setting_changes(blank):
    reached = of_module(
        blank,
        "session",
        """{
          let step = 0
          const point = () => [{ id: "a", step, loss: step, answer: { p: [1] }, image: [given + step] }]
          const client = {
            begin: async () => { step = 0; return point() },
            step: async () => { step += 1; return point() },
            set: async () => {},
          }
          const state = { natural: [0], label: 0, settings: {}, pace: 60, steps: 3 }
          const session = it.createSession(client, state, () => {}, (said) => { throw new Error(said) })
          return (async () => {
            await session.begin()
            for (let i = 0; i < 3; i++) await session.on()
            const forward = session.frame().step
            session.go(1)
            const back = session.frame().step
            await session.change()
            const { length } = session.frames
            return { forward, back, anew: session.frame().step, ghost: session.ghost.length, frames: length }
          })()
        }""",
        0,
    )
    assert reached == {"forward": 3, "back": 1, "anew": 1, "ghost": 4, "frames": 2}

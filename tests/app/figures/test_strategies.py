"""The figures and words of the Population tab say what the numbers say, and rank nothing that the noise does not."""

import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.strategies.known import strategies
from ancra.strategies.measures import Weights
from ancra.strategies.observed import Observed, observe
from ancra.strategies.summary import Statistics
from ancra.web.palette import palette
from app.figures import strategies as figures
from app.words import strategies as says

CLASSES = tuple(str(digit) for digit in range(10))


@pytest.fixture(scope="module")
def found() -> Statistics:
    torch.manual_seed(0)
    model = build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), 10).eval()
    images, labels = load_dataset(DataSettings(name="digits")).test.batch(slice(0, 60))
    seen = observe(model, images, labels, strategies(), AttackSettings(epsilon=0.3, steps=4))
    return Statistics.of(seen, CLASSES, Weights(0.75))


def with_rows(found: Statistics, **columns: dict[str, np.ndarray]) -> Statistics:
    """The same statistics with some columns of some strategies replaced."""
    seen = {name: Observed(**{**rows.arrays(), **columns.get(name, {})}) for name, rows in found.observed.items()}
    return Statistics(seen, found.classes, found.weights)


@pytest.mark.parametrize("dark", [False, True])
def test_marks_stand_at_the_measures_with_their_intervals(found, dark):
    figure = figures.dots_chart(found, {"found": "a", "reached": "b"}, "share", True, palette(dark))
    for trace, measure in zip(figure.data, ("found", "reached"), strict=True):
        wanted = [found.measured(name, measure) for name in found.observed]
        assert np.allclose(trace.x, [100 * each.value for each in wanted])
        assert np.allclose(np.add(trace.x, trace.error_x.array), [100 * each.high for each in wanted])
        assert np.allclose(np.subtract(trace.x, trace.error_x.arrayminus), [100 * each.low for each in wanted])


def test_similarities_are_shares_of_all_pairs(found):
    edges = {"random": {"similarity": np.repeat([0.0, 0.25, 1.0], 20)}}
    figure = figures.similarity_chart(with_rows(found, **edges), palette())
    assert np.allclose(np.sum([trace.x for trace in figure.data], axis=0), 100)
    assert np.allclose([trace.x[0] for trace in figure.data], [100 / 3, 100 / 3, 0, 0, 100 / 3])


def test_the_anchor_is_pushed_to_the_left_and_alpha_moves_no_axis(found):
    figure = figures.forces_chart(found, "features", palette())
    anchor, negative = figure.data
    assert max(anchor.x) <= 0 <= min(negative.x)
    names = list(found.observed)
    assert np.allclose(negative.x, [found.measured(name, "negative_features").value for name in names])
    whole = Statistics(found.observed, found.classes, Weights(1.0))
    other = figures.forces_chart(whole, "features", palette())
    assert other.layout.xaxis.range == figure.layout.xaxis.range
    assert not np.any(other.data[0].x)
    assert "anchor is left where it is" in says.forces_words(whole, "features")
    assert "75 %" in says.forces_words(found, "logits")


@pytest.mark.parametrize("what", ["count", "similarity", "contrast"])
def test_class_pairs_share_one_scale(found, what):
    maps = [figures.pairs_chart(found, name, what, palette()).data[0] for name in found.observed]
    assert len({one.zmax for one in maps}) == 1
    assert max(np.nanmax(one.z) for one in maps) == pytest.approx(maps[0].zmax)


def test_numbers_fit_into_their_cells(found):
    for what in ("count", "similarity", "contrast"):
        cells = np.ravel(figures.pairs_chart(found, "hard_ls", what, palette()).data[0].text)
        assert max(map(len, cells)) <= 4
        assert any(cells)


def test_many_classes_are_drawn_without_names(found):
    many = Statistics(found.observed, tuple(f"class {k}" for k in range(40)), found.weights)
    figure = figures.pairs_chart(many, "random", "count", palette())
    assert figure.data[0].z.shape == (40, 40)
    assert figure.layout.xaxis.showticklabels is False


def test_a_class_pair_is_named_only_where_it_is_no_chance(found):
    rows = found.observed["random"]
    blind = (rows.label + 1 + np.arange(len(rows)) % 9) % 10
    assert "no pair" in says.pairs_words(with_rows(found, random={"negative_label": blind}), "random")
    told = says.pairs_words(with_rows(found, random={"negative_label": (rows.label + 1) % 10}), "random")
    assert "100 %" in told


def test_agreement_names_pairs_beyond_chance(found):
    own = found.observed["random"].negative
    figure = figures.agreement_chart(found, "negative", palette())
    assert figure.data[0].text[0][3] == "100"
    assert figure.data[0].z[0][0] is None
    assert "Random and Targeted attack always pick the same image" in says.agreement_words(found, "negative")
    same = with_rows(found, soft_ls={"negative": np.where(np.arange(60) % 2, own, -2)})
    assert "50 %" in says.agreement_words(same, "negative")


def test_success_by_step_ends_where_the_measure_does(found):
    figure = figures.success_chart(found, palette())
    taken = next(trace for trace in figure.data if trace.name == "taken for it")
    assert len(taken.x) == 5
    assert taken.y[-1] == pytest.approx(100 * found.measured("targeted_attack", "reached").value)
    never = with_rows(found, targeted_attack={"reached": np.zeros((60, 5), bool), "toward": np.zeros((60, 5))})
    assert "may well achieve nothing" in says.success_words(never, "targeted_attack")
    clear = np.repeat(np.arange(5)[None] > 2, 60, axis=0)
    assert "nothing" not in says.success_words(with_rows(found, targeted_attack={"reached": clear}), "targeted_attack")


def test_words_rank_nothing_that_is_the_same(found):
    same = {name: {"contrast": np.full((60, 3), 0.2)} for name in found.observed}
    assert "No two strategies" in says.contrast_words(with_rows(found, **same))
    assert "anchors of this batch" in says.basis(found)
    batches = {name: {"batch": np.arange(60) // 6} for name in found.observed}
    assert "between the batches" in says.basis(with_rows(found, **batches))

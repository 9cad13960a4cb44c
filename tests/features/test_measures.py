import numpy as np
import pytest

from ancra.errors import AncraError
from ancra.features.measures import (
    MEASURES,
    Measures,
    alignment,
    class_cosines,
    effective_rank,
    exclusion,
    linear_probe,
    measure,
    point_silhouette,
    purity,
    silhouette,
)


def test_well_separated_classes_score_high(clusters, feature_set):
    natural = feature_set(*clusters())
    adversarial = feature_set(*clusters(seed=0), attack="pgd10", epsilon=0.1)
    found = measure(natural, adversarial)
    assert found.condition == "PGD-10"
    assert found.alignment_cosine == pytest.approx(1, abs=1e-6)
    assert found.alignment_l2 == pytest.approx(0)
    for key in ("exclusion", "silhouette_true", "silhouette_predicted", "purity", "probe", "accuracy"):
        assert getattr(found, key) > 0.85, key


def test_tight_clusters_that_mix_the_true_classes(clusters, feature_set):
    features, answers = clusters(200)
    truth = np.random.default_rng(0).permutation(answers)
    found = measure(feature_set(features, truth, predictions=answers))
    assert found.silhouette_predicted > 0.8
    assert found.silhouette_true < 0.1
    assert found.purity < 0.6


def test_natural_alone_has_no_alignment(clusters, feature_set):
    found = measure(feature_set(*clusters()))
    assert found.alignment_cosine is None
    assert found.alignment_l2 is None
    assert found.condition == "No attack"


def test_collapsed_features_are_aligned_but_not_exclusive(feature_set):
    random = np.random.default_rng(0)
    labels = np.arange(90) % 3
    features = (5 + 0.05 * random.normal(size=(90, 8))).astype(np.float32)
    moved = (5 + 0.05 * random.normal(size=(90, 8))).astype(np.float32)
    found = measure(feature_set(features, labels), feature_set(moved, labels, attack="pgd10", epsilon=0.1))
    assert found.alignment_cosine > 0.99
    assert abs(found.exclusion) < 0.1
    assert found.between_cosine > 0.99


def test_cosines_equal_the_plain_double_loop(clusters):
    features, labels = clusters(40)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    table = units @ units.T
    same = labels[:, None] == labels
    between, within = class_cosines(features, labels)
    assert between == pytest.approx(table[~same].mean(), abs=1e-5)
    assert within == pytest.approx(table[same & ~np.eye(40, dtype=bool)].mean(), abs=1e-5)
    assert exclusion(between, within) == pytest.approx((within - between) / (1 - between), abs=1e-5)


def test_alignment_l2_does_not_depend_on_the_features_scale(clusters):
    features, _ = clusters()
    cosine, distance = alignment(features, features * 1.1)
    assert cosine == pytest.approx(1)
    assert distance == pytest.approx(0.1, abs=1e-5)
    assert alignment(features * 50, features * 55)[1] == pytest.approx(distance, abs=1e-5)
    assert alignment(features * 0, features * 0)[1] is None


def test_effective_rank_counts_directions():
    random = np.random.default_rng(0)
    assert effective_rank(np.vstack([np.eye(6), -np.eye(6)])) == pytest.approx(6)
    assert effective_rank(random.normal(size=(50, 1)) @ random.normal(size=(1, 9))) == pytest.approx(1, abs=1e-2)
    assert effective_rank(np.ones((10, 4), np.float32)) == 0
    wide = random.normal(size=(10, 200)).astype(np.float32)
    values = np.linalg.svd(wide - wide.mean(0), compute_uv=False)[:9]
    shares = values / values.sum()
    assert effective_rank(wide) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-3)


def test_one_class_and_one_predicted_class(clusters, feature_set):
    features, _ = clusters(30)
    found = measure(feature_set(features, np.zeros(30, int)))
    for key in ("exclusion", "silhouette_true", "silhouette_predicted", "probe", "between_cosine", "purity"):
        assert getattr(found, key) is None, key


def test_constant_features(feature_set):
    found = measure(feature_set(np.ones((30, 4), np.float32), np.arange(30) % 3))
    assert found.effective_rank == 0
    assert found.exclusion is None
    assert found.between_cosine == pytest.approx(1)
    assert all(value is None or isinstance(value, int | str) or np.isfinite(value) for value in found.row().values())


def test_classes_with_a_single_image(clusters):
    features, labels = clusters(30)
    labels = labels.copy()
    labels[0] = 7
    assert linear_probe(features, labels) > 0.8
    assert linear_probe(features[:3], np.array([0, 1, 2])) is None
    assert silhouette(features[:3], np.array([0, 1, 2])) is None
    assert not point_silhouette(features[:3], np.array([0, 1, 2])).any()


def test_purity_of_shuffled_labels_is_chance(clusters):
    features, labels = clusters(300, classes=5)
    shuffled = np.random.default_rng(0).permutation(labels)
    assert purity(features, labels) == 1
    assert purity(features, shuffled) == pytest.approx(0.2, abs=0.05)


def test_feature_sets_that_do_not_belong_together_are_refused(clusters, feature_set):
    features, labels = clusters(30)
    natural = feature_set(features, labels)
    with pytest.raises(AncraError, match="different data"):
        measure(natural, feature_set(features, labels, classes=4))
    with pytest.raises(AncraError, match="different images"):
        measure(natural, feature_set(features[:20], labels[:20]))
    with pytest.raises(AncraError, match="not finite"):
        measure(feature_set(features * np.nan, labels))


def test_every_measure_has_words():
    keys = {measure.key for measure in MEASURES}
    assert keys == set(Measures.__dataclass_fields__) - {"samples", "condition"}
    assert all(measure.sentence.endswith(".") for measure in MEASURES)

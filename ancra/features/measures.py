"""Alignment, exclusion and their company, measured in the full feature space: a map proves nothing.

They are always given together. Alignment alone is high for collapsed features, and tight clusters that mix the true
classes look like good ones until silhouettes by true and by predicted class stand side by side.
"""

from dataclasses import asdict, dataclass

import numpy as np

from ancra.arrays import FloatArray, IntArray
from ancra.features.feature_set import FeatureSet, require_same_images
from ancra.features.neighbours import as_euclidean, check_features, find_neighbours

PURITY_NEIGHBOURS = 10
SILHOUETTE_POINTS = 5000
PROBE_POINTS = 5000


@dataclass(frozen=True)
class Measure:
    """What one number means. ``higher_is_better`` is None where neither direction is good in itself."""

    key: str
    title: str
    sentence: str
    higher_is_better: bool | None


MEASURES: tuple[Measure, ...] = (
    Measure("accuracy", "Accuracy", "Share of the images whose class the model answers rightly.", True),
    Measure(
        "alignment_cosine",
        "Alignment (cosine)",
        "Mean cosine similarity between the features of an image and of its own adversarial version; 1 means the same "
        "direction. Collapsed features score high, too.",
        True,
    ),
    Measure(
        "alignment_l2",
        "Alignment (L2)",
        "Mean distance between the features of an image and of its own adversarial version, as a share of the mean "
        "length of the natural features.",
        False,
    ),
    Measure(
        "exclusion",
        "Exclusion",
        "How much farther apart (cosine distance) images of different true classes are than images of one class: 1 is "
        "complete, 0 none, below 0 reversed.",
        True,
    ),
    Measure(
        "silhouette_true",
        "Silhouette by true class",
        "Whether each image lies nearer to its own true class than to the next one (cosine distance): 1 clearly, 0 on "
        "the border, -1 among others.",
        True,
    ),
    Measure(
        "silhouette_predicted",
        "Silhouette by predicted class",
        "The same with the classes that the model answers. Far above the one by true class: the clusters are the "
        "model's answers, right or wrong.",
        None,
    ),
    Measure(
        "purity",
        "Neighbour purity",
        f"Share of each image's {PURITY_NEIGHBOURS} nearest neighbours (cosine distance) that have its true class.",
        True,
    ),
    Measure(
        "probe",
        "Linear probe",
        "Accuracy of a new linear classifier of the true classes on these features (cross-validated).",
        True,
    ),
    Measure(
        "effective_rank",
        "Effective rank",
        "How many directions the features really use (exponential of the entropy of their singular values); a low "
        "number means that they have collapsed.",
        None,
    ),
    Measure(
        "between_cosine",
        "Cosine between classes",
        "Mean cosine similarity between images of different true classes; near 1, the features have collapsed.",
        False,
    ),
)


@dataclass(frozen=True)
class Measures:
    """The measures of one feature set; None where one has no meaning (one class only, no natural counterpart).

    ``alignment_*`` compare with the natural features; all others are of the set itself. See ``MEASURES`` for the words.
    """

    samples: int
    condition: str
    accuracy: float
    alignment_cosine: float | None
    alignment_l2: float | None
    exclusion: float | None
    silhouette_true: float | None
    silhouette_predicted: float | None
    purity: float | None
    probe: float | None
    effective_rank: float
    between_cosine: float | None

    def row(self) -> dict[str, float | int | str | None]:
        """A flat JSON-able row."""
        return asdict(self)


def measure(natural: FeatureSet, adversarial: FeatureSet | None = None) -> Measures:
    """Measure the adversarial features, and how well they are aligned with the natural ones; or the natural alone.

    Raises:
        AncraError: NaN features, a single image, or feature sets of different images.
    """
    shown = natural if adversarial is None else adversarial
    features = check_features(shown.features)
    cosine = l2 = None
    if adversarial is not None:
        require_same_images(natural, adversarial)
        cosine, l2 = alignment(check_features(natural.features), features)
    between, within = class_cosines(features, shown.labels)
    return Measures(
        samples=len(shown),
        condition=shown.condition,
        accuracy=float((shown.predictions == shown.labels).mean()),
        alignment_cosine=cosine,
        alignment_l2=l2,
        exclusion=exclusion(between, within),
        silhouette_true=silhouette(features, shown.labels),
        silhouette_predicted=silhouette(features, shown.predictions),
        purity=purity(features, shown.labels) if len(np.unique(shown.labels)) > 1 else None,
        probe=linear_probe(features, shown.labels),
        effective_rank=effective_rank(features),
        between_cosine=between,
    )


def alignment(natural: FloatArray, adversarial: FloatArray) -> tuple[float, float | None]:
    """Mean cosine similarity and mean relative L2 distance (None for all-zero features) of matching rows (N, F)."""
    cosine = (as_euclidean(natural, "cosine") * as_euclidean(adversarial, "cosine")).sum(axis=1).mean()
    length = float(np.linalg.norm(natural, axis=1).mean())
    distance = float(np.linalg.norm(natural - adversarial, axis=1).mean())
    return float(np.clip(cosine, -1, 1)), distance / length if length > 0 else None


def class_cosines(features: FloatArray, labels: IntArray) -> tuple[float | None, float | None]:
    """Mean cosine similarity of pairs of different classes, and of pairs of one class (None without such a pair)."""
    units = as_euclidean(features, "cosine").astype(np.float64)
    # The sum over all pairs of dot products is the squared length of the sum of the vectors: no N x N table is needed.
    own = _total(units)
    inside, pairs_inside = 0.0, 0
    for label in np.unique(labels):
        members = units[labels == label]
        inside += _total(members)
        pairs_inside += len(members) * (len(members) - 1)
    pairs_between = len(units) * (len(units) - 1) - pairs_inside
    between = (own - inside) / pairs_between if pairs_between else None
    lengths = float((units**2).sum())
    within = (inside - lengths) / pairs_inside if pairs_inside else None
    return between, within


def exclusion(between: float | None, within: float | None) -> float | None:
    """(between - within) / larger of the two mean cosine distances, in [-1, 1], from the mean cosine similarities."""
    if between is None or within is None:
        return None
    far, near = max(1 - between, 0.0), max(1 - within, 0.0)
    return (far - near) / max(far, near) if max(far, near) > 1e-9 else None


def silhouette(features: FloatArray, labels: IntArray) -> float | None:
    """Mean silhouette (Rousseeuw 1987) in cosine distance; None with fewer than two groups or only groups of one."""
    features, labels = _sample(features, labels, SILHOUETTE_POINTS)
    return float(point_silhouette(features, labels).mean()) if _grouped(labels) else None


def purity(features: FloatArray, labels: IntArray) -> float:
    """Share of the nearest neighbours (cosine distance) that have the point's own label."""
    return float(point_purity(features, labels).mean())


def point_purity(features: FloatArray, labels: IntArray) -> FloatArray:
    """(N,) the same for each point."""
    neighbours = find_neighbours(features, PURITY_NEIGHBOURS, "cosine")
    return (labels[neighbours.others] == labels[:, None]).mean(axis=1)


def linear_probe(features: FloatArray, labels: IntArray, folds: int = 3) -> float | None:
    """Cross-validated accuracy of logistic regression on standardised features; None without two classes to tell."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, labels = _sample(features, labels, PROBE_POINTS)
    classes, counts = np.unique(labels, return_counts=True)
    kept = np.isin(labels, classes[counts >= folds])
    if len(np.unique(labels[kept])) < 2:
        return None
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, tol=1e-3))
    splitter = StratifiedKFold(folds, shuffle=True, random_state=0)
    return float(cross_val_score(probe, features[kept], labels[kept], cv=splitter).mean())


def effective_rank(features: FloatArray) -> float:
    """Effective rank (Roy and Vetterli 2007) of the centred features: 1 ... F; 0 for constant features."""
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    # Eigenvalues of the smaller Gram matrix: the squared singular values, without the rest of an SVD.
    gram = centred.T @ centred if centred.shape[1] <= centred.shape[0] else centred @ centred.T
    values = np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0, None))
    if values.max() <= 1e-6 * max(float(np.abs(features).max()), 1e-30):
        return 0.0
    shares = values[values > 1e-7 * values.max()] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def point_silhouette(features: FloatArray, labels: IntArray) -> FloatArray:
    """(N,) the silhouette of each point in cosine distance; 0 where it has no meaning."""
    from sklearn.metrics import silhouette_samples

    if not _grouped(labels):
        return np.zeros(len(labels))
    return silhouette_samples(as_euclidean(features, "cosine"), labels, metric="cosine")


def _grouped(labels: IntArray) -> bool:
    return 2 <= len(np.unique(labels)) < len(labels)


def _total(vectors: FloatArray) -> float:
    total = vectors.sum(axis=0)
    return float(total @ total)


def _sample(features: FloatArray, labels: IntArray, most: int) -> tuple[FloatArray, IntArray]:
    if len(features) <= most:
        return features, labels
    chosen = np.random.default_rng(0).choice(len(features), most, replace=False)
    return features[chosen], labels[chosen]

"""A plane through features: their two principal components, on which small steps can be drawn true to scale.

A map made by UMAP is not linear: a step as small as one of training has no place on it. A projection onto a plane keeps
directions and proportions, and says how much it leaves out.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from ancra.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Plane:
    """The two directions in which N features of F values differ most.

    Attributes:
        mean: (F,). axes: (2, F), orthonormal.
        share: of the features' variance that lies in the plane, in [0, 1].
    """

    mean: FloatArray
    axes: FloatArray
    share: float

    @classmethod
    def fit(cls, features: FloatArray) -> "Plane":
        """The plane of (N, F) features, N and F at least 2."""
        with np.errstate(invalid="ignore"):  # Features that are all alike: no variance to share.
            found = PCA(2, svd_solver="full").fit(features)
        share = float(np.nan_to_num(found.explained_variance_ratio_).sum())
        return cls(found.mean_.astype(np.float32), found.components_.astype(np.float32), share)

    def place(self, features: FloatArray) -> FloatArray:
        """(..., 2) where features (..., F) lie."""
        return (features - self.mean) @ self.axes.T

    def shift(self, steps: FloatArray) -> FloatArray:
        """(..., 2) how steps of features (..., F) look on the plane."""
        return steps @ self.axes.T

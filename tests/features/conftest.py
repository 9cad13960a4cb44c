import numpy as np
import pytest
import torch

from ancra.checkpoints import Card, save_checkpoint
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.features.feature_set import FeatureSet
from ancra.features.settings import FeatureSettings
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings


def make_clusters(count=120, classes=3, width=8, spread=0.2, seed=0):
    """Points around one far-off centre a class: (features, labels)."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    centres = random.normal(size=(classes, width)) * 3
    return (centres[labels] + spread * random.normal(size=(count, width))).astype(np.float32), labels


def make_feature_set(features, labels, predictions=None, classes=3, **settings):
    """A feature set around given features."""
    count = len(labels)
    return FeatureSet(
        features=features,
        labels=np.asarray(labels),
        predictions=np.asarray(labels if predictions is None else predictions),
        confidences=np.ones(count, np.float32),
        indices=np.arange(count),
        pixels=np.zeros((count, 1, 8, 8), np.uint8),
        dataset="digits",
        classes=tuple(str(name) for name in range(classes)),
        settings=FeatureSettings(**settings),
    )


@pytest.fixture
def clusters():
    """The function that makes clusters."""
    return make_clusters


@pytest.fixture
def feature_set():
    """The function that makes a feature set."""
    return make_feature_set


@pytest.fixture(scope="session")
def digits():
    return load_dataset(DataSettings())


@pytest.fixture(scope="session")
def attentive(digits):
    """A small untrained model with two reverse-attention blocks."""
    torch.manual_seed(0)
    settings = ModelSettings(width=4, reverse_attention_blocks=2)
    return build_model(settings, digits.image_shape, len(digits.classes))


@pytest.fixture(scope="session")
def plain(digits):
    torch.manual_seed(0)
    return build_model(ModelSettings(width=4), digits.image_shape, len(digits.classes))


@pytest.fixture(scope="session")
def saved_model(attentive, tmp_path_factory):
    """The file of the small model with reverse attention."""
    names = tuple(str(digit) for digit in range(10))
    shape = attentive.image_shape
    card = Card(
        name="small", title="Small", dataset="digits", classes=names, image_shape=shape, model=attentive.settings
    )
    path = tmp_path_factory.mktemp("checkpoint") / "small.safetensors"
    save_checkpoint(attentive.eval(), card, path)
    return path

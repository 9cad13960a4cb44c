import os
import sys

import numpy as np
import pytest
import torch

from ancra.checkpoints import Card, save_checkpoint
from ancra.cli import main
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.features.feature_set import FeatureSet
from ancra.features.settings import FeatureSettings
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.recipe import Recipe
from ancra.scenes.scene import ColourMeasure, Frame, Scene, SceneMap
from ancra.sweeps.outcome import CURVES, TITLES, CellResult, Outcome
from ancra.sweeps.plan import SweepPlan
from benchmarks.chromium import chromium, executable

LIGHTEST = "chromium-headless-shell"
"""The Chromium without windows takes least."""
REQUIRED = tuple(filter(None, os.environ.get("ANCRA_REQUIRE", "").lower().split(",")))
"""What has to be there, such as ``chromium,ray,slurm``: a test that is skipped for want of it fails."""


def pytest_collection_modifyitems(items):
    """The longest files first: at the end two processes share what is short."""
    items.sort(key=lambda item: {"browser", "integration"}.isdisjoint(item.path.parts))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return _missed((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _missed((yield))


def _missed(report):
    """A report as it is, or a failure where a test was skipped for want of what is required."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if any(name in reason.lower() for name in REQUIRED):
            report.outcome, report.longrepr = "failed", f"{reason}, but $ANCRA_REQUIRE says that it has to be there"
    return report


@pytest.fixture(scope="session")
def tiny_recipe() -> Recipe:
    """TRADES-ANCRA in every part, small enough for a test: about a fifth of a second an epoch."""
    return Recipe.model_validate(
        {
            "name": "tiny",
            "title": "TRADES-ANCRA",
            "data": {"name": "digits"},
            "model": {"architecture": "small_resnet", "width": 4, "reverse_attention_blocks": 2},
            "objective": {"base": "trades", "contrast": {}},
            "attack": {"epsilon": 0.2, "steps": 1, "start": "gaussian", "objective": "joint"},
            "epsilon_ramp": 0.5,
            "augmentation": {"crop_padding": 1},
            "schedule": {"kind": "cosine", "warmup_epochs": 1},
            "validation": {"samples": 32, "steps": 1},
            "epochs": 6,
            "batch_size": 256,
            "device": "cpu",
        }
    )


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty workspace of the test's own, and an app that computes in its own process."""
    monkeypatch.setenv("ANCRA_WORKERS", "0")
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path / "workspace"))
    return tmp_path / "workspace"


@pytest.fixture
def ancra(monkeypatch, capsys, workspace):
    """Runs a command in this process; gives exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ancra", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


def _scene(count=6, models=2, attacked=True, classes=("cat", "dog", "<b>")):
    """A scene of random maps, without any model."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % len(classes)
    titles = ("Natural", "PGD-10") if attacked else ("Natural",)
    maps = []
    for model in range(models):
        frames = tuple(
            Frame(
                title,
                random.normal(size=(count, 2)).astype(np.float32),
                (labels + k) % len(classes),
                {"kept": np.ones(count)},
            )
            for k, title in enumerate(titles)
        )
        points = count * len(titles)
        neighbours = (np.arange(points)[:, None] + np.arange(1, 3)) % points
        pixels = np.full((count, 1, 8, 8), model, np.uint8) if attacked else None
        maps.append(SceneMap(f"Model {model}", frames, neighbours, images=pixels))
    images = np.zeros((count, 1, 8, 8), np.uint8)
    colours = (ColourMeasure("kept", "Kept"),)
    return Scene(tuple(classes), labels, np.arange(count), "test", ("Natural", "PGD-10"), tuple(maps), images, colours)


@pytest.fixture(scope="session")
def make_scene():
    """The function that makes a scene of random maps."""
    return _scene


def _outcome(recipe, vary, accuracy, seeds=3, name="tried"):
    """A finished sweep with made-up numbers: ``accuracy(values, seed, measure)`` gives each of them."""
    plan = SweepPlan(name=name, title="Tried", recipe=recipe, vary=vary, seeds=seeds)
    results = tuple(
        CellResult(
            cell=cell.name,
            values=cell.values,
            seed=cell.seed,
            accuracies={name: accuracy(cell.values, cell.seed, name) for name in TITLES},
            samples=450,
            losses={"loss": 1.0, "loss/contrast": 0.1},
            curves={curve: [0.2, 0.4, 0.5 + 0.01 * cell.seed] for curve in CURVES},
            seconds=12.0,
            digest=f"{index:016x}",
        )
        for index, cell in enumerate(plan.cells())
    )
    return Outcome(plan=plan, results=results)


@pytest.fixture(scope="session")
def make_outcome():
    """The function that makes the outcome of a sweep from made-up accuracies."""
    return _outcome


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


def _save_untrained(folder, name, title, blocks):
    torch.manual_seed(len(name))
    settings = ModelSettings(width=4, reverse_attention_blocks=blocks)
    attack = {"epsilon": 0.2, "steps": 2, "objective": "joint"}
    recipe = Recipe.model_validate({"name": name, "title": title, "model": settings.model_dump(), "attack": attack})
    shape, names = (1, 8, 8), tuple("0123456789")
    card = Card(
        name=name, title=title, recipe=recipe, dataset="digits", classes=names, image_shape=shape, model=settings
    )
    path = folder / f"{name}.safetensors"
    save_checkpoint(build_model(settings, shape, len(names)).eval(), card, path)
    return path


@pytest.fixture(scope="session")
def save_untrained():
    """The function that saves an untrained digits model of few channels: (folder, name, title, blocks) -> its file."""
    return _save_untrained


@pytest.fixture(scope="module")
def browser():
    """One Chromium for all tests of a file; no longer, because its driver's event loop runs in this thread."""
    pytest.importorskip("playwright.sync_api", reason="playwright, which drives Chromium, is not installed")
    if executable(LIGHTEST) is None:
        pytest.skip("no Chromium: install it, or name it in $CHROMIUM")
    with chromium(LIGHTEST) as running:
        yield running

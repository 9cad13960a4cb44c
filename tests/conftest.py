import pytest

from ancra.training.recipe import Recipe


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
    """An empty workspace of the test's own."""
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path / "workspace"))
    return tmp_path / "workspace"

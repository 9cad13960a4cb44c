import numpy as np
import pytest
import torch

from ancra.attacks.settings import AttackSettings
from ancra.attacks.trace import AttackTrace, trace_attack
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.origin import Origin, npz, read_origin

ORIGIN = Origin(what="Attack on test image 3", settings={"steps": 2})


@pytest.fixture
def trace():
    model = build_model(ModelSettings(width=4, reverse_attention_blocks=2), (1, 8, 8), 10).eval()
    return trace_attack(model, torch.rand(1, 1, 8, 8), torch.tensor([3]), AttackSettings(steps=2, epsilon=0.1))


def test_the_saved_trace_can_be_loaded_again(trace, tmp_path):
    path = tmp_path / "trace.npz"
    path.write_bytes(npz(trace.arrays(), ORIGIN))
    again = AttackTrace.load(path)
    for name, array in trace.arrays().items():
        np.testing.assert_array_equal(array, getattr(again, name))
    assert read_origin(path) == ORIGIN

import numpy as np
import pytest

from ancra.attacks.trace import AttackTrace


@pytest.fixture
def trace_of():
    """Makes a trace of one image whose predicted class at each step is given."""
    return _trace


def _trace(predicted, blocks=0, channels=1):
    steps = len(predicted)
    logits = np.eye(3, dtype=np.float32)[predicted][:, None] * 4
    images = np.full((steps, 1, channels, 2, 3), 0.5, np.float32)
    images[-1] = 0.6
    return AttackTrace(
        images=images,
        natural=images[:1, 0],
        labels=np.array([0]),
        targets=np.array([-1]),
        logits=logits,
        natural_logits=logits[0],
        auxiliary=np.repeat(logits[:, :, None], blocks, axis=2),
        natural_auxiliary=np.repeat(logits[0][:, None], blocks, axis=1),
        loss_names=np.array(["ce"]),
        losses=np.zeros((steps, 1, 1), np.float32),
        gradient_norm=np.zeros((steps, 1), np.float32),
    )

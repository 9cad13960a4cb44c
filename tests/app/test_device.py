"""Where the app computes what takes long."""

import pytest
import torch

from ancra.errors import AncraError
from app import compute


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch, clear_caches):
    monkeypatch.setenv("ANCRA_DEVICE", "gpu")
    with pytest.raises(AncraError, match="ANCRA_DEVICE is 'gpu'"):
        compute.engine()


@pytest.mark.parametrize(
    ("device", "count", "processes"),
    [
        ("auto", "", ["cuda:0", "cuda:1", "cuda:2"]),
        ("cuda", "4", ["cuda:0", "cuda:1", "cuda:2", "cuda:0"]),
        ("cuda:1", "", ["cuda:1"]),
        ("cpu", "1", ["cpu"]),
        ("auto", "0", []),
    ],
)
def test_each_gpu_gets_a_process(monkeypatch, clear_caches, device, count, processes):
    monkeypatch.setenv("ANCRA_DEVICE", device)
    monkeypatch.setenv("ANCRA_WORKERS", count)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    engine = compute.engine()
    assert engine._devices == processes
    assert engine.at_once == (len(processes) or 2)

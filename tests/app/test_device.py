"""Where the app computes what takes long."""

import pytest
import torch

from ancra.errors import AncraError
from app import compute


def test_what_does_not_fit_into_a_device_is_computed_on_the_cpu(monkeypatch):
    tried = []

    def work(where: str) -> str:
        tried.append(where)
        if where != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return "made"

    monkeypatch.setattr(compute, "device", lambda: "cuda:0")
    assert compute.on_device(work) == "made"
    assert tried == ["cuda:0", "cpu"]


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch, clear_caches):
    monkeypatch.setenv("ANCRA_DEVICE", "gpu")
    with pytest.raises(AncraError, match="ANCRA_DEVICE is 'gpu'"):
        compute.device()

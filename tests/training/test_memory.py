import pytest
import torch
from torch import nn

from ancra.errors import AncraError
from ancra.training.memory import SavedForBackward, in_parts, out_of_memory

CPU = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"


def test_what_a_full_memory_looks_like() -> None:
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert out_of_memory(MemoryError())
    assert out_of_memory(RuntimeError(CPU))
    assert not out_of_memory(RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert out_of_memory(caught.value)


def test_work_is_begun_again_in_more_parts_until_it_fits() -> None:
    told = []

    def work(parts):
        if parts < 5:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return parts

    assert in_parts(work, 1, 6, told.append) == 6
    assert told == [2, 4, 6]
    with pytest.raises(AncraError, match="does not even hold two images"):
        in_parts(work, 1, 4, told.append)


def test_other_errors_are_not_taken_for_a_full_memory() -> None:
    def work(parts):
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        in_parts(work, 1, 4, lambda parts: None)


def test_what_is_kept_for_the_backward_pass_is_counted_once_and_let_go() -> None:
    layer = nn.Linear(10, 20, bias=False)
    first, second = SavedForBackward(layer), SavedForBackward(layer)
    inputs = torch.rand(5, 10)
    with first:
        layer(inputs).exp().sum().backward()
    assert first.peak == 4 * (5 * 10 + 5 * 20)  # the inputs and what exp gave; not the weight
    with second:
        for _ in range(3):
            layer(inputs).exp().sum().backward()
    assert second.peak == first.peak

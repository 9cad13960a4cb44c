"""Stratified splits."""

import pytest
import torch

from ancra.data.splitting import stratified_split


def test_every_class_is_on_both_sides() -> None:
    labels = torch.tensor([0] * 100 + [1] * 2 + [2] * 10)[torch.randperm(112)]
    first, second = stratified_split(labels, 0.2, seed=0)
    assert labels[second].bincount().tolist() == [20, 1, 2]
    assert torch.equal(torch.cat([first, second]).sort().values, torch.arange(112))
    assert torch.equal(second, stratified_split(labels, 0.2, seed=0)[1])
    assert not torch.equal(second, stratified_split(labels, 0.2, seed=1)[1])


def test_single_image_is_an_error() -> None:
    with pytest.raises(ValueError, match="class 1"):
        stratified_split(torch.tensor([0, 0, 1]), 0.5, seed=0)

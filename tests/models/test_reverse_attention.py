import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ancra.errors import AncraError
from ancra.models.reverse_attention import CellPool, forced_rows, label_rows, predicted_rows, soft_rows


@given(height=st.integers(2, 20), width=st.integers(2, 20))
def test_a_value_spread_over_its_cell_and_pooled_again_is_itself(height, width):
    pool, maps = CellPool((2, 2)), torch.ones(1, 3, height, width)
    if height == 3 or width == 3:  # still two cells, of 2 pixels and 1
        assert pool.pool(maps).shape == (1, 12)
    values = torch.arange(12.0)[None]
    assert torch.allclose(pool.pool(maps * pool.spread(values, maps)), values)


def test_one_cell_is_the_global_average():
    maps = torch.rand(2, 3, 4, 5)
    assert torch.allclose(CellPool().pool(maps), maps.mean(dim=(2, 3)))


def test_rules_for_rows():
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    assert predicted_rows(logits).tolist() == [1, 0]
    assert label_rows(torch.tensor([2, 2]))(logits).tolist() == [2, 2]
    assert forced_rows(2)(logits).tolist() == [2, 2]
    assert forced_rows(torch.tensor([0, 1]))(logits).tolist() == [0, 1]
    assert torch.allclose(soft_rows(2.0)(logits), (logits / 2).softmax(dim=1))
    with pytest.raises(AncraError, match="above 0"):
        soft_rows(0.0)

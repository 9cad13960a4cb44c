import pytest
import torch
import torch.nn.functional as F

from ancra.models.shortcut import Shortcut


@pytest.mark.parametrize("channels", [3, 4, 8])
def test_the_stride_is_the_same_wherever_it_is_taken(channels):
    torch.manual_seed(0)
    shortcut, maps = Shortcut(channels, 16, 2), torch.randn(5, channels, 7, 8)
    torch.testing.assert_close(shortcut(maps), F.conv2d(maps, shortcut[0].weight, stride=2))


def test_no_narrow_convolution_has_a_stride_of_its_own():
    assert Shortcut(4, 8, 2)[0].stride == (1, 1)
    assert Shortcut(8, 16, 2)[0].stride == (2, 2)
    assert [*Shortcut(4, 8, 2).state_dict()] == [*Shortcut(8, 8, 2).state_dict()]

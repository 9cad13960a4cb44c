"""What a sweep may vary, and how it is written."""

import pytest

from ancra.errors import AncraError
from ancra.sweeps.axes import parse_axis, setting_path


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("contrast.alpha=0:1:0.25", "objective.contrast.alpha", (0.0, 0.25, 0.5, 0.75, 1.0)),
        ("alpha=0.1:0.3:0.1", "objective.contrast.alpha", (0.1, 0.2, 0.3)),
        ("epochs=1:5:2", "epochs", (1, 3, 5)),
        ("epochs=1:4:2", "epochs", (1, 3)),
        ("negatives.strategy=random, soft_ls", "negatives.strategy", ("random", "soft_ls")),
        ("nesterov=true,false", "optimiser.nesterov", (True, False)),
        ("batch_size=64", "batch_size", (64,)),
    ],
)
def test_axes(text, path, values):
    found = parse_axis(text)
    assert found == (path, values)
    assert [type(value) for value in found[1]] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contrast.alpa=1", "did you mean 'contrast.alpha'"),
        ("zzz=1", "docs/recipes.md"),
        ("alpha", "key=value"),
        ("alpha=", "key=value"),
        ("alpha=0:1", "first:last:step"),
        ("alpha=0:1:0", "first:last:step"),
        ("alpha=1:0:0.1", "holds no value"),
        ("alpha=0:1:-0.1", "holds no value"),
        ("alpha=0:one:1", "first:last:step"),
        ("alpha=0:1:0.000001", "1,000,001 values"),
        ("alpha=0.1,,0.2", "is not a value"),
        ("alpha=[,1", "is not a value"),
        ("alpha=0.1,0.1", "twice"),
        ("steps=1", "attack.steps or"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text, said):
    with pytest.raises(AncraError, match=said) as error:
        parse_axis(text)
    assert "\n" not in str(error.value)


def test_whole_paths_and_unique_endings_name_a_setting():
    assert setting_path("attack.steps") == "attack.steps"
    assert setting_path("contrast.zeta") == setting_path("zeta") == "objective.contrast.zeta"

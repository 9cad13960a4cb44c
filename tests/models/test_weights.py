import pickle
import zipfile

import pytest
import torch

from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.models.weights import load_reference_weights, model_with_weights

SHAPE = (1, 8, 8)
SETTINGS = ModelSettings(width=4, reverse_attention_blocks=2, mean=(0.5,))


@pytest.fixture
def model():
    torch.manual_seed(1)
    return build_model(SETTINGS, SHAPE, 10).eval()


class Hostile:
    def __reduce__(self):
        return (print, ("this must never run",))


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"epoch": 3, "state_dict": s}, lambda s: {"model": {"net": s}}]
)
@pytest.mark.parametrize("prefix", ["", "module."])
def test_usual_forms_of_a_state_dict_load(model, wrap, prefix, tmp_path):
    torch.save(wrap({prefix + key: value for key, value in model.state_dict().items()}), tmp_path / "a.pt")
    loaded = load_reference_weights(tmp_path / "a.pt", SETTINGS, SHAPE, 10)
    images = torch.rand(3, *SHAPE)
    assert not loaded.training
    assert torch.equal(loaded(images), model(images))


@pytest.mark.parametrize("format", [torch.int8, torch.complex64])
def test_weights_that_are_no_real_numbers_are_not_taken_for_weights(model, format):
    packed = {key: value.to(format) if value.dim() > 1 else value for key, value in model.state_dict().items()}
    with pytest.raises(AncraError, match=str(format).removeprefix("torch.")):
        model_with_weights(SETTINGS, SHAPE, 10, packed, "test")


def test_loading_draws_no_random_number(model):
    before = torch.get_rng_state()
    model_with_weights(SETTINGS, SHAPE, 10, model.state_dict(), "test")
    assert torch.equal(torch.get_rng_state(), before)


def test_the_unused_stage_of_the_reference_is_left_out(tmp_path):
    settings = ModelSettings(architecture="wide_resnet", depth=10, widen_factor=1)
    ours = build_model(settings, (3, 8, 8), 4)
    names = {
        "layer1.0.": "block1.layer.0.",
        "layer2.0.": "block2.layer.0.",
        "layer3.0.": "block3.layer.0.",
        "bn.": "bn1.",
        "linear.": "fc.",
        "conv1.": "conv1.",
    }
    theirs = {"sub_block1.layer.0.conv1.weight": torch.zeros(1)}
    for key, value in ours.state_dict().items():
        start = next(name for name in names if key.startswith(name))
        theirs[(names[start] + key.removeprefix(start)).replace("shortcut.0.", "convShortcut.")] = value
    torch.save(theirs, tmp_path / "wide.pt")
    loaded = load_reference_weights(tmp_path / "wide.pt", settings, (3, 8, 8), 4)
    assert all(torch.equal(value, ours.state_dict()[key]) for key, value in loaded.state_dict().items())


def test_old_files_without_counters_load(model, tmp_path):
    state = {key: value for key, value in model.state_dict().items() if "num_batches" not in key}
    torch.save(state, tmp_path / "a.pt")
    load_reference_weights(tmp_path / "a.pt", SETTINGS, SHAPE, 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("fc.bias"), r"'fc.bias' is missing"),
        (lambda s: s.update(extra=torch.zeros(1)), r"'extra' has no place"),
        (lambda s: s.update({"fc.bias": torch.zeros(7)}), r"'fc.bias' has shape \(7,\) instead of \(10,\)"),
        (lambda s: s.update({"fc.bias": 3}), "not a plain tensor"),
        (lambda s: s.clear(), "no state dict"),
    ],
)
def test_a_mismatch_names_the_tensor(model, change, message, tmp_path):
    state = dict(model.state_dict())
    change(state)
    torch.save(state, tmp_path / "a.pt")
    with pytest.raises(AncraError, match=message):
        load_reference_weights(tmp_path / "a.pt", SETTINGS, SHAPE, 10)


def test_hostile_and_broken_files_are_refused_and_nothing_runs(model, tmp_path, capsys):
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(Hostile(), protocol=2))
    torch.save({"state_dict": Hostile()}, tmp_path / "zip.pt")
    torch.save(model.state_dict(), tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pt").write_bytes(b"")
    (tmp_path / "text.pt").write_text("no weights")
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as archive:
        archive.writestr("a.txt", "b")
    for name in ("pickle", "zip", "cut", "empty", "text", "other"):
        with pytest.raises(AncraError, match="cannot be read safely"):
            load_reference_weights(tmp_path / f"{name}.pt", SETTINGS, SHAPE, 10)
    with pytest.raises(AncraError, match="no weight file"):
        load_reference_weights(tmp_path / "missing.pt", SETTINGS, SHAPE, 10)
    assert "never" not in capsys.readouterr().out

import json
import pickle
import stat
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from ancra import checkpoints, paths
from ancra.checkpoints import (
    CARD_KEY,
    Card,
    checkpoint_name,
    find_checkpoints,
    load_checkpoint,
    read_card,
    resolve_checkpoint,
    save_checkpoint,
    write_card,
)
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.recipe import Recipe

SETTINGS = ModelSettings(width=4, reverse_attention_blocks=2, mean=(0.5,), std=(0.25,))
CARD = Card(
    name="trades-ancra",
    title="TRADES-ANCRA",
    recipe=Recipe(name="trades-ancra", title="TRADES-ANCRA", model=SETTINGS),
    dataset="digits",
    classes=tuple("0123456789"),
    image_shape=(1, 8, 8),
    model=SETTINGS,
    evaluation=({"natural": 0.95, "pgd": 0.8},),
    epochs_trained=3,
)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model(SETTINGS, (1, 8, 8), 10).eval()


@pytest.fixture
def other_model():
    torch.manual_seed(1)
    return build_model(SETTINGS, (1, 8, 8), 10).eval()


@pytest.fixture
def path(model, tmp_path):
    save_checkpoint(model, CARD, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty workspace and an empty folder of shipped checkpoints."""
    monkeypatch.setenv("ANCRA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("ancra.checkpoints.shipped_checkpoints", lambda: tmp_path / "shipped")
    return tmp_path


def test_there_and_back(model, path):
    loaded, card = load_checkpoint(path)
    images = torch.rand(4, 1, 8, 8)
    assert not loaded.training
    assert torch.equal(loaded(images), model(images))
    assert card == read_card(path) == CARD.with_changes(digest=card.digest)
    assert len(card.digest) == 16
    assert all(parameter.requires_grad for parameter in loaded.parameters())


def test_the_digest_names_weights_and_model_settings_alone(model, path, tmp_path):
    digest = read_card(path).digest
    renamed = save_checkpoint(model, CARD.with_changes(name="other", digest="x"), tmp_path / "b.safetensors")
    assert renamed.digest == digest
    with torch.no_grad():
        model.fc.bias[0] += 1
    assert save_checkpoint(model, CARD, tmp_path / "c.safetensors").digest != digest


def test_a_new_card_keeps_the_weights(path):
    before, card = load_file(path), read_card(path)
    written = write_card(path, card.with_changes(evaluation=({"natural": 0.5},) * 50, description="é" * 33))
    assert written == read_card(path)
    assert written.digest == card.digest
    after = load_file(path)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    load_checkpoint(path)


def test_half_precision_files_load_in_32_bit(model, tmp_path):
    half = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    save_file(half, tmp_path / "half.safetensors", metadata={CARD_KEY: CARD.model_dump_json()})
    loaded, _ = load_checkpoint(tmp_path / "half.safetensors")
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    assert torch.allclose(loaded.classifier_weight, model.classifier_weight, atol=1e-3)
    card = write_card(tmp_path / "half.safetensors", CARD)
    assert load_checkpoint(tmp_path / "half.safetensors")[1] == card


def test_a_card_for_another_model_is_not_saved(model, tmp_path):
    with pytest.raises(AncraError, match="another model"):
        save_checkpoint(model, CARD.with_changes(classes=("a", "b")), tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_files_are_readable_by_others_and_leave_nothing_behind(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_gives_a_sentence(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AncraError, match="cannot be written"):
        save_checkpoint(model, CARD, tmp_path / "file" / "a.safetensors")


class Hostile:
    def __reduce__(self):
        return (print, ("this must never run",))


def _header(data) -> bytes:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return struct.pack("<Q", len(text)) + text


BROKEN = {
    "empty": b"",
    "short": b"abc",
    "text": b"this is not a checkpoint at all, only some text",
    "pickled": pickle.dumps(Hostile()),
    "huge header": struct.pack("<Q", 2**63) + b"{}",
    "header only half there": struct.pack("<Q", 1000) + b"{}",
    "not json": _header(b"{no json}"),
    "deep json": _header(b"[" * 100_000),
    "a list": _header([1, 2]),
    "without card": _header({"a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}),
    "odd metadata": _header({"__metadata__": [1]}),
    "card is a number": _header({"__metadata__": {CARD_KEY: 3}}),
    "card is no json": _header({"__metadata__": {CARD_KEY: "{"}}),
    "card is a list": _header({"__metadata__": {CARD_KEY: "[]"}}),
    "card lacks keys": _header({"__metadata__": {CARD_KEY: "{}"}}),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_give_one_sentence(kind, tmp_path, capsys):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(BROKEN[kind])
    for read in (load_checkpoint, read_card):
        with pytest.raises(AncraError) as error:
            read(path)
        assert "\n" not in str(error.value)
    assert "never" not in capsys.readouterr().out


def test_missing_file_and_folder(tmp_path):
    for read in (load_checkpoint, read_card):
        with pytest.raises(AncraError, match="no checkpoint file"):
            read(tmp_path / "missing.safetensors")
        with pytest.raises(AncraError, match="cannot be read"):
            read(tmp_path)


def test_truncated_and_flipped_weights_are_noticed(path):
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    with pytest.raises(AncraError, match="damaged"):
        load_checkpoint(path)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(AncraError, match="damaged"):
        load_checkpoint(path)


def test_a_card_that_names_another_architecture_is_refused(model, tmp_path):
    path = tmp_path / "a.safetensors"
    huge = {"architecture": "wide_resnet", "depth": 100, "widen_factor": 20}  # 5 GB, if it were built
    card = CARD.with_changes(model=huge, recipe=None)
    save_file(model.state_dict(), path, metadata={CARD_KEY: card.model_dump_json()})
    with pytest.raises(AncraError, match="does not hold a wide_resnet"):
        load_checkpoint(path)


def test_wrong_tensor_descriptions_are_refused(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    for entry in ({"dtype": "F32"}, 3, {"dtype": "F32", "shape": [10], "data_offsets": [0, "x"]}):
        path.write_bytes(_header({**header, "fc.bias": entry}) + content[8 + length :])
        with pytest.raises(AncraError, match="wrong"):
            load_checkpoint(path)


def test_find_names_and_resolve(model, other_model, home):
    shipped = home / "shipped" / "digits" / "trades-ancra.safetensors"
    one, two, three = (paths.runs_folder() / name / "checkpoints" for name in ("one", "two", "three"))
    swept = paths.sweeps_folder() / "alphas" / "runs" / "alpha-0.5" / "checkpoints"
    upload = paths.uploads_folder() / "mine.safetensors"
    for path in (shipped, one / "final.safetensors", two / "final.safetensors", upload, swept / "final.safetensors"):
        save_checkpoint(model, CARD, path)
    for folder in (two, three, swept):
        save_checkpoint(other_model, CARD, folder / "best.safetensors")
    save_checkpoint(model, CARD, one / "best.safetensors")  # the last epoch was the best
    (paths.uploads_folder() / "broken.safetensors").write_bytes(b"junk")
    (paths.runs_folder() / "four").mkdir()
    found = [path for path, _ in find_checkpoints()]
    names = ["digits/trades-ancra", "runs/one", "runs/three/best", "runs/two", "runs/two/best", "uploads/mine"]
    names.append("sweeps/alphas/alpha-0.5")
    assert [checkpoint_name(path) for path in found] == names
    assert [resolve_checkpoint(name) for name in names] == found
    short = ["trades-ancra", "one", "two", "mine", "alpha-0.5"]
    assert [checkpoint_name(resolve_checkpoint(name)).rpartition("/")[2] for name in short] == short
    assert resolve_checkpoint(str(upload)) == upload
    assert resolve_checkpoint(str(two.parent)) == two / "final.safetensors"
    assert resolve_checkpoint(str(three.parent)) == three / "best.safetensors"
    assert checkpoint_name(home / "x.safetensors") == str(home / "x.safetensors")


def test_resolve_says_what_is_wrong(model, home):
    for dataset in ("digits", "cifar10"):
        save_checkpoint(model, CARD, home / "shipped" / dataset / "trades-ancra.safetensors")
    with pytest.raises(AncraError, match="cifar10/trades-ancra or digits/trades-ancra"):
        resolve_checkpoint("trades-ancra")
    with pytest.raises(AncraError, match="did you mean 'trades-ancra'"):
        resolve_checkpoint("trade-ancra")
    with pytest.raises(AncraError, match="did you mean 'digits/trades-ancra'"):
        resolve_checkpoint("digit/trades-ancra")
    for name in ("missing.safetensors", "../trades-ancra", "a\0b", "x" * 5000):
        with pytest.raises(AncraError):
            resolve_checkpoint(name)


def test_nothing_to_find(home):
    assert find_checkpoints() == []
    with pytest.raises(AncraError, match="known: none"):
        resolve_checkpoint("trades-ancra")


def test_reading_cards_needs_no_torch(path):
    import subprocess
    import sys

    code = f"import sys, ancra.checkpoints as c; c.read_card({str(path)!r}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0


def test_a_card_that_was_read_is_read_again_when_its_file_changes(path, monkeypatch):
    first = read_card(path)
    reads, read = [], checkpoints.read_header
    monkeypatch.setattr(checkpoints, "read_header", lambda file: reads.append(file) or read(file))
    assert read_card(path) == first
    assert not reads
    written = write_card(path, first.with_changes(title="Another"))
    assert read_card(path) == written
    assert reads == [path]
    path.unlink()
    with pytest.raises(AncraError):
        read_card(path)

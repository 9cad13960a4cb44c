import io
import pickle
import zipfile

import pytest
import safetensors.torch
import torch
import torchvision

from ancra import limits
from ancra.checkpoints import Card, load_checkpoint, read_card, resolve_checkpoint, save_checkpoint
from ancra.data.registry import load_dataset
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.uploads.checkpoints import (
    Answers,
    Unrecognised,
    add_checkpoint,
    add_weights,
    delete_checkpoint,
    inspect_weights,
    take,
    uploaded_checkpoints,
)

SHAPE = (1, 8, 8)
SETTINGS = ModelSettings(width=4)
DIGITS = DataSettings()


def model(seed=0):
    torch.manual_seed(seed)
    return build_model(SETTINGS, SHAPE, 10).eval()


def checkpoint(tmp_path, seed=0, title="A model", name="a-model", change=lambda model: None):
    """The bytes of a checkpoint."""
    network = model(seed)
    change(network)
    card = Card(
        name=name, title=title, dataset="digits", classes=tuple("0123456789"), image_shape=SHAPE, model=SETTINGS
    )
    save_checkpoint(network, card, tmp_path / "sent.safetensors")
    return (tmp_path / "sent.safetensors").read_bytes()


def weights(content):
    """The bytes of a weight file."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def kept(workspace):
    return [path for path in workspace.rglob("*") if path.is_file()]


def test_a_checkpoint_is_kept_under_its_cards_name(workspace, tmp_path):
    content = checkpoint(tmp_path, name="../../Odd name!")
    added = add_checkpoint(io.BytesIO(content), "sent.safetensors")
    assert (added.name, added.known) == ("uploads/odd-name", False)
    assert resolve_checkpoint("odd-name").read_bytes() == content
    assert kept(workspace) == [workspace / "uploads" / "odd-name.safetensors"]


def test_the_same_weights_are_recognised_and_others_get_another_name(workspace, tmp_path):
    first = add_checkpoint(io.BytesIO(checkpoint(tmp_path)), "a.safetensors")
    again = add_checkpoint(io.BytesIO(checkpoint(tmp_path, title="Another title")), "b.safetensors")
    other = add_checkpoint(io.BytesIO(checkpoint(tmp_path, seed=1)), "a.safetensors")
    assert (again.name, again.known) == (first.name, True)
    assert (other.name, other.known) == ("uploads/a-model-2", False)
    assert len(uploaded_checkpoints()) == 2


def nan(model):
    next(model.parameters()).data.fill_(float("nan"))


def test_what_is_no_checkpoint_gets_a_sentence_with_its_own_name_and_nothing_is_kept(workspace, tmp_path):
    whole = checkpoint(tmp_path)
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    foreign = b"\x02\0\0\0\0\0\0\0{}"
    huge = (2**40).to_bytes(8, "little") + b"{}"
    contents = (b"", b"no checkpoint", whole[:-20], whole[:100], bytes(flipped), foreign, huge, pickle.dumps({"a": 1}))
    long_title = checkpoint(tmp_path, title="x" * 100)
    for content in (*contents, long_title, checkpoint(tmp_path, change=nan)):
        with pytest.raises(AncraError, match=r"mine\.safetensors") as error:
            add_checkpoint(io.BytesIO(content), "mine.safetensors")
        assert str(workspace) not in str(error.value)
        assert kept(workspace) == []


def test_a_file_that_is_too_large_is_not_read_to_its_end(workspace, monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_BYTES", 2**20)
    source = io.BytesIO(bytes(5 * 2**20))
    with pytest.raises(AncraError, match=r"a\.pt is larger than 1 MB"):
        inspect_weights(source, "a.pt")
    assert source.tell() < 3 * 2**20
    assert kept(workspace) == []


def test_bare_weights_become_a_checkpoint(workspace):
    network = model()
    content = weights({"state_dict": {f"module.{key}": value for key, value in network.state_dict().items()}})
    found = inspect_weights(io.BytesIO(content), "mine.pth")
    assert (found.settings, found.channels, found.classes) == (SETTINGS, 1, 10)
    settings = SETTINGS.with_changes(reverse_attention_blocks=2)
    added = add_weights(io.BytesIO(content), "mine.pth", "My model", settings, DIGITS)
    card = read_card(resolve_checkpoint(added.name))
    assert (added.name, card.title, card.data, card.model) == ("uploads/mine", "My model", DIGITS, settings)
    assert add_weights(io.BytesIO(content), "other.pt", "My model", settings, DIGITS).known
    assert len(kept(workspace)) == 1


def test_a_network_that_is_not_recognised_can_be_named(workspace):
    torch.manual_seed(0)
    content = weights({"net": torchvision.models.squeezenet1_1(num_classes=4).state_dict()})
    made = ModelSettings(architecture="torchvision:squeezenet1_1", mean=(0.5,) * 3, std=(0.2,) * 3)
    about = Answers(("cat", "dog", "cow", "hen"), (3, 40, 40))
    added = add_weights(io.BytesIO(content), "mine.pt", "Squeezed", made, about)
    loaded, card = load_checkpoint(resolve_checkpoint(added.name))
    assert (card.data.is_none, card.classes, card.image_shape) == (True, about.classes, about.image_shape)
    with pytest.raises(AncraError, match="came without images"):
        load_dataset(card.data)
    images = torch.rand(2, 3, 40, 40)
    assert loaded(images).shape == (2, 4)
    other = inspect_weights(
        io.BytesIO(weights({"a.weight": torch.zeros(8, 1, 3, 3), "b.weight": torch.zeros(3, 9)})), "a"
    )
    assert isinstance(other, Unrecognised)
    assert (other.channels, other.classes) == (1, 3)
    assert "none of the networks here" in other.reason


@pytest.mark.parametrize("make", [torchvision.models.resnet18, torchvision.models.squeezenet1_1])
def test_one_number_an_image_is_refused_with_the_line_that_makes_it_two(workspace, make):
    state = {f"module.{key}": value for key, value in make(num_classes=1).state_dict().items()}
    with pytest.raises(AncraError, match="one number an image") as refusal:
        inspect_weights(io.BytesIO(weights({"state_dict": state})), "mine.pt")
    assert "torch.cat([torch.zeros_like(w[name]), w[name]])" in str(refusal.value)


def test_what_is_left_out_of_a_file_is_said(workspace):
    twice = {"model": model(1).state_dict(), "model_ema": model(2).state_dict()}
    found = inspect_weights(io.BytesIO(weights(twice)), "mine.pt")
    assert any("model_ema" in sentence for sentence in found.aside)
    unknown = {"a.weight": torch.zeros(8, 1, 3, 3).half(), "b.weight": torch.zeros(3, 9).half(), "epoch": 3}
    found = inspect_weights(io.BytesIO(weights(unknown)), "mine.pt")
    assert isinstance(found, Unrecognised)
    assert len(found.aside) == 2


def test_a_model_without_images_gets_them_later(workspace):
    content, about = weights(model().state_dict()), Answers(tuple("abcdefghij"), SHAPE)
    added = add_weights(io.BytesIO(content), "mine.pt", "Mine", SETTINGS, about)
    again = add_weights(io.BytesIO(content), "mine.pt", "Mine", SETTINGS, DIGITS)
    assert (again.name, again.known) == (added.name, True)
    card = read_card(resolve_checkpoint(added.name))
    assert (card.data, card.classes, card.title) == (DIGITS, tuple("0123456789"), "Mine")


def test_content_decides_whether_a_file_is_a_checkpoint(workspace, tmp_path):
    assert take(io.BytesIO(checkpoint(tmp_path)), "odd.bin").name == "uploads/a-model"
    bare = safetensors.torch.save(model(1).state_dict())
    assert take(io.BytesIO(bare), "bare.safetensors").settings == SETTINGS
    assert take(io.BytesIO(weights(model(1).state_dict())), "model_best.pth.tar").settings == SETTINGS


class Hostile:
    def __reduce__(self):
        return (print, ("this must never run",))


def test_hostile_weights_are_refused_and_nothing_runs_or_is_kept(workspace, capsys):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data/0", bytes(70 * 2**20))
    bad = (pickle.dumps(Hostile(), protocol=2), weights({"state_dict": Hostile()}), weights(model().state_dict())[:500])
    for content in (*bad, bomb.getvalue(), weights(3)):
        with pytest.raises(AncraError):
            inspect_weights(io.BytesIO(content), "mine.pt")
    assert "never" not in capsys.readouterr().out
    assert kept(workspace) == []


def test_weights_that_do_not_fit_are_refused(workspace):
    content = weights(model().state_dict())
    with pytest.raises(AncraError, match=r"mine\.pt does not hold"):
        add_weights(io.BytesIO(content), "mine.pt", "Mine", ModelSettings(width=5), DIGITS)
    with pytest.raises(AncraError, match="title"):
        add_weights(io.BytesIO(content), "mine.pt", " ", SETTINGS, DIGITS)
    assert kept(workspace) == []


def test_only_uploads_can_be_deleted(workspace, tmp_path):
    added = add_checkpoint(io.BytesIO(checkpoint(tmp_path)), "a.safetensors")
    for name in ("digits/trades-ancra", "uploads/../runs", "uploads/none"):
        with pytest.raises(AncraError, match="no uploaded checkpoint"):
            delete_checkpoint(name)
    delete_checkpoint(added.name)
    assert list((workspace / "uploads").glob("*")) == []

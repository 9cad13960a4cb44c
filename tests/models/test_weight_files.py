"""Weight files of many kinds: read by what they hold, or refused with the line that saves them rightly."""

import argparse
import gzip
import io
import pickle
import tarfile
import warnings
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ancra.errors import AncraError
from ancra.models.weight_files import read_weight_file, read_weights

STATE = {"conv.weight": torch.arange(12.0).view(4, 3, 1, 1), "conv.bias": torch.ones(4)}


def saved(tmp_path, content, name="weights.pt", **options):
    torch.save(content, tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.parametrize("name", ["model_best.pth.tar", "weights.bin", "last.ckpt", "weights"])
@pytest.mark.parametrize("zipped", [True, False])
def test_what_a_file_is_called_says_nothing(tmp_path, name, zipped):
    path = saved(tmp_path, {"state_dict": STATE, "epoch": 3}, name, _use_new_zipfile_serialization=zipped)
    assert read_weights(path).keys() == STATE.keys()


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_bare_safetensors_are_read(tmp_path, ending):
    save_file(STATE, tmp_path / f"model.{ending}")
    found = read_weights(tmp_path / f"model.{ending}")
    assert all(torch.equal(found[key], STATE[key]) for key in STATE)


def test_numpy_numbers_beside_the_weights_are_read(tmp_path):
    numbers = {"acc": np.float64(93.1), "loss": np.float32(0.2), "epoch": np.int64(3), "best": np.bool_(True)}
    assert read_weights(saved(tmp_path, {"net": STATE, **numbers})).keys() == STATE.keys()


@pytest.mark.parametrize(
    "content",
    [
        {"model": {"state_dict": STATE}, "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}},
        {"resnet": STATE, "args": {"lr": 0.1}},
        {"epoch": 3, "network": {"weights": STATE}},
    ],
)
def test_the_table_of_weights_is_found(tmp_path, content):
    assert read_weights(saved(tmp_path, content)).keys() == STATE.keys()


def refused(path, *words):
    with pytest.raises(AncraError) as caught:
        read_weights(path)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("zipped", [True, False])
def test_what_is_in_the_way_is_named_with_the_line_that_mends_it(tmp_path, zipped):
    content = {"model": STATE, "args": argparse.Namespace(lr=0.1)}
    path = saved(tmp_path, content, _use_new_zipfile_serialization=zipped)
    refused(path, "argparse.Namespace", "torch.save(torch.load('FILE', weights_only=False)['model'], 'weights.pt')")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sources of classes that are not found
        path = saved(tmp_path, nn.Sequential(nn.Linear(2, 2)), _use_new_zipfile_serialization=zipped)
    refused(path, "whole network", "torch.save(model.state_dict(), 'weights.pt')")
    refused(saved(tmp_path, {"net": STATE, "history": np.zeros(3)}), "numpy", "['net']")


def test_other_kinds_of_files_are_named(tmp_path):
    def file(content, name="weights.pt"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    refused(file(b"version https://git-lfs.github.com/spec/v1\n"), "git lfs pull")
    refused(file(b"\x89HDF\r\n\x1a\n" + bytes(50)), "Keras")
    refused(file(gzip.compress(b"weights")), "unpack it first")
    refused(file(b"\n<!DOCTYPE html><html>"), "web page")
    refused(file(b"\x08\x08\x12\x07pytorch\x1a\x051.8.0"), "ONNX", "state_dict")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights.pt"))
    refused(file(packed.getvalue()), "archive")
    np.savez(tmp_path / "weights.npz", a=np.zeros(2))
    refused(tmp_path / "weights.npz", "NumPy arrays")
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), tmp_path / "traced.pt")
    refused(tmp_path / "traced.pt", "TorchScript", "torch.jit.load('FILE').state_dict()")
    refused(file(b"no weights"), "damaged, cut off, or no weight file")
    refused(file(b"lr: 0.1\nmodel: resnet\n"), "is text and no weights")
    refused(file(b'{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}'), "several files")
    refused(file(b"GGUF" + bytes(60)), "GGUF")
    refused(file(b"\x89PNG\r\n\x1a\n" + bytes(60)), "picture")
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.write(tmp_path / "traced.pt", "inner/traced.pt")
    refused(tmp_path / "sent.zip", "inner/traced.pt", "unpack it first")
    torch.export.save(torch.export.export(nn.Linear(2, 2), (torch.zeros(1, 2),)), tmp_path / "exported.pt2")
    refused(tmp_path / "exported.pt2", "torch.export.load('FILE').state_dict")


@pytest.mark.parametrize("protocol", [2, 4])
def test_arrays_in_the_place_of_tensors_are_named(tmp_path, protocol):
    with (tmp_path / "weights.pkl").open("wb") as file:
        pickle.dump({key: value.numpy() for key, value in STATE.items()}, file, protocol)
    refused(tmp_path / "weights.pkl", "NumPy arrays in the place of tensors", "torch.from_numpy")


def test_no_line_is_made_up_for_a_file_whose_tables_are_not_known(tmp_path):
    with (tmp_path / "weights.pkl").open("wb") as file:
        pickle.dump({"clf": argparse.Namespace(a=1)}, file, 2)
    refused(tmp_path / "weights.pkl", "argparse.Namespace", "torch.save(model.state_dict(), 'weights.pt')")


def test_a_second_copy_of_the_network_is_left_out_and_said(tmp_path):
    averaged = {key: value + 1 for key, value in STATE.items()}
    found = read_weight_file(saved(tmp_path, {"model": STATE, "model_ema": averaged, "epoch": 4}))
    assert torch.equal(found.tensors["conv.bias"], STATE["conv.bias"])
    (said,) = found.aside
    assert "'model' was taken, 'model_ema' left out" in said
    assert "['model_ema']" in said


def test_which_of_several_tables_is_meant_is_asked(tmp_path):
    refused(saved(tmp_path, {"G": STATE, "D": {"a": torch.zeros(2)}}), "'G' and 'D'", "['G']")


@pytest.mark.parametrize("rest", [{"rng": torch.zeros(3)}, {"rng": torch.zeros(3), "optimizer": {"state": {}}}])
def test_a_single_tensor_beside_the_table_of_weights_is_none_of_it(tmp_path, rest):
    assert read_weights(saved(tmp_path, {"resnet": STATE, **rest})).keys() == STATE.keys()


def test_values_among_the_tensors_are_left_out_and_said(tmp_path):
    found = read_weight_file(saved(tmp_path, {**STATE, "epoch": 3, "best_acc": 0.93}))
    assert found.tensors.keys() == STATE.keys()
    assert found.aside == ("Left out, as no tensors: 'epoch' and 'best_acc'.",)


@pytest.mark.parametrize(("format", "name"), [(torch.float16, "float16"), (torch.float64, "float64")])
def test_another_number_format_is_said(tmp_path, format, name):
    found = read_weight_file(saved(tmp_path, {key: value.to(format) for key, value in STATE.items()}))
    assert any(name in sentence and "float32" in sentence for sentence in found.aside)
    assert not read_weight_file(saved(tmp_path, STATE)).aside


def test_quantised_weights_are_named(tmp_path):
    quantised = torch.quantize_per_tensor(STATE["conv.weight"], 0.1, 0, torch.qint8)
    refused(saved(tmp_path, {**STATE, "conv.weight": quantised}), "quantised", "conv.weight")

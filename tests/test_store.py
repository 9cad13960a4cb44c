import os
import threading

import numpy as np
import pytest

from ancra import limits
from ancra.store import Store

ARRAYS = {
    "positions": np.arange(6, dtype=np.float32).reshape(3, 2),
    "file": np.array([True, False]),
    "z:0": np.zeros((0, 4), np.uint8),
}
META = {"title": "PGD-AT", "notes": ["ünïcode"], "value": None}


@pytest.fixture
def store(tmp_path):
    return Store([tmp_path / "own", tmp_path / "shipped"])


def only_file(folder):
    (path,) = [path for path in folder.rglob("*") if path.is_file()]
    return path


def test_gives_back_what_was_put(store):
    assert store.put("features", "a1", "b2", arrays=ARRAYS, meta=META).warning is None
    stored = store.get("features", "a1", "b2")
    assert stored.meta == META
    assert stored.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(stored.arrays[name], array)
        assert stored.arrays[name].dtype == array.dtype


def test_reads_only_the_arrays_asked_for(store):
    store.put("features", "a1", arrays=ARRAYS, meta=META)
    assert list(store.get("features", "a1", only=("file",)).arrays) == ["file"]
    assert store.get("features", "a1", only=()).meta == META


def test_nothing_stored_is_none(store):
    assert store.get("features", "a1") is None


def test_looks_in_all_folders_and_writes_to_the_first(store, tmp_path):
    Store([tmp_path / "shipped"]).put("features", "a1", arrays=ARRAYS, meta={"from": "shipped"})
    assert store.get("features", "a1").meta == {"from": "shipped"}
    store.put("features", "a1", arrays=ARRAYS, meta={"from": "own"})
    assert store.get("features", "a1").meta == {"from": "own"}
    assert Store([tmp_path / "shipped"]).get("features", "a1").meta == {"from": "shipped"}


@pytest.mark.parametrize("damage", ["truncate", "empty", "flip", "foreign", "pickle", "folder"])
def test_a_damaged_result_is_missing_and_is_written_anew(store, tmp_path, damage):
    store.put("features", "a1", arrays=ARRAYS, meta=META)
    path = only_file(tmp_path)
    content = path.read_bytes()
    if damage == "truncate":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "flip":
        place = content.index(ARRAYS["positions"].tobytes()) + 5
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    elif damage == "foreign":
        np.savez(path, other=np.zeros(3))
    elif damage == "pickle":
        np.savez(path, allow_pickle=True, **{"meta.json": np.array([{"a": 1}], dtype=object)})
    else:
        path.unlink()
        path.mkdir()
    assert store.get("features", "a1") is None
    made = store.remember("features", "a1", make=lambda: (ARRAYS, {"made": True}))
    assert made.meta == {"made": True}
    if damage == "folder":
        assert "could not be stored" in made.warning
    else:
        assert store.get("features", "a1").meta == {"made": True}


def test_a_result_of_another_key_is_refused(store, tmp_path):
    store.put("features", "checkpoint1", "settings", arrays=ARRAYS, meta=META)
    path = only_file(tmp_path)
    path.rename(path.with_name("checkpoint2-settings.npz"))
    assert store.get("features", "checkpoint2", "settings") is None


def test_remember_makes_a_result_once(store):
    made = []

    def make():
        made.append(1)
        return ARRAYS, META

    assert store.remember("features", "a1", make=make).meta == store.remember("features", "a1", make=make).meta
    assert len(made) == 1


def test_a_folder_that_cannot_be_written_gives_a_warning_and_the_result(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    stored = Store([blocked]).remember("features", "a1", make=lambda: (ARRAYS, META))
    assert stored.meta == META
    assert stored.arrays["file"].tolist() == [True, False]
    assert stored.warning.startswith("This result could not be stored")


def test_a_full_disk_leaves_no_half_file(store, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert "No space left" in store.put("features", "a1", arrays=ARRAYS, meta=META).warning
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_interrupted_write_keeps_the_old_result(store, tmp_path, monkeypatch):
    store.put("features", "a1", arrays=ARRAYS, meta={"old": True})
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.put("features", "a1", arrays=ARRAYS, meta={"new": True})
    assert store.get("features", "a1").meta == {"old": True}
    assert len(list((tmp_path / "own" / "features").iterdir())) == 1


def test_writers_at_the_same_time_do_not_disturb_each_other(store):
    def work(number):
        for _ in range(5):
            store.put("features", "a1", arrays={"x": np.full(10_000, number)}, meta={"number": number})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = store.get("features", "a1")
    assert set(stored.arrays["x"]) == {stored.meta["number"]}


@pytest.mark.parametrize("name", ["../up", "", "a/b", ".hidden", "x" * 100])
def test_a_name_that_could_leave_the_folder_is_refused(store, name):
    with pytest.raises(ValueError, match="cannot be part"):
        store.get("features", name)


def test_objects_are_refused(store):
    with pytest.raises(TypeError):
        store.put("features", "a1", arrays={"x": np.array([{}], dtype=object)}, meta={})


def test_forget(store):
    store.put("features", "a1", arrays=ARRAYS, meta=META)
    store.forget("features", "a1")
    store.forget("features", "a1")
    assert store.get("features", "a1") is None


def test_a_kind_takes_no_more_than_it_may_and_the_oldest_make_room(tmp_path, monkeypatch):
    store = Store([tmp_path])
    monkeypatch.setattr(limits, "STORED_BYTES", 30_000)  # room for three of them
    for index in range(6):
        store.put("trace", f"key{index}", arrays={"a": np.zeros(1000)}, meta={})
        os.utime(tmp_path / "trace" / f"key{index}.npz", (index, index))
    assert sorted(path.stem for path in (tmp_path / "trace").iterdir()) == ["key3", "key4", "key5"]
    store.put("trace", "large", arrays={"a": np.zeros(100_000)}, meta={})
    assert [path.stem for path in (tmp_path / "trace").iterdir()] == ["large"]

"""CIFAR-10 in every layout it comes in, packed or not, and what is wrong with one."""

from __future__ import annotations

import os
import pickle
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import catalog, images, store
from cosmic_lib.archive import ArchiveError
from cosmic_lib.studies.cifar import batches, data
from cosmic_lib.studies.cifar.batches import BatchError

ALL = ("grey", "colour", "scrambled")


def looks(loaded) -> list:
    """Part, label and pixels of each item, whatever their order."""
    rows = zip(loaded.items["official"], loaded.items["label"], loaded.arrays["colour"], strict=True)
    return sorted((part, label, picture.tobytes()) for part, label, picture in rows)


def test_every_layout_packed_or_not_holds_the_same_pictures(published, tree, tmp_path, packed):
    inside = published / "cifar-10-batches-py"
    expected = looks(data.load("real", published, inputs=("colour",)))
    places = [
        inside,
        packed(published, tmp_path / "cifar-10-python.tar.gz"),
        tree,
        packed(tree, tmp_path / "images.tar"),
        packed(tree, tmp_path / "images.tar.gz", "CIFAR-10-images/"),
        packed(tree, tmp_path / "images.zip", "./"),
    ]
    for place in places:
        loaded = data.load("real", place, inputs=("colour",))
        assert looks(loaded) == expected, place
        assert loaded.items["item"].is_unique


def test_the_default_place_is_that_of_the_download(published):
    with pytest.raises(FileNotFoundError, match="cosmic data get cifar10"):
        catalog.record("cifar10").folder.mkdir(parents=True)
        data.load("real")
    shutil.copytree(published, catalog.record("cifar10").folder, dirs_exist_ok=True)
    assert len(data.load("real").items) == 120


def test_a_second_load_decodes_nothing_and_a_changed_folder_does(own_tree, monkeypatch):
    first = data.load("real", own_tree, inputs=("colour",))
    with monkeypatch.context() as patch:
        patch.setattr(images, "read", lambda path: pytest.fail("decoded again"))
        again = data.load("real", own_tree, inputs=("colour",))
    np.testing.assert_array_equal(first.arrays["colour"], again.arrays["colour"])
    pd.testing.assert_frame_equal(first.items, again.items)
    pd.testing.assert_frame_equal(first.excluded, again.excluded)
    path = own_tree / "train" / "cat" / "new.bmp"  # of one size in every colour
    Image.new("RGB", (32, 32), "red").save(path)
    assert len(data.load("real", own_tree).items) == 121
    Image.new("RGB", (32, 32), "blue").save(path)
    os.utime(path, ns=(1, 1))
    blue = data.load("real", own_tree, inputs=("colour",))
    assert blue.arrays["colour"][blue.items["file"] == "train/cat/new.bmp"][0, 0, 0].tolist() == [0, 0, 255]


def test_nothing_half_decoded_is_kept(own_tree, monkeypatch):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "write_json", killed)
        data.load("real", own_tree)
    assert list((store.home() / "cache" / "cifar").iterdir()) == []
    assert len(data.load("real", own_tree).items) == 120


def test_missing_batches_are_named(copied):
    (copied / "data_batch_3").unlink()
    (copied / "test_batch").unlink()
    with pytest.raises(
        ValueError, match=r"data_batch_3, test_batch missing; there are data_batch_1, data_batch_2, .*get"
    ):
        data.load("real", copied)


def test_damaged_hostile_and_absurd_batches_are_refused(copied, monkeypatch, packed):
    path = copied / "data_batch_2"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BatchError, match=r"data_batch_2: cut off"):
        data.load("real", copied)
    path.write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    with pytest.raises(BatchError, match=r"data_batch_2: asks for posix.system"):
        data.load("real", packed(copied, copied.parent / "a.tar"))
    monkeypatch.setattr(batches, "LARGEST", 1000)
    with pytest.raises(BatchError, match=r"no batch has over 1,000"):
        data.load("real", copied)
    with pytest.raises(ArchiveError, match="larger than any file"):
        data.load("real", packed(copied, copied.parent / "b.tar"))


def test_of_a_file_that_is_too_large_little_is_read(copied, monkeypatch):
    monkeypatch.setattr(batches, "LARGEST", 1000)
    os.truncate(copied / "batches.meta", 50 * 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(BatchError, match="no batch has over 1,000"):
            data.load("real", copied)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


def test_batches_of_other_classes_are_refused(copied):
    (copied / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"apple"]}, protocol=2))
    with pytest.raises(BatchError, match="it names the classes apple"):
        data.load("real", copied)


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        (["train/cat", "train/dog"], r"no train picture of cat, dog; there are airplane, .*; get the whole set"),
        (["test/truck"], "no test picture of truck"),
        (["test"], "has no test pictures, only those of train"),
        (["train"], "has no train pictures, only those of test"),
    ],
    ids=str,
)
def test_missing_classes_and_parts_are_named(own_tree, gone, message, packed):
    for name in gone:
        shutil.rmtree(own_tree / name)
    for place in (own_tree, packed(own_tree, own_tree.parent / "a.zip")):
        with pytest.raises(ValueError, match=message):
            data.load("real", place)


def test_what_does_not_belong_into_a_tree_is_listed(own_tree, packed):
    cats = own_tree / "train" / "cat"
    Image.new("RGB", (48, 40)).save(cats / "large.png")
    (cats / "broken.jpg").write_bytes((next(cats.glob("*.png"))).read_bytes()[:100])
    (cats / "notes.txt").write_text("mine")
    (cats / "._0001.png").write_bytes(b"mac")
    (own_tree / "train" / "lion").mkdir()
    Image.new("RGB", (32, 32)).save(own_tree / "train" / "lion" / "a.png")
    Image.new("L", (32, 32), 7).save(cats / "grey.jpeg")
    Image.new("CMYK", (32, 32)).save(cats / "print.jpg")
    expected = {
        "train/cat/large.png": "is 48 x 40 pixels, and those of CIFAR-10 are 32 x 32",
        "train/cat/broken.jpg": "cut off or damaged",
        "train/cat/notes.txt": "neither a batch nor a picture",
        "train/lion/a.png": "lion is no class of CIFAR-10",
    }
    for place in (own_tree, packed(own_tree, own_tree.parent / "a.zip")):
        loaded = data.load("real", place)
        reasons = dict(zip(loaded.excluded["file"], loaded.excluded["reason"], strict=True))
        assert {file: reasons[file].startswith(reason) for file, reason in expected.items()} == dict.fromkeys(
            expected, True
        )
        assert len(reasons) == 5, "and what macOS left"
        assert {"train/cat/grey.jpeg", "train/cat/print.jpg"} < set(loaded.items["file"])


def test_a_place_without_cifar_is_refused(tmp_path, packed):
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        data.load("real", tmp_path / "nothing")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(FileNotFoundError, match="not CIFAR-10; give a folder that holds"):
        data.load("real", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no pictures of CIFAR-10 in it; the first of 1 files: .*x/a.txt"):
        data.load("real", packed(tmp_path, tmp_path / "a.zip", "x/"))
    with pytest.raises(ArchiveError, match="only .zip"):
        data.load("real", tmp_path / "a.txt")


def test_two_layouts_in_one_archive_are_refused(copied, own_tree, packed):
    shutil.copytree(own_tree, copied.parent, dirs_exist_ok=True)
    with pytest.raises(ValueError, match="both batches and picture files"):
        data.load("real", packed(copied.parent, copied.parent.parent / "a.tar"))


@pytest.fixture
def grey_folder(published, tmp_path) -> Path:
    """The grey pictures as the study had them."""
    loaded = data.load("real", published)
    folder = tmp_path / "IT"
    folder.mkdir()
    for number, rows in enumerate(np.split(np.arange(120), 6), start=1):
        pixels = loaded.arrays["grey"][rows].reshape(len(rows), -1)
        frame = pd.DataFrame(pixels.astype(float)).assign(label=loaded.y[rows])
        frame.to_pickle(folder / (f"train_batch{number}.pkl" if number < 6 else "test_batch1.pkl"))
    return folder


def test_grey_batches_of_the_study_are_read(grey_folder, published):
    loaded, expected = data.load("real", grey_folder), data.load("real", published)
    np.testing.assert_array_equal(loaded.arrays["grey"], expected.arrays["grey"])
    np.testing.assert_array_equal(loaded.y, expected.y)
    assert loaded.items["item"].iloc[[0, 25, -1]].tolist() == ["train_batch1/0", "train_batch2/5", "test_batch1/19"]
    assert loaded.items["official"].tolist() == expected.items["official"].tolist()
    assert data.load("real", grey_folder, size=8).arrays["grey"].shape == (120, 8, 8, 1)
    with pytest.raises(ValueError, match=r"holds grey pictures, so no inputs colour, scrambled"):
        data.load("real", grey_folder, inputs=ALL)
    (grey_folder / "train_batch4.pkl").unlink()
    with pytest.raises(ValueError, match=r"train_batch4.pkl missing; there are test_batch1.pkl, train_batch1.pkl"):
        data.load("real", grey_folder)

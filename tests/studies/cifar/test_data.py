"""CIFAR-10 and pictures of one's own to inputs: which, in which order, of what size, and in how much memory."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cosmic_lib import images, pipeline
from cosmic_lib.studies.cifar import data
from cosmic_lib.studies.cifar.batches import CLASSES

ALL = ("grey", "colour", "scrambled")


def test_inputs_are_made_of_the_planar_rows_as_they_say(published):
    loaded = data.load("real", published, inputs=ALL)
    content = (published / "cifar-10-batches-py" / "data_batch_1").read_bytes()
    row = pickle.loads(content, encoding="bytes")[b"data"][3]
    red, green, blue = row.reshape(3, 32, 32)
    np.testing.assert_array_equal(loaded.arrays["colour"][3], np.stack([red, green, blue], axis=-1))
    np.testing.assert_array_equal(loaded.arrays["scrambled"][3], row.reshape(32, 32, 3))
    formula = 0.299 * red + 0.587 * green + 0.114 * blue
    assert np.abs(loaded.arrays["grey"][3, :, :, 0] - formula).max() <= 0.51
    assert {name: (array.dtype, array.shape) for name, array in loaded.arrays.items()} == {
        "grey": (np.uint8, (120, 32, 32, 1)),
        "colour": (np.uint8, (120, 32, 32, 3)),
        "scrambled": (np.uint8, (120, 32, 32, 3)),
    }


def test_batches_keep_their_order_and_only_what_is_asked_for_is_made(published):
    loaded = data.load("real", published)
    assert list(loaded.arrays) == ["grey"]
    expected = [f"data_batch_{batch}/{row}" for batch in range(1, 6) for row in range(20)]
    assert loaded.items["item"].tolist() == expected + [f"test_batch/{row}" for row in range(20)]
    assert list(loaded.items) == ["item", "label", "group", "official", "file"]
    assert loaded.classes == CLASSES
    assert loaded.name == "CIFAR-10 (120 of its 60,000 pictures, so no verdict on the published number)"
    assert loaded.settings == {"size": 32, "per_class": None, "seed": 0}
    assert loaded.excluded["file"].tolist() == ["cifar-10-batches-py/readme.html"]


def test_image_trees_are_permuted_with_the_seed_and_say_so(tree):
    first, again, other = (data.load("real", tree, seed=seed) for seed in (0, 0, 1))
    assert first.items["item"].tolist() == again.items["item"].tolist() != other.items["item"].tolist()
    assert first.items["official"].tolist() == ["train"] * 100 + ["test"] * 20
    assert first.items["label"].iloc[:20].nunique() > 4, "no longer sorted by class"
    assert first.items["label"].iloc[100:110].nunique() > 3
    assert any("sorted by class" in note and "seed 0" in note for note in first.notes)
    assert first.items["file"].str.fullmatch(r"(train|test)/[a-z]+/\d{4}\.png").all()
    row = 7
    picture = images.read(tree / first.items["file"][row])
    formula = picture.astype(float) @ [0.299, 0.587, 0.114]
    assert np.abs(first.arrays["grey"][row, :, :, 0] - formula).max() <= 0.51, "rows and files belong together"


def test_so_many_per_class_are_kept_in_order(published, tree):
    for place in (published, tree):
        whole, few = (
            data.load("real", place, inputs=("colour",)),
            data.load("real", place, per_class=5, inputs=("colour",)),
        )
        assert few.items.groupby(["official", "label"]).size().unstack().T.eq([1, 5]).all(axis=None)
        places = [whole.items["item"].tolist().index(item) for item in few.items["item"]]
        assert places == sorted(places)
        np.testing.assert_array_equal(few.arrays["colour"], whole.arrays["colour"][places])
        assert "60 of its 60,000 pictures, so no verdict" in few.name
        assert few.settings["per_class"] == 5
        other = data.load("real", place, per_class=5, seed=1)
        assert set(other.items["item"]) != set(few.items["item"])


def test_smaller_pictures_are_averages(published):
    whole = data.load("real", published, inputs=("colour",))
    small = data.load("real", published, inputs=ALL, size=16)
    means = whole.arrays["colour"].astype(float).reshape(-1, 16, 2, 16, 2, 3).mean(axis=(2, 4))
    assert np.abs(small.arrays["colour"] - means).max() <= 0.5
    assert small.arrays["grey"].shape == (120, 16, 16, 1)
    planar = small.arrays["colour"][0].transpose(2, 0, 1)
    np.testing.assert_array_equal(small.arrays["scrambled"][0], planar.reshape(16, 16, 3))
    assert small.settings["size"] == 16


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inputs": ("gray",)}, "no inputs named gray; there are grey, colour, scrambled"),
        ({"size": 0}, "size is 0"),
        ({"per_class": 0}, "per_class is 0"),
        ({"colour": 0.5}, "colour: only the sample has such a setting"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(published, settings, message):
    with pytest.raises(ValueError, match=message):
        data.load("real", published, **settings)


def test_an_unknown_kind_of_data_is_refused():
    with pytest.raises(ValueError, match="choose sample, real or folder"):
        data.load("fake")


@pytest.fixture
def own(tmp_path) -> Path:
    """Pictures of one's own: two classes, of all sizes and kinds."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "mine"
    for label in ("apple", "pear"):
        (folder / label).mkdir(parents=True)
        for number, mode in enumerate(["RGB", "L", "CMYK", "RGBA", "P", "RGB"]):
            picture = Image.fromarray(rng.integers(0, 256, size=(40 + number, 70, 3), dtype=np.uint8)).convert(mode)
            picture.save(folder / label / f"{number}.{'tif' if mode == 'CMYK' else 'png'}")
    deep = Image.fromarray(rng.integers(0, 65_536, size=(50, 50), dtype=np.uint16))
    deep.save(folder / "pear" / "deep.png")
    (folder / "pear" / "broken.png").write_bytes(b"no picture")
    shutil.copy(folder / "pear" / "0.png", folder / "pear" / "copy.png")
    return folder


def test_pictures_of_ones_own_need_no_parts(own):
    loaded = data.load("folder", own, inputs=ALL, size=20)
    assert "official" not in loaded.items
    assert loaded.classes == ("apple", "pear")
    assert loaded.arrays["colour"].shape == (14, 20, 20, 3)
    assert dict(zip(loaded.excluded["file"], loaded.excluded["reason"], strict=True)).keys() == {"pear/broken.png"}
    groups = loaded.items.set_index("item")["group"]
    assert groups["pear/copy.png"] == groups["pear/0.png"] == "pear/0.png"
    assert loaded.groups == 13
    assert (loaded.origin, loaded.root) == ("folder", own)


def test_pictures_of_ones_own_may_have_parts(own):
    root = own.parent / "parts"
    shutil.copytree(own, root / "train")
    shutil.copytree(own, root / "test")
    loaded = data.load("folder", root)
    assert loaded.items["official"].value_counts().to_dict() == {"train": 14, "test": 14}
    assert "14 test pictures are also in training" in loaded.notes
    assert set(loaded.items["item"].str.split("/").str[0]) == {"train", "test"}
    shutil.rmtree(root / "test" / "apple")
    with pytest.raises(ValueError, match=r"1 class folders|no usable picture of apple in test/; there are pear"):
        data.load("folder", root)
    shutil.rmtree(root / "test")
    with pytest.raises(ValueError, match="holds train alone"):
        data.load("folder", root)


def test_groups_of_ones_own_join_with_copies(own):
    (own / "groups.csv").write_text("file,group\npear/copy.png,tree\npear/1.png,tree\n")
    groups = data.load("folder", own).items.set_index("item")["group"]
    assert groups["pear/0.png"] == groups["pear/copy.png"] == groups["pear/1.png"] != groups["pear/3.png"]


def test_a_folder_has_to_be_given_and_to_be_there(tmp_path):
    with pytest.raises(ValueError, match="--root FOLDER"):
        data.load("folder")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        data.load("folder", tmp_path / "nothing")


@pytest.mark.parametrize("name", ALL)
def test_any_picture_file_is_read_to_be_predicted(own, name):
    shape = (24, 24, 1 if name == "grey" else 3)
    for path in sorted((own / "pear").glob("[0-9d]*")):
        array = data.READ[name](path, shape, {"size": 24})
        assert (array.shape, array.dtype) == ((1, *shape), np.uint8)
    with pytest.raises(images.ImageError, match="broken.png"):
        data.READ[name](own / "pear" / "broken.png", shape, {"size": 24})


def test_a_predicted_picture_is_what_training_saw(tree):
    loaded = data.load("real", tree, inputs=ALL, size=16)
    for name in ALL:
        array = data.READ[name](
            tree / loaded.items["file"][5], (16, 16, loaded.arrays[name].shape[-1]), loaded.settings
        )
        np.testing.assert_array_equal(array[0], loaded.arrays[name][5])


def test_streaming_and_memory_give_the_same_batches(tree):
    loaded = data.load("real", tree)

    def decode(path) -> np.ndarray:
        return data.READ["grey"](Path(os.fsdecode(path)), (32, 32, 1), loaded.settings)[0]

    paths = [str(tree / file) for file in loaded.items["file"]]
    settings = {"labels": loaded.y, "batch_size": 50, "shuffle_seed": 3}
    streamed = pipeline.batches(paths, decode=decode, **settings)
    held = pipeline.batches(loaded.arrays["grey"], **settings)
    pairs = list(zip(streamed, held, strict=True))
    assert len(pairs) == 3
    for (left, one), (right, other) in pairs:
        np.testing.assert_array_equal(left, right)
        np.testing.assert_array_equal(one, other)


LOAD_ALL = """
import sys
from cosmic_lib.studies.cifar import data


def kilobytes(what):
    return int(dict(line.split(":") for line in open("/proc/self/status"))[what].split()[0])


start = kilobytes("VmRSS")
loaded = data.load("real", sys.argv[1], inputs=("grey", "colour", "scrambled"))
assert loaded.name == "CIFAR-10" and len(loaded.items) == 60_000 and not len(loaded.excluded), loaded.name
assert loaded.items.groupby(["official", "label"]).size().unstack().T.eq([1_000, 5_000]).all(axis=None)
print(kilobytes("VmHWM") - start)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it there")
def test_all_60_000_pictures_load_within_a_gigabyte(real_data):
    """Beside what Keras and its backend take; once as they are decoded, and once from what was kept."""
    for _ in range(2):
        command = [sys.executable, "-c", LOAD_ALL, str(real_data / "cifar10-images.tar.gz")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert int(said) * 1024 < 10**9

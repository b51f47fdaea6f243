"""Galaxies are read from disk as they are used, bad pictures are listed, and a choice of rows is what it says."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import pipeline, splits, store
from cosmic_lib.studies.galaxies import data, pictures
from cosmic_lib.studies.galaxies.pictures import SMALLEST

from .conftest import SMALL


def test_the_sample_has_both_inputs_of_each_galaxy(galaxies_data):
    items = galaxies_data.items
    assert galaxies_data.classes == ("elliptical", "spiral") and set(items["label"]) == {"elliptical", "spiral"}
    for array in galaxies_data.arrays.values():
        assert isinstance(array, np.memmap) and array.dtype == np.uint8 and array.shape == (len(items), 24, 24, 3)
    assert items["votes"].between(0, 1).all() and (items["voters"] > 0).all()
    assert items["item"].is_unique and len(galaxies_data.excluded) >= 1  # the sample has a missing picture
    assert splits.make_table(items).shape[0] == len(items)


def test_the_centre_is_the_middle_of_the_field(tmp_path):
    field = np.zeros((64, 64, 3), dtype=np.uint8)
    field[16:48, 16:48] = (250, 100, 10)
    Image.fromarray(field).save(tmp_path / "one.png")
    centre = pictures.read(tmp_path / "one.png", size=32, share=pictures.SHARES["centre"])
    whole = pictures.read(tmp_path / "one.png", size=32)
    assert (centre == (250, 100, 10)).all()
    assert (whole[0, 0] == 0).all() and (whole[16, 16] == (250, 100, 10)).all()


@pytest.fixture
def own(tmp_path):
    """A folder of one's own: two classes, and a picture of each awkward kind."""
    rng = np.random.default_rng(0)
    for number in range(8):
        for name in ("smooth", "disc"):
            path = tmp_path / "own" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
    folder = tmp_path / "own" / "disc"
    Image.fromarray(rng.integers(0, 256, (40, 50), dtype=np.uint8)).save(folder / "grey.png")
    Image.fromarray(rng.integers(0, 65_536, (40, 50), dtype=np.uint16)).save(folder / "deep.tif")
    Image.fromarray(rng.integers(0, 256, (40, 50, 4), dtype=np.uint8)).save(folder / "clear.png")
    Image.new("RGB", (SMALLEST - 1, 60)).save(folder / "tiny.png")
    (folder / "text.jpg").write_text("no picture")
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:200])
    shutil.copy(folder / "1.png", folder / "again.png")
    return tmp_path / "own"


def test_awkward_pictures_are_read_and_bad_ones_listed_with_the_reason(own):
    loaded = data.load("folder", own, size=16)
    read = set(loaded.items["file"])
    assert {"disc/grey.png", "disc/deep.tif", "disc/clear.png"} <= read
    reasons = dict(zip(loaded.excluded["file"], loaded.excluded["reason"], strict=True))
    assert reasons.keys() == {"disc/tiny.png", "disc/text.jpg", "disc/cut.png"}
    assert f"fewer than {SMALLEST}" in reasons["disc/tiny.png"] and "not a picture" in reasons["disc/text.jpg"]
    assert loaded.classes == ("disc", "smooth")
    grey = loaded.arrays["pictures"][loaded.items.index[loaded.items["file"] == "disc/grey.png"][0]]
    assert (grey[..., 0] == grey[..., 2]).all()


def test_equal_pictures_share_a_group(own):
    items = data.load("folder", own, size=16).items.set_index("file")["group"]
    assert items["disc/again.png"] == items["disc/1.png"] != items["disc/2.png"]
    assert items.nunique() == len(items) - 1


def test_bad_pictures_change_nothing_of_the_good_ones(own):
    before = data.load("folder", own, size=16)
    for name in ("tiny.png", "text.jpg", "cut.png"):
        (own / "disc" / name).unlink()
    after = data.load("folder", own, size=16)
    assert after.excluded.empty
    np.testing.assert_array_equal(after.arrays["pictures"], before.arrays["pictures"])


def test_pictures_are_decoded_once(galaxies_sample, home, monkeypatch):
    first = data.load("sample", galaxies_sample.parent, size=16, **SMALL)
    monkeypatch.setattr(pictures, "read", None)
    again = data.load("sample", galaxies_sample.parent, size=16, **SMALL)
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.arrays["pictures"], first.arrays["pictures"])


def test_another_size_or_picture_is_another_fingerprint(own):
    first = data.load("folder", own, size=16)
    assert data.load("folder", own, size=17).fingerprint != first.fingerprint
    Image.new("RGB", (40, 40), "red").save(own / "disc" / "0.png")
    assert data.load("folder", own, size=16).fingerprint != first.fingerprint


def test_batches_come_from_disk_in_the_order_asked_for(galaxies_data):
    array, rows = galaxies_data.arrays["pictures"], np.array([5, 3, 90, 41])
    batches = list(pipeline.batches(array, rows=rows, batch_size=3))
    np.testing.assert_array_equal(np.concatenate([np.asarray(batch) for batch in batches]), np.asarray(array[rows]))


FILES = pd.DataFrame({"label": ["spiral"] * 30 + ["elliptical"] * 20 + ["spiral"] * 30 + ["elliptical"] * 20})


def test_head_takes_the_first_rows_and_random_the_shares_of_the_table():
    head = data.chosen(FILES, 40, choose="head")
    assert head.index.tolist() == list(range(40))
    drawn = data.chosen(FILES, 40, choose="random", seed=1)
    assert drawn.index.is_monotonic_increasing and drawn.index.max() > 50
    assert (drawn["label"] == "spiral").sum() == 24
    assert drawn.index.tolist() == data.chosen(FILES, 40, choose="random", seed=1).index.tolist()
    assert drawn.index.tolist() != data.chosen(FILES, 40, choose="random", seed=2).index.tolist()
    assert len(data.chosen(FILES, 1000)) == len(FILES)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inputs": ["sounds"]}, "no inputs named sounds; there are pictures, centre"),
        ({"size": 1}, "size is 1"),
        ({"number": 0}, "number is 0"),
        ({"choose": "best"}, "no choice named 'best'"),
        ({"data": "web"}, "no data named 'web'"),
        ({"data": "folder"}, "--root FOLDER"),
        ({"data": "real", "edge_on": 0.1}, "edge_on: only the sample"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        data.load(**settings)


def test_a_place_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="cosmic data list galaxy_zoo2"):
        data.load("real", tmp_path / "nowhere")


def test_a_file_of_ones_own_is_one_item(own):
    one = data.READ["centre"](own / "disc" / "grey.png", (20, 20, 3), {})
    assert one.shape == (1, 20, 20, 3) and one.dtype == np.uint8


def test_efigi_in_its_archive(real_data, home):
    loaded = data.load("real", real_data / "efigi-galaxies.tar", size=16)
    assert loaded.items["label"].value_counts().to_dict() == {"spiral": 2080, "elliptical": 192}
    assert loaded.items["votes"].isna().all()
    assert "no verdict" in loaded.name
    assert not list((store.home() / "cache").glob("**/*.part"))

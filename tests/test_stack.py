"""Pictures of many files are decoded once, several at a time, and kept on disk; bad ones are listed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cosmic_lib import images, leakage
from cosmic_lib.stack import stack

SHAPES = {"whole": (6, 6, 3), "middle": (4, 4, 3)}


@pytest.fixture
def paths(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(20):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(tmp_path / f"{number:02}.png")
    (tmp_path / "07.png").write_text("none")
    (tmp_path / "13.png").write_bytes((tmp_path / "03.png").read_bytes())
    return sorted(tmp_path.glob("*.png"))


def read(path):
    return {"whole": images.read(path, size=6), "middle": images.read(path, size=4, share=0.5)}


def stacked(paths, reader=read, key=("one",)):
    return stack(paths, reader, SHAPES, study="tiny", key=key)


def test_every_good_picture_is_in_its_place(paths):
    found = stacked(paths)
    assert found.rows.tolist() == [row for row in range(20) if row != 7]
    assert [path for path, _ in found.excluded] == [str(paths[7])] and "not a picture" in found.excluded[0][1]
    for place, row in enumerate(found.rows):
        for name, picture in read(paths[row]).items():
            np.testing.assert_array_equal(found.arrays[name][place], picture)


def test_equal_pictures_are_paired(paths):
    found = stacked(paths)
    (pair,) = found.equal
    assert [paths[found.rows[row]].name for row in pair] == ["03.png", "13.png"]
    groups, _ = leakage.join([str(row) for row in found.rows], found.equal)
    assert len(set(groups)) == len(groups) - 1


def test_nothing_is_decoded_twice_unless_something_changed(paths):
    first, calls = stacked(paths), []

    def counted(path):
        calls.append(path)
        return read(path)

    assert stacked(paths, counted).rows.tolist() == first.rows.tolist() and not calls
    stacked(paths, counted, key=("other",))
    assert len(calls) == len(paths)
    Image.new("RGB", (8, 8), "red").save(paths[0])
    np.testing.assert_array_equal(stacked(paths, counted).arrays["whole"][0], read(paths[0])["whole"])


def test_an_error_of_another_kind_leaves_nothing_behind(paths, home):
    def fails(path):
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError):
        stacked(paths, fails)
    assert not list((home / "cache" / "tiny").iterdir())


def test_no_picture_at_all_is_an_error_that_names_the_first(paths):
    with pytest.raises(ValueError, match="none of 1 pictures could be used; the first: .*not a picture"):
        stacked(paths[7:8])

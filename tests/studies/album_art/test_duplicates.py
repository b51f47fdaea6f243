"""Covers that were packed anew are found, others are not, and a cover under two labels is told of."""

import io

import numpy as np
import pytest
from PIL import Image

from cosmic_lib.studies.album_art import duplicates, sample
from cosmic_lib.studies.album_art.drawing import Cover, draw


def hashed(picture: Image.Image) -> np.ndarray:
    size = (duplicates.SIDE, duplicates.SIDE)
    return duplicates.hashes(np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BILINEAR)))


@pytest.fixture(scope="module")
def covers():
    """Some drawn covers, each by an artist of its own."""
    rows = sample.population(120, artists=120).drop(columns=["genre", "by"]).to_dict("records")[::2]
    return [
        Image.fromarray(draw(Cover(**row), side=160, rng=np.random.default_rng([3, number])))
        for number, row in enumerate(rows)
    ]


def packed(picture: Image.Image, *, quality: int, side: int, kind: str = "jpeg") -> Image.Image:
    content = io.BytesIO()
    picture.resize((side, side), Image.Resampling.LANCZOS).save(content, kind, quality=quality)
    return Image.open(content)


@pytest.mark.parametrize(
    "how",
    [{"quality": 30, "side": 160}, {"quality": 80, "side": 90}, {"quality": 80, "side": 400},
     {"quality": 50, "side": 120, "kind": "webp"}],
    ids=str,
)  # fmt: skip
def test_a_cover_that_is_packed_anew_is_the_same_and_no_other_is(covers, how):
    hashes = [hashed(one) for one in covers] + [hashed(packed(one, **how)) for one in covers]
    assert duplicates.pairs(np.stack(hashes)) == [(row, row + len(covers)) for row in range(len(covers))]


def test_distances_are_limits_on_both_hashes():
    first, second = np.zeros(duplicates.BYTES, np.uint8), np.zeros(duplicates.BYTES, np.uint8)
    first[8:] = second[8:] = 255
    second[:2] = (0b11111111, 0b11)  # 10 bits of the first hash
    assert duplicates.pairs(np.stack([first, second])) == [(0, 1)]
    second[1] = 0b111
    assert duplicates.pairs(np.stack([first, second])) == []
    assert duplicates.pairs(np.stack([first, second]), distances=(11, 0)) == [(0, 1)]
    second[:2], second[8:10] = 0, (0b11111111, 0b111)
    second[8:10] = ~second[8:10]  # 11 bits of the second hash
    assert duplicates.pairs(np.stack([first, second])) == [(0, 1)]
    second[8:10] = 0
    assert duplicates.pairs(np.stack([first, second])) == []


def test_covers_of_one_colour_are_not_taken_for_one_another():
    plain = [hashed(Image.new("RGB", (50, 50), colour)) for colour in ("black", "white", "red")]
    assert duplicates.pairs(np.stack(plain)) == []


def test_many_covers_are_compared_a_block_at_a_time():
    rng = np.random.default_rng(0)
    many = rng.integers(0, 256, (700, duplicates.BYTES), dtype=np.uint8)
    many[[650, 300, 699]] = many[[2, 299, 698]]
    assert duplicates.pairs(many) == [(2, 650), (299, 300), (698, 699)]


LABELS = ["metal", "rap", "rap", "pop", "rap", "metal"]


def test_a_cover_under_several_labels_is_found_over_any_chain_of_pairs():
    assert duplicates.contradictions(LABELS, [(1, 2)]) == []
    assert duplicates.contradictions(LABELS, [(0, 1), (1, 3), (2, 4)]) == [[0, 1, 3]]
    assert duplicates.contradictions(LABELS, [(4, 2), (5, 4)]) == [[2, 4, 5]]


def test_what_is_done_with_it_is_what_was_asked_for():
    found = [[0, 1, 3], [2, 4, 5]]
    every = duplicates.left_out(LABELS, found)
    assert list(every) == [0, 1, 2, 3, 4, 5]
    assert every[0] == "the same cover is also under pop and rap" and every[4].endswith("under metal")
    assert list(duplicates.left_out(LABELS, found, "first")) == [1, 3, 5]
    assert duplicates.left_out(LABELS, found, "keep") == {}

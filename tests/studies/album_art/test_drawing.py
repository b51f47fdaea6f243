"""Drawn covers: each trait does its one thing to the picture, and the rest is another on every cover."""

from dataclasses import replace

import numpy as np
import pytest

from cosmic_lib.studies.album_art import drawing
from cosmic_lib.studies.album_art.drawing import Cover

SIDE = 64
COVER = Cover(
    palette="poster", layout="rings", lettering="block", hue=0, light=1, shift=0, size=1, place=0.8, emblem=1,
    corner=0, artist="Silent Kings", title="Red Doors",
)  # fmt: skip


def drawn(cover: Cover, *, seed: int = 0) -> np.ndarray:
    return drawing.draw(cover, side=SIDE, rng=np.random.default_rng(seed)).astype(float)


@pytest.mark.parametrize("palette", drawing.PALETTES)
@pytest.mark.parametrize("layout", drawing.LAYOUTS)
@pytest.mark.parametrize("lettering", drawing.LETTERINGS)
def test_every_combination_can_be_drawn_and_shows_something(palette, layout, lettering):
    cover = replace(COVER, palette=palette, layout=layout, lettering=lettering)
    picture = drawing.draw(cover, side=SIDE, rng=np.random.default_rng(0))
    assert (picture.shape, picture.dtype) == ((SIDE, SIDE, 3), np.uint8)
    assert picture.mean(axis=2).std() > 12


@pytest.mark.parametrize("corner", range(4))
@pytest.mark.parametrize("emblem", range(len(drawing.EMBLEMS)))
def test_the_emblem_is_in_its_corner_and_nowhere_else(emblem, corner):
    with_it, without = (drawn(replace(COVER, emblem=emblem, corner=one)) for one in (corner, 3 - corner))
    change = np.abs(with_it - without).sum(axis=2)
    right, down = drawing.PLACES[corner]
    near = np.s_[round((down - 0.1) * SIDE) : round((down + 0.1) * SIDE), round((right - 0.1) * SIDE) :][0]
    columns = np.s_[round((right - 0.1) * SIDE) : round((right + 0.1) * SIDE)]
    assert change[near, columns].max() > 100
    assert change[round(0.3 * SIDE) : round(0.6 * SIDE)].max() == 0, "the middle stays as it was"


@pytest.mark.parametrize(
    "change",
    [{"palette": "ash"}, {"layout": "shards"}, {"lettering": "glow"}, {"hue": 1.0}, {"light": 0.7}, {"shift": 0.15},
     {"size": 0.8}, {"place": 0.4}, {"artist": "Lost Pines"}],
    ids=str,
)  # fmt: skip
def test_each_trait_changes_the_picture(change):
    assert np.abs(drawn(replace(COVER, **change)) - drawn(COVER)).mean() > 1


def test_the_same_numbers_give_the_same_picture_and_others_another():
    assert np.array_equal(drawn(COVER), drawn(COVER))
    difference = np.abs(drawn(COVER, seed=1) - drawn(COVER)).mean()
    assert difference > 3 * drawing.GRAIN, "more than grain tells two covers of one style apart"


def test_more_light_is_brighter_and_colours_stay_in_range():
    dark, bright = (drawing.colours(replace(COVER, light=light)) for light in (0.6, 1.6))
    assert np.sum(bright) > np.sum(dark)
    every = [drawing.colours(replace(COVER, palette=name, hue=hue)) for name in drawing.PALETTES for hue in (-1, 1)]
    assert np.min(every) >= 0 and np.max(every) <= 255


def test_words_are_written_at_their_place():
    high, low = (drawn(replace(COVER, lettering="serif", place=place)) for place in (0.3, 0.7))
    rows = np.abs(high - low).mean(axis=(1, 2))
    line = {place: rows[round((place - 0.13) * SIDE) : round((place + 0.12) * SIDE)].mean() for place in (0.3, 0.7)}
    assert min(line.values()) > 5 * rows[round(0.9 * SIDE) :].mean()

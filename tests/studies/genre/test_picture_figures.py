"""Figures of the lessons on pictures and faults: drawn, put into words, and right about what they show."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

from cosmic_lib import compare
from cosmic_lib.audio import SAMPLE_RATE
from cosmic_lib.studies.genre import facts, picture_figures, pictures, sample

CLIP = sample.track("disco", 0, seconds=9)
STAYS = {
    "dense": np.array([[False, True, False, False], [True, True, True, False]]),
    "shared": np.ones((2, 4), dtype=bool),
}


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    return picture_figures.ready_made(CLIP, tmp_path_factory.mktemp("ready") / "disco.00000.png")


def levels():
    scores = {name: compare.wilson(right, 40) for name, right in (("published", 36), ("honest", 28), ("artist", 20))}
    return picture_figures.levels({"one": scores, "two": scores})


FIGURES = {
    "track": lambda ready: picture_figures.track_picture(pictures.render(CLIP, size=48), "disco.00000", len(CLIP)),
    "move": lambda ready: picture_figures.after_a_move(STAYS, [0.5, 1.0], list("abcd")),
    "printed": lambda ready: picture_figures.printed_rows(100),
    "artists": lambda ready: picture_figures.artists_by_genre(),
    "levels": lambda ready: levels(),
    "margin": lambda ready: picture_figures.with_and_without_margin(ready, picture_figures.likeness(CLIP, ready)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn_with_words_and_numbers(name, ready):
    picture = FIGURES[name](ready)
    assert np.asarray(Image.open(io.BytesIO(picture.png())).convert("L")).std() > 1, "the picture is empty"
    assert picture.alt.endswith(".") and len(picture.alt) > 20
    assert any(letter.isdigit() for letter in picture.alt), "the words do not state a finding"
    assert len(picture.table)


def test_each_picture_has_a_player_of_six_seconds():
    picture = pictures.render(CLIP)
    shown = picture_figures.beside_sound({"a": CLIP, "b": CLIP}, {"a": picture, "b": picture}).data
    assert shown.count("<img") == 2
    players = [base64.b64decode(found) for found in re.findall(r"data:audio/wav;base64,([^\"]+)", shown)]
    assert [soundfile.info(io.BytesIO(player)).duration for player in players] == [6, 6]


def test_light_is_counted_below_the_middle():
    picture = np.zeros((10, 10, 3), dtype=np.uint8)
    picture[7] = 200
    assert "100% of the light is in the lower half" in picture_figures.track_picture(picture, "low", 9).alt


def test_the_move_that_costs_most_is_named():
    alt = picture_figures.after_a_move(STAYS, [0.5, 1.0], list("abcd")).alt
    assert "dense keeps 25% of its answers after 0.5 s" in alt and "shared keeps 100%" in alt


def test_rows_are_those_on_pictures_and_fewer_pictures_say_less():
    few, many = picture_figures.printed_rows(100).table, picture_figures.printed_rows(200).table
    assert len(few) == 12 and few["line"].between(89, 103).all()
    assert (few["high"] - few["low"] > many["high"] - many["low"]).all()


def test_artists_are_counted_within_their_genre():
    table, known = picture_figures.artists_by_genre().table, facts.tracks()
    assert table["tracks of known artist"].sum() == (known["artist"] != "").sum()
    assert (table["artists of half the tracks"] <= table["artists"]).all()
    reggae = known[known.index.str.startswith("reggae") & (known["artist"] != "")]
    assert table.loc["reggae", "most by one"] == reggae["artist"].value_counts().max()


def test_a_ready_made_picture_has_a_margin_and_shows_the_first_seconds_only(ready):
    with Image.open(ready) as picture:
        assert picture.mode == "RGBA"
    assert pictures.margin(ready) > 0.3
    assert picture_figures.likeness(CLIP, ready).idxmax() == picture_figures.READY_SECONDS < len(CLIP) / SAMPLE_RATE

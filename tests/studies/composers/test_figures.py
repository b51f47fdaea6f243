"""Figures of the composers study: drawn, put into words, and right about what they show."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import compare, midi
from cosmic_lib.studies.composers import features, published, roll_figures
from cosmic_lib.studies.composers.diary import DIARY
from cosmic_lib.studies.composers.figures import by_composer, figures, in_order, search, thresholds, votes

LABELS = ["Bach"] * 6 + ["Liszt"] * 3
ROLLS = np.zeros((9, 16, 18, 1), dtype=np.uint8)
ROLLS[:6, 4:6] = 100
ROLLS[6:, 4:10, :9] = 100


def estimate(value: float, half: float = 0.05) -> dict:
    return {"value": value, "low": value - half, "high": value + half, "counted": "30 pieces", "method": "bootstrap"}


def protocol(vote: float, vote_f1: float) -> dict:
    return {
        "vote": estimate(vote),
        "vote_f1": estimate(vote_f1),
        "baselines": {"majority": estimate(0.31, 0.1), "nearest class mean": estimate(0.4)},
    }


ROW = {
    "experiment": "cnn_4",
    "title": "A network",
    "published": protocol(0.9, 0.85),
    "honest": protocol(0.6, 0.55),
    "work": protocol(0.5, 0.45),
}


@pytest.fixture(scope="module")
def piece(composers_data):
    return midi.read(composers_data.root / composers_data.items["file"].iloc[0])


@pytest.fixture(scope="module")
def drawn(composers_data, piece):
    """Name -> figure."""
    return {
        "by_composer": by_composer(composers_data, ("length", "polyphony", "notes")),
        "in_order": in_order(LABELS, "Pieces"),
        "votes": votes(ROW),
        "search": search(),
        "thresholds": thresholds(),
        "channels": roll_figures.channels(piece, "A piece"),
        "grid": roll_figures.grid(ROLLS, LABELS, "Chunks"),
    }


NAMES = ("by_composer", "in_order", "votes", "search", "thresholds", "channels", "grid")


@pytest.mark.parametrize("name", NAMES)
def test_figure_is_drawn_with_words_and_numbers(drawn, name):
    picture = drawn[name]
    image = Image.open(io.BytesIO(picture.png())).convert("L")
    assert np.asarray(image).std() > 1, "the picture is empty"
    assert image.width < 900, "too wide to be read on a page"
    assert picture.alt.endswith(".") and any(letter.isdigit() for letter in picture.alt) and "nan" not in picture.alt
    assert len(picture.table)


def test_every_figure_is_looked_at(drawn):
    assert set(drawn) == set(NAMES)


def test_features_are_summed_up_by_composer(composers_data, drawn):
    view = composers_data.view("piece_eight")
    table = drawn["by_composer"].table
    assert set(table.index.get_level_values(0)) == set(composers_data.classes)
    for (composer, name), row in table.iterrows():
        values = view.arrays["piece_eight"][(view.items["label"] == composer).to_numpy(), 0, features.EIGHT.index(name)]
        assert row["pieces"] == len(values) and row["median"] == pytest.approx(np.median(values))
        assert row["quarter"] <= row["median"] <= row["three quarters"]
    medians = table["median"].xs("polyphony", level=1)
    assert f"polyphony from {medians.min():.3g} ({medians.idxmin()})" in drawn["by_composer"].alt
    assert f"to {medians.max():.3g} ({medians.idxmax()})" in drawn["by_composer"].alt


def test_the_order_of_files_is_counted(drawn):
    assert "9 pieces" in drawn["in_order"].alt and "87.5%" in drawn["in_order"].alt  # 7 of 8
    assert drawn["in_order"].table["pieces"].to_dict() == {"Bach": 6, "Liszt": 3}
    in_turn = in_order(["Bach", "Liszt"] * 4, "In turn").alt
    assert "0.0%" in in_turn and "composer by composer" not in in_turn


def test_votes_name_the_strictest_protocol(drawn):
    picture = drawn["votes"]
    assert list(picture.table.index) == ["published", "honest", "work"]
    assert "the work protocol" in picture.alt and "0.450 [0.400, 0.500], 30 pieces" in picture.alt
    assert "majority is right for 0.310" in picture.alt
    loose = votes({name: value for name, value in ROW.items() if name != "work"})
    assert "the honest protocol" in loose.alt and "0.550" in loose.alt and len(loose.table) == 2


def test_the_search_is_ordered_and_held_against_chance(drawn):
    picture, trials = drawn["search"], published.trials()
    means = trials.groupby("trial")["accuracy"].mean()
    assert picture.table["mean"].is_monotonic_decreasing and picture.table.index[0] == means.idxmax()
    assert (picture.table["min"] <= picture.table["mean"]).all() and (
        picture.table["mean"] <= picture.table["max"]
    ).all()
    spread = compare.pooled_spread({str(name): rows["accuracy"].tolist() for name, rows in trials.groupby("trial")})
    close = (means > means.max() - compare.by_chance(spread, seeds=3)).sum() - 1
    assert 0 < close < 9
    assert f"{close} of the 9 others are too close" in picture.alt
    assert f"below the {DIARY['cnn_4'].published.accuracy:.4f}" in picture.alt


def test_thresholds_stand_beside_the_answer_copy(drawn):
    table = drawn["thresholds"].table
    assert table["printed"].tolist() == [0.4859, 0.4953, 0.5003, 0.4996]
    assert table["always copy"].dropna().round(3).to_dict() == {0.0: 0.363, 10.0: 0.781}
    assert "0.486, 0.495, 0.500, 0.500" in drawn["thresholds"].alt and "0.781" in drawn["thresholds"].alt


def test_channels_are_counted_where_something_sounds(drawn, piece, tmp_path, write_midi, note):
    assert list(drawn["channels"].table.index) == ["velocity", "binary", "instruments", "timing"]
    both = [note(0, 960 * 10, 60, 100), note(0, 960 * 5, 60, 100, channel=1)]
    made = midi.read(write_midi(tmp_path / "two.mid", *both))
    picture = roll_figures.channels(made, "Two", seconds=10)
    table = picture.table
    assert table["highest value"].to_dict() == {"velocity": 200, "binary": 127, "instruments": 2, "timing": 127}
    assert table["cells that sound"].round(6).nunique() == 1 and table["cells that sound"].iloc[0] == round(1 / 128, 7)
    assert "0.8% of the cells sound" in picture.alt and "agree on 100.0%" in picture.alt


def test_a_grid_names_the_densest_and_the_thinnest(drawn):
    picture = drawn["grid"]
    assert "9 chunks of 16 x 18 by 2 composers" in picture.alt
    assert "Liszt is the densest (18.8%" in picture.alt and "Bach the thinnest (12.5%" in picture.alt
    assert picture.table["chunks"].to_dict() == {"Bach": 6, "Liszt": 3}


def test_a_grid_of_silence_is_drawn():
    picture = roll_figures.grid(np.zeros((2, 8, 9, 1), dtype=np.uint8), ["Bach", "Liszt"], "Silence")
    assert "0.0%" in picture.alt and len(picture.png()) > 1000


def test_a_report_opens_with_pieces_and_shows_votes_of_what_was_run(composers_data):
    drawn = figures(composers_data, {"rows": [ROW, {"experiment": "lstm", "title": "Not out of fold"}]})
    first = [re.split(r"[:;]", picture.alt)[0] for picture in drawn]
    assert first[0] == composers_data.items["piece"].iloc[0]
    assert first[1] == f"Chunks of the {composers_data.name}" and first[2] == "Pieces in the order of their files"
    assert [text for text in first if text == "A network"] == ["A network"]
    assert first[-2:] == ["The search as printed", "Thresholds as printed"]
    bare = replace(composers_data, others={})
    assert len(figures(bare, {"rows": []})) == len(drawn) - 2
    assert isinstance(drawn[0].table, pd.DataFrame)

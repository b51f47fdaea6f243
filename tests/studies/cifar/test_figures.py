"""Figures of the CIFAR-10 diary: drawn, put into words, and right about what they show."""

from __future__ import annotations

import io
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import tiles
from cosmic_lib.diary import published_score
from cosmic_lib.studies import Data
from cosmic_lib.studies.cifar import colours, picture_figures
from cosmic_lib.studies.cifar import curves as printed_curves
from cosmic_lib.studies.cifar.batches import CLASSES
from cosmic_lib.studies.cifar.diary import DIARY
from cosmic_lib.studies.cifar.figures import FAMILIES, curves, families, figures, ranking, repeats

HISTORY = {
    "loss": [2, 1, 0.5],
    "accuracy": [0.2, 0.5, 0.9],
    "val_loss": [2, 1.5, 1.8],
    "val_accuracy": [0.2, 0.4, 0.45],
}
OURS = {"cnn_1": 0.66, "cnn_2": 0.74, "cnn_4_v2": 0.8, "cnn_9_augmented": 0.79, "loss_sweep_hinge": 0.1}


def smooth(count: int) -> np.ndarray:
    """Colour pictures that get lighter from corner to corner."""
    slope = np.add.outer(np.arange(24), np.arange(24))[np.newaxis, :, :, np.newaxis]
    return (slope * np.array([1, 2, 3]) + np.arange(count)[:, np.newaxis, np.newaxis, np.newaxis]).astype(np.uint8)


PICTURES = smooth(40)
LABELS = [CLASSES[number % 10] for number in range(40)]


def estimate(value: float) -> dict:
    return {"value": value, "low": value - 0.02, "high": value + 0.02, "seeds": 3}


def summary(ours=OURS, *, opened: bool = True, scaled=()) -> dict:
    rows = []
    for row in DIARY:
        rows.append({"experiment": row.name, "run": row.name in ours})
        if row.name in ours:
            rows[-1] |= {"validation": estimate(0.5), "scaled": list(scaled)}
        if row.name in ours and row.protocols:
            rows[-1]["published"] = {"history": HISTORY}
    test = {"accuracy": {name: estimate(value) for name, value in ours.items()}} if opened else {}
    return {"rows": rows, "test": test, "data": {"name": "some pictures", "origin": "real"}}


def data(**arrays) -> Data:
    items = pd.DataFrame({"item": range(40), "label": LABELS, "group": range(40)})
    items["official"] = ["train"] * 30 + ["test"] * 10
    return Data("some pictures", "real", items, arrays, CLASSES, pd.DataFrame(columns=["file", "reason"]))


DRAWN = {
    "ranking": lambda: ranking(summary()),
    "ranking of the source alone": lambda: ranking(summary({})),
    "repeats": lambda: repeats(DIARY),
    "curves": lambda: curves("cnn_1", HISTORY),
    "grid": lambda: tiles.grid(PICTURES, LABELS, "Slopes"),
    "grey": lambda: tiles.grid(PICTURES[..., :1], LABELS, "Slopes"),
    "augmented": lambda: tiles.before_after(PICTURES, PICTURES[:, :, ::-1], "Mirrored"),
    "scrambled": lambda: picture_figures.side_by_side(PICTURES, colours.scramble(PICTURES), LABELS),
}


@pytest.mark.parametrize("name", DRAWN)
def test_figure_is_drawn_with_words_and_numbers(name):
    picture = DRAWN[name]()
    assert np.asarray(Image.open(io.BytesIO(picture.png())).convert("L")).std() > 1, "the picture is empty"
    assert picture.alt.endswith(".") and any(letter.isdigit() for letter in picture.alt)
    assert len(picture.table) and "nan" not in picture.alt


def test_every_score_of_the_source_is_ranked_once_and_repeats_share_a_row():
    table = ranking(summary({})).table
    names = ", ".join(table["names"]).split(", ")
    assert sorted(names) == sorted(row.name for row in DIARY if published_score(row) is not None)
    assert len(table) == len({DIARY.kinds[name] for name in names})
    assert table.loc["cnn_7_v4 (×4)", "printed"].count(",") == 3
    means = [np.mean([float(score) for score in scores.split(", ")]) for scores in table["printed"]]
    assert means == sorted(means, reverse=True)


def test_our_scores_stand_in_the_row_of_their_configuration():
    table = ranking(summary()).table
    ours = table["ours"].dropna()
    assert ours.to_dict() == {
        "cnn_4_v2 (×2)": 0.8, "cnn_2": 0.74, "cnn_1": 0.66, "loss_sweep_hinge": 0.1, "cnn_9_augmented": 0.79
    }  # fmt: skip
    assert table.index[-1] == "cnn_9_augmented", "those that the source does not have come last"
    assert (ranking(summary(opened=False)).table["ours"].dropna() == 0.5).all()


def test_the_ranking_names_the_best_and_what_cannot_be_told_from_it():
    said = ranking(summary()).alt
    assert "cnn_4_v2 (×2) scores highest, 0.800; the intervals of 1 of the others reach into its own" in said
    assert "differ by up to 4.7 points by chance" in said and "scaled" not in said
    assert said.count("scaled") == 0 < ranking(summary(scaled=["a smaller network"])).alt.count("scaled")


def test_repeats_are_groups_of_the_source():
    picture = repeats(DIARY)
    assert len(picture.table) == 8 and picture.table["runs"].sum() == 8 + 11
    assert "2 to 4 times" in picture.alt and "1.52 points" in picture.alt
    assert (picture.table["lowest"] <= picture.table["mean"]).all()


def test_curves_mark_the_best_epoch_of_each():
    picture = curves("cnn_2", HISTORY)
    best = printed_curves.best_epoch(printed_curves.published("cnn_2"))
    assert f"source: validation loss is lowest at epoch {best} of 13" in picture.alt
    assert (
        "ours: validation loss is lowest at epoch 2 of 3, where validation accuracy is 0.400, and 0.450" in picture.alt
    )
    assert len(picture.table) == 13


def test_families_are_drawn_at_their_published_size():
    drawn = families(DIARY)
    assert [picture.alt.split(",")[0] for picture in drawn] == list(FAMILIES.values())
    assert [picture.table["parameters"].sum() for picture in drawn] == [72_842, 205_098, 418_218, 420_266, 552_298]
    widest = max(Image.open(io.BytesIO(picture.png())).width for picture in drawn)
    assert widest < 900, "too wide to be read on a page"


def test_a_grid_counts_its_classes():
    picture = tiles.grid(PICTURES[:35], LABELS[:35], "Slopes")
    assert picture.table["pictures"].to_dict() == {name: 4 if place < 5 else 3 for place, name in enumerate(CLASSES)}
    assert "35 colour pictures of 24 x 24 pixels in 10 classes, 3 to 4 each" in picture.alt


def test_pictures_that_augmentation_left_alone_are_counted():
    augmented = PICTURES.copy()
    augmented[:30] = augmented[:30, :, ::-1]
    assert "30 of 40 pictures are no longer what they were" in tiles.before_after(PICTURES, augmented, "M").alt


def test_scrambled_pictures_are_told_by_their_neighbours():
    table = picture_figures.side_by_side(PICTURES, colours.scramble(PICTURES), LABELS).table
    assert sorted(table.index) == list(CLASSES) and (table["in place"] > table["scrambled"]).all()


def test_a_report_shows_training_pictures_and_the_curves_of_what_was_run(monkeypatch):
    monkeypatch.setattr(sys.modules[figures.__module__], "families", lambda diary: [repeats(diary)])
    colour, grey = figures(data(colour=PICTURES), summary()), figures(data(grey=PICTURES[..., :1]), summary({}))
    assert colour[0].table["pictures"].sum() == grey[0].table["pictures"].sum() == 30
    assert "in place and scrambled" in colour[1].alt, "colours are scrambled where there are colours"
    assert [picture.alt.split(";")[0] for picture in colour[-3:]] == ["cnn_1", "cnn_2", "cnn_4_v2"]
    assert len(colour) == len(grey) + 4

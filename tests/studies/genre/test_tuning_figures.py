"""Figures of the lessons on tuning: each can be drawn, and its words and its table say what the numbers are."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import audio, compare
from cosmic_lib.studies.genre import measures, tuning_figures

HISTORY = {
    "val_loss": [3.0, 2.0, 2.5, 2.5, 1.5, 1.8, 1.8, 1.8],
    "val_accuracy": [0.1, 0.3, 0.3, 0.2, 0.5, 0.6, 0.4, 0.4],
}
SCORES = {"Adam": {0.01: [0.5, 0.7], 0.001: [0.4, 0.4]}, "RMSprop": {0.01: [0.1, 0.2], 0.001: [0.5, 0.6]}}
ESTIMATES = {
    "one": compare.Estimate(0.05, 0.02, 0.08, "9 tracks", "bootstrap"),
    "two": compare.Estimate(0.0, float("nan"), float("nan"), "1 track", "none"),
}
FRAMES = np.arange(12.0).reshape(4, 3)


def pairs():
    accuracy = measures.printed()["accuracy"]
    rows = {name: (accuracy[name], accuracy[name.replace("_50", "_100")]) for name in accuracy.index if "_50" in name}
    return tuning_figures.pairs(pd.DataFrame.from_dict(rows, orient="index", columns=["50", "100"]), title="epochs")


def hops():
    settings = [audio.SegmentFeatures(hop_length=hop_length) for hop_length in (4084, 512)]
    return tuning_figures.hops(np.sin(np.arange(22_050) / 5), settings)


PICTURES = {
    "pairs": (pairs, "of 6 pairs, 3 score higher with 50, 3 with 100"),
    "stopping": (
        lambda: tuning_figures.stopping(HISTORY, (2, 3, 4), title="a run"),
        "patience 2 stops after epoch 4, restores 2; patience 3 stops after epoch 8, restores 5; "
        "patience 4 is not used up after epoch 8, restores 5",
    ),
    "sweep": (lambda: tuning_figures.sweep(SCORES, 0.07, title="a sweep"), "Adam has its best mean, 0.600, at 0.01"),
    "noise": (
        lambda: tuning_figures.noise({"a": np.arange(8.0), "b": np.arange(4.0)}, 2.0, title="a lead"),
        "a: 3.5 points on average, as much as was found in 75% of the draws",
    ),
    "differences": (
        lambda: tuning_figures.differences(ESTIMATES, title="steps"),
        "one 0.050 [0.020, 0.080], 9 tracks: helped; two 0.000 [no interval], 1 track: cannot tell",
    ),
    "hops": (hops, "4,084 leaves 75% of it out; 512 leaves 1% of it out"),
    "frames": (
        lambda: tuning_figures.frames({"as played": FRAMES, "shuffled": FRAMES[[0, 2, 1, 3]]}, title="a segment"),
        "as played: neighbours differ by 3.00; shuffled: neighbours differ by 5.00",
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_and_says_what_its_numbers_are(name):
    draw, words = PICTURES[name]
    picture = draw()
    assert np.asarray(Image.open(io.BytesIO(picture.png())).convert("L")).std() > 1, "the picture is empty"
    assert words in picture.alt
    assert picture.alt.endswith(".") and len(picture.table)


@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [([3, 2, 3, 3, 1], 2, (4, 2)), ([3, 2, 2, 2], 2, (4, 2)), ([3, 2, 1], 1, (3, 3)), ([3, 2, 2.5, 1, 2], 5, (5, 4))],
)
def test_early_stopping_is_followed_from_the_losses(losses, patience, expected):
    assert tuning_figures.stops(losses, patience) == expected


def test_early_stopping_is_that_of_keras():
    from cosmic_lib import exercises_tuning

    assert exercises_tuning.agrees_with_keras(tuning_figures.stops) is None


def test_the_table_of_stops_holds_the_scores_of_the_restored_epoch():
    table = tuning_figures.stopping(HISTORY, (2, 3), title="a run").table
    assert table["restored epoch"].tolist() == [2, 5]
    assert table["validation loss"].tolist() == [2.0, 1.5]
    assert table["validation accuracy"].tolist() == [0.3, 0.5]

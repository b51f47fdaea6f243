"""Figures: each can be drawn, says its finding in words, and carries the numbers that were drawn."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib import compare, evaluation, plots
from cosmic_lib.studies.genre import models

CLASSES = ("blues", "rock")


def score():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])
    return evaluation.score(probabilities, np.array([0, 0, 1, 1]), CLASSES)


def groups():
    return pd.DataFrame(
        {
            "group": list("abcd"),
            "label": ["blues", "blues", "rock", "rock"],
            "published": [1.0, 0.5, 1.0, 1.0],
            "honest": [0.5, 0.5, 0.0, 0.75],
        }
    )


def gap():
    frame = groups()
    return compare.over_groups(frame["published"] - frame["honest"], frame["group"], unit="track")


HISTORY = {"loss": [2, 1, 0.5], "accuracy": [0.2, 0.5, 0.9], "val_loss": [2, 1.5, 1.8], "val_accuracy": [0.2, 0.4, 0.3]}
PICTURES = {
    "waveform": lambda: plots.waveform_and_spectrogram(np.sin(np.arange(22_050) / 5).astype("f4"), 22_050, "a tone"),
    "history": lambda: plots.history(HISTORY, "a run"),
    "confusion": lambda: plots.confusion(score(), "a run"),
    "gap": lambda: plots.gap_by_group(groups(), gap(), unit="track", title="a run"),
    "strip": lambda: plots.strip({"one": [0.5, 0.6, 0.5], "two": [0.4]}, title="seeds", guess=0.7),
    "model": lambda: plots.model_diagram(models.net5((16, 33), 10)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_drawn_with_words_and_numbers(name):
    picture = PICTURES[name]()
    image = np.asarray(Image.open(io.BytesIO(picture.png())).convert("L"))
    assert image.std() > 1, "the picture is empty"
    assert picture.alt.endswith((".", "…"))
    assert any(letter.isdigit() for letter in picture.alt), "the words do not state a finding"
    assert len(picture.table)


@pytest.mark.parametrize("name", PICTURES)
def test_html_carries_picture_words_and_table(name):
    page = PICTURES[name]().html()
    assert "data:image/png;base64," in page
    assert 'alt="' in page
    assert "<table" in page


def test_words_are_escaped_in_html():
    assert "<b>" not in plots.strip({"one": [0.5]}, title='<b>"').html().split("<table")[0]


def test_words_follow_the_numbers():
    assert "epoch 2 of 3" in plots.history(HISTORY, "a run").alt
    assert "3 of 4 tracks" in plots.gap_by_group(groups(), gap(), unit="track").alt
    assert "0.500 of 4" in plots.confusion(score(), "a run").alt
    assert "0.400 to 0.400 (n = 1)" in plots.strip({"two": [0.4]}).alt


def test_groups_of_one_item_are_drawn_class_by_class():
    """Each of them is right or wrong: its share says nothing."""
    single = groups().assign(published=[1.0, 0.0, 1.0, 1.0], honest=[0.0, 0.0, 0.0, 1.0])
    for frame, drawn in ((single, [0.5, 1.0]), (groups(), [0.5, 1.0, 1.0, 1.0])):
        picture = plots.gap_by_group(frame, gap(), unit="galaxy")
        points = picture.figure.axes[0].lines[0].get_ydata()
        assert sorted(points) == drawn
        assert len(picture.table) == len(frame)


def test_diagram_counts_all_parameters():
    model = models.net5((16, 33), 10)
    assert plots.model_diagram(model).table["parameters"].sum() == model.count_params()

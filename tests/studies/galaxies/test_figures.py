"""Figures of the galaxies study draw what their tables say."""

import numpy as np
import pandas as pd
import pytest

from cosmic_lib.studies.galaxies import published
from cosmic_lib.studies.galaxies.figures import WAYS, by_consensus, consensus, figures, which_epoch


def test_the_report_opens_with_its_pictures_and_the_epochs(galaxies_data):
    drawn = figures(galaxies_data, {})
    assert len(drawn) == 3
    for picture in drawn:
        assert picture.alt and len(picture.table) and picture.png()


def test_the_first_network_depends_on_the_epoch_that_is_read():
    picture = which_epoch()
    scores = published.scores()
    pd.testing.assert_frame_equal(picture.table, scores)
    moved = sum(scores["last"].rank() != scores["best"].rank())
    assert f"{moved} change their place" in picture.alt and moved > len(WAYS)


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    votes = pd.Series(rng.uniform(0.5, 1, 2000), index=[f"g{number}" for number in range(2000)])
    right = rng.random(2000) < votes.to_numpy()
    return pd.DataFrame({"item": votes.index, "group": votes.index, "right": right}), votes


def test_accuracy_rises_with_the_votes_where_it_does(answers):
    table = consensus(*answers)
    assert table["accuracy"].is_monotonic_increasing and table["galaxies"].sum() == 2000
    assert ((table["low"] < table["accuracy"]) & (table["accuracy"] < table["high"])).all()
    assert list(table.index) == ["below 60%", "60% to 70%", "70% to 80%", "80% to 90%", "90% to 100%"]


def test_each_galaxy_is_in_the_range_of_its_votes():
    frame = pd.DataFrame({"item": list("abc"), "group": list("abc"), "right": [True, False, True]})
    table = consensus(frame, pd.Series({"a": 0.4, "b": 0.65, "c": 1.0}))
    assert table["accuracy"].to_dict() == {"below 60%": 1, "60% to 70%": 0, "90% to 100%": 1}


def test_the_figure_says_what_the_table_says(answers):
    picture = by_consensus(*answers, "Made up")
    assert f"{picture.table['accuracy'].iloc[-1]:.2f}" in picture.alt and picture.png()

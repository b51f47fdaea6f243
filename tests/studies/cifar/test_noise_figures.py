"""Figures of the lessons on noise: what they say in words is what their numbers say."""

from __future__ import annotations

import pandas as pd
import pytest

from cosmic_lib import compare
from cosmic_lib.studies.cifar import noise_figures


def estimate(value: float, half: float) -> compare.Estimate:
    return compare.Estimate(value, value - half, value + half, "1 seed", "made up")


def test_steps_are_ordered_and_counted():
    found = {"small": estimate(0.01, 0.047), "large": estimate(0.3, 0.047), "loss": estimate(-0.1, 0.047)}
    picture = noise_figures.steps(found, title="Steps")
    assert list(picture.table.index) == ["large", "small", "loss"]
    assert picture.alt == (
        "Steps: of 3, 1 helped, 1 cannot tell, 1 hurt; two single runs differ by up to 4.7 points by chance."
    )
    drawn = picture.figure.axes[0]
    assert max(max(line.get_xdata()) for line in drawn.lines if line.get_xdata().__len__()) == noise_figures.REACH
    assert [text.get_text().strip() for text in drawn.texts] == ["30"]


def test_the_lead_is_told_of_the_largest_number():
    measured = {1: estimate(0.0, 0.01), 4: estimate(0.02, 0.03)}
    picture = noise_figures.lead(measured, {1: 0.0, 4: 0.025}, title="Lead")
    assert picture.alt.startswith(
        "Lead: the best of 4 looks 2.0 points better than it is, on average; from -1.0 to 5.0"
    )
    assert picture.table.loc[4, "if they erred independently"] == pytest.approx(2.5)


def test_scores_of_other_runs_are_named():
    scores = pd.DataFrame(
        {"validation": [0.7, 0.8], "test": [0.7, 0.6], "deviations": [0.1, 12.0]}, index=["fine", "stale"]
    )
    picture = noise_figures.agreement(scores, beyond=3, title="Agreement")
    assert picture.alt == "Agreement: of 2 networks, 1 differ by more than 3 standard errors: stale (+12.0)."
    quiet = noise_figures.agreement(scores.iloc[:1], beyond=3, title="Agreement")
    assert quiet.alt.endswith("0 differ by more than 3 standard errors: none.")

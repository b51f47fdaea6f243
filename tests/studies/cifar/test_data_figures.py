"""The figures of the lessons on inputs and on steps: what they say is what they were given."""

from __future__ import annotations

import math

import pytest

from cosmic_lib import compare
from cosmic_lib.studies.cifar import data_figures


@pytest.fixture
def estimates():
    method = {"counted": "3 seeds", "method": "t interval"}
    return {
        "depth": compare.Estimate(0.1, 0.05, 0.15, **method),
        "padding": compare.Estimate(-0.02, -0.1, 0.06, **method),
        "one run": compare.Estimate(0.3, math.nan, math.nan, **method),
    }


def test_steps_carry_the_verdict_of_the_house(estimates):
    picture = data_figures.steps(estimates, title="CNN_1 to CNN_2")
    assert picture.table["verdict"].tolist() == [compare.verdict(one) for one in estimates.values()]
    for name, estimate in estimates.items():
        assert f"{name} {estimate}: {compare.verdict(estimate)}" in picture.alt
    texts = [text.get_text().strip() for text in picture.figure.axes[0].texts]
    assert texts == picture.table["verdict"].tolist()
    assert picture.png()


def test_a_step_without_an_interval_is_a_dot_alone(estimates):
    axes = data_figures.steps(estimates, title="CNN_1 to CNN_2").figure.axes[0]
    drawn = [len(lines.get_segments()) for lines in axes.collections if hasattr(lines, "get_segments")]
    assert sum(drawn) == 2


def test_a_loss_at_rest_is_drawn_beside_what_was_worked_out():
    histories = {
        "class numbers": {"loss": [27.9, 27.6], "val_accuracy": [0.1, 0.1]},
        "one-hot labels": {"loss": [0.09, 0.05], "val_accuracy": [0.2, 0.7]},
    }
    picture = data_figures.at_rest(histories, 27.61, title="Mean squared error")
    left = picture.figure.axes[0]
    assert left.lines[-1].get_ydata()[0] == 27.61
    assert left.get_ylim()[0] < 27.6 < left.get_ylim()[1]
    assert picture.table["last loss"].to_dict() == {"class numbers": 27.6, "one-hot labels": 0.05}
    assert "from 27.9 to 27.6" in picture.alt and "27.61" in picture.alt
    assert picture.png()

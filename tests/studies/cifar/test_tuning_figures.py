"""Figures of searches: what they say is what their numbers say."""

from __future__ import annotations

import pandas as pd
import pytest

from cosmic_lib.studies.cifar import tuning_figures


def test_different_values_are_counted():
    grid = pd.DataFrame({"rate": [0.1, 0.1, 0.01, 0.01], "dropout": [0.0, 0.5, 0.0, 0.5]})
    drawn = pd.DataFrame({"rate": [0.1, 0.03, 0.01, 0.02], "dropout": [0.1, 0.4, 0.2, 0.2]})
    picture = tuning_figures.tried({"grid": grid, "random": drawn}, title="A search")
    assert picture.table["different: rate"].to_dict() == {"grid": 2, "random": 4}
    assert "random tries 4 values of rate and 3 of dropout with 4 networks" in picture.alt
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("optimizers", [1, 2])
def test_the_best_learning_rate_is_that_of_the_best_mean(optimizers):
    scores = {"Adagrad": {0.001: [0.1, 0.5], 0.1: [0.35, 0.45]}, "Adadelta": {0.001: [0.3], 1.0: [0.2]}}
    shown = dict(list(scores.items())[:optimizers])
    picture = tuning_figures.learning_rates(shown, 0.1, title="Rates")
    assert "Adagrad is best at 0.1, with 0.400" in picture.alt
    assert ("Adadelta is best at 0.001" in picture.alt) == (optimizers == 2)
    assert picture.table.loc[("Adagrad", "0.001"), ["lowest", "highest"]].tolist() == [0.1, 0.5]
    assert picture.png().startswith(b"\x89PNG")

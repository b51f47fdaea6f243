"""The null controls: with nothing left to learn, a sound protocol scores no better than chance, a broken one does."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib import experiment, splits
from cosmic_lib.splits import HELD_OUT, HONEST, PUBLISHED

pytestmark = pytest.mark.usefixtures("quick_training")
CHANCE = 1 / 3


@pytest.fixture(scope="module")
def data(make_tiny_data):
    """Groups that one can recognise."""
    return make_tiny_data(groups=300, features=24, recognisable=3.0)


@pytest.fixture
def out_of_fold(tiny_experiment, tmp_path):
    """`out_of_fold(data, protocol)`: accuracy on what was held out, over all folds."""

    def _out_of_fold(data, protocol) -> float:
        table = splits.make_table(data.items)
        runs = [
            experiment.run(tiny_experiment, data, table, column, seed=0, runs=tmp_path)
            for column in splits.fold_columns(protocol)
        ]
        return np.mean([run["metrics"][HELD_OUT]["accuracy"] for run in runs])

    return _out_of_fold


def test_labels_dealt_out_among_groups_are_found_where_groups_are_shared_alone(data, out_of_fold):
    shuffled = data.control("shuffled-labels")
    assert out_of_fold(shuffled, PUBLISHED) > CHANCE + 0.3
    assert abs(out_of_fold(shuffled, HONEST) - CHANCE) < 0.1


@pytest.mark.parametrize("protocol", [PUBLISHED, HONEST])
def test_nothing_is_found_in_noise(data, out_of_fold, protocol):
    assert abs(out_of_fold(data.control("noise-features"), protocol) - CHANCE) < 0.1

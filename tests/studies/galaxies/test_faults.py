"""Every entry of the audit that can be measured says a sentence with numbers in it, of these data or of the source."""

import re

import numpy as np
import pytest

from cosmic_lib import splits
from cosmic_lib.studies.galaxies import measures, published
from cosmic_lib.studies.galaxies.faults import FAULTS


@pytest.fixture(scope="module")
def table(galaxies_data):
    return splits.make_table(galaxies_data.items)


def test_the_entries_are_those_of_the_audit():
    assert [fault.name for fault in FAULTS] == [f"G{number}" for number in range(1, 18)]


def test_the_majority_and_the_head_are_the_studys(galaxies_data, table):
    assert "58.5%" in measures.majority(galaxies_data, table)
    apart = float(re.search(r"([\d.]+) standard errors", measures.head_of_the_table(galaxies_data, table)).group(1))
    assert 3 < apart < 5


def test_the_penalty_lies_on_hardly_any_weight(galaxies_data, table):
    said = measures.penalised_share(galaxies_data, table)
    assert "1,056 of 1,882,721" in said and "0.06%" in said


def test_the_order_of_the_networks_depends_on_the_epoch(galaxies_data, table):
    scores = published.scores()
    assert scores["last"]["base"] > scores["last"]["model_1"] and scores["best"]["base"] < scores["best"]["model_1"]
    assert (
        scores["last"]["model_6"] > scores["last"]["model_7"] and scores["best"]["model_6"] < scores["best"]["model_7"]
    )
    assert re.search(r"[1-9]\d* of 11 networks change their place", measures.which_epoch(galaxies_data, table))


def test_a_galaxy_is_half_a_stranger_to_itself_when_turned(galaxies_data, table):
    own, other = map(float, re.findall(r"by (-?\d\.\d\d)", measures.turned(galaxies_data, table)))
    assert other < own < 1


def test_without_votes_it_says_so(galaxies_data, table):
    from dataclasses import replace

    blind = replace(galaxies_data, items=galaxies_data.items.assign(votes=np.nan))
    assert "no votes" in measures.agreement(blind, table)

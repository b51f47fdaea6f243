"""Every entry of the audit that can be measured says a sentence with numbers in it, of these data or of the source."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cosmic_lib import splits
from cosmic_lib.studies.album_art import losses, measures, published
from cosmic_lib.studies.album_art.faults import FAULTS


@pytest.fixture(scope="module")
def table(album_art_data):
    return splits.make_table(album_art_data.items)


def test_the_entries_are_those_of_the_audit():
    assert [fault.name for fault in FAULTS] == [f"A{number}" for number in range(1, 15)]


def test_no_to_everything_scores_three_quarters_with_any_labels(album_art_data, table):
    assert "scores 0.750 here" in measures.binary_accuracy(album_art_data, table)
    silent = np.full((40, 4), 0.25)
    labels = np.random.default_rng(0).integers(4, size=40)
    assert losses.binary_accuracy(silent, labels) == measures.CONSTANT


@pytest.mark.parametrize("right", [0, 7, 40])
def test_a_binary_accuracy_needs_that_share_right(right):
    """By a softmax that says yes to one class of every item, and by one that says it where it is right alone."""
    truth = np.arange(40) % 4
    answers = np.where(np.arange(40) < right, truth, (truth + 1) % 4)
    always = np.eye(4)[answers]
    assert measures.least_right(losses.binary_accuracy(always, truth)) <= right / 40 + 1e-9
    sure = np.where((answers == truth)[:, np.newaxis], always, 0.25)
    assert measures.least_right(losses.binary_accuracy(sure, truth)) == pytest.approx(right / 40)


def test_the_printed_score_and_its_matrix_contradict_each_other(album_art_data, table):
    needed, has = map(float, re.findall(r"([\d.]+)%", measures.contradiction(album_art_data, table))[1:])
    assert needed > has


def test_the_printed_matrices_say_nothing_of_the_truth_where_a_good_one_would(album_art_data, table, monkeypatch):
    chance = [float(p) for p in re.findall(r"p = ([\d.]+)", measures.independence(album_art_data, table))]
    assert len(chance) == len(published.CONFUSION) and min(chance) > 0.05
    seeing = {"initial": (100 * np.eye(4, dtype=int) + 10).tolist()}
    monkeypatch.setattr(published, "CONFUSION", seeing)
    assert "p = 0.00" in measures.independence(album_art_data, table)


def test_a_part_drawn_anew_was_mostly_trained_on(album_art_data, table):
    said = measures.restarts(album_art_data, table)
    drawn = np.random.default_rng(0).random((3, 100_000)) < 0.3
    for share in ((~drawn[0])[drawn[1]].mean(), (~drawn[:2]).any(axis=0)[drawn[2]].mean()):
        assert f"{round(100 * share)}%" in said


def test_groups_that_a_split_by_cover_tears_apart_are_counted(album_art_data, table):
    said = measures.groups(album_art_data, table)
    shared = album_art_data.items["group"].duplicated(keep=False).sum()
    assert f"{shared} share a group" in said and "0% of these" not in said
    alone = replace(album_art_data, items=album_art_data.items.assign(group=album_art_data.items["item"]))
    assert " 0 share a group" in measures.groups(alone, splits.make_table(alone.items))

"""The checks of the exercises on an honest answer: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.album_art import exercises_honest as exercises


def p_value(score, null):
    return (1 + int((np.asarray(null) >= score).sum())) / (1 + len(null))


def without_the_score_itself(score, null):
    return float(np.mean(np.asarray(null) >= score))


def without_ties(score, null):
    return (1 + int((np.asarray(null) > score).sum())) / (1 + len(null))


def of_low_scores(score, null):
    return (1 + int((np.asarray(null) <= score).sum())) / (1 + len(null))


def of_both_sides(score, null):
    middle = np.mean(null)
    return (1 + int((np.abs(np.asarray(null) - middle) >= abs(score - middle)).sum())) / (1 + len(null))


def constant(score, null):
    return 1 / (1 + len(null))


def in_bins(confidence, right, bins):
    confidence, right = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return [(confidence[which == one], right[which == one]) for one in range(bins)]


def calibration_error(confidence, right, bins):
    parts = [part for part in in_bins(confidence, right, bins) if len(part[0])]
    return sum(len(sure) * abs(sure.mean() - hits.mean()) for sure, hits in parts) / len(confidence)


def bins_alike(confidence, right, bins):
    return np.mean([abs(sure.mean() - hits.mean()) for sure, hits in in_bins(confidence, right, bins) if len(sure)])


def signed(confidence, right, bins):
    return abs(np.mean(confidence) - np.mean(right))


def one_sided(confidence, right, bins):
    return np.mean(confidence) - np.mean(right)


def without_the_last(confidence, right, bins):
    below = np.asarray(confidence) < 1
    return calibration_error(confidence[below], right[below], bins) if below.any() else 0.0


def from_the_middle_of_the_bin(confidence, right, bins):
    parts = enumerate(in_bins(confidence, right, bins))
    return sum(len(hits) * abs((one + 0.5) / bins - hits.mean()) for one, (_, hits) in parts if len(hits)) / len(right)


P_VALUE = (
    exercises.is_one_where_all_are_as_high,
    exercises.is_never_zero,
    exercises.counts_ties,
    exercises.looks_at_high_scores,
    exercises.is_small_as_often_as_it_says,
)
ERROR = (
    exercises.is_the_distance_in_one_bin,
    exercises.counts_bins_by_their_items,
    exercises.does_not_let_bins_make_up_for_each_other,
    exercises.has_room_for_the_wholly_sure,
    exercises.agrees_with_the_tool,
)
RIGHT = [(rule, answer) for rules, answer in ((P_VALUE, p_value), (ERROR, calibration_error)) for rule in rules]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.is_one_where_all_are_as_high, of_low_scores),
        (exercises.is_one_where_all_are_as_high, constant),
        (exercises.is_never_zero, without_the_score_itself),
        (exercises.counts_ties, without_ties),
        (exercises.looks_at_high_scores, of_low_scores),
        (exercises.looks_at_high_scores, of_both_sides),
        (exercises.looks_at_high_scores, constant),
        (exercises.is_small_as_often_as_it_says, without_the_score_itself),
        (exercises.is_small_as_often_as_it_says, constant),
        (exercises.is_the_distance_in_one_bin, one_sided),
        (exercises.is_the_distance_in_one_bin, from_the_middle_of_the_bin),
        (exercises.counts_bins_by_their_items, bins_alike),
        (exercises.does_not_let_bins_make_up_for_each_other, signed),
        (exercises.has_room_for_the_wholly_sure, without_the_last),
        (exercises.agrees_with_the_tool, signed),
        (exercises.agrees_with_the_tool, bins_alike),
        (exercises.agrees_with_the_tool, from_the_middle_of_the_bin),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

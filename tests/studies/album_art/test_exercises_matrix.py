"""The checks of the exercises on matrices: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

from cosmic_lib.studies.album_art import exercises_matrix as exercises


def disagree(accuracy, confusion):
    confusion = np.array(confusion)
    return bool(abs(np.trace(confusion) / confusion.sum() - accuracy) > 0.5001e-4)


def by_rounding(accuracy, confusion):
    return round(float(np.trace(np.array(confusion)) / np.sum(confusion)), 4) != accuracy


def to_the_last_bit(accuracy, confusion):
    return np.trace(np.array(confusion)) / np.sum(confusion) != accuracy


def to_one_point(accuracy, confusion):
    return abs(np.trace(np.array(confusion)) / np.sum(confusion) - accuracy) > 0.01


def by_recall(accuracy, confusion):
    confusion = np.array(confusion)
    return abs(np.mean(np.diag(confusion) / confusion.sum(axis=1)) - accuracy) > 0.5001e-4


def by_the_commonest(accuracy, confusion):
    confusion = np.array(confusion)
    return abs(confusion.sum(axis=1).max() / confusion.sum() - accuracy) > 0.5001e-4


def mcnemar(first, second):
    alone, other = int((first & ~second).sum()), int((second & ~first).sum())
    return alone, other, binomtest(alone, alone + other).pvalue if alone + other else 1.0


def with_a_distribution(first, second):
    alone, other, _ = mcnemar(first, second)
    return alone, other, float(chi2.sf((alone - other) ** 2 / max(1, alone + other), 1))


def unpaired(first, second):
    alone, other, _ = mcnemar(first, second)
    return alone, other, binomtest(int(first.sum()), len(first), second.mean()).pvalue


def one_sided(first, second):
    alone, other, _ = mcnemar(first, second)
    return alone, other, binomtest(alone, alone + other, alternative="greater").pvalue if alone + other else 1.0


def totals(first, second):
    return int(first.sum()), int(second.sum()), mcnemar(first, second)[2]


MATRIX = (
    exercises.trusts_what_agrees,
    exercises.notices_another_order,
    exercises.notices_one_cover,
    exercises.is_not_fooled_by_margins,
)
PAIRED = (
    exercises.counts_who_is_right_alone,
    exercises.passes_over_where_both_agree,
    exercises.treats_both_alike,
    exercises.is_as_sure_as_a_coin_allows,
)
RIGHT = [
    (rule, answer) for rules, answer in ((MATRIX, disagree), (MATRIX, by_rounding), (PAIRED, mcnemar)) for rule in rules
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.trusts_what_agrees, to_the_last_bit),
        (exercises.trusts_what_agrees, by_recall),
        (exercises.notices_another_order, lambda accuracy, confusion: False),
        (exercises.notices_one_cover, to_one_point),
        (exercises.is_not_fooled_by_margins, by_recall),
        (exercises.is_not_fooled_by_margins, by_the_commonest),
        (exercises.counts_who_is_right_alone, totals),
        (exercises.counts_who_is_right_alone, lambda first, second: mcnemar(second, first)),
        (exercises.passes_over_where_both_agree, unpaired),
        (exercises.passes_over_where_both_agree, totals),
        (exercises.treats_both_alike, one_sided),
        (exercises.is_as_sure_as_a_coin_allows, with_a_distribution),
        (exercises.is_as_sure_as_a_coin_allows, one_sided),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

"""The checks of the exercises on who is sure: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from cosmic_lib.studies.galaxies import exercises_votes as exercises


def lead(probabilities):
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def least_certain(probabilities, number):
    return np.argsort(lead(probabilities), kind="stable")[:number]


def surest(probabilities, number):
    return np.argsort(-lead(probabilities), kind="stable")[:number]


def lowest_probability(probabilities, number):
    return np.argsort(probabilities.max(axis=1), kind="stable")[:number]


def sorted_rows(probabilities, number):
    return np.sort(least_certain(probabilities, number))


def agreement(share, voters):
    likelier = max(share, 1 - share)
    return binom.sf(voters // 2, voters, likelier) + (voters % 2 == 0) * binom.pmf(voters // 2, voters, likelier) / 2


def of_spirals(share, voters):
    return binom.sf(voters // 2, voters, share) + (voters % 2 == 0) * binom.pmf(voters // 2, voters, share) / 2


def ties_lost(share, voters):
    return binom.sf(voters // 2, voters, max(share, 1 - share))


def of_one(share, voters):
    return max(share, 1 - share)


def of_all(share, voters):
    return max(share, 1 - share) ** voters


LISTS = (
    exercises.lists_so_many,
    exercises.puts_the_closest_first,
    exercises.leaves_none_out,
    exercises.looks_at_the_two_likeliest,
    exercises.agrees_with_the_tool,
)
PANELS = (
    exercises.is_sure_where_all_agree,
    exercises.tosses_a_coin_at_a_half,
    exercises.treats_both_classes_alike,
    exercises.is_the_share_of_one,
    exercises.grows_with_the_panel,
    exercises.agrees_with_drawn_panels,
)
RIGHT = [(rule, answer) for rules, answer in ((LISTS, least_certain), (PANELS, agreement)) for rule in rules]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.lists_so_many, lambda probabilities, number: np.sort(lead(probabilities))[:number]),
        (exercises.lists_so_many, lambda probabilities, number: lead(probabilities) < 0.2),
        (exercises.lists_so_many, lambda probabilities, number: np.zeros(number, dtype=int)),
        (exercises.puts_the_closest_first, surest),
        (exercises.puts_the_closest_first, sorted_rows),
        (exercises.leaves_none_out, surest),
        (exercises.looks_at_the_two_likeliest, lowest_probability),
        (exercises.agrees_with_the_tool, lowest_probability),
        (exercises.is_sure_where_all_agree, of_spirals),
        (exercises.tosses_a_coin_at_a_half, ties_lost),
        (exercises.tosses_a_coin_at_a_half, of_all),
        (exercises.treats_both_classes_alike, of_spirals),
        (exercises.is_the_share_of_one, lambda share, voters: 1.0),
        (exercises.grows_with_the_panel, of_one),
        (exercises.grows_with_the_panel, of_all),
        (exercises.agrees_with_drawn_panels, ties_lost),
        (exercises.agrees_with_drawn_panels, of_one),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

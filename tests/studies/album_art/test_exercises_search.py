"""The checks of the exercises on the luck of a search: right answers pass, wrong ones get a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.album_art import exercises_search as exercises


def p_value(winner, shuffled):
    return (1 + sum(score >= winner for score in shuffled)) / (1 + len(shuffled))


def decisions_ahead(score, other, items, classes):
    return round((score - other) * items * classes)


RULES = {
    p_value: (
        exercises.counts_the_search_itself,
        exercises.counts_ties,
        exercises.is_one_where_luck_does_better,
        exercises.is_fair_on_pure_luck,
    ),
    decisions_ahead: (
        exercises.is_a_whole_number,
        exercises.reads_the_printed_grid,
        exercises.knows_who_is_ahead,
        exercises.takes_items_and_classes,
    ),
}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.counts_the_search_itself, lambda winner, shuffled: np.mean([one >= winner for one in shuffled])),
        (exercises.counts_the_search_itself, lambda winner, shuffled: (1 + sum(np.array(shuffled) >= winner)) / 20),
        (exercises.counts_ties, lambda winner, shuffled: (1 + sum(np.array(shuffled) > winner)) / (1 + len(shuffled))),
        (exercises.is_one_where_luck_does_better, lambda winner, shuffled: 1 - p_value(winner, shuffled)),
        (exercises.is_one_where_luck_does_better, lambda winner, shuffled: p_value(-winner, np.negative(shuffled))),
        (exercises.is_fair_on_pure_luck, lambda winner, shuffled: float(winner < max(shuffled))),
        (exercises.is_fair_on_pure_luck, lambda winner, shuffled: 2 * p_value(winner, shuffled)),
        (exercises.is_a_whole_number, lambda score, other, items, classes: (score - other) * items * classes),
        (exercises.is_a_whole_number, lambda score, other, items, classes: int((score - other) * items * classes)),
        (exercises.reads_the_printed_grid, lambda *asked: int((asked[0] - asked[1]) * asked[2] * asked[3])),
        (exercises.reads_the_printed_grid, lambda *asked: abs(decisions_ahead(*asked))),
        (exercises.knows_who_is_ahead, lambda *asked: abs(decisions_ahead(*asked))),
        (exercises.knows_who_is_ahead, lambda score, other, *size: decisions_ahead(other, score, *size)),
        (exercises.takes_items_and_classes, lambda score, other, items, classes: decisions_ahead(score, other, 100, 4)),
        (exercises.takes_items_and_classes, lambda score, other, items, classes: round((score - other) * items)),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")

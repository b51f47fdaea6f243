"""A right answer keeps every rule of the exercises on all five studies; each wrong one breaks the rule meant for it."""

import math

import pytest

from cosmic_lib import exercises_table as exercises

NEEDED = (
    exercises.is_enough_and_not_too_many,
    exercises.grows_as_the_gap_shrinks,
    exercises.does_not_care_which_comes_first,
)


def needed(first, second):
    return math.floor(4 * (first * (1 - first) + second * (1 - second)) / (first - second) ** 2) + 1


def asked(predictions):
    return predictions["label"].value_counts(normalize=True).iloc[0], predictions["group"].nunique()


@pytest.mark.parametrize("rule", NEEDED)
def test_the_right_number_of_items_keeps_every_rule(rule):
    assert rule(needed) is None


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (lambda first, second: needed(first, second) // 2, exercises.is_enough_and_not_too_many),
        (lambda first, second: 2 * needed(first, second), exercises.is_enough_and_not_too_many),
        (lambda first, second: int(10 / abs(first - second)), exercises.grows_as_the_gap_shrinks),
        (lambda first, second: int(10 / (first - second)), exercises.does_not_care_which_comes_first),
    ],
    ids=["one network's error", "too many", "not squared", "signed"],
)
def test_a_wrong_number_of_items_breaks_its_rule(answer, rule):
    assert rule(answer)


def test_the_right_questions_keep_every_rule():
    assert exercises.names_the_baseline(asked) is None and exercises.counts_groups_and_not_items(asked) is None


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (lambda table: (table["answer"].value_counts(normalize=True).iloc[0], 5), exercises.names_the_baseline),
        (lambda table: (table["label"].value_counts().iloc[0], 5), exercises.names_the_baseline),
        (lambda table: (0.6, len(table)), exercises.counts_groups_and_not_items),
    ],
    ids=["of the answers", "a count", "items"],
)
def test_a_wrong_question_breaks_its_rule(answer, rule):
    assert rule(answer)

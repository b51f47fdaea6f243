"""The checks of the exercises on noise and on choosing: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib import compare
from cosmic_lib.studies.cifar import exercises_noise as exercises


def pooled(scores):
    repeated = [np.array(runs) for runs in scores.values() if len(runs) > 1]
    squares = sum(((runs - runs.mean()) ** 2).sum() for runs in repeated)
    return np.sqrt(squares / sum(len(runs) - 1 for runs in repeated))


def about_one_mean(scores):
    return np.std([score for runs in scores.values() if len(runs) > 1 for score in runs], ddof=1)


def mean_of_deviations(scores):
    return np.mean([np.std(runs, ddof=1) for runs in scores.values() if len(runs) > 1])


def with_single_runs(scores):
    return np.sqrt(sum(np.var(runs) * len(runs) for runs in scores.values()) / sum(map(len, scores.values())))


def seeds_needed(spread, difference):
    seeds = 2
    while compare.by_chance((spread, 2 * (seeds - 1)), seeds=seeds) > difference:
        seeds += 1
    return seeds


def deviations(validation, test, pictures):
    variance = (validation * (1 - validation) + test * (1 - test)) / pictures
    return (validation - test) / np.sqrt(variance)


def lead(networks, accuracy, pictures):
    drawn = np.random.default_rng(0).normal(size=(20_000, networks)).max(axis=1).mean()
    return drawn * np.sqrt(accuracy * (1 - accuracy) / pictures)


REPEATS = (
    exercises.ignores_what_ran_once,
    exercises.ignores_the_level,
    exercises.is_right_on_average,
    exercises.agrees_with_the_library,
)
SEEDS = (exercises.counts_seeds, exercises.is_enough, exercises.is_no_more_than_needed)
TWO_SCORES = (exercises.says_which_is_higher, exercises.counts_pictures, exercises.knows_what_chance_does)
LEAD = (
    exercises.one_has_no_lead,
    exercises.grows_with_the_number,
    exercises.shrinks_with_the_pictures,
    exercises.agrees_with_drawn_scores,
)
RIGHT = [
    (rule, answer)
    for rules, answer in ((REPEATS, pooled), (SEEDS, seeds_needed), (TWO_SCORES, deviations), (LEAD, lead))
    for rule in rules
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.ignores_what_ran_once, with_single_runs),
        (exercises.ignores_the_level, about_one_mean),
        (exercises.is_right_on_average, mean_of_deviations),
        (exercises.is_right_on_average, with_single_runs),
        (exercises.agrees_with_the_library, mean_of_deviations),
        (exercises.counts_seeds, lambda spread, difference: 2 * (1.96 * spread / difference) ** 2),
        (exercises.counts_seeds, lambda spread, difference: 1),
        (exercises.is_enough, lambda spread, difference: 2),
        (exercises.is_enough, lambda spread, difference: seeds_needed(spread / np.sqrt(2), difference)),
        (exercises.is_no_more_than_needed, lambda spread, difference: 1000),
        (exercises.says_which_is_higher, lambda *scores: abs(deviations(*scores))),
        (exercises.counts_pictures, lambda validation, test, pictures: deviations(validation, test, 10_000)),
        (exercises.knows_what_chance_does, lambda *scores: np.sqrt(2) * deviations(*scores)),
        (exercises.one_has_no_lead, lambda networks, accuracy, pictures: 0.01),
        (exercises.grows_with_the_number, lambda networks, accuracy, pictures: 0.01),
        (exercises.shrinks_with_the_pictures, lambda networks, accuracy, pictures: lead(networks, accuracy, 100)),
        (exercises.agrees_with_drawn_scores, lambda networks, *rest: lead(2 * networks, *rest)),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

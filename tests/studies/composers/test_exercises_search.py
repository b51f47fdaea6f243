"""The checks of the exercises on folds and on comparing: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cosmic_lib.studies.composers import exercises_search as exercises


def folds(groups, k, seed):
    names, number = np.unique(groups, return_inverse=True)
    return np.random.default_rng(seed).permutation(np.arange(len(names)) % k)[number]


def by_scikit_learn(groups, k, seed):
    from sklearn.model_selection import GroupKFold

    fold_of = np.empty(len(groups), dtype=int)
    for fold, (_, rows) in enumerate(GroupKFold(k, shuffle=True, random_state=seed).split(groups, groups=groups)):
        fold_of[rows] = fold
    return fold_of


def item_by_item(groups, k, seed):
    return np.random.default_rng(seed).permutation(np.arange(len(groups)) % k)


def lopsided(groups, k, seed):
    return np.maximum(folds(groups, 4 * k, seed) - 3 * k, 0)


def comparable(runs, *, networks=True, metric=True, seen=True):
    return [
        (one["name"], other["name"])
        for one, other in itertools.combinations(runs, 2)
        if (one["network"] != other["network"] or not networks)
        and (one["metric"] == other["metric"] or not metric)
        and (one["scored on"] == other["scored on"] == "held out" or not seen)
    ]


def same_part_is_enough(runs):
    return [
        (one["name"], other["name"])
        for one, other in itertools.combinations(runs, 2)
        if one["network"] != other["network"]
        and one["metric"] == other["metric"]
        and one["scored on"] == other["scored on"]
    ]


FOLDS = (
    exercises.numbers_every_item,
    exercises.keeps_groups_whole,
    exercises.are_of_like_size,
    exercises.obeys_the_seed,
)
PAIRS = (
    exercises.compares_two_networks,
    exercises.compares_one_metric,
    exercises.asks_about_unseen_chunks,
    exercises.finds_every_pair,
)
RIGHT = [
    *((rule, answer) for rule in FOLDS for answer in (folds, by_scikit_learn)),
    *((rule, comparable) for rule in PAIRS),
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.numbers_every_item, lambda groups, k, seed: folds(groups, k, seed) == 0),
        (exercises.numbers_every_item, lambda groups, k, seed: folds(groups, k, seed) + 1),
        (exercises.numbers_every_item, lambda groups, k, seed: folds(np.unique(groups), k, seed)),
        (exercises.numbers_every_item, lambda groups, k, seed: folds(groups, 4, seed)),
        (exercises.keeps_groups_whole, item_by_item),
        (exercises.keeps_groups_whole, lambda groups, k, seed: np.arange(len(groups)) * k // len(groups)),
        (exercises.are_of_like_size, lopsided),
        (exercises.obeys_the_seed, lambda groups, k, seed: folds(groups, k, 0)),
        (exercises.obeys_the_seed, lambda groups, k, seed: folds(groups, k, None)),
        (exercises.compares_two_networks, lambda runs: comparable(runs, networks=False)),
        (exercises.compares_one_metric, lambda runs: comparable(runs, metric=False)),
        (exercises.asks_about_unseen_chunks, lambda runs: comparable(runs, seen=False)),
        (exercises.asks_about_unseen_chunks, same_part_is_enough),
        (exercises.finds_every_pair, lambda runs: comparable(runs)[:1]),
        (exercises.finds_every_pair, lambda runs: [*comparable(runs), *(pair[::-1] for pair in comparable(runs))]),
        (exercises.finds_every_pair, lambda runs: []),
        (exercises.finds_every_pair, lambda runs: comparable(runs) or [(runs[0]["name"], runs[1]["name"])]),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

"""The checks of the exercises on baselines: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from cosmic_lib.studies.galaxies import exercises_baseline as exercises


def draw(labels, number, seed):
    rng = np.random.default_rng(seed)
    names, counts = np.unique(labels, return_counts=True)
    each = np.round(number * counts / len(labels)).astype(int)
    each[-1] = number - each[:-1].sum()
    rows = [
        rng.choice(np.flatnonzero(labels == name), size, replace=False) for name, size in zip(names, each, strict=True)
    ]
    return np.concatenate(rows)


def by_scikit_learn(labels, number, seed):
    return train_test_split(np.arange(len(labels)), train_size=number, stratify=labels, random_state=seed)[0]


def head(labels, number, seed):
    return np.arange(number)


def plain(labels, number, seed):
    return np.random.default_rng(seed).choice(len(labels), number, replace=False)


def with_repeats(labels, number, seed):
    return np.random.default_rng(seed).integers(len(labels), size=number)


def from_the_first_half(labels, number, seed):
    half = len(labels) // 2
    mixed = np.random.default_rng(seed).permutation(half)
    spirals = np.flatnonzero(labels == "spiral")[:number]
    return np.concatenate([spirals[: number * 6 // 10], mixed[labels[mixed] == "elliptical"][: number * 4 // 10]])


def head_more_often(labels, number, seed):
    rng = np.random.default_rng(seed)
    heavy = np.where(np.arange(len(labels)) < len(labels) // 4, 3.0, 1.0)
    rows = []
    for name in np.unique(labels):
        weights = heavy * (labels == name)
        size = round(number * (labels == name).mean())
        rows.append(rng.choice(len(labels), size, replace=False, p=weights / weights.sum()))
    return np.concatenate(rows)


def recalls(accuracy, share):
    return max(0.0, 1 - (1 - accuracy) / share), min(1.0, accuracy / share)


DRAW = (
    exercises.draws_as_many_rows,
    exercises.keeps_the_class_shares,
    exercises.reaches_the_whole_table,
    exercises.obeys_the_seed,
)
RECALLS = (exercises.stays_a_share, exercises.holds_every_truth, exercises.is_no_wider_than_needed)
RIGHT = [
    (rule, answer) for rules, answer in ((DRAW, draw), (DRAW, by_scikit_learn), (RECALLS, recalls)) for rule in rules
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.draws_as_many_rows, with_repeats),
        (exercises.draws_as_many_rows, lambda labels, number, seed: draw(labels, number, seed)[1:]),
        (exercises.draws_as_many_rows, lambda labels, number, seed: labels == "spiral"),
        (exercises.draws_as_many_rows, lambda labels, number, seed: draw(labels, number, seed) + 300),
        (exercises.keeps_the_class_shares, head),
        (exercises.keeps_the_class_shares, plain),
        (exercises.reaches_the_whole_table, head),
        (exercises.reaches_the_whole_table, from_the_first_half),
        (exercises.reaches_the_whole_table, head_more_often),
        (exercises.obeys_the_seed, lambda labels, number, seed: draw(labels, number, 0)),
        (exercises.obeys_the_seed, lambda labels, number, seed: draw(labels, number, None)),
        (exercises.stays_a_share, lambda accuracy, share: (1 - (1 - accuracy) / share, min(1, accuracy / share))),
        (exercises.stays_a_share, lambda accuracy, share: recalls(accuracy, share)[::-1]),
        (exercises.holds_every_truth, lambda accuracy, share: (accuracy, accuracy)),
        (exercises.holds_every_truth, lambda accuracy, share: recalls(accuracy, 1 - share)),
        (exercises.is_no_wider_than_needed, lambda accuracy, share: (0.0, 1.0)),
        (exercises.is_no_wider_than_needed, lambda accuracy, share: (recalls(accuracy, share)[0], 1.0)),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

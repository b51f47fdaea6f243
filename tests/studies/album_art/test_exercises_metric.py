"""The checks of the exercises on binary accuracy: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.album_art import exercises_metric as exercises


def binary_accuracy(probabilities, labels):
    wanted = np.arange(probabilities.shape[1]) == labels[:, np.newaxis]
    return ((probabilities > 0.5) == wanted).mean()


def one_by_one(probabilities, labels):
    right = 0
    for row, label in zip(probabilities, labels, strict=True):
        right += sum((share > 0.5) == (kind == label) for kind, share in enumerate(row))
    return right / probabilities.size


def categorical(probabilities, labels):
    return (probabilities.argmax(axis=1) == labels).mean()


def of_the_likeliest(probabilities, labels):
    classes = probabilities.shape[1]
    return (np.eye(classes)[probabilities.argmax(axis=1)] == np.eye(classes)[labels]).mean()


def of_yes_alone(probabilities, labels):
    return (probabilities[np.arange(len(labels)), labels] > 0.5).mean()


def mean_and_std(right, covers, classes):
    rates = np.array(right) / (np.array(covers) * classes)
    mean = np.average(rates, weights=covers)
    return mean, np.sqrt(np.average((rates - mean) ** 2, weights=covers))


def plain(right, covers, classes):
    rates = np.array(right) / (np.array(covers) * classes)
    return rates.mean(), rates.std()


def unbiased(right, covers, classes):
    rates = np.array(right) / (np.array(covers) * classes)
    return np.average(rates, weights=covers), rates.std(ddof=1)


def per_cover(right, covers, classes):
    return mean_and_std(right, covers, 1)


def of_counts(right, covers, classes):
    return mean_and_std(right, covers, classes)[0], np.std(right) / np.mean(covers) / classes


ACCURACY = (
    exercises.counts_every_no,
    exercises.knows_the_best_and_the_worst,
    exercises.asks_how_sure,
    exercises.agrees_with_the_library,
)
FOLDS = (
    exercises.gives_shares,
    exercises.knows_folds_that_agree,
    exercises.weighs_folds_by_size,
    exercises.prints_what_the_study_printed,
)
RIGHT = [
    (rule, answer)
    for rules, answer in ((ACCURACY, binary_accuracy), (ACCURACY, one_by_one), (FOLDS, mean_and_std))
    for rule in rules
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.counts_every_no, categorical),
        (exercises.counts_every_no, of_yes_alone),
        (exercises.knows_the_best_and_the_worst, categorical),
        (exercises.knows_the_best_and_the_worst, lambda probabilities, labels: 0.75),
        (exercises.asks_how_sure, of_the_likeliest),
        (exercises.agrees_with_the_library, of_the_likeliest),
        (exercises.agrees_with_the_library, lambda probabilities, labels: binary_accuracy(probabilities, labels[::-1])),
        (exercises.gives_shares, per_cover),
        (exercises.gives_shares, plain),
        (exercises.knows_folds_that_agree, of_counts),
        (exercises.weighs_folds_by_size, plain),
        (exercises.weighs_folds_by_size, unbiased),
        (exercises.prints_what_the_study_printed, plain),
        (exercises.prints_what_the_study_printed, unbiased),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

"""The checks of the exercises on thresholds: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from cosmic_lib.studies.composers import exercises_thresholds as exercises


def above(labels, threshold):
    names, counts = np.unique(labels, return_counts=True)
    classes = names[counts > threshold * len(labels)]
    if len(classes) < 2:
        raise ValueError(f"{len(classes)} class above {threshold:.0%}; choose a lower threshold")
    return np.isin(labels, classes), tuple(classes)


def without_the_check(labels, threshold):
    names, counts = np.unique(labels, return_counts=True)
    classes = names[counts > threshold * len(labels)]
    return np.isin(labels, classes), classes


def as_the_source(labels, threshold):
    return above(labels, threshold)[0], np.unique(labels)


def the_lower_frame_again(labels, threshold):
    return above(labels, 0.1)


def just_as_much(labels, threshold):
    names, counts = np.unique(labels, return_counts=True)
    classes = names[counts >= threshold * len(labels)]
    return np.isin(labels, classes), classes


def in_percent(labels, threshold):
    names, counts = np.unique(labels, return_counts=True)
    classes = names[100 * counts / len(labels) > threshold]
    return np.isin(labels, classes), classes


def row_numbers(labels, threshold):
    rows, classes = above(labels, threshold)
    return np.flatnonzero(rows), classes


def drawn_items(labels, threshold):
    rows, classes = above(labels, threshold)
    return rows & (np.random.default_rng(0).random(len(labels)) < 0.5), classes


def with_repeats(labels, threshold):
    rows, _ = above(labels, threshold)
    return rows, labels[rows]


def beside(learned, labels, answers):
    names, counts = np.unique(learned, return_counts=True)
    gain = (answers == labels).mean() - (labels == names[counts.argmax()]).mean()
    f1 = []
    for name in np.union1d(labels, answers):
        right = ((labels == name) & (answers == name)).sum()
        f1.append(2 * right / ((labels == name).sum() + (answers == name).sum()))
    return gain, np.mean(f1)


def accuracy_alone(learned, labels, answers):
    return (answers == labels).mean(), beside(learned, labels, answers)[1]


def chance_by_classes(learned, labels, answers):
    return (answers == labels).mean() - 1 / len(np.unique(learned)), beside(learned, labels, answers)[1]


def majority_of_the_asked(learned, labels, answers):
    return beside(labels, labels, answers)


def weighted(learned, labels, answers):
    return beside(learned, labels, answers)[0], f1_score(labels, answers, average="weighted")


def of_classes_answered(learned, labels, answers):
    return beside(learned, labels, answers)[0], f1_score(labels, answers, average="macro", labels=np.unique(answers))


def mean_recall(learned, labels, answers):
    return beside(learned, labels, answers)[0], np.mean(
        [(answers == labels)[labels == one].mean() for one in set(labels)]
    )


ABOVE = (
    exercises.marks_every_item,
    exercises.keeps_classes_whole,
    exercises.counts_shares_of_all,
    exercises.has_an_output_for_each_class,
    exercises.refuses_a_single_class,
)
BESIDE = (
    exercises.gives_the_majority_nothing,
    exercises.takes_the_majority_from_training,
    exercises.counts_each_class_the_same,
    exercises.agrees_with_the_library,
)
RULES = {above: ABOVE, beside: BESIDE}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.marks_every_item, row_numbers),
        (exercises.keeps_classes_whole, drawn_items),
        (exercises.counts_shares_of_all, just_as_much),
        (exercises.counts_shares_of_all, in_percent),
        (exercises.counts_shares_of_all, the_lower_frame_again),
        (exercises.has_an_output_for_each_class, as_the_source),
        (exercises.has_an_output_for_each_class, with_repeats),
        (exercises.refuses_a_single_class, without_the_check),
        (exercises.refuses_a_single_class, the_lower_frame_again),
        (exercises.gives_the_majority_nothing, accuracy_alone),
        (exercises.gives_the_majority_nothing, chance_by_classes),
        (exercises.takes_the_majority_from_training, majority_of_the_asked),
        (exercises.counts_each_class_the_same, weighted),
        (exercises.counts_each_class_the_same, of_classes_answered),
        (exercises.counts_each_class_the_same, mean_recall),
        (exercises.agrees_with_the_library, mean_recall),
        (exercises.agrees_with_the_library, weighted),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")

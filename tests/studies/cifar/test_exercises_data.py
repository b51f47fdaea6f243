"""The checks of the exercises on inputs and on steps: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.cifar import exercises_data as exercises


def cut(rows, side):
    return np.moveaxis(rows.reshape(len(rows), 3, side, side), 1, -1)


def as_the_source(rows, side):
    return rows.reshape(len(rows), side, side, 3)


def reversed_axes(rows, side):
    return rows.reshape(len(rows), 3, side, side).transpose(0, 3, 2, 1)


def scaled(pictures):
    return pictures.astype("float32") / 255


def in_place(pictures):
    pictures /= 255
    return pictures


def untangle(parent, child):
    return [{**parent, name: value} for name, value in child.items() if parent[name] != value]


def all_at_once(parent, child):
    return [dict(child)] if parent != child else []


def in_the_parent(parent, child):
    found = []
    for name in child:
        if parent[name] != child[name]:
            parent[name] = child[name]
            found.append(dict(parent))
    return found


def one_hot(labels, classes):
    return np.eye(classes)[np.asarray(labels).ravel()]


def of_classes_seen(labels, classes):
    return (np.asarray(labels).reshape(-1, 1) == np.unique(labels)).astype(float)


CUT = (
    exercises.gives_pictures,
    exercises.keeps_red_red,
    exercises.keeps_lines_level,
    exercises.undoes_the_layout,
)
SCALED = (exercises.reaches_from_0_to_1, exercises.leaves_the_pictures_alone, exercises.scales_every_batch_alike)
UNTANGLE = (
    exercises.takes_each_change_once,
    exercises.changes_one_thing,
    exercises.finds_nothing_in_a_repeat,
    exercises.leaves_both_alone,
)
ONE_HOT = (exercises.has_one_number_per_output, exercises.marks_the_class, exercises.takes_a_column_too)
RULES = {cut: CUT, scaled: SCALED, untangle: UNTANGLE, one_hot: ONE_HOT}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.gives_pictures, lambda rows, side: rows.reshape(len(rows), 3, side, side)),
        (exercises.keeps_red_red, as_the_source),
        (exercises.keeps_lines_level, reversed_axes),
        (exercises.undoes_the_layout, as_the_source),
        (exercises.undoes_the_layout, lambda rows, side: cut(rows, side)[::-1]),
        (exercises.undoes_the_layout, lambda rows, side: cut(rows, side)[..., ::-1]),
        (exercises.reaches_from_0_to_1, lambda pictures: pictures / 256),
        (exercises.reaches_from_0_to_1, lambda pictures: pictures.astype(np.uint8) // 255),
        (exercises.leaves_the_pictures_alone, in_place),
        (exercises.scales_every_batch_alike, lambda pictures: pictures / pictures.max()),
        (exercises.takes_each_change_once, all_at_once),
        (exercises.takes_each_change_once, in_the_parent),
        (exercises.takes_each_change_once, lambda parent, child: untangle(parent, child)[:-1]),
        (exercises.changes_one_thing, all_at_once),
        (exercises.changes_one_thing, in_the_parent),
        (exercises.changes_one_thing, lambda parent, child: [{**parent, "padding": "none"}]),
        (exercises.changes_one_thing, lambda parent, child: [{"padding": "same"}]),
        (exercises.finds_nothing_in_a_repeat, lambda parent, child: [dict(parent)]),
        (exercises.leaves_both_alone, in_the_parent),
        (exercises.has_one_number_per_output, of_classes_seen),
        (exercises.marks_the_class, lambda labels, classes: 1 - one_hot(labels, classes)),
        (exercises.takes_a_column_too, lambda labels, classes: np.eye(classes)[labels]),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")

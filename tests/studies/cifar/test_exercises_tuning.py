"""The checks of the exercises on searches and on reading a diary: right answers pass, wrong ones get a hint."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cosmic_lib.studies.cifar import exercises_tuning as exercises


def draw_settings(choices, trials, seed):
    every = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    return [every[number] for number in np.random.default_rng(seed).permutation(len(every))[:trials]]


def each_setting_for_itself(choices, trials, seed):
    rng = np.random.default_rng(seed)
    return [{name: values[rng.integers(len(values))] for name, values in choices.items()} for _ in range(trials)]


def in_their_order(choices, trials, seed):
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())][:trials]


def never_the_last(choices, trials, seed):
    return draw_settings({name: values[:-1] for name, values in choices.items()}, trials, seed)


def without_a_setting(choices, trials, seed):
    return [{"units": one["units"]} for one in draw_settings(choices, trials, seed)]


def expected_best(scores, n):
    return float(np.mean([max(some) for some in itertools.combinations(scores, n)]))


def with_replacement(scores, n):
    return float(np.mean([max(some) for some in itertools.product(scores, repeat=n)]))


def different_pictures(epochs):
    return len({picture.tobytes() for epoch in epochs for picture in epoch})


def overfits(history):
    best = int(np.argmin(history["val_loss"]))
    later = history["accuracy"][-1] > history["accuracy"][best]
    return later and history["val_loss"][-1] > history["val_loss"][best]


RULES = {
    draw_settings: (
        exercises.chooses_every_setting,
        exercises.repeats_no_combination,
        exercises.ends_when_all_are_tried,
        exercises.favours_none,
        exercises.obeys_the_seed,
    ),
    expected_best: (
        exercises.one_has_no_luck,
        exercises.all_give_the_highest,
        exercises.more_never_lose,
        exercises.takes_every_combination,
    ),
    different_pictures: (
        exercises.counts_a_picture_once,
        exercises.tells_apart_by_a_pixel,
        exercises.looks_into_the_epochs,
    ),
    overfits: (
        exercises.names_overfitting,
        exercises.is_not_fooled_by_learning,
        exercises.knows_underfitting,
        exercises.agrees_on_the_printed_logs,
    ),
}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.chooses_every_setting, without_a_setting),
        (exercises.chooses_every_setting, lambda choices, trials, seed: [dict.fromkeys(choices, 7)]),
        (exercises.repeats_no_combination, each_setting_for_itself),
        (exercises.repeats_no_combination, lambda *asked: draw_settings(*asked)[:-1]),
        (exercises.ends_when_all_are_tried, each_setting_for_itself),
        (exercises.ends_when_all_are_tried, never_the_last),
        (exercises.favours_none, in_their_order),
        (exercises.obeys_the_seed, in_their_order),
        (exercises.obeys_the_seed, lambda choices, trials, seed: draw_settings(choices, trials, None)),
        (exercises.one_has_no_luck, lambda scores, n: max(scores)),
        (exercises.all_give_the_highest, with_replacement),
        (exercises.all_give_the_highest, lambda scores, n: np.mean(scores)),
        (exercises.more_never_lose, lambda scores, n: scores[n - 1]),
        (exercises.more_never_lose, lambda scores, n: np.mean(scores) + 0.01 * n),
        (exercises.takes_every_combination, with_replacement),
        (exercises.takes_every_combination, lambda scores, n: np.mean(scores)),
        (exercises.counts_a_picture_once, lambda epochs: sum(map(len, epochs))),
        (exercises.tells_apart_by_a_pixel, lambda epochs: len({epoch.mean() for epoch in np.concatenate(epochs)})),
        (exercises.looks_into_the_epochs, lambda epochs: different_pictures(epochs[:1])),
        (exercises.looks_into_the_epochs, lambda epochs: sum(different_pictures([epoch]) for epoch in epochs)),
        (exercises.names_overfitting, lambda history: False),
        (exercises.is_not_fooled_by_learning, lambda history: history["accuracy"][-1] > history["accuracy"][0]),
        (exercises.knows_underfitting, lambda history: history["val_loss"][-1] > min(history["val_loss"])),
        (exercises.knows_underfitting, lambda history: True),
        (exercises.agrees_on_the_printed_logs, lambda history: history["val_loss"][-1] > history["val_loss"][-2]),
        (exercises.agrees_on_the_printed_logs, lambda history: True),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")

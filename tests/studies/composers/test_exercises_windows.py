"""The checks of the exercises on windows: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from cosmic_lib.studies.composers import exercises_windows as exercises


def split_windows(pieces, length, share, seed, *, shown=11, keep=slice(None), by_block=True):
    block = np.arange(pieces) // (length if by_block else 1)
    blocks = np.unique(block)
    chosen = np.random.default_rng(seed).choice(blocks, round(share * len(blocks)), replace=False)
    away = np.isin(block, chosen)[np.arange(pieces - 10)[:, np.newaxis] + np.arange(shown)]
    return np.flatnonzero(~away.any(axis=1))[keep], np.flatnonzero(away.all(axis=1))


def inside_blocks_alone(pieces, length, share, seed):
    """As the study of the library has it: windows that cross from one block to the next are left out."""
    training, held_out = split_windows(pieces, length, share, seed)
    return tuple(part[part // length == (part + 10) // length] for part in (training, held_out))


def one_by_one(pieces, length, share, seed):
    order = np.random.default_rng(seed).permutation(pieces - 10)
    cut = round(share * len(order))
    return order[cut:], order[:cut]


def as_before(labels, windows):
    named = np.asarray(windows) + 10
    labels = np.asarray(labels)
    return np.mean(labels[named] == labels[named - 1])


def one_too_early(labels, windows):
    return as_before(np.roll(labels, 1), windows)


def within_the_window(labels, windows):
    return np.mean([labels[window] == labels[window + 9] for window in windows])


def of_all(labels, windows):
    return as_before(labels, range(len(labels) - 10))


SPLIT = (
    exercises.numbers_windows_once,
    exercises.shares_no_piece,
    exercises.holds_out_the_share,
    exercises.uses_most_windows,
    exercises.obeys_the_seed,
)
RULE = (exercises.knows_what_is_named, exercises.follows_the_order, exercises.asks_those_windows_alone)
RIGHT = [
    *((rule, answer) for rule in SPLIT for answer in (split_windows, inside_blocks_alone)),
    *((rule, as_before) for rule in RULE),
]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.numbers_windows_once, lambda *settings: (split_windows(*settings)[0], [])),
        (exercises.numbers_windows_once, lambda *settings: (np.append(split_windows(*settings)[0], 0), [990])),
        (exercises.numbers_windows_once, lambda *settings: (np.array([1, 1, 2]), np.array([5]))),
        (exercises.numbers_windows_once, lambda *settings: (np.array([1, 2]), np.array([2]))),
        (exercises.shares_no_piece, one_by_one),
        (exercises.shares_no_piece, functools.partial(split_windows, shown=1)),
        (exercises.shares_no_piece, functools.partial(split_windows, shown=10)),  # forgets the piece that is named
        (exercises.holds_out_the_share, functools.partial(split_windows, by_block=False)),
        (exercises.holds_out_the_share, lambda pieces, length, share, seed: split_windows(pieces, length, 0.5, seed)),
        (exercises.uses_most_windows, functools.partial(split_windows, keep=slice(None, None, 3))),
        (exercises.obeys_the_seed, lambda pieces, length, share, seed: split_windows(pieces, length, share, 0)),
        (exercises.obeys_the_seed, lambda pieces, length, share, seed: split_windows(pieces, length, share, None)),
        (exercises.knows_what_is_named, one_too_early),
        (exercises.knows_what_is_named, within_the_window),
        (exercises.follows_the_order, lambda labels, windows: np.mean(np.asarray(labels) == labels[0])),
        (exercises.follows_the_order, lambda labels, windows: 1.0),
        (exercises.asks_those_windows_alone, of_all),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

"""The rules for the exercises on searches and on reading a diary: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from cosmic_lib.studies.cifar import curves

# A random search: `draw_settings(choices, trials, seed) -> [{setting: value, ...}, ...]`.

CHOICES: Mapping[str, Sequence] = {"units": (32, 64, 128), "optimizer": ("adam", "nadam"), "dropout": (0.0, 0.2, 0.5)}
COMBINATIONS = 18


def _drawn(draw_settings: Callable, trials: int, seed: int = 0) -> list[tuple]:
    """What was drawn, as values in the order of the settings."""
    return [tuple(one[setting] for setting in CHOICES) for one in draw_settings(CHOICES, trials, seed)]


def chooses_every_setting(draw_settings: Callable) -> str | None:
    """Each trial has one value for every setting, and each value is one of those to choose from."""
    for one in draw_settings(CHOICES, 5, 0):
        if not isinstance(one, dict) or one.keys() != CHOICES.keys():
            return f"one trial is {one!r}; give a dict with {', '.join(CHOICES)}"
        for setting, value in one.items():
            if value not in CHOICES[setting]:
                return f"{setting} is {value!r}, which is none of {CHOICES[setting]}"
    return None


def repeats_no_combination(draw_settings: Callable) -> str | None:
    """No combination is tried twice, and as many are tried as were asked for."""
    for seed in range(20):
        found = _drawn(draw_settings, 12, seed)
        if len(found) != 12 or len(set(found)) != 12:
            return f"asked for 12 of {COMBINATIONS}, it gives {len(found)}, {len(set(found))} of them different"
    return None


def ends_when_all_are_tried(draw_settings: Callable) -> str | None:
    """Asked for more than there are, it gives each combination once."""
    found = _drawn(draw_settings, COMBINATIONS + 7)
    if len(found) == len(set(found)) == COMBINATIONS:
        return None
    return f"there are {COMBINATIONS} combinations; it gives {len(found)}, {len(set(found))} of them different"


def favours_none(draw_settings: Callable) -> str | None:
    """Over 3,600 seeds, each combination comes first about as often as any other."""
    first = [_drawn(draw_settings, 1, seed)[0] for seed in range(200 * COMBINATIONS)]
    counts = [first.count(one) for one in itertools.product(*CHOICES.values())]
    if min(counts) > 130 and max(counts) < 270:  # five deviations from the 200 that each is expected to have
        return None
    return f"one comes first {min(counts)} times and another {max(counts)} times, of 200 expected"


def obeys_the_seed(draw_settings: Callable) -> str | None:
    """The same seed draws the same trials, and another seed others."""
    if _drawn(draw_settings, 6, 1) != _drawn(draw_settings, 6, 1):
        return "one seed gave two searches; draw from np.random.default_rng(seed)"
    return "two seeds gave one search" if _drawn(draw_settings, 6, 1) == _drawn(draw_settings, 6, 2) else None


# The luck of the best: `expected_best(scores, n) -> mean score of the best of n, over all ways to take n of them`.

SCORES = (0.61, 0.64, 0.58, 0.64, 0.7, 0.55)


def one_has_no_luck(expected_best: Callable) -> str | None:
    """The best of one is, on average, the mean."""
    found = expected_best(SCORES, 1)
    return None if np.isclose(found, np.mean(SCORES)) else f"for {SCORES} and n=1 it is {found:.4f}"


def all_give_the_highest(expected_best: Callable) -> str | None:
    """Where all are taken, it is the highest score."""
    found = expected_best(SCORES, len(SCORES))
    return None if np.isclose(found, max(SCORES)) else f"for {SCORES} and n={len(SCORES)} it is {found:.4f}"


def more_never_lose(expected_best: Callable) -> str | None:
    """Trying more never lowers it, and equal scores leave it where it is."""
    found = [expected_best(SCORES, n) for n in range(1, len(SCORES) + 1)]
    if (np.diff(found) < -1e-9).any():
        return f"for n from 1 it is {np.round(found, 3)}"
    flat = [expected_best([0.6] * 4, n) for n in (1, 3)]
    return None if np.allclose(flat, 0.6) else f"four scores of 0.6 give {np.round(flat, 3)}"


def takes_every_combination(expected_best: Callable) -> str | None:
    """It is the mean over all ways to take n of the scores, none of them twice."""
    for n in (2, 3, 4):
        found = expected_best(SCORES, n)
        expected = np.mean([max(some) for some in itertools.combinations(SCORES, n)])
        if not np.isclose(found, expected):
            return f"for {SCORES} and n={n} it is {found:.4f}, and it should be {expected:.4f}"
    return None


# What a network was fed: `different_pictures(epochs) -> int`; epochs is a list of arrays (pictures, height, width, 1).


def counts_a_picture_once(different_pictures: Callable) -> str | None:
    """The same pictures in every epoch, in another order each time, are counted once."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, size=(12, 6, 6, 1), dtype=np.uint8)
    found = different_pictures([rng.permutation(pictures) for _ in range(3)])
    return None if found == 12 else f"12 pictures, shuffled anew in three epochs: {found}"


def tells_apart_by_a_pixel(different_pictures: Callable) -> str | None:
    """One other pixel makes another picture; a flipped picture is another one, unless it is its own mirror image."""
    pictures = np.zeros((2, 4, 4, 1), dtype=np.float32)
    pictures[1, 0, 0] = 0.5
    flipped = pictures[:, :, ::-1]
    found = different_pictures([pictures]), different_pictures([pictures, flipped])
    return (
        None
        if found == (2, 3)
        else f"an empty picture and one with a dot are {found[0]}, with mirrored ones {found[1]}"
    )


def looks_into_the_epochs(different_pictures: Callable) -> str | None:
    """Pictures that come twice in one epoch are counted once, and those of a later epoch are counted too."""
    pictures = np.arange(5 * 9, dtype=np.float32).reshape(5, 3, 3, 1)
    found = different_pictures([pictures[[0, 0, 1]], pictures[[1, 2, 2]], pictures[[3, 4, 0]]])
    return None if found == 5 else f"five pictures, some of them twice, over three epochs: {found}"


# The name of what a log shows: `overfits(history) -> bool`; metric -> one value per epoch.

RISING = {"accuracy": [0.3, 0.5, 0.7, 0.9], "val_loss": [2.0, 1.5, 1.6, 1.9]}
FALLING = {"accuracy": [0.3, 0.5, 0.7, 0.9], "val_loss": [2.0, 1.5, 1.2, 1.1]}
LOST = {"accuracy": [0.3, 0.5, 0.2, 0.1], "val_loss": [2.0, 1.5, 1.9, 2.3]}
NOT_LEARNING = {"accuracy": [0.1, 0.12, 0.11, 0.12], "val_loss": [2.3, 2.3, 2.29, 2.28]}


def names_overfitting(overfits: Callable) -> str | None:
    """Where training accuracy goes on rising while validation loss rises, it says so."""
    return None if overfits(RISING) else f"not for {RISING}"


def is_not_fooled_by_learning(overfits: Callable) -> str | None:
    """A network that still gets better on validation does not overfit, however far training is ahead."""
    return f"it says so for {FALLING}" if overfits(FALLING) else None


def knows_underfitting(overfits: Callable) -> str | None:
    """A network that learns nothing, or loses what it knew on both parts, does not overfit."""
    for history in (NOT_LEARNING, LOST):
        if overfits(history):
            return f"it says so for {history}: training accuracy is not rising"
    return None


def agrees_on_the_printed_logs(overfits: Callable) -> str | None:
    """It finds the fits whose printed logs end higher than at the lowest validation loss, in both columns."""
    for name in curves.names():
        fit = curves.published(name)
        best, last = fit.loc[curves.best_epoch(fit)], fit.iloc[-1]
        expected = bool(last["accuracy"] > best["accuracy"] and last["val_loss"] > best["val_loss"])
        if bool(overfits({column: fit[column].tolist() for column in ("accuracy", "val_loss")})) != expected:
            return f"{name}: look at the last epoch and at the one of the lowest validation loss"
    return None

"""The rules for the exercises on an honest answer: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib import calibration

# The p-value: `p_value(score, null) -> chance`; null: scores of labels dealt out anew, shape (draws,).


def is_one_where_all_are_as_high(p_value: Callable) -> str | None:
    """It is 1 where every draw scores higher."""
    p = float(p_value(0.2, np.array([0.3, 0.4, 0.5])))
    return None if np.isclose(p, 1) else f"for a score of 0.2 and draws of 0.3, 0.4 and 0.5 it is {p:.3f}"


def is_never_zero(p_value: Callable) -> str | None:
    """A score that no draw reaches was still seen once, among all draws and itself: 1 in 1,000 for 999 draws."""
    for draws in (9, 999):
        p = float(p_value(0.9, np.full(draws, 0.2)))
        if not np.isclose(p, 1 / (1 + draws)):
            return f"none of {draws} draws is as high, and it is {p:.4f}; count the true score among the draws"
    return None


def counts_ties(p_value: Callable) -> str | None:
    """A draw that scores just as high counts."""
    p = float(p_value(0.5, np.array([0.5, 0.5, 0.1])))
    return None if np.isclose(p, 3 / 4) else f"for 0.5 and draws of 0.5, 0.5 and 0.1 it is {p:.3f}, not three of four"


def looks_at_high_scores(p_value: Callable) -> str | None:
    """The higher the score, the smaller it is; one below all draws is no surprise."""
    null = np.linspace(0.1, 0.3, 21)
    found = [float(p_value(score, null)) for score in (0.05, 0.15, 0.25, 0.35)]
    falls = bool((np.diff(found) < 0).all())
    return None if falls else f"for scores of 0.05, 0.15, 0.25 and 0.35 it is {np.round(found, 3).tolist()}"


def is_small_as_often_as_it_says(p_value: Callable) -> str | None:
    """Where there is nothing to see, no more than 1 in 20 scores have a p-value of 0.05 or less."""
    drawn = np.random.default_rng(0).random((4000, 21))
    share = float(np.mean([p_value(row[0], row[1:]) <= 0.05 + 1e-9 for row in drawn]))
    return None if abs(share - 0.05) < 0.015 else f"of 4,000 scores drawn like their 20 draws, {share:.3f} have"


# The expected calibration error: `calibration_error(confidence, right, bins) -> distance`; both of shape (items,).


def is_the_distance_in_one_bin(calibration_error: Callable) -> str | None:
    """In a single bin it is the distance of mean confidence and share right, whichever is higher."""
    found = [float(calibration_error(np.full(4, sure), np.array([1, 1, 0, 0]), 1)) for sure in (0.9, 0.5, 0.3)]
    if np.allclose(found, [0.4, 0, 0.2]):
        return None
    return f"right about half, and sure of 0.9, 0.5 and 0.3, it is {np.round(found, 3).tolist()}"


def counts_bins_by_their_items(calibration_error: Callable) -> str | None:
    """A bin counts as much as there are items in it, and an empty one for nothing."""
    confidence, right = np.array([0.95, 0.45, 0.45, 0.45]), np.array([0, 1, 0, 0])
    found = float(calibration_error(confidence, right, 10))
    expected = (0.95 + 3 * (0.45 - 1 / 3)) / 4
    return None if np.isclose(found, expected) else f"one item is off by 0.95, three by 0.117; it is {found:.3f}"


def does_not_let_bins_make_up_for_each_other(calibration_error: Callable) -> str | None:
    """Too sure in one bin and not sure enough in another do not add up to nothing."""
    found = float(calibration_error(np.array([0.95, 0.05]), np.array([0, 1]), 10))
    return None if np.isclose(found, 0.95) else f"off by 0.95 in either direction, it is {found:.3f}"


def has_room_for_the_wholly_sure(calibration_error: Callable) -> str | None:
    """A confidence of exactly 1 lies in the last bin."""
    found = float(calibration_error(np.array([1.0, 1.0]), np.array([0, 0]), 5))
    return None if np.isclose(found, 1) else f"wholly sure and always wrong, it is {found:.3f}"


def agrees_with_the_tool(calibration_error: Callable) -> str | None:
    """It is what `calibration.expected_error` says."""
    rng = np.random.default_rng(0)
    said = rng.dirichlet(np.full(4, 0.5), size=300)
    labels = np.where(rng.random(300) < 0.5, said.argmax(axis=1), rng.integers(4, size=300))
    for bins in (5, 10):
        expected = calibration.expected_error(calibration.reliability(said, labels, bins=bins))
        found = float(calibration_error(said.max(axis=1), said.argmax(axis=1) == labels, bins))
        if not np.isclose(found, expected):
            return f"for 300 made-up answers in {bins} bins it is {found:.4f}, and the tool has {expected:.4f}"
    return None

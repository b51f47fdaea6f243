"""The rules for the exercises on thresholds and on scores beside the majority: properties, not values.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib import compare

# What a threshold leaves: `above(labels, threshold) -> (rows, classes)`; rows: one bool per item.

LABELS = np.random.default_rng(0).permutation(np.repeat(["copy", "bach", "liszt", "wolf"], [50, 30, 15, 5]))


def _left(above: Callable, threshold: float) -> tuple[np.ndarray, list[str]]:
    rows, classes = above(LABELS.copy(), threshold)
    return np.asarray(rows), [str(name) for name in classes]


def marks_every_item(above: Callable) -> str | None:
    """There is one True or False for each item, in the order of the items."""
    rows, _ = _left(above, 0.1)
    if rows.shape == LABELS.shape and rows.dtype == bool:
        return None
    return f"{len(LABELS)} labels give {rows.dtype} of shape {rows.shape}, not bool of shape {LABELS.shape}"


def keeps_classes_whole(above: Callable) -> str | None:
    """All items of a class are kept, or none."""
    rows, _ = _left(above, 0.1)
    torn = [str(name) for name in np.unique(LABELS) if 0 < rows[name == LABELS].mean() < 1]
    return None if not torn else f"some items of {', '.join(torn)} are kept, and others are not"


def counts_shares_of_all(above: Callable) -> str | None:
    """A class is kept if it has more than the threshold's share of all items, and not if it has just as much."""
    for threshold, expected in ((0.04, "bach copy liszt wolf"), (0.05, "bach copy liszt"), (0.2, "bach copy")):
        rows, _ = _left(above, threshold)
        found = " ".join(np.unique(LABELS[rows]))
        if found != expected:
            return f"of 50, 30, 15 and 5 items, above {threshold:.0%} are {expected}; yours keeps {found or 'nothing'}"
    return None


def has_an_output_for_each_class(above: Callable) -> str | None:
    """There is one class for each label that is left: as many as the network has outputs."""
    for threshold in (0.04, 0.1, 0.2):
        rows, classes = _left(above, threshold)
        there = sorted(set(LABELS[rows].tolist()))
        if sorted(classes) != there:
            return f"above {threshold:.0%}, {len(there)} classes have items, and yours are {', '.join(classes)}"
    return None


def refuses_a_single_class(above: Callable) -> str | None:
    """Where fewer than two classes are left there is nothing to learn, and a ValueError says so."""
    for threshold in (0.4, 0.9):
        try:
            _, classes = _left(above, threshold)
        except ValueError:
            continue
        return f"above {threshold:.0%} there is {', '.join(classes) or 'no class'} alone, and no error came"
    return None


# A score beside the majority: `beside(learned, labels, answers) -> (accuracy minus majority, macro F1)`.


def _scores(beside: Callable, learned: list[str], labels: list[str], answers: list[str]) -> tuple[float, float]:
    gain, f1 = beside(*(np.array(one) for one in (learned, labels, answers)))
    return float(gain), float(f1)


def gives_the_majority_nothing(beside: Callable) -> str | None:
    """Who always gives the commonest answer gains nothing, however common it is."""
    for common in (60, 95):
        labels = ["copy"] * common + ["bach"] * (100 - common)
        gain, _ = _scores(beside, labels, labels, ["copy"] * 100)
        if not np.isclose(gain, 0):
            return f"always 'copy', which is right for {common} of 100, gains {gain:.3f}"
    return None


def takes_the_majority_from_training(beside: Callable) -> str | None:
    """The commonest class is that of training: nobody knows which one will be asked for most."""
    labels = ["bach"] * 7 + ["copy"] * 3
    gain, _ = _scores(beside, ["copy"] * 6 + ["bach"] * 4, labels, labels)
    if np.isclose(gain, 0.7):
        return None
    return f"in training 'copy' is commonest; of ten it is right for 3, all right is 0.7 above that, not {gain:.3f}"


def counts_each_class_the_same(beside: Callable) -> str | None:
    """In macro F1 a class of ten items counts as much as one of ninety; one that is never right counts as 0."""
    labels = ["copy"] * 90 + ["bach"] * 10
    _, f1 = _scores(beside, labels, labels, ["copy"] * 100)
    expected = 0.5 * 2 * 90 / (90 + 100)
    if np.isclose(f1, expected):
        return None
    return (
        f"'copy' for all of 90 and 10 has an F1 of {2 * expected:.3f} for 'copy' and 0 for the other; yours is {f1:.3f}"
    )


def agrees_with_the_library(beside: Callable) -> str | None:
    """It is what compare.macro_f1 says, for made-up answers to four classes."""
    rng = np.random.default_rng(1)
    answers = np.where(rng.random(len(LABELS)) < 0.6, LABELS, rng.permutation(LABELS))
    gain, f1 = _scores(beside, LABELS.tolist(), LABELS.tolist(), answers.tolist())
    expected = compare.macro_f1(LABELS, answers, np.arange(len(LABELS))).value
    right = float((answers == LABELS).mean() - (LABELS == "copy").mean())
    if np.allclose([gain, f1], [right, expected]):
        return None
    return f"yours are {gain:.3f} and {f1:.3f}, and the library has {right:.3f} and {expected:.3f}"

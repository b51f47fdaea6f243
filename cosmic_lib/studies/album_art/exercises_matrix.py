"""The rules for the exercises on shuffled labels and on McNemar's test: properties, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb

import numpy as np

# An accuracy beside a matrix: `disagree(accuracy, confusion) -> bool`.

SIZES = ((4, 520), (2, 77), (7, 1999))
"""Classes and items."""


def _matrix(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, answers), 1)
    return counts


def _networks() -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Labels of unequal classes, and answers of which about four in five are right."""
    for classes, items in SIZES:
        rng = np.random.default_rng(classes)
        labels = rng.choice(classes, size=items, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
        answers = np.where(rng.random(items) < 0.8, labels, rng.integers(classes, size=items))
        yield labels, answers, classes


def trusts_what_agrees(disagree: Callable) -> str | None:
    """An accuracy of the same predictions is accepted, though it is printed with four digits."""
    for labels, answers, classes in _networks():
        accuracy = round(float(np.mean(labels == answers)), 4)
        if disagree(accuracy, _matrix(labels, answers, classes)):
            return (
                f"{accuracy} of {len(labels)} items is what the diagonal has, rounded; allow for half of the last digit"
            )
    return None


def notices_another_order(disagree: Callable) -> str | None:
    """Where labels were read in another order than answers, it says so."""
    for labels, answers, classes in _networks():
        accuracy = round(float(np.mean(labels == answers)), 4)
        for mixed in (labels[::-1], np.random.default_rng(0).permutation(labels)):
            if not disagree(accuracy, _matrix(mixed, answers, classes)):
                return f"accuracy {accuracy}, diagonal {np.mean(mixed == answers):.4f}: it sees no contradiction"
    return None


def notices_one_cover(disagree: Callable) -> str | None:
    """One item more or fewer on the diagonal is enough, of some hundred."""
    for labels, answers, classes in _networks():
        right = int(np.sum(labels == answers))
        for other in (right - 1, right + 1):
            if not disagree(round(other / len(labels), 4), _matrix(labels, answers, classes)):
                return f"the diagonal has {right} of {len(labels)}, and the accuracy is of {other}: it accepts both"
    return None


def is_not_fooled_by_margins(disagree: Callable) -> str | None:
    """It goes by the share of all items, not by the mean over classes, nor by how often each class is the answer."""
    counts = np.array([[90, 0], [10, 0]])
    if disagree(0.9, counts):
        return "90 of 100 are right, all of one class: 0.9 is their accuracy, whatever the mean of the recalls"
    if not disagree(0.5, counts):
        return "90 of 100 are right, and it accepts 0.5, the mean of the two recalls"
    return None if disagree(0.9, [[45, 45], [5, 5]]) else "half of the items are right, and it accepts 0.9"


# Two networks on the same items: `mcnemar(first, second) -> (first alone, second alone, p)`.


def _pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Which items two networks have right, for ten pairs of them."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        first = rng.random(120) < 0.6
        yield first, np.where(rng.random(120) < 0.3, rng.random(120) < 0.3 + 0.05 * seed, first)


def _asked(mcnemar: Callable, first: np.ndarray, second: np.ndarray) -> tuple[int, int, float]:
    alone, other, p = mcnemar(first.copy(), second.copy())
    return int(alone), int(other), float(p)


def counts_who_is_right_alone(mcnemar: Callable) -> str | None:
    """It counts the items that one network alone has right, those of the first network first."""
    for first, second in _pairs():
        found, wanted = _asked(mcnemar, first, second)[:2], (int(sum(first > second)), int(sum(second > first)))
        if found != wanted:
            return f"on one pair it counts {found}, and there are {wanted}"
    return None


def passes_over_where_both_agree(mcnemar: Callable) -> str | None:
    """A thousand more items that both have right, or both wrong, change nothing."""
    for first, second in _pairs():
        alone = _asked(mcnemar, first, second)
        for both in (True, False):
            agreed = np.full(1000, both)
            more = _asked(mcnemar, np.append(first, agreed), np.append(second, agreed))
            if not np.allclose(alone, more):
                what = "right" if both else "wrong"
                return f"with 1,000 more that both have {what} it says {more}, and without them {alone}"
    return None


def treats_both_alike(mcnemar: Callable) -> str | None:
    """Changing places changes the places of the counts, and not p."""
    for first, second in _pairs():
        (alone, other, p), swapped = _asked(mcnemar, first, second), _asked(mcnemar, second, first)
        if not np.allclose((other, alone, p), swapped):
            return f"p is {p:.3f} one way and {swapped[2]:.3f} the other; ask for a difference in either direction"
    return None


def is_as_sure_as_a_coin_allows(mcnemar: Callable) -> str | None:
    """P is how often a fair coin splits as unevenly, counted exactly; 1 where the networks never differ."""
    for alone, other in ((0, 0), (1, 0), (3, 3), (0, 8), (9, 2), (40, 25)):
        first = np.repeat([True, False, True, False], [alone, other, 20, 20])
        second = np.repeat([False, True, True, False], [alone, other, 20, 20])
        flips, least = alone + other, min(alone, other)
        wanted = min(1.0, 2 * sum(comb(flips, heads) for heads in range(least + 1)) / 2**flips)
        p = _asked(mcnemar, first, second)[2]
        if not np.isclose(p, wanted, rtol=1e-6):
            return f"right alone {alone} and {other}: it says p = {p:.4f}, and a coin {wanted:.4f}; try binomtest"
    return None

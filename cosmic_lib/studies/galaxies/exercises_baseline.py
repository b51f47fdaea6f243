"""The rules for the exercises on baselines and on samples: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# A random sample of a table with the class shares of all of it: `draw(labels, number, seed) -> row numbers`.

NUMBER = 100
LABELS = np.array(["spiral"] * 40 + ["elliptical"] * 80 + ["spiral"] * 200 + ["elliptical"] * 80)
"""Of 400 galaxies. The first rows hold far fewer spirals than the table."""


def _drawn(draw: Callable, seed: int = 0) -> np.ndarray:
    return np.asarray(draw(LABELS.copy(), NUMBER, seed=seed))


def draws_as_many_rows(draw: Callable) -> str | None:
    """As many rows are drawn as were asked for, each of them once."""
    rows = _drawn(draw)
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        return f"it gives {rows.dtype} of shape {rows.shape}; give row numbers"
    if rows.size and not 0 <= rows.min() <= rows.max() < len(LABELS):
        return f"rows run from {rows.min()} to {rows.max()}, and the table has {len(LABELS)}"
    distinct = len(np.unique(rows))
    return (
        None
        if len(rows) == distinct == NUMBER
        else f"of {NUMBER} asked for it gives {len(rows)}, {distinct} of them different"
    )


def keeps_the_class_shares(draw: Callable) -> str | None:
    """Each class has the share that it has in the whole table, but for one row at most."""
    for seed in range(10):
        drawn = LABELS[_drawn(draw, seed)]
        for name, count in zip(*np.unique(LABELS, return_counts=True), strict=True):
            found, wanted = int((drawn == name).sum()), NUMBER * count / len(LABELS)
            if abs(found - wanted) > 1:
                return f"with seed {seed} it draws {found} of class {name}, and the table's share is {wanted:.0f}"
    return None


def reaches_the_whole_table(draw: Callable) -> str | None:
    """Over 200 seeds every row of the table is drawn, and those at its head no more often than the others."""
    drawn = np.zeros(len(LABELS), dtype=int)
    for seed in range(200):
        np.add.at(drawn, _drawn(draw, seed), 1)
    if never := int((drawn == 0).sum()):
        return f"{never} of {len(LABELS)} rows never are; draw from all of them"
    head = drawn[: len(LABELS) // 4].mean() / drawn.mean()
    return None if 0.9 < head < 1.1 else f"rows of the first quarter are drawn {head:.1f} times as often as the average"


def obeys_the_seed(draw: Callable) -> str | None:
    """The same seed gives the same rows, another seed other ones."""
    first, again, other = (set(_drawn(draw, seed).tolist()) for seed in (0, 0, 1))
    if first != again:
        return "the same seed gave two samples; draw from np.random.default_rng(seed)"
    return "two seeds gave one sample; draw the rows at random" if first == other else None


# What one accuracy leaves open: `recalls(accuracy, share) -> (lowest, highest)` recall of a class with that share.


def _questions() -> np.ndarray:
    """Made-up networks: recall of the class, recall of the other one, share of the class; shape (500, 3)."""
    recalls = np.random.default_rng(0).uniform(size=(500, 2))
    shares = np.random.default_rng(1).uniform(0.05, 0.95, size=(500, 1))
    return np.hstack([recalls, shares])


def _asked(recalls: Callable, accuracy: float, share: float) -> tuple[float, float]:
    low, high = recalls(accuracy, share)
    return float(low), float(high)


def stays_a_share(recalls: Callable) -> str | None:
    """Both ends lie between 0 and 1, the lower one first."""
    for accuracy, share in ((0.5, 0.3), (0.2, 0.9), (0.81, 0.41), (1.0, 0.5), (0.0, 0.5)):
        low, high = _asked(recalls, accuracy, share)
        if not 0 <= low <= high <= 1:
            return f"for an accuracy of {accuracy} and a share of {share} it says {low:.3f} to {high:.3f}"
    return None


def holds_every_truth(recalls: Callable) -> str | None:
    """Of 500 made-up networks none has a recall outside of what its accuracy is said to allow."""
    for recall, other, share in _questions():
        accuracy = share * recall + (1 - share) * other
        low, high = _asked(recalls, accuracy, share)
        if not low - 1e-9 <= recall <= high + 1e-9:
            return (
                f"one is right about {recall:.2f} of a class with a share of {share:.2f} and about {other:.2f} of the "
                f"other, so accuracy is {accuracy:.2f}; you allow {low:.2f} to {high:.2f}"
            )
    return None


def is_no_wider_than_needed(recalls: Callable) -> str | None:
    """At both ends there is a network: the other class can have the recall that is left for it."""
    for recall, other, share in _questions():
        accuracy = share * recall + (1 - share) * other
        for end in _asked(recalls, accuracy, share):
            left = (accuracy - share * end) / (1 - share)
            if not -1e-9 <= left <= 1 + 1e-9:
                return (
                    f"accuracy {accuracy:.2f}, share {share:.2f}: at a recall of {end:.2f} the other class would have "
                    f"{left:.2f}"
                )
    return None

"""From a printed mean and standard deviation back to the decisions that were counted.

Right decisions in a fold are a whole number, so that few means and deviations are possible at all, and other ones for
another number of covers. Those that the study printed belong to 100 covers with four decisions each: its accuracy is
binary, and its search saw 100 covers, where the text says 500 (line 113).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

FOLDS = (34, 33, 33)
"""Covers in each fold that the printed numbers imply: 100 in three folds."""
CLASSES = 4
"""Decisions on each cover: one yes or no for each genre."""
DIGIT = 0.5e-6
"""Half of the last of the six digits that are printed."""


def decisions(mean: float, std: float, folds: Sequence[int] = FOLDS, classes: int = CLASSES) -> list[tuple[int, ...]]:
    """Every way in which right decisions can be spread over the folds to give a mean and a standard deviation.

    Mean and deviation count each fold by its size, as the search of older versions of scikit-learn did.

    Args:
        mean, std: as printed, with six digits behind the point; fractions.
        folds: items in each fold.
        classes: decisions on each item; 1 for plain accuracy.

    Returns:
        Right decisions in each fold; folds of one size can change places. Empty where nothing gives these numbers.

    Raises:
        ValueError: no folds, or empty ones.

    Source study: album_art, lines 224 to 283.
    """
    if not folds or min(folds) < 1:
        raise ValueError(f"folds are {list(folds)}; give the number of items in each")
    sizes, items = [size * classes for size in folds], sum(folds)
    total = round(mean * sum(sizes))
    if abs(total / sum(sizes) - mean) > 1.01 * DIGIT:
        return []
    # One fold alone can lie no further from the mean than this.
    windows = [
        range(
            max(0, math.floor(size * (mean - (std + DIGIT) * math.sqrt(items / count)))),
            min(size, math.ceil(size * (mean + (std + DIGIT) * math.sqrt(items / count)))) + 1,
        )
        for size, count in zip(sizes, folds, strict=True)
    ]
    found = []
    for first in itertools.product(*windows[:-1]):
        counts = (*first, total - sum(first))
        if counts[-1] not in windows[-1]:
            continue
        squares = (count * (right / size - mean) ** 2 for right, size, count in zip(counts, sizes, folds, strict=True))
        if abs(math.sqrt(sum(squares) / items) - std) <= 1.01 * DIGIT:
            found.append(counts)
    return found


def explained(
    printed: Iterable[tuple[float, float]], folds: Sequence[int] = FOLDS, classes: int = CLASSES
) -> list[bool]:
    """Whether each printed mean and standard deviation can come from counts, see `decisions`."""
    return [bool(decisions(mean, std, folds, classes)) for mean, std in printed]

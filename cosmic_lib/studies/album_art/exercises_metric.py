"""The rules for the exercises on binary accuracy and on fold arithmetic: properties, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib.studies.album_art import arithmetic, losses, published

# Share of right decisions: `binary_accuracy(probabilities, labels) -> share`.


def _labels(classes: int, items: int = 60) -> np.ndarray:
    return np.random.default_rng(classes).integers(classes, size=items)


def counts_every_no(binary_accuracy: Callable) -> str | None:
    """Where no class is more than half sure, all decisions but one on each cover are right."""
    for classes in (3, 4, 10):
        said = float(binary_accuracy(np.full((60, classes), 1 / classes), _labels(classes)))
        if not np.isclose(said, 1 - 1 / classes):
            return f"with {classes} classes, each given 1/{classes}, it says {said:.3f}; 'no' is a decision as well"
    return None


def knows_the_best_and_the_worst(binary_accuracy: Callable) -> str | None:
    """Sure and right every time is 1; sure and wrong costs two decisions on each cover."""
    for classes in (3, 4, 10):
        labels = _labels(classes)
        for shift, wanted in ((0, 1.0), (1, 1 - 2 / classes)):
            said = float(binary_accuracy(np.eye(classes)[(labels + shift) % classes], labels))
            if not np.isclose(said, wanted):
                return f"sure and {'wrong' if shift else 'right'} every time, {classes} classes: it says {said:.3f}"
    return None


def asks_how_sure(binary_accuracy: Callable) -> str | None:
    """A likeliest class that is less than half sure is no yes, be it right or wrong."""
    labels = _labels(4)
    for shift, what in ((0, "right"), (1, "wrong")):
        unsure = 0.2 + 0.2 * np.eye(4)[(labels + shift) % 4]
        said = float(binary_accuracy(unsure, labels))
        if not np.isclose(said, 0.75):
            return (
                f"where the likeliest class has 0.4 and is {what} every time, it says {said:.3f}; yes begins at a half"
            )
    return None


def agrees_with_the_library(binary_accuracy: Callable) -> str | None:
    """On 20 sets of made-up probabilities it says what `losses.binary_accuracy` says."""
    rng = np.random.default_rng(0)
    for classes in range(2, 12):
        for sure in (0.1, 1.0):
            probabilities, labels = rng.dirichlet(np.full(classes, sure), size=60), _labels(classes)
            yours, wanted = float(binary_accuracy(probabilities, labels)), losses.binary_accuracy(probabilities, labels)
            if not np.isclose(yours, wanted):
                return f"on one with {classes} classes it says {yours:.4f}, and the library {wanted:.4f}"
    return None


# From counts to what is printed: `mean_and_std(right, covers, classes) -> (mean, deviation)`.


def _asked(
    mean_and_std: Callable, right: tuple[int, ...], covers: tuple[int, ...], classes: int
) -> tuple[float, float]:
    mean, std = mean_and_std(right, covers, classes)
    return float(mean), float(std)


def gives_shares(mean_and_std: Callable) -> str | None:
    """The mean is the share of all decisions that are right: with four classes there are four on each cover."""
    for right, covers, classes in (((101, 98, 103), (34, 33, 33), 4), ((9, 3), (10, 10), 1), ((15, 18), (10, 10), 2)):
        mean, _ = _asked(mean_and_std, right, covers, classes)
        wanted = sum(right) / (sum(covers) * classes)
        if not np.isclose(mean, wanted, atol=1e-9):
            return (
                f"{right} right on {covers} covers with {classes} decisions each: it says {mean:.6f}, not {wanted:.6f}"
            )
    return None


def knows_folds_that_agree(mean_and_std: Callable) -> str | None:
    """Where every fold has the same share, the deviation is nought."""
    for right, covers in (((102, 99, 99), (34, 33, 33)), ((30, 15, 60), (10, 5, 20))):
        _, std = _asked(mean_and_std, right, covers, 4)
        if abs(std) > 1e-9:
            return f"three quarters in each fold, {right} on {covers} covers: it says {std:.6f}; compare shares"
    return None


def weighs_folds_by_size(mean_and_std: Callable) -> str | None:
    """A fold of 90 covers counts nine times as much as one of 10, in the mean and in the deviation."""
    mean, std = _asked(mean_and_std, (90, 0), (90, 10), 1)
    if np.isclose(mean, 0.9) and np.isclose(std, 0.3):
        return None
    return (
        f"all right of 90 covers and none of 10: it says {mean:.3f} and {std:.3f}; give each fold its size as a weight"
    )


def prints_what_the_study_printed(mean_and_std: Callable) -> str | None:
    """Rounded to six digits, it gives every printed mean and deviation that counts explain."""
    for mean, std, _, line in published.pairs().itertuples(index=False):
        for right in arithmetic.decisions(mean, std)[:1]:
            found = _asked(mean_and_std, right, arithmetic.FOLDS, arithmetic.CLASSES)
            if not np.allclose(found, (mean, std), rtol=0, atol=1.1e-6):
                return (
                    f"line {line}: {right} right decisions give {found[0]:.6f} ({found[1]:.6f}), and printed is "
                    f"{mean:.6f} ({std:.6f})"
                )
    return None

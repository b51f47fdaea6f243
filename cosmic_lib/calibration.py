"""Probabilities that mean what they say: how sure a network is against how often it is right, and a remedy.

A network that says 0.9 should be right nine times in ten; most are too sure (Guo et al., "On Calibration of Modern
Neural Networks", 2017). One number mends much of it: the logarithms of the probabilities are divided by a temperature,
which is chosen on items that the network was not trained on. The likeliest class stays, and with it every accuracy.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

SMALLEST = 1e-7
"""What a probability of 0 is taken for: a logarithm needs more than that."""
BOUNDS = (0.2, 20.0)
"""Temperatures that are looked at: a network that is never wrong on a few items is not made surer without end."""


def temperature(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """What to divide the logarithms of probabilities by, so that the log loss of these items is least.

    Args:
        probabilities: of items that the network was not trained on, shape (items, classes).
        labels: class number of each item: int, shape (items,).

    Returns:
        Above 1 for a network that is too sure, below 1 for one that is not sure enough; within `BOUNDS`.

    Raises:
        ValueError: shapes that do not fit, no items, labels of no class, or values that are not probabilities.
    """
    from scipy.optimize import minimize_scalar

    said, numbers = _checked(probabilities, labels)
    rows = np.arange(len(said))

    def loss(logarithm: float) -> float:
        logits = _logits(said, np.exp(logarithm))
        return float(np.mean(np.logaddexp.reduce(logits, axis=1) - logits[rows, numbers]))

    # By its logarithm, as half the temperature is as far as twice; the loss has one valley.
    found = minimize_scalar(loss, bounds=tuple(np.log(BOUNDS)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def scaled(probabilities: ArrayLike, temperature: float) -> np.ndarray:
    """Probabilities at another temperature: closer to each other above 1, further apart below.

    Args:
        probabilities: shape (items, classes).
        temperature: from `temperature`; 1 leaves them as they are.

    Returns:
        float, same shape, the classes of each item in the same order; each row adds up to 1.

    Raises:
        ValueError: a temperature that is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"a temperature of {temperature}; give one above 0")
    said = np.asarray(probabilities, dtype=float)
    if temperature == 1:
        return said
    logits = _logits(said, temperature)
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, *, groups: ArrayLike | None = None, bins: int = 10
) -> pd.DataFrame:
    """How often a network is right, by how sure it is of its likeliest class.

    Args:
        probabilities: shape (items, classes).
        labels: class number of each item: int, shape (items,).
        groups: group of each item, which the intervals then count; by default each item is one of its own.
        bins: equal parts of the span from 0 to 1; empty ones are left out.

    Returns:
        One row per bin: low and high (its ends), confidence (mean probability of the likeliest class), right (share
        that is), right_low and right_high (95 % interval of it; nan for a single group) and items (how many).

    Raises:
        ValueError: as `temperature`, or no bins.
    """
    from cosmic_lib import compare

    if bins < 1:
        raise ValueError(f"{bins} bins; give one at least")
    said, numbers = _checked(probabilities, labels)
    confidence, right = said.max(axis=1), said.argmax(axis=1) == numbers
    which = np.minimum((confidence * bins).astype(int), bins - 1)  # whoever is wholly sure is in the last one
    rows = []
    for number in np.unique(which):
        inside = which == number
        if groups is None:
            share = compare.wilson(int(right[inside].sum()), int(inside.sum()))
        else:
            share = compare.over_groups(right[inside], np.asarray(groups)[inside])
        rows.append(
            {
                "low": number / bins,
                "high": (number + 1) / bins,
                "confidence": float(confidence[inside].mean()),
                "right": share.value,
                "right_low": share.low,
                "right_high": share.high,
                "items": int(inside.sum()),
            }
        )
    return pd.DataFrame(rows)


def expected_error(table: pd.DataFrame) -> float:
    """Mean distance of confidence and share right over the bins, each counted by its items.

    Few items give a distance by chance alone, also of a network that is calibrated.

    Args:
        table: from `reliability`.
    """
    return float(np.average((table["confidence"] - table["right"]).abs(), weights=table["items"]))


def _logits(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    return np.log(np.maximum(probabilities, SMALLEST)) / temperature


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    said, numbers = np.asarray(probabilities, dtype=float), np.asarray(labels)
    if said.ndim != 2 or not len(said) or len(said) != len(numbers):
        raise ValueError(f"probabilities of shape {said.shape} for {len(numbers)} items; give a row per item, and some")
    if not np.isfinite(said).all() or said.min() < 0 or said.max() > 1 + 1e-4:
        raise ValueError("some values are no probabilities, from 0 to 1; give what a softmax answers")
    if not ((numbers >= 0) & (numbers < said.shape[1])).all():
        raise ValueError(f"labels from {numbers.min()} to {numbers.max()} of {said.shape[1]} classes; count from 0")
    return said, numbers.astype(int)

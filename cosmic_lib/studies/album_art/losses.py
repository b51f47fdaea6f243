"""Losses of the album art study on one-hot labels, its binary accuracy, and what both come to when nothing is learnt.

Importing this module makes the two losses known to Keras, by the names that `IMPLIED` and `TOLD` hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd

from cosmic_lib.one_hot import register

IMPLIED = "cosmic_lib>one_hot_binary_crossentropy"
"""Binary cross-entropy, each output a yes or no of its own: of five losses the only one near the printed 0.55."""
TOLD = "cosmic_lib>one_hot_half_mean_squared_error"
"""Half the mean squared error (line 99); the formula in line 101 adds the outputs up, which is four times as much."""


def half_mean_squared_error(one_hot: keras.KerasTensor, probabilities: keras.KerasTensor) -> keras.KerasTensor:
    """Half the mean over the outputs of their squared errors: one number per item. Source study: album_art, line 99."""
    return 0.5 * keras.losses.mean_squared_error(one_hot, probabilities)


register("one_hot_binary_crossentropy", keras.losses.binary_crossentropy, module=__name__)
register("one_hot_half_mean_squared_error", half_mean_squared_error, module=__name__)


def binary_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of right decisions where each output is a decision of its own: yes above 0.5, no otherwise.

    With four classes an item asks for one yes and three times no, so that "no" four times has three of four right.

    Args:
        probabilities: shape (items, classes).
        labels: class number of each item: int, shape (items,).

    Returns:
        A share from 0 to 1; what Keras calls binary accuracy on one-hot labels.

    Raises:
        ValueError: no items, or not one label for each.

    Source study: album_art, lines 113 to 188 and 224 to 283 have no other accuracy.
    """
    said = np.asarray(probabilities) > 0.5
    if not len(said) or len(said) != len(labels):
        raise ValueError(f"{len(said)} predictions and {len(labels)} labels; give one label per prediction, and some")
    return float(np.mean(said == (np.arange(said.shape[1]) == np.asarray(labels)[:, np.newaxis])))


def constants(counts: Sequence[int]) -> pd.DataFrame:
    """The losses of two predictors that have learnt nothing of the pictures.

    Args:
        counts: items of each class.

    Returns:
        Columns uniform (every class alike) and class_prior (every class by its share of the items); index the loss:
        binary and categorical cross-entropy, mean squared error, half of it (line 99), and half the sum (line 101).

    Raises:
        ValueError: a class without items.

    Source study: album_art, lines 99 to 101 and 137.
    """
    shares = np.asarray(counts) / np.sum(counts)
    if not (shares > 0).all():
        raise ValueError(f"counts are {list(counts)}; leave out classes without items")
    return pd.DataFrame(
        {
            "uniform": _losses(shares, np.full(len(shares), 1 / len(shares))),
            "class_prior": _losses(shares, shares),
        }
    )


def _losses(shares: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
    """Each loss of outputs that are the same for every item, where the classes have these shares."""
    yes, no = shares * np.log(outputs), (1 - shares) * np.log(1 - outputs)
    squared = shares * (1 - outputs) ** 2 + (1 - shares) * outputs**2
    return {
        "binary cross-entropy": -float(np.mean(yes + no)),
        "categorical cross-entropy": -float(np.sum(yes)),
        "mean squared error": float(np.mean(squared)),
        "half the mean squared error": float(np.mean(squared) / 2),
        "half the summed squared error": float(np.sum(squared) / 2),
    }

"""Four losses that want ten numbers per picture and were given one class number: as the study had it, and as meant.

Keras 2 gave labels of shape (batch,) a second axis, so that against outputs of shape (batch, 10) each class number was
compared with all ten outputs, without a word (lines 8390-8410). Keras 3 leaves the labels as they are and raises an
error; labels that come as (batch, 1) it still compares with all ten.

Importing this module makes the names known to Keras: `keras.losses.deserialize("cosmic_lib>one_hot_hinge")`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from cosmic_lib.one_hot import register

KERAS_LOSSES: dict[str, Callable] = {
    "mean_squared_logarithmic_error": keras.losses.mean_squared_logarithmic_error,
    "mean_squared_error": keras.losses.mean_squared_error,
    "hinge": keras.losses.hinge,
    "kullback_leibler_divergence": keras.losses.kl_divergence,
}
"""Losses by the names that the source gives them, in its order (line 8409)."""


def broadcast(name: str) -> Callable:
    """A loss as Keras 2 took it: the class number is compared with each of the outputs.

    Args:
        name: one of `KERAS_LOSSES`.

    Returns:
        `loss(labels, probabilities)`, from class numbers (batch,) or (batch, 1) and float32 (batch, classes) to one
        number per item, registered with Keras as `cosmic_lib>broadcast_NAME`.

    Raises:
        ValueError: no such loss.

    Source study: cifar, lines 8390 to 8410.
    """
    return register(f"broadcast_{name}", _keras_loss(name), module=__name__, encode=_as_they_are)


def one_hot(name: str) -> Callable:
    """A loss as it is meant: the class number is first written as zeros and a one in its place.

    Args:
        name: one of `KERAS_LOSSES`.

    Returns:
        As `broadcast`, registered with Keras as `cosmic_lib>one_hot_NAME`.

    Raises:
        ValueError: no such loss.

    Source study: none, it is our correction of cifar, lines 8390 to 8410.
    """
    return register(f"one_hot_{name}", _keras_loss(name), module=__name__)


def plateau(name: str) -> float:
    """Where a broadcast loss comes to rest: its mean when all ten outputs are 0.1 and the classes are balanced.

    Nothing better than equal outputs can be learnt: all ten are compared with the same number.

    Args:
        name: one of `KERAS_LOSSES`.

    Returns:
        2.486, 27.61, 0.550 and 20.72, in the order of `KERAS_LOSSES`; the printed logs end near them (lines 8575-8717).

    Raises:
        ValueError: no such loss.
    """
    _keras_loss(name)
    number, output = np.arange(10.0), 0.1
    if name == "mean_squared_error":
        return float(np.mean((number - output) ** 2))
    if name == "mean_squared_logarithmic_error":
        return float(np.mean((np.log(number + 1) - np.log(output + 1)) ** 2))
    if name == "hinge":  # class numbers are taken for margins: only labels of 0 and 1 become -1 and 1
        return float(np.mean(np.maximum(1 - number * output, 0)))
    share = np.clip(number, keras.config.epsilon(), 1)  # a class number is taken for a probability; ten terms are added
    return float(10 * np.mean(share * np.log(share / output)))


def _keras_loss(name: str) -> Callable:
    if name not in KERAS_LOSSES:
        raise ValueError(f"no loss named {name!r}; choose one of {', '.join(KERAS_LOSSES)}")
    return KERAS_LOSSES[name]


def _as_they_are(labels: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    return ops.cast(labels, "float32")


for _name in KERAS_LOSSES:
    broadcast(_name)
    one_hot(_name)

"""Losses that want one number per class, for labels that are class numbers: each is first written as zeros and a one.

Labels are class numbers everywhere else, and so accuracy stays the share of items that are classified rightly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras import KerasTensor


def encode(labels: KerasTensor, classes: int) -> KerasTensor:
    """Class numbers, shape (batch, 1), as zeros and a one: float32, shape (batch, classes)."""
    from keras import ops

    return ops.one_hot(labels[:, 0], classes)


def register(name: str, loss: Callable, *, module: str, encode: Callable = encode) -> Callable:
    """Make a loss of one number per class into one of class numbers, and make its name known to Keras.

    Args:
        name: what `keras.losses.deserialize` finds it by, as `cosmic_lib>NAME`.
        loss: `loss(encoded, probabilities)` gives one number per item, from two of shape (batch, classes).
        module: the module that asks, its `__name__`: its code decides what a run with this loss gives.
        encode: `encode(labels, classes)`, from labels of shape (batch, 1); one-hot by default.

    Returns:
        `loss(labels, probabilities)`, from class numbers (batch,) or (batch, 1) and float32 (batch, classes) to one
        number per item.
    """
    import keras
    from keras import ops

    def on_class_numbers(labels, probabilities):
        return loss(encode(ops.reshape(labels, (-1, 1)), probabilities.shape[-1]), probabilities)

    on_class_numbers.__name__, on_class_numbers.__module__ = name, module
    return keras.saving.register_keras_serializable("cosmic_lib", name)(on_class_numbers)

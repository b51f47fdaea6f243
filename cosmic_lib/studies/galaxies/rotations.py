"""The eight ways to lay a square picture, and a network's answer averaged over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

WAYS = tuple(f"{degrees}°{', mirrored' * mirrored}" for mirrored in (False, True) for degrees in (0, 90, 180, 270))
"""Names of the eight ways, in the order of `every_way`."""


def every_way(pictures: np.ndarray) -> Iterator[np.ndarray]:
    """Pictures as they are, turned by one, two and three quarters; then all four again, mirrored.

    No pixel changes its value, so unlike a turn by another angle this invents nothing.

    Args:
        pictures: square, shape (items, size, size, channels).

    Yields:
        Eight views of the pictures, same shape and dtype, in the order of `WAYS`; none is a copy.

    Raises:
        ValueError: pictures that are not square.
    """
    if pictures.ndim != 4 or pictures.shape[1] != pictures.shape[2]:
        raise ValueError(
            f"pictures of shape {pictures.shape} cannot be laid in eight ways; give (items, size, size, channels)"
        )
    for laid in (pictures, pictures[:, :, ::-1]):
        for quarters in range(4):
            yield np.rot90(laid, quarters, axes=(1, 2))


def by_way(model: keras.Model, pictures: np.ndarray, *, batch_size: int = 64) -> np.ndarray:
    """What a network answers for pictures laid in each of the eight ways.

    Args:
        model: a network on square pictures.
        pictures: see `in_batches`.
        batch_size: pictures fed at a time; more are never held as floating-point numbers.

    Returns:
        Probabilities, float64, shape (8, items, outputs); the first axis in the order of `WAYS`.

    Raises:
        ValueError: as `every_way` and `in_batches`.
    """
    parts = [
        [model.predict_on_batch(np.ascontiguousarray(laid)) for laid in every_way(batch)]
        for batch in in_batches(pictures, batch_size)
    ]
    return np.concatenate([np.stack(part) for part in parts], axis=1).astype(float)


def averaged(model: keras.Model, pictures: np.ndarray, *, batch_size: int = 64) -> np.ndarray:
    """What a network answers on average over the eight ways: the same, however a picture is laid.

    The sky has no upper side, yet a network of dense layers, or one trained on few pictures, answers as if it had.

    Args:
        model: a network on square pictures.
        pictures: see `in_batches`.
        batch_size: pictures fed at a time.

    Returns:
        Probabilities, float64, shape (items, outputs).

    Raises:
        ValueError: as `every_way` and `in_batches`.
    """
    return by_way(model, pictures, batch_size=batch_size).mean(axis=0)


def in_batches(pictures: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Pictures as the networks of this study are fed them, a few at a time.

    Args:
        pictures: shape (items, height, width, channels), uint8 from 0 to 255, or floating-point from 0 to 1.
        batch_size: pictures at a time.

    Yields:
        float32, from 0 to 1, shape (at most batch_size, height, width, channels).

    Raises:
        ValueError: no pictures, or values beyond 0 to 1 that are not uint8.

    Source study: galaxies, line 421.
    """
    if not len(pictures):
        raise ValueError("no pictures to ask the network about; give one or more")
    for start in range(0, len(pictures), batch_size):
        batch = pictures[start : start + batch_size]
        if batch.dtype == np.uint8:
            yield batch.astype(np.float32) / 255
        elif batch.min() >= 0 and batch.max() <= 1:
            yield batch.astype(np.float32)
        else:
            raise ValueError(
                f"pictures hold {batch.dtype} from {batch.min():.4g} to {batch.max():.4g}; give uint8 from 0 to 255, "
                "or divide them so that they lie between 0 and 1"
            )

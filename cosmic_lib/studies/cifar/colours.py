"""Colours in their place and out of it: how the study cut its colour pictures, and what tells the two apart."""

from __future__ import annotations

import numpy as np


def scramble(pictures: np.ndarray) -> np.ndarray:
    """Colour pictures as the source cut them: rows that hold one colour after the other, as if those lay side by side.

    Args:
        pictures: shape (pictures, height, width, 3).

    Returns:
        The same values in the same shape.

    Source study: cifar, line 9715.
    """
    return pictures.transpose(0, 3, 1, 2).reshape(pictures.shape)


def neighbours(pictures: np.ndarray) -> float:
    """Correlation between each pixel and the one to its right and below it, over all colours.

    Args:
        pictures: shape (pictures, height, width, channels).
    """
    shifted = [(pictures[:, :, :-1], pictures[:, :, 1:]), (pictures[:, :-1], pictures[:, 1:])]
    here, there = (np.concatenate([pair[side].ravel() for pair in shifted]).astype(float) for side in range(2))
    return float(np.corrcoef(here, there)[0, 1])

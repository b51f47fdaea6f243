"""Picture files of galaxies to arrays: of the whole field, and of its centre."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cosmic_lib import images, store
from cosmic_lib.stack import Stacked, stack
from cosmic_lib.studies.galaxies import fits

SHARES = {"pictures": 1.0, "centre": 0.5}
"""Input -> share of each side of the field that is kept, around the galaxy in its middle."""
SMALLEST = 16
"""Pixels of a side below which nothing of a galaxy's form can be seen."""
CODE = ("cosmic_lib.images", "cosmic_lib.stack", "cosmic_lib.studies.galaxies.fits", __name__)
"""Modules that decide what an array holds."""


def read(path: Path, *, size: int, share: float = 1.0) -> np.ndarray:
    """Read one picture, of any format that Pillow knows, or FITS.

    Args:
        path: the file.
        size: pixels of a side; the picture is squeezed to that square.
        share: see `SHARES`.

    Returns:
        uint8, shape (size, size, 3): red, green, blue.

    Raises:
        images.ImageError: it is no picture, damaged, or smaller than `SMALLEST`.

    Source study: galaxies, lines 288 to 300; OpenCV gives blue first there.
    """
    if not path.name.lower().endswith(fits.ENDINGS):
        return images.read(path, size=size, share=share, smallest=SMALLEST)
    picture = fits.read(path)
    images.refuse_small(path, picture.shape[1::-1], SMALLEST)
    return images.fitted(picture, (size, size), share)


def read_all(
    paths: Sequence[Path], *, names: Sequence[str], size: int, progress: Callable = lambda steps: steps
) -> Stacked:
    """Read many pictures, see `stack.stack`.

    Args:
        paths: the files.
        names: inputs to make.
        size: pixels of a side.
        progress: wraps what is looped over.

    Raises:
        ValueError: none of them can be read.
    """

    def each(path: Path) -> dict[str, np.ndarray]:
        return {name: read(path, size=size, share=SHARES[name]) for name in names}

    shapes = dict.fromkeys(names, (size, size, 3))
    return stack(paths, each, shapes, study="galaxies", key=[store.source_fingerprint(*CODE)], progress=progress)

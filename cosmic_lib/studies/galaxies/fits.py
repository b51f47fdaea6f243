"""FITS files, in which astronomers keep pictures as brightness, to RGB as a screen would show them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from cosmic_lib.images import MAX_PIXELS, ImageError

ENDINGS = tuple(ending + packed for ending in (".fits", ".fit", ".fts") for packed in ("", ".gz"))
"""Endings of the names of FITS files, in small letters."""

DARKEST, BRIGHTEST = 1.0, 99.5
"""Percentiles that become black and white: a dead pixel or a star decides neither."""

SOFTENING = 0.1
"""Share of that range below which brightness is shown nearly as it is; above it, by its logarithm."""


def read(path: str | Path) -> np.ndarray:
    """Read a FITS file as RGB, like `images.read`.

    The first picture in the file is taken: grey, or three planes as red, green and blue. An asinh stretch shows faint
    arms and a bright core at once; pixels without a number are black. The first row in the file is the lowest.

    Args:
        path: a .fits, .fit or .fts file, or one of these packed as .gz.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        ImageError: astropy is not installed; or the file cannot be opened, is no FITS file, is cut off, holds no
            picture, or one of more than `images.MAX_PIXELS` pixels.
    """
    return np.ascontiguousarray(_stretched(path, _brightness(path))[::-1])


def _brightness(path: str | Path) -> np.ndarray:
    """The numbers of the first picture, float64, shape (height, width, 1 or 3)."""
    try:
        from astropy.io import fits
    except ModuleNotFoundError as error:
        raise ImageError(f"{path}: reading FITS files needs astropy; install it with: pip install astropy") from error
    try:
        # Opened here, since astropy would take a name that looks like an address for one and download it.
        with open(path, "rb") as file, fits.open(file) as opened:
            parts = []
            for part in opened:
                if part.is_image and (shape := _shape(part.shape)):
                    return _planes(path, part, shape)
                parts.append(f"a picture of shape {part.shape}" if part.is_image and part.shape else part.name.lower())
            raise ImageError(
                f"{path}: holds no picture of one or three planes, only {', '.join(parts)}; save the picture alone"
            )
    except ImageError:
        raise
    except OSError as error:
        reason = "is no FITS file, or is cut off; copy or download it again"
        if error.strerror:
            reason = f"cannot be opened ({error.strerror}); check the file and its permissions"
        raise ImageError(f"{path}: {reason}") from error
    except Exception as error:  # on damaged files, astropy raises whatever comes up
        raise ImageError(f"{path}: cut off or damaged ({error}); copy or download it again") from error


def _shape(shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Shape of a picture without axes of length 1 in front; None of what is no picture."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    flat = len(shape) == 2 or (len(shape) == 3 and (shape[0] == 3 or shape[2] in (1, 3)))
    return shape if flat and min(shape) > 0 else None


def _planes(path: str | Path, part: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The picture, planes last; its size is known before it is read."""
    first = len(shape) == 3 and shape[0] == 3
    if math.prod(shape[1:] if first else shape[:2]) > MAX_PIXELS:
        raise ImageError(f"{path}: has more than {MAX_PIXELS:,} pixels; cut out the galaxy, or remove the file")
    values = np.asarray(part.data, dtype=np.float64).reshape(shape)
    return np.moveaxis(values, 0, 2) if first else values.reshape(*shape[:2], -1)


def _stretched(path: str | Path, brightness: np.ndarray) -> np.ndarray:
    """Brightness as a screen shows it, uint8 of shape (height, width, 3); one stretch for all planes keeps colours."""
    known = np.isfinite(brightness)
    if not known.any():
        raise ImageError(f"{path}: holds no number, only undefined pixels; remove the file")
    black, white, top = np.percentile(brightness[known], (DARKEST, BRIGHTEST, 100))
    span = (white - black) or (top - black) or 1.0  # one star on an even sky; an even picture
    shares = np.clip((np.where(known, brightness, black) - black) / span, 0, 1)
    shown = np.round(255 * np.arcsinh(shares / SOFTENING) / np.arcsinh(1 / SOFTENING)).astype(np.uint8)
    return np.broadcast_to(shown, (*shown.shape[:2], 3))

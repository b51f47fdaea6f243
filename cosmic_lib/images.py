"""Picture files to arrays, and a reason for each file that gives none."""

from __future__ import annotations

import contextlib
import functools
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from cosmic_lib import parallel, store

if TYPE_CHECKING:
    from PIL import Image

PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff")
"""Endings of the names of picture files, for `folders.find`."""

MAX_PIXELS = 2**28 // 3
"""Larger pictures are refused before they are decoded: as RGB, they would take over a quarter of a gigabyte."""


class ImageError(ValueError):
    """A file that cannot be used as a picture; the message names the file and what to do."""


def read(
    path: str | Path | bytes, *, size: int | tuple[int, int] | None = None, share: float = 1.0, smallest: int = 1
) -> np.ndarray:
    """Read any picture file as RGB.

    Transparent parts are laid on white, 16 bits are scaled to 8, a photograph that its EXIF data call turned is set
    upright, and of an animation the first picture is taken. Another size may be another shape.

    Args:
        path: a file that Pillow reads (jpeg, png, gif, webp, tiff, bmp, ...), or the content of one; errors then
            speak of `the picture`.
        size: pixels, (height, width), or one number for a square; that of the file by default. Shrinking averages.
        share: of height and width that is kept, around the middle; all by default.
        smallest: pixels; a picture with a shorter side is refused.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        ValueError: a size below 1, or a share that is not above 0 and at most 1.
        ImageError: the file cannot be opened, is not a picture, is cut off or damaged, is too small, has more than
            `MAX_PIXELS` pixels, or numbers for which black and white are not known.
    """
    from PIL import Image

    height_width = (size, size) if isinstance(size, int) else size
    if height_width is not None and min(height_width) < 1:
        raise ValueError(f"size is {size}; give height and width in pixels, from 1 up")
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; give a number above 0 and at most 1")
    name = "the picture" if isinstance(path, bytes) else path
    try:
        with io.BytesIO(path) if isinstance(path, bytes) else open(path, "rb") as file:
            rgb = _plain_jpeg(file, max(height_width) / share if height_width else math.inf, smallest)
            if rgb is None:
                file.seek(0)
                rgb = _whole(file, name, smallest)
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except Exception as error:  # on damaged files, the decoders of forty formats raise whatever comes up
        raise ImageError(f"{name}: {_reason(error)}") from error
    return fitted(rgb, height_width, share)


def fitted(picture: np.ndarray, height_width: tuple[int, int] | None, share: float = 1.0) -> np.ndarray:
    """The middle of a picture, in another size where one is given; see `read`."""
    import cv2

    height, width = picture.shape[:2]
    above, aside = (round(length * (1 - share) / 2) for length in (height, width))
    middle = picture[above : height - above, aside : width - aside]
    if height_width is None:
        return np.array(middle)
    # Between pixels at most two apart, a line passes over none of them; further apart, it would.
    shrunk = max(old / new for old, new in zip(middle.shape, height_width, strict=False)) > 2
    return cv2.resize(middle, height_width[::-1], interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR)


def refuse_small(path: str | Path, sides: tuple[int, int], smallest: int) -> None:
    """Refuse a picture of which one side has fewer pixels than it takes.

    Raises:
        ImageError: it is so.
    """
    if min(sides) < smallest:
        raise ImageError(f"{path}: has {' x '.join(map(str, sides))} pixels, fewer than {smallest}; give a larger one")


def read_many(
    paths: Iterable[Path], *, size: int | tuple[int, int] | None = None
) -> Iterator[tuple[Path, np.ndarray | str]]:
    """Read many pictures, in the order given; while one is used, the next ones are decoded.

    Args:
        paths: picture files.
        size: see `read`.

    Yields:
        Each path with its picture, uint8 of shape (height, width, 3), or with the reason why it has none.
    """
    for path, picture in parallel.ahead(functools.partial(read, size=size), paths, workers=store.threads()):
        try:
            yield path, picture.result()
        except ImageError as error:
            yield path, str(error)


def _plain_jpeg(file: BinaryIO, side: float, smallest: int) -> np.ndarray | None:
    """A jpeg without anything special about it, the pixels of Pillow in a fraction of the time; None for others.

    Where no side need have more pixels than `side`, it comes at a half, a quarter or an eighth of its size: a jpeg
    holds blocks of 8 x 8 pixels as waves, and the long ones alone give 4 x 4, 2 x 2 or 1, averages of what is left out.
    """
    import simplejpeg

    if file.read(2) != b"\xff\xd8":
        return None
    file.seek(0)
    content = file.read()
    with contextlib.suppress(ValueError):  # of what is wrong with a file, Pillow can tell
        height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
        special = colours not in ("Gray", "YCbCr", "RGB") or b"Exif" in content
        if special or height * width > MAX_PIXELS or min(height, width) < smallest:
            return None
        enough = (one for one in (8, 4, 2) if min(height, width) >= one * side and not (height % one or width % one))
        factor = next(enough, 1)
        return simplejpeg.decode_jpeg(content, "RGB", min_height=height // factor, min_width=width // factor)
    return None


def _whole(file: BinaryIO, name: str | Path, smallest: int) -> np.ndarray:
    """A picture in any format that Pillow reads."""
    from PIL import Image

    with Image.open(file) as picture:
        refuse_small(name, picture.size, smallest)
        if picture.width * picture.height > MAX_PIXELS:
            raise _too_large(name)
        return np.asarray(_rgb(name, _upright(picture)))


def _upright(picture: Image.Image) -> Image.Image:
    """The decoded picture, turned as its EXIF data say."""
    from PIL import ImageOps

    picture.load()
    with contextlib.suppress(Exception):  # with damaged EXIF data, it stays as it lies
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _rgb(path: str | Path, picture: Image.Image) -> Image.Image:
    from PIL import Image

    if picture.mode[0] in "IF":  # I;16 and the like hold 16 bits, I 32, F floating-point numbers
        values = np.asarray(picture)
        if picture.mode == "F" or values.min() < 0 or values.max() > 65_535:
            raise ImageError(f"{path}: holds numbers beyond 16 bits, so black and white are not known; save it as png")
        picture = Image.fromarray(np.round(values / 257).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def _too_large(path: str | Path) -> ImageError:
    return ImageError(f"{path}: has more than {MAX_PIXELS:,} pixels; save it smaller, or remove the file")


def _reason(error: Exception) -> str:
    """What is wrong with a file, and the remedy."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "empty, or not a picture in any format that Pillow knows; replace or remove the file"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be opened ({error.strerror}); check the file and its permissions"
    return f"cut off or damaged ({str(error) or type(error).__name__}); copy or download it again"

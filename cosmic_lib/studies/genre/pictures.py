"""Spectrogram pictures: rendered from sound, or read from ready-made sets with or without their margin.

The study took ready-made pictures, resized them to 180 x 180 and did nothing else (source line 9). It does not state
how they had been made, so the settings of `render` are our choice.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import audio, folders, images, parallel, sound, store

SIZE = 180
"""Height and width of a picture in pixels (source line 9)."""
N_FFT = 2048
"""Samples in a window: 93 ms (our choice)."""
HOP_LENGTH = 512
"""Samples from one window to the next, at most, so that every sample lies in a window (our choice)."""
DECIBELS = 80
"""From the loudest point of a picture down to where its colours end (our choice)."""
COLOURS = "inferno"
"""Perceptually uniform colour map of matplotlib, that of the set `img_data` (our choice)."""

LAYOUTS = ("images_original", "img_data", "Data/images_original")
NAME = re.compile(r"(?P<genre>[a-z]+)(?P<number>\d{5})\.png")
WHITE = 255


def render(samples: np.ndarray, *, size: int = SIZE) -> np.ndarray:
    """Draw the spectrogram of a clip or segment: time to the right, pitch (mel) upwards, brighter where it is louder.

    It fills the picture, without margin or axes. Decibels count from its own loudest point, so that the volume of a
    recording does not show; silence is dark. Another size than 180 is that picture resized.

    Args:
        samples: mono at 22,050 Hz, shape (n,); 3 s or 30 s, and 2,048 samples at least.
        size: height and width in pixels.

    Returns:
        uint8, shape (size, size, 3).

    Raises:
        ValueError: too few samples, or several channels; values that are not finite; a size below 1.
    """
    if samples.ndim != 1 or len(samples) < N_FFT:
        raise ValueError(f"samples have shape {samples.shape}; give one channel of {N_FFT:,} samples at least")
    loudest = float(np.abs(samples).max())
    if not math.isfinite(loudest):
        raise ValueError("samples hold values that are not finite, so there is no spectrogram; leave them out")
    power = _mel_power((samples / (loudest or 1)).astype(np.float32))
    level = 1 + 10 / DECIBELS * np.log10(np.maximum(power / (power.max() or 1), 10 ** (-DECIBELS / 10)))
    shades = np.round(255 * _resized(level.astype(np.float32), size)).astype(np.uint8)
    return _colours()[shades[::-1]]


def _mel_power(samples: np.ndarray) -> np.ndarray:
    """Mean power in equal steps of mel and of time: shape (SIZE, SIZE), low bands first."""
    from scipy.fft import rfft
    from scipy.signal import get_window

    last = len(samples) - N_FFT
    windows_per_column = max(math.ceil(last / ((SIZE - 1) * HOP_LENGTH)), 1)
    starts = np.linspace(0, last, SIZE * windows_per_column).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[starts]
    spectrum = rfft(windows * get_window("hann", N_FFT).astype(np.float32))
    power = spectrum.real**2 + spectrum.imag**2
    return _mel_filters() @ power.reshape(SIZE, windows_per_column, -1).mean(axis=1).T


@functools.cache
def _mel_filters() -> np.ndarray:
    return audio.librosa().filters.mel(sr=sound.SAMPLE_RATE, n_fft=N_FFT, n_mels=SIZE)


@functools.cache
def _colours() -> np.ndarray:
    """Red, green and blue of each of 256 shades."""
    import matplotlib

    return matplotlib.colormaps[COLOURS](np.arange(256), bytes=True)[:, :3]


def _resized(picture: np.ndarray, size: int) -> np.ndarray:
    """A square of RGB or of floating-point numbers; shrinking averages."""
    if size < 1:
        raise ValueError(f"size is {size}; give height and width in pixels, from 1 up")
    return images.fitted(picture, (size, size))


@dataclass(frozen=True)
class Pictures(audio.Settings):
    """Settings of the pictures of a clip: one of the whole, or one of each segment.

    Args:
        clip_samples, segments: see `audio.Settings`.
        size: height and width in pixels.
        of_segments: whether each segment gets a picture of its own.
    """

    dtype = np.uint8
    modules = (__name__, audio.__name__, sound.__name__)
    size: int = SIZE
    of_segments: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture: (180, 180, 3) by default."""
        return self.size, self.size, 3

    def describe(self, clip: np.ndarray) -> np.ndarray:
        """Pictures of a clip: uint8, shape (pictures, size, size, 3)."""
        parts = audio.cut(clip, self) if self.of_segments else [clip]
        return np.stack([render(part, size=self.size) for part in parts])


def extract(
    paths: Iterable[Path],
    *,
    size: int = SIZE,
    settings: audio.SegmentFeatures = audio.SegmentFeatures(),
    cache: Path,
    segments: bool = False,
) -> Iterator[tuple[Path, np.ndarray | str]]:
    """Pictures of many sound files, in the order given, each drawn once for its content and these settings.

    A clip has a picture where it has features: if it holds at least one segment.

    Args:
        paths: sound files.
        size: height and width in pixels.
        settings: how much of a clip is used, and how it is cut.
        cache: folder of the cache; it is made if need be.
        segments: one picture of each segment, instead of one of the clip.

    Yields:
        Each path with its pictures, uint8 of shape (1, size, size, 3) or (segments found, size, size, 3), or with the
        reason why it has none.
    """
    pictures = Pictures(settings.clip_samples, settings.segments, size=size, of_segments=segments)
    return audio.extract(paths, settings=pictures, cache=cache)


def find_pictures(root: Path) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Pictures of a ready-made set in name order, and the files that are none.

    Args:
        root: folder with `images_original/`, `img_data/` or `Data/images_original/` in it; the first found is read.

    Returns:
        Table of the pictures, columns file (path under the root), label and track (`blues.00000`, as the clip is
        called); and, for each file that does not belong, its path under the root and the reason.

    Raises:
        FileNotFoundError: none of the folders is there.
        ValueError: there, but without a single picture.
    """
    tree = next((root / layout for layout in LAYOUTS if (root / layout).is_dir()), None)
    if tree is None:
        raise FileNotFoundError(
            f"{root}: holds none of {', '.join(f'{layout}/' for layout in LAYOUTS)}; "
            "give the folder that the pictures were unpacked into"
        )
    paths, unusable = folders.walk(tree)
    strangers = [(f"{folders.shown(tree, root)}/{file}", reason) for file, reason in unusable]
    rows = []
    for path in paths:
        match = NAME.fullmatch(path.name)
        file = folders.shown(path, root)
        if match is None:
            strangers.append((file, "not named <genre>NNNNN.png"))
        elif path.parent != tree / match["genre"]:
            strangers.append((file, f"named {match['genre']} in folder {folders.shown(path.parent, tree)}"))
        else:
            rows.append((file, match["genre"], f"{match['genre']}.{match['number']}"))
    if not rows:
        raise ValueError(f"{tree}: no file <genre>/<genre>NNNNN.png in it; check the folder")
    return pd.DataFrame(rows, columns=["file", "label", "track"]), strangers


def read(path: str | Path, *, size: int = SIZE, crop: bool = True) -> np.ndarray:
    """Read a ready-made picture as RGB; transparent parts are white.

    The margin is what is white from end to end at the border, so colours that end in white may lose a row with it.

    Args:
        path: the picture file.
        size: height and width in pixels.
        crop: whether the margin is cut off; the study kept it (source line 9), which is fault T15.

    Returns:
        uint8, shape (size, size, 3).

    Raises:
        ValueError: a size below 1.
        ImageError: as `images.read`, or it is white or transparent throughout, so that nothing is left without margin.
    """
    picture = images.read(path)
    inside = _inside(path, picture)
    return _resized(picture[inside] if crop else picture, size)


def read_many(paths: Iterable[Path], *, size: int = SIZE, crop: bool = True) -> Iterator[tuple[Path, np.ndarray | str]]:
    """Read many ready-made pictures, in the order given; while one is used, the next ones are decoded.

    Args:
        paths: picture files.
        size, crop: see `read`.

    Yields:
        Each path with its picture, uint8 of shape (size, size, 3), or with the reason why it has none.
    """
    read_one = functools.partial(read, size=size, crop=crop)
    for path, picture in parallel.ahead(read_one, paths, workers=store.threads()):
        try:
            yield path, picture.result()
        except images.ImageError as error:
            yield path, str(error)


def margin(path: str | Path) -> float:
    """Share of a picture's pixels, 0 to 1, that lie in its margin and say nothing about the sound (fault T15).

    Args:
        path: the picture file.

    Raises:
        ImageError: as `read`.
    """
    picture = images.read(path)
    rows, columns = _inside(path, picture)
    return 1 - picture[rows, columns].size / picture.size


def _inside(path: str | Path, picture: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns within the margin: what lies beyond them is white throughout."""
    drawn = (picture != WHITE).any(axis=2)
    if not drawn.any():
        raise images.ImageError(f"{path}: white or transparent throughout; replace or remove the file")
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)

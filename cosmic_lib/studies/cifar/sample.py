"""Made-up pictures in the layout of CIFAR-10: ten classes that differ in local structure, and a little in colour.

Each class is a texture or an outline: stripes of one direction and width, checks, spots, rings. It is drawn at a random
place, size, tilt and contrast into a picture full of clutter and noise. Mirrored from left to right, a picture is still
one of its class. Colour is laid over it so that the grey picture stays what it was: five hues for ten classes, so that
colour alone can never tell them all apart. How much of the colour belongs to the class is the knob `colour`: at zero,
colour tells nothing.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cosmic_lib import store
from cosmic_lib.studies.cifar.batches import CLASSES, META, SIDE, TEST, TRAINING

COLOUR = 0.5
"""Default share of a picture's colour that belongs to its class."""

CONTRAST, CLUTTER, NOISE, TINT = 60.0, 12.0, 6.0, 40.0
"""Of the drawing, of what it is drawn on, of each pixel, and of the colours: steps of brightness, of 256."""

HUES = 5
COPIES = 30
"""One in so many test pictures, and one per class at least, copies a training picture; in CIFAR-10, 3.3 % nearly do."""
REPEATED = ("airplane", "frog")
"""Classes whose last training picture repeats the first."""

README = "readme.html"
LUMINANCE = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Style:
    """What the pictures of one class have in common.

    Args:
        pattern: `pattern(u, v, frequency, phase)` at places of a picture, -1 to 1; u and v are in pixels from its
            centre, to the right and down, tilted as the picture is.
        frequency: of its waves, in waves per pixel.
    """

    pattern: Callable[..., np.ndarray]
    frequency: float


def _wave(distance: np.ndarray, frequency: np.ndarray, phase: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * (frequency * distance + phase))


def _outline(distance: np.ndarray, frequency: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """A line where the distance is half a wave, light or dark."""
    return np.where(phase < 0.5, 1.6, -1.6) * np.exp(-(((distance - 0.5 / frequency) / 1.3) ** 2))


def _spots(u: np.ndarray, v: np.ndarray, frequency: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Round spots in rows that are set off against each other."""
    rows = np.cos(2 * np.pi * frequency * (u + v)) + np.cos(2 * np.pi * frequency * (u - v))
    return np.where(phase < 0.5, 1.6, -1.6) * (np.maximum(rows, 0) ** 2 / 2 - 0.4)


def _checks(u: np.ndarray, v: np.ndarray, frequency: np.ndarray, phase: np.ndarray) -> np.ndarray:
    return 1.4 * np.tanh(3 * _wave(u, frequency, phase) * _wave(v, frequency, phase))


STYLES = {
    "airplane": Style(lambda u, v, frequency, phase: _wave(v, frequency, phase), 0.12),
    "automobile": Style(lambda u, v, frequency, phase: _wave(v, frequency, phase), 0.22),
    "bird": Style(lambda u, v, frequency, phase: _wave(u, frequency, phase), 0.12),
    "cat": Style(lambda u, v, frequency, phase: _wave(u, frequency, phase), 0.22),
    "deer": Style(
        lambda u, v, frequency, phase: _wave((u + np.where(phase < 0.5, v, -v)) / 2**0.5, frequency, phase), 0.16
    ),
    "dog": Style(_checks, 0.11),
    "frog": Style(_spots, 0.11),
    "horse": Style(lambda u, v, frequency, phase: _wave(np.hypot(u, v), frequency, phase), 0.16),
    "ship": Style(lambda u, v, frequency, phase: _outline(np.maximum(np.abs(u), np.abs(v)), frequency, phase), 0.075),
    "truck": Style(lambda u, v, frequency, phase: _outline(np.hypot(u, v), frequency, phase), 0.065),
}


def write_sample(
    root: Path,
    *,
    per_class: int = 150,
    colour: float = COLOUR,
    seed: int = 0,
    progress: Callable = lambda steps: steps,
) -> Path:
    """Write the sample once, in the publisher's layout: five batches to train on, and one to test.

    Some pictures repeat, and some of the test pictures are copies of training pictures, as in the real set.

    Args:
        root: folder under which samples are kept.
        per_class: training pictures of each class, at least 5; there are a fifth as many test pictures.
        colour: share of a picture's colour that belongs to its class, 0 to 1.
        seed: another seed gives other pictures.
        progress: wraps the list of classes, to draw a bar.

    Returns:
        Folder that holds `cifar-10-batches-py`.

    Raises:
        ValueError: a setting out of range.
    """
    if not 0 <= colour <= 1:
        raise ValueError(f"colour is {colour}; choose a share from 0 to 1")
    if per_class < len(TRAINING):
        raise ValueError(f"per_class is {per_class}; a class needs at least {len(TRAINING)}, one for each batch")
    code = store.fingerprint(store.source_fingerprint(__name__), seed)[:6]
    folder = Path(root) / f"cifar-{per_class}-colour{colour:g}-{code}"
    if folder.exists():
        return folder
    with store.unfinished(folder) as part:
        _write(part / "cifar-10-batches-py", per_class, colour, seed, progress)
        try:
            part.rename(folder)
        except OSError:  # another process made the same sample meanwhile
            if not folder.exists():
                raise
    return folder


def _write(folder: Path, per_class: int, colour: float, seed: int, progress: Callable) -> None:
    drawn = [_drawn_class(name, per_class, colour, seed) for name in progress(list(CLASSES))]
    training = np.concatenate([pictures[:per_class] for pictures in drawn])
    test = np.concatenate([pictures[per_class:] for pictures in drawn])
    folder.mkdir(parents=True)
    rng = np.random.default_rng([seed, len(CLASSES)])
    for title, pictures, names in (("training", training, TRAINING), ("testing", test, (TEST,))):
        labels = np.repeat(np.arange(len(CLASSES)), len(pictures) // len(CLASSES))
        order = rng.permutation(len(pictures))
        for number, rows in enumerate(np.array_split(order, len(names)), start=1):
            content = _batch(pictures[rows], labels[rows], rows, f"{title} batch {number} of {len(names)}")
            (folder / names[number - 1]).write_bytes(content)
    meta = {
        b"num_cases_per_batch": 2 * per_class,
        b"label_names": [name.encode() for name in CLASSES],
        b"num_vis": 3 * SIDE * SIDE,
    }
    (folder / META).write_bytes(pickle.dumps(meta, protocol=2))
    (folder / README).write_text("<p>Made-up pictures in the layout of CIFAR-10.</p>\n")


def _batch(pictures: np.ndarray, labels: np.ndarray, rows: np.ndarray, title: str) -> bytes:
    """A batch as the publisher pickles it: keys and names are bytes."""
    names = [f"{CLASSES[label]}_s_{row:06d}.png".encode() for label, row in zip(labels, rows, strict=True)]
    table = {
        b"batch_label": title.encode(),
        b"labels": labels.tolist(),
        b"data": np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)).reshape(len(pictures), -1),
        b"filenames": names,
    }
    return pickle.dumps(table, protocol=2)


def _drawn_class(name: str, per_class: int, colour: float, seed: int) -> np.ndarray:
    """Training pictures of a class, and after them its test pictures; some repeat."""
    tests = per_class // len(TRAINING)
    pictures = draw(name, per_class + tests, colour=colour, seed=seed)
    copies = max(1, tests // COPIES)
    pictures[per_class : per_class + copies] = pictures[1 : 1 + copies]
    if name in REPEATED:
        pictures[per_class - 1] = pictures[0]
    return pictures


def draw(name: str, count: int, *, colour: float = COLOUR, seed: int = 0) -> np.ndarray:
    """Pictures of one class: the same arguments always give the same pixels.

    Args:
        name: a key of `STYLES`.
        count: how many.
        colour, seed: as in `write_sample`. The grey picture does not depend on the colour.

    Returns:
        uint8, shape (count, 32, 32, 3).
    """
    number = CLASSES.index(name)
    rng = np.random.default_rng([seed, number])
    mask, pattern = _pattern(STYLES[name], count, rng)
    contrast = CONTRAST * rng.uniform(0.6, 1.3, size=(count, 1, 1))
    grey = 128 + 12 * rng.normal(size=(count, 1, 1)) + contrast * mask * pattern
    grey = grey + CLUTTER * _clutter(count, rng) + NOISE * rng.normal(size=mask.shape)
    angle = 2 * np.pi * (number % HUES) / HUES
    own = rng.normal(scale=0.7, size=(2, count, 2))
    tint = colour * np.array([np.cos(angle), np.sin(angle)]) + (1 - colour) * own[0]
    place = mask[..., np.newaxis]
    chroma = TINT * (place * _hue(tint) + 0.6 * (1 - place) * _hue(own[1]))
    return np.round(np.clip(grey, 60, 195)[..., np.newaxis] + chroma).astype(np.uint8)


def _pattern(style: Style, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Where a class is drawn in each picture, 0 to 1, and what is drawn there: both of shape (count, 32, 32)."""

    def each(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, size=(count, 1, 1))

    down, right = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    x, y = right - each(-5, 5), down - each(-5, 5)
    tilt = each(-0.3, 0.3)
    u, v = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    frequency = style.frequency * np.exp(rng.normal(scale=0.2, size=(count, 1, 1)))
    mask = 1 / (1 + np.exp(np.hypot(x, y) - each(8, 14)))
    return mask, style.pattern(u, v, frequency, each(0, 1))


def _clutter(count: int, rng: np.random.Generator) -> np.ndarray:
    """Patches of all sizes, as in most photographs: mean 0, deviation 1, shape (count, 32, 32)."""
    waves = np.hypot(np.fft.fftfreq(SIDE)[:, np.newaxis], np.fft.rfftfreq(SIDE))
    waves[0, 0] = np.inf
    patches = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(count, SIDE, SIDE))) / waves, s=(SIDE, SIDE))
    return patches / patches.std(axis=(1, 2), keepdims=True)


def _hue(tint: np.ndarray) -> np.ndarray:
    """Colours without any brightness, of tints in two dimensions: shape (count, 1, 1, 3)."""
    red, blue = np.clip(tint, -1.5, 1.5).T  # so that no sum with a grey of 60 to 195 leaves 0 to 255
    green = -(LUMINANCE[0] * red + LUMINANCE[2] * blue) / LUMINANCE[1]
    return np.stack([red, green, blue], axis=-1)[:, np.newaxis, np.newaxis]

"""A made-up album cover: colours, a scene, lettering and an emblem, of simple shapes."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

Colour = tuple[float, ...]

PALETTES = {
    "earth": (0.05, ((0.11, 0.30, 0.90), (0.09, 0.45, 0.68), (0.06, 0.60, 0.38), (0.56, 0.35, 0.72), (0.07, 0.6, 0.2))),
    "ash": (0.08, ((0.62, 0.12, 0.30), (0.60, 0.15, 0.10), (0.03, 0.12, 0.48), (0.00, 0.80, 0.55), (0.11, 0.1, 0.85))),
    "poster": (
        0.14,
        ((0.13, 0.75, 0.92), (0.02, 0.75, 0.72), (0.00, 0.05, 0.12), (0.58, 0.65, 0.8), (0.12, 0.05, 1.0)),
    ),
    "neon": (0.10, ((0.70, 0.75, 0.38), (0.84, 0.65, 0.60), (0.51, 0.75, 0.92), (0.90, 0.70, 1.0), (0.50, 0.2, 1.0))),
}
"""Name -> how far hues stray, and hue, saturation and value, each 0 to 1, of far, near, main, accent and ink."""
LAYOUTS = ("horizon", "shards", "figure", "rings")
LETTERINGS = ("serif", "spiky", "block", "glow")
EMBLEMS = (0, 3, 4, 5, 8, 12)
"""How many corners an emblem has; 0 is a ring."""
PLACES = ((0.14, 0.86), (0.86, 0.86), (0.14, 0.14), (0.86, 0.14))
"""Where an emblem is: shares of the side, from the left and from the top."""
CIRCLE = np.exp(2j * np.pi * np.arange(48) / 48).view(float).reshape(-1, 2)
"""Corners of what is drawn as a circle of radius 1."""
SHADE = 0.08
"""How much each of six waves of light adds or takes, share of the colour that is there."""
GRAIN = 5.0
"""Standard deviation of the noise of the print, of 255."""


@dataclass(frozen=True)
class Cover:
    """What decides how a cover looks.

    Args:
        palette: of `PALETTES`.
        layout: of `LAYOUTS`.
        lettering: of `LETTERINGS`.
        hue: how far its hues are from those of the palette, -1 to 1 of as far as they stray.
        light: its colours are as much brighter, about 1.
        shift: of the main thing to the right, share of the side.
        size: of the main thing, about 1.
        place: of the words, share of the side from the top.
        emblem: of `EMBLEMS`, by number.
        corner: of `PLACES`, by number.
        artist, title: the words.
    """

    palette: str
    layout: str
    lettering: str
    hue: float
    light: float
    shift: float
    size: float
    place: float
    emblem: int
    corner: int
    artist: str
    title: str


def draw(cover: Cover, *, side: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a cover.

    Args:
        cover: what is drawn.
        side: of the picture, in pixels.
        rng: decides what no two covers have in common: hills, shards, folds of light, the grain of the print.

    Returns:
        uint8, RGB, shape (side, side, 3).
    """
    far, near, main, accent, ink = colours(cover)
    down = np.linspace(0, 1, side, dtype=np.float32)[:, np.newaxis, np.newaxis]
    ground = (1 - down) * np.array(far) + down * np.array(near)
    canvas = np.repeat(ground.astype(np.uint8), side, axis=1)
    scene = {"horizon": _horizon, "shards": _shards, "figure": _figure, "rings": _rings}[cover.layout]
    scene(canvas, cover, (main, accent, ink), rng)
    _lit(canvas, rng)
    _emblem(canvas, cover, ink)
    lettering = {"serif": _serif, "spiky": _spiky, "block": _block, "glow": _glow}[cover.lettering]
    lettering(canvas, cover, (main, accent, ink), rng)
    printed = canvas + GRAIN * rng.standard_normal(size=canvas.shape, dtype=np.float32)
    return np.clip(printed, 0, 255).astype(np.uint8)


def colours(cover: Cover) -> list[Colour]:
    """Far, near, main, accent and ink of a cover: red, green and blue, 0 to 255."""
    stray, mixed = PALETTES[cover.palette]
    turned = ((hue + cover.hue * stray, saturation, min(1, value * cover.light)) for hue, saturation, value in mixed)
    return [tuple(255 * share for share in colorsys.hsv_to_rgb(hue % 1, *rest)) for hue, *rest in turned]


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    return tuple((1 - share) * a + share * b for a, b in zip(one, other, strict=True))


def _polygon(canvas: np.ndarray, corners: ArrayLike, colour: Colour) -> None:
    """Fill a polygon; its corners are shares of the side, shape (n, 2), to the right and down."""
    import cv2

    cv2.fillPoly(canvas, [np.round(np.asarray(corners) * len(canvas) * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _ellipse(canvas: np.ndarray, middle: tuple[float, float], axes: tuple[float, float], colour: Colour) -> None:
    """Fill an ellipse; middle and half axes are shares of the side, to the right and down."""
    _polygon(canvas, CIRCLE * axes + middle, colour)


def _horizon(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Hills, one behind the other, under a sun."""
    main, accent, ink = inks
    line, right = rng.uniform(0.45, 0.65), np.linspace(0, 1, 60)
    sun = (0.5 + 2 * cover.shift, line - rng.uniform(0.05, 0.2))
    _ellipse(canvas, sun, (0.13 * cover.size,) * 2, _mix(accent, (255, 255, 255), 0.2))
    for number, share in enumerate((0, 0.35, 0.7)):
        waves, phases = rng.uniform(2, 12, size=(3, 1)), rng.uniform(0, 2 * np.pi, size=(3, 1))
        hills = line + 0.12 * number + 0.03 * cover.size * np.sin(waves * right + phases).sum(axis=0)
        outline = np.concatenate([np.stack([right, hills], axis=1), [[1, 1], [0, 1]]])
        _polygon(canvas, outline, _mix(main, ink, share))


def _shards(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Splinters that lie across the picture, along one diagonal."""
    along = np.array([1, -1 if cover.shift < 0 else 1]) / np.sqrt(2)
    across = along[::-1] * (1, -1)
    for number in range(9):
        start, length = rng.uniform(0, 1, size=2), cover.size * rng.uniform(0.25, 0.6)
        width = rng.uniform(0.03, 0.09)
        colour = _mix(inks[number % 2], inks[2], rng.uniform(0, 0.5))
        _polygon(canvas, [start - length * along, start + width * across, start + length * along], colour)


def _figure(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Head and shoulders of one or more, before a patch of light, in a frame."""
    main, accent, ink = inks
    _ellipse(canvas, (0.5 + cover.shift, rng.uniform(0.35, 0.6)), (0.36 * cover.size,) * 2, accent)
    for number in range(rng.integers(1, 4)):
        middle, tall = 0.5 + cover.shift + rng.uniform(-0.28, 0.28), cover.size * rng.uniform(0.75, 1.2)
        colour, head = _mix(main, ink, 0.25 * number), 1 - 0.5 * tall
        _ellipse(canvas, (middle, 1.02), (0.26 * tall, 0.34 * tall), colour)
        _ellipse(canvas, (middle, head), (0.11 * tall, 0.16 * tall), _mix(colour, accent, 0.3))
        _ellipse(canvas, (middle, head - 0.1 * tall), (0.13 * tall, rng.uniform(0.05, 0.12) * tall), colour)
    edge = max(1, round(0.03 * len(canvas)))
    for strip in (canvas[:edge], canvas[-edge:], canvas[:, :edge], canvas[:, -edge:]):
        strip[:] = ink


def _rings(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Circles of light within each other."""
    main, accent, _ = inks
    ground = tuple(canvas[len(canvas) // 2, 0].tolist())
    middle = (0.5 + cover.shift, 0.48)
    for radius in np.sort(rng.uniform(0.05, 0.46, size=9))[::-1] * cover.size:
        _ellipse(canvas, middle, (radius, radius), _mix(ground, main if rng.random() < 0.6 else accent, rng.random()))


def _lit(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """Light and shade fall on every scene in another way, as on a photograph."""
    turn = 2 * np.pi * np.linspace(0, 1, len(canvas), dtype=np.float32)
    right, down = rng.normal(scale=1.2, size=(2, 6, 1)).astype(np.float32) * turn
    down += rng.uniform(0, 7, size=(6, 1))
    shade = np.cos(down).T @ np.sin(right) + np.sin(down).T @ np.cos(right)  # sums of sin(down + right)
    canvas[:] = np.clip(canvas * (1 + SHADE * shade[..., np.newaxis]), 0, 255)


def _emblem(canvas: np.ndarray, cover: Cover, ink: Colour) -> None:
    """The small sign of the artist: a star with as many points as it says, or a ring."""
    import cv2

    corners, place = EMBLEMS[cover.emblem], np.array(PLACES[cover.corner])
    if not corners:
        middle = tuple(np.round(place * len(canvas)).astype(int).tolist())
        cv2.circle(canvas, middle, round(0.07 * len(canvas)), ink, max(1, round(0.025 * len(canvas))), cv2.LINE_AA)
        return
    turn = np.arange(2 * corners) * np.pi / corners - np.pi / 2
    radius = np.where(np.arange(2 * corners) % 2, 0.04, 0.09)[:, np.newaxis]
    _polygon(canvas, place + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1), ink)


def _write(canvas: np.ndarray, words: str, top: float, *, font: int, wide: float, heavy: float, colour: Colour) -> None:
    """Words in the middle of a line.

    Args:
        canvas: what they are written on.
        words: any ASCII text.
        top: where the letters end below, share of the side from the top.
        font: one of OpenCV's own.
        wide: share of the side that they take.
        heavy: width of a stroke, share of the side.
        colour: of the strokes.
    """
    import cv2

    side, stroke = len(canvas), max(1, round(heavy * len(canvas)))
    (width, _), _ = cv2.getTextSize(words, font, 1, stroke)
    scale = min(wide * side / width, 0.009 * side)
    (width, _), _ = cv2.getTextSize(words, font, scale, stroke)
    at = (round((side - width) / 2), round(top * side))
    cv2.putText(canvas, words, at, font, scale, colour, stroke, cv2.LINE_AA)


def _serif(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Printed letters between two rules."""
    import cv2

    ink, top = inks[2], cover.place
    _write(canvas, cover.artist, top, font=cv2.FONT_HERSHEY_TRIPLEX, wide=0.8, heavy=0.008, colour=ink)
    _write(canvas, cover.title, top + 0.1, font=cv2.FONT_HERSHEY_COMPLEX, wide=0.5, heavy=0.005, colour=ink)
    for line in (top - 0.13, top + 0.02):
        _polygon(canvas, [(0.1, line), (0.9, line), (0.9, line + 0.01), (0.1, line + 0.01)], ink)


def _spiky(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Letters that grow thorns, up and down."""
    import cv2

    ink, top = inks[2], cover.place
    words = cover.artist.upper()
    _write(canvas, words, top, font=cv2.FONT_HERSHEY_DUPLEX, wide=0.8, heavy=0.016, colour=ink)
    for right in rng.uniform(0.1, 0.9, size=14):
        length = rng.choice([-1, 1]) * rng.uniform(0.06, 0.13)
        line = top - (0.08 if length < 0 else 0)
        _polygon(canvas, [(right - 0.014, line), (right + 0.014, line), (right, line + length)], ink)


def _block(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Heavy capitals in a box."""
    import cv2

    main, _, ink = inks
    top = cover.place
    _polygon(canvas, [(0.04, top - 0.14), (0.96, top - 0.14), (0.96, top + 0.05), (0.04, top + 0.05)], main)
    _write(canvas, cover.artist.upper(), top, font=cv2.FONT_HERSHEY_SIMPLEX, wide=0.84, heavy=0.03, colour=ink)


def _glow(canvas: np.ndarray, cover: Cover, inks: tuple[Colour, ...], rng: np.random.Generator) -> None:
    """Thin letters, wide apart, with a halo."""
    import cv2

    _, accent, ink = inks
    words, light = " ".join(cover.artist.lower()), np.zeros_like(canvas)
    write = partial(_write, words=words, top=cover.place, font=cv2.FONT_HERSHEY_PLAIN, wide=0.84)
    write(light, heavy=0.03, colour=(255, 255, 255))
    halo = np.minimum(cv2.GaussianBlur(light.astype(np.float32), (0, 0), 0.03 * len(canvas)) / 128, 1)
    canvas[:] = (1 - halo) * canvas + halo * np.array(accent, np.float32)
    write(canvas, heavy=0.008, colour=ink)

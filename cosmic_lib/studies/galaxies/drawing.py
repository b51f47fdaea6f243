"""A galaxy as a survey sees it: its light is spread, tilted, blurred, coloured, and lost in the noise of the sky."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

BULGE_INDEX, BULGE_RADIUS, BULGE_THICKNESS = 2.5, 0.25, 0.7
"""Of the bulge in the middle of a disc: Sersic index, half-light radius as a share of the disc's, and thickness."""

BAR_LENGTH, BAR_WIDTH = 0.6, 0.15
"""Of a bar, as shares of the half-light radius of its disc."""

YOUNG_SHARE = 0.75
"""Of the light of a disc. Young stars lie along the arms, where they are born; old ones have spread over the disc."""
YOUNG_COLOUR = -0.45
"""Of young stars, against the old ones of the same galaxy: magnitudes of g - r."""

WHITE_COLOUR = 0.65
"""What is drawn as white: magnitudes of g - r."""

BRIGHT, SOFT = 1500.0, 8.0
"""Light that is drawn as white, and light up to which brightness grows in proportion; the noise of the sky is 1."""
SKY = 14.0
"""Brightness of the empty sky, of 255."""

NEIGHBOURS = 6.0
"""Stars and small galaxies in a field, on average."""


@dataclass(frozen=True)
class Galaxy:
    """What decides how a galaxy looks. Lengths are shares of the side of the field, angles are in radians.

    Args:
        kind: `elliptical`, `spiral`, or `star`, which is none but was taken for one.
        radius: half of the light comes from within it; of a disc, of the disc alone.
        brightness: at that radius, in units of the noise of one pixel of sky.
        colour: of its old stars, in magnitudes of g - r; a larger one is redder.
        sersic: how much an elliptical is concentrated: 1 is a disc's profile, 4 a bright core with wide wings.
        thickness: shortest axis over longest, as seen from the side.
        inclination: 0 is seen from above, pi / 2 from the side.
        angle: position angle of the longest axis, counted from the rows of the picture.
        bulge: share of the light of a spiral in its bulge, seen from above.
        bar: brightness of its bar, in units of `brightness`; 0 for none.
        arms: how many.
        contrast: of young stars between the arms and the gaps: 0 is none, 3 a grand design.
        pitch: angle of the arms with a circle.
        handedness: 1 or -1, which way they wind.
        phase: where they begin.
        seeing: standard deviation of the blur by the air and the telescope.
    """

    kind: str
    radius: float
    brightness: float
    colour: float
    sersic: float
    thickness: float
    inclination: float
    angle: float
    bulge: float
    bar: float
    arms: int
    contrast: float
    pitch: float
    handedness: int
    phase: float
    seeing: float


def draw(galaxy: Galaxy, *, side: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a galaxy in the middle of its field, with neighbours and noise.

    Args:
        galaxy: what is drawn.
        side: of the picture, in pixels.
        rng: decides the neighbours, the noise, and by how little the middle is missed.

    Returns:
        uint8, RGB, shape (side, side, 3).
    """
    middle = 0.5 - 0.5 / side + 0.01 * rng.normal(size=2)
    down, right = (np.arange(side) / side - middle[:, np.newaxis]).astype(np.float32)
    x, y = rotated(right, down[:, np.newaxis], galaxy.angle)
    shape = {"elliptical": elliptical, "spiral": spiral, "star": star}[galaxy.kind]
    old_and_young = blurred(shape(galaxy, x, y), galaxy.seeing * side)
    tints = tint(galaxy.colour + np.array([0, YOUNG_COLOUR]))
    light = np.tensordot(tints.T, old_and_young, axes=1)
    light += neighbours(galaxy.seeing, side, rng)
    light += rng.standard_normal(size=light.shape, dtype=np.float32)
    return stretched(light)


def rotated(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along axes that are turned by an angle."""
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def axis_ratio(thickness: float | np.ndarray, inclination: float | np.ndarray) -> np.ndarray:
    """Short over long axis, on the sky, of a flattened spheroid: 1 from above, its thickness from the side."""
    return np.hypot(np.cos(inclination), thickness * np.sin(inclination))


def half_light(index: float) -> float:
    """The number b of a Sersic profile that makes its radius hold half of the light.

    Args:
        index: of the profile, 0.5 to 10.
    """
    return 2 * index - 1 / 3 + 0.009876 / index


def sersic(radius: np.ndarray, index: float) -> np.ndarray:
    """Brightness by radius, 1 at the half-light radius. Index 0.5 is a Gaussian, 1 exponential, 4 of de Vaucouleurs.

    Args:
        radius: in units of the half-light radius.
        index: of the profile.

    Returns:
        As radius.
    """
    return np.exp(-half_light(index) * (radius ** (1 / index) - 1))


def sersic_light(index: float) -> float:
    """All light of a round Sersic profile, in units of brightness at the half-light radius times its square."""
    b = half_light(index)
    return 2 * math.pi * index * math.exp(b) * b ** (-2 * index) * math.gamma(2 * index)


def spiral_arms(radius: np.ndarray, angle: np.ndarray, galaxy: Galaxy) -> np.ndarray:
    """How much more or less light there is than in a smooth disc: logarithmic spirals, 1 on average round a circle.

    Args:
        radius: in the plane of the disc, in units of its half-light radius; above 0.
        angle: in that plane, in radians.
        galaxy: whose arms.

    Returns:
        As radius.
    """
    wound = np.log(radius) / math.tan(galaxy.pitch)
    crest = np.cos(galaxy.arms * (galaxy.handedness * (angle - galaxy.phase) - wound))
    # Seen from the side, each line of sight crosses arms and gaps alike; and in the middle there are none.
    contrast = galaxy.contrast * math.cos(galaxy.inclination)
    fade = radius**2 / (radius**2 + 0.2)
    return 1 + fade * (np.exp(contrast * crest) / float(np.i0(contrast)) - 1)


def elliptical(galaxy: Galaxy, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Light of old and of young stars of an elliptical, which has no young ones.

    Args:
        galaxy: what is drawn.
        x, y: places along its long and its short axis, as shares of the side; both of one shape.

    Returns:
        float32, old and young: shape (2, ...).
    """
    flat = float(axis_ratio(galaxy.thickness, galaxy.inclination))
    old = galaxy.brightness * sersic(_distance(x, y / flat, galaxy.radius), galaxy.sersic)
    return np.stack([old, np.zeros_like(old)])


def spiral(galaxy: Galaxy, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Light of old and of young stars of a disc with its arms, bar and bulge; arguments as `elliptical`."""
    flat = float(axis_ratio(galaxy.thickness, galaxy.inclination))
    radius = _distance(x, y / flat, galaxy.radius)
    disc = galaxy.brightness * sersic(radius, 1)
    young = YOUNG_SHARE * disc * spiral_arms(radius, np.arctan2(y / flat, x), galaxy)
    round_ = float(axis_ratio(BULGE_THICKNESS, galaxy.inclination))
    bulge = sersic(_distance(x, y / round_, BULGE_RADIUS * galaxy.radius), BULGE_INDEX)
    share = galaxy.bulge / (1 - galaxy.bulge) / BULGE_RADIUS**2 * sersic_light(1) / sersic_light(BULGE_INDEX)
    along, across = rotated(x, y / flat, galaxy.phase)
    bar = np.exp(-(((along / BAR_LENGTH) ** 2 + (across / BAR_WIDTH) ** 2) / galaxy.radius**2))
    return np.stack([(1 - YOUNG_SHARE) * disc + galaxy.brightness * (share * bulge + galaxy.bar * bar), young])


def star(galaxy: Galaxy, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Light of a star so bright that it has a halo and spikes; arguments as `elliptical`."""
    halo = 1 / (1 + (_distance(x, y, galaxy.radius) / 0.2) ** 3)
    spikes = sum(np.exp(-np.abs(a) / galaxy.radius - np.abs(b) / (0.05 * galaxy.radius)) for a, b in ((x, y), (y, x)))
    return np.stack([100 * galaxy.brightness * (halo + spikes), np.zeros_like(x)])


def _distance(x: np.ndarray, y: np.ndarray, radius: float) -> np.ndarray:
    """Distance from the middle in units of a radius, and never 0: no pixel is infinitely small."""
    return np.sqrt(x * x + y * y + 1e-5) / np.float32(radius)


def blurred(light: np.ndarray, blur: float) -> np.ndarray:
    """Light as it arrives through the air and the telescope: each point is a Gaussian.

    Args:
        light: pictures, shape (..., side, side).
        blur: standard deviation, in pixels.

    Returns:
        As light.
    """
    from scipy import ndimage

    return ndimage.gaussian_filter(light, blur, axes=(-2, -1), mode="nearest", truncate=3)


def tint(colour: np.ndarray) -> np.ndarray:
    """Light in red, green and blue, of 1 in green: the bands i, r and g of the survey.

    Args:
        colour: magnitudes of g - r, shape (n,). In most galaxies r - i is about half of it.

    Returns:
        float32, shape (n, 3).
    """
    redder = 0.4 * (np.asarray(colour)[:, np.newaxis] - WHITE_COLOUR)
    return (10 ** (redder * np.array([0.5, 0, -1]))).astype(np.float32)


def neighbours(seeing: float, side: int, rng: np.random.Generator) -> np.ndarray:
    """Light of other objects in the field: stars as sharp as the air lets them, and galaxies too small to show more.

    Args:
        seeing: as of a `Galaxy`.
        side: in pixels.
        rng: decides how many, where, and of which size, brightness and colour.

    Returns:
        float32, shape (3, side, side).
    """
    count = rng.poisson(NEIGHBOURS)
    places = rng.uniform(size=(2, count, 1))
    sizes = seeing * np.where(rng.random(size=(count, 1)) < 0.5, 1, rng.uniform(1.1, 2, size=(count, 1)))
    down, right = np.exp(-(((np.arange(side) / side - places) / sizes) ** 2) / 2).astype(np.float32)
    bands = tint(rng.normal(WHITE_COLOUR, 0.3, size=count)) * rng.lognormal(2.5, 1.3, size=(count, 1)).astype(
        np.float32
    )
    return (bands.T[:, np.newaxis] * down.T) @ right


def stretched(light: np.ndarray) -> np.ndarray:
    """Light as a picture: bright cores and faint arms both show, in their own colours, on a dark sky.

    Args:
        light: red, green and blue, in units of the noise of the sky; shape (3, side, side).

    Returns:
        uint8, shape (side, side, 3).
    """
    grey = np.maximum(light.mean(axis=0), 1e-3)
    factor = np.arcsinh(grey / SOFT) / grey / math.asinh(BRIGHT / SOFT)
    rgb = light * factor
    rgb /= np.maximum(rgb.max(axis=0), 1)  # a core that is too bright keeps its colour
    return np.clip(SKY + (255 - SKY) * rgb, 0, 255).astype(np.uint8).transpose(1, 2, 0)

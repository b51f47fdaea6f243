"""Drawn galaxies: the formulas mean what they say, and each parameter does its one thing to the picture."""

from dataclasses import replace

import numpy as np
import pytest

from cosmic_lib.studies.galaxies import drawing
from cosmic_lib.studies.galaxies.drawing import Galaxy

SIDE = 64
SPIRAL = Galaxy(
    kind="spiral", radius=0.12, brightness=25, colour=0.8, sersic=2, thickness=0.15, inclination=0, angle=0,
    bulge=0.1, bar=0, arms=2, contrast=2, pitch=0.35, handedness=1, phase=0, seeing=0.008,
)  # fmt: skip
ELLIPTICAL = replace(SPIRAL, kind="elliptical", colour=0.7, sersic=4, thickness=0.6)


def places(count: int = 201, reach: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of a square grid, as shares of the side."""
    line = np.linspace(-reach, reach, count)
    return np.meshgrid(line, line)


def grey(galaxy: Galaxy, *, seed: int = 0) -> np.ndarray:
    return drawing.draw(galaxy, side=SIDE, rng=np.random.default_rng(seed)).mean(axis=2) - drawing.SKY


def moments(picture: np.ndarray) -> tuple[float, float]:
    """How long a picture's middle is against its width (0 for round, 1 for a line), and in which direction."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    weight = np.maximum(picture - 10, 0) * (np.hypot(x, y) < 0.3 * SIDE)
    xx, yy, xy = ((weight * product).sum() for product in (x * x, y * y, x * y))
    return np.hypot(xx - yy, 2 * xy) / (xx + yy), 0.5 * np.arctan2(2 * xy, xx - yy)


@pytest.mark.parametrize("index", [0.5, 1, 2.5, 4])
def test_half_of_the_light_comes_from_within_the_half_light_radius(index):
    radius = np.linspace(0, 1, 20_001)[1:]
    within = (2 * np.pi * radius * drawing.sersic(radius, index)).mean()
    assert within == pytest.approx(drawing.sersic_light(index) / 2, rel=0.01)
    assert drawing.sersic(np.ones(1), index) == pytest.approx(1)


def test_a_larger_index_is_more_concentrated():
    profiles = [drawing.sersic(np.array([0.01, 4.0]), index) for index in (1, 2, 4)]
    assert (np.diff(profiles, axis=0) > 0).all(), "a brighter core, and wider wings"


def test_a_disc_is_round_from_above_and_thin_from_the_side():
    assert drawing.axis_ratio(0.2, 0) == 1
    assert drawing.axis_ratio(0.2, np.pi / 2) == pytest.approx(0.2)
    assert (np.diff(drawing.axis_ratio(0.2, np.linspace(0, np.pi / 2, 9))) < 0).all()


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_arms_are_as_many_as_asked_and_neither_add_light_nor_take_it(arms):
    angle = np.arange(0, 2 * np.pi, 0.001)
    round_ = drawing.spiral_arms(np.full_like(angle, 1.5), angle, replace(SPIRAL, arms=arms))
    assert round_.mean() == pytest.approx(1, abs=0.01)
    assert ((round_ > np.roll(round_, 1)) & (round_ > np.roll(round_, -1))).sum() == arms


@pytest.mark.parametrize("handedness", [1, -1])
def test_arms_keep_their_angle_with_circles_and_wind_as_they_are_told(handedness):
    galaxy = replace(SPIRAL, handedness=handedness)
    outward = np.exp(np.linspace(0, 0.2, 5))
    turned = handedness * np.log(outward) / np.tan(galaxy.pitch)  # where a logarithmic spiral is
    along = drawing.spiral_arms(outward, turned, replace(galaxy, phase=0))
    assert (along > 2).all()
    assert (drawing.spiral_arms(outward, -turned, galaxy)[1:] < along[1:]).all()


def test_no_arms_without_contrast_or_from_the_side():
    angle = np.linspace(0, 6, 50)
    for galaxy in (replace(SPIRAL, contrast=0), replace(SPIRAL, inclination=np.pi / 2)):
        assert drawing.spiral_arms(np.ones_like(angle), angle, galaxy) == pytest.approx(1)


def test_the_bulge_has_its_share_of_the_light():
    x, y = places(801, 2)
    whole, disc = (drawing.spiral(replace(SPIRAL, bulge=share, contrast=0), x, y).sum() for share in (0.3, 0))
    assert 1 - disc / whole == pytest.approx(0.3, abs=0.02)


def test_blur_spreads_light_and_keeps_it():
    point = np.zeros((2, 41, 41))
    point[:, 20, 20] = 1
    blurred = drawing.blurred(point, 2.0)
    assert blurred.sum(axis=(1, 2)) == pytest.approx(1)
    assert (blurred[0] * (np.arange(41) - 20) ** 2).sum() == pytest.approx(4, rel=0.1)


def test_a_larger_colour_is_redder():
    red, green, blue = drawing.tint(np.array([0.2, drawing.WHITE_COLOUR, 1.0])).T
    assert (np.diff(red / blue) > 0).all() and (green == 1).all()
    assert red[1] == blue[1] == 1


def test_stretched_light_is_monotonic_keeps_its_hue_and_never_wraps():
    light = np.outer([1.0, 0.8, 0.5], np.geomspace(1, 1e6, 60)).reshape(3, 1, 60)
    rgb = drawing.stretched(light)[0].astype(float)
    assert (np.diff(rgb, axis=0) >= 0).all() and rgb.max() == 255
    shares = (rgb[10:] - drawing.SKY) / (rgb[10:, :1] - drawing.SKY)
    assert shares[:, 1:] == pytest.approx(np.tile([0.8, 0.5], (50, 1)), abs=0.08)
    assert (drawing.stretched(-light) < drawing.SKY).any()


@pytest.mark.parametrize("galaxy", [SPIRAL, ELLIPTICAL, replace(SPIRAL, kind="star")], ids=lambda one: one.kind)
def test_a_picture_is_dark_round_a_bright_middle_and_the_same_every_time(galaxy):
    picture = drawing.draw(galaxy, side=SIDE, rng=np.random.default_rng(1))
    assert (picture.shape, picture.dtype) == ((SIDE, SIDE, 3), np.uint8)
    assert np.array_equal(picture, drawing.draw(galaxy, side=SIDE, rng=np.random.default_rng(1)))
    assert not np.array_equal(picture, drawing.draw(galaxy, side=SIDE, rng=np.random.default_rng(2)))
    assert np.median(picture) < 45 and picture[30:34, 30:34].mean() > 100
    assert 2 < np.median(np.abs(np.diff(picture[:10].astype(float), axis=1))) < 15, "noise shows"


@pytest.mark.parametrize("angle", [0.3, 1.2, 2.6])
def test_the_position_angle_is_where_the_picture_points(angle):
    length, direction = moments(grey(replace(SPIRAL, inclination=1.5, angle=angle), seed=3))
    assert length > 0.5
    assert abs(np.sin(direction - angle)) < 0.1
    assert moments(grey(replace(SPIRAL, contrast=0), seed=3))[0] < 0.2


def test_older_stars_are_redder_than_arms():
    bulge, arms = drawing.spiral(SPIRAL, *places(65))
    assert bulge[32, 32] / arms[32, 32] > bulge[32, 45] / arms[32, 45]
    assert drawing.elliptical(ELLIPTICAL, *places(65))[1].max() == 0
    red, blue = (
        drawing.draw(one, side=SIDE, rng=np.random.default_rng(0))[20:44, 20:44] for one in (ELLIPTICAL, SPIRAL)
    )
    assert red[..., 0].mean() / red[..., 2].mean() > blue[..., 0].mean() / blue[..., 2].mean()

"""Rules for the exercises on pictures and on the faults of a data set; `exercises` says what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

# A convolution by hand: `convolve(picture, kernel) -> array of the picture's shape`; beyond the border is zero.

PICTURE = np.random.default_rng(0).normal(size=(7, 9))
KERNEL = np.arange(1.0, 10.0).reshape(3, 3)


def keeps_the_size(convolve: Callable) -> str | None:
    """The answer has the shape of the picture."""
    shape = np.shape(convolve(PICTURE, KERNEL))
    return None if shape == PICTURE.shape else f"a picture of {PICTURE.shape} gave {shape}; put zeros around it first"


def gives_the_picture_back(convolve: Callable) -> str | None:
    """A kernel that is one in the middle and zero elsewhere gives the picture back."""
    middle = np.zeros((3, 3))
    middle[1, 1] = 1
    if np.allclose(convolve(PICTURE, middle), PICTURE):
        return None
    return "it did not; the middle of the kernel lies on the pixel that is computed"


def weighs_the_neighbours(convolve: Callable) -> str | None:
    """Each pixel is the sum of its nine neighbours, weighed by the kernel as it lies on them."""
    from scipy.signal import convolve2d, correlate2d

    got = np.asarray(convolve(PICTURE, KERNEL))
    if np.allclose(got, correlate2d(PICTURE, KERNEL, mode="same")):
        return None
    if np.allclose(got, convolve2d(PICTURE, KERNEL, mode="same")):
        return "your kernel is turned round; networks lay it on the picture as it is"
    if np.allclose(got[1:-1, 1:-1], correlate2d(PICTURE, KERNEL, mode="valid")):
        return "right inside, wrong at the border; what lies beyond it is zero"
    return f"the pixel in row 3, column 4 is {got[3, 4]:.3f}, not {(PICTURE[2:5, 3:6] * KERNEL).sum():.3f}"


def moves_with_the_picture(convolve: Callable) -> str | None:
    """What is drawn two columns further right gives the same answer, two columns further right."""
    spot = np.zeros((9, 12))
    spot[3:6, 3:6] = PICTURE[:3, :3]
    here, there = convolve(spot, KERNEL), convolve(np.roll(spot, 2, axis=1), KERNEL)
    if np.allclose(np.roll(here, 2, axis=1), there):
        return None
    return "the answer depends on the place; use the same nine weights at every pixel"


# The dense layer behind the convolutions: `parameters(side, poolings, channels, units) -> int`.

LAYERS = ((8, 0, 3, 5), (12, 2, 4, 10), (45, 1, 2, 6), (20, 3, 8, 1))


def counts_like_keras(parameters: Callable) -> str | None:
    """It counts what Keras counts."""
    for question in LAYERS:
        wanted, got = _counted(*question), parameters(*question)
        if got != wanted:
            named = ", ".join(
                f"{name}={value}"
                for name, value in zip(("side", "poolings", "channels", "units"), question, strict=True)
            )
            return f"for {named} it is {got!r}, Keras has {wanted:,}"
    return None


def _counted(side: int, poolings: int, channels: int, units: int) -> int:
    import keras
    from keras import layers

    x = picture = keras.Input((side, side, channels))
    for _ in range(poolings):
        x = layers.MaxPooling2D()(x)
    dense = layers.Dense(units)
    keras.Model(picture, dense(layers.Flatten()(x)))
    return dense.count_params()


def has_a_bias_for_each_unit(parameters: Callable) -> str | None:
    """Each unit has one weight per number that comes in, and one bias."""
    one, two = parameters(1, 0, 1, 1), parameters(1, 0, 1, 2)
    return None if (one, two) == (2, 4) else f"a single number into 1 and 2 units makes {one} and {two}, not 2 and 4"


def rounds_half_pixels_down(parameters: Callable) -> str | None:
    """A picture of 5 pixels is pooled to 2, and one of 3 to 1."""
    for odd, even in ((5, 4), (3, 2)):
        if parameters(odd, 1, 1, 1) != parameters(even, 1, 1, 1):
            return f"sides of {odd} and {even} differ after pooling; halve with // 2"
    return None


# Repeats into groups: `groups(names, pairs) -> dict from each name to its group`.

NAMES = ("a", "b", "c", "d", "e", "f")
CHAIN = (("a", "b"), ("c", "d"), ("d", "b"))


def names_every_track(groups: Callable) -> str | None:
    """Every name has a group."""
    missing = set(NAMES) - set(_groups(groups, CHAIN))
    return f"{', '.join(sorted(missing))} have none; a track without a repeat is a group by itself" if missing else None


def _groups(groups: Callable, pairs: tuple[tuple[str, str], ...]) -> Mapping[str, object]:
    return groups(list(NAMES), list(pairs))


def keeps_repeats_together(groups: Callable) -> str | None:
    """Two tracks that repeat one another are in one group."""
    group_of = _groups(groups, CHAIN)
    torn = [pair for pair in CHAIN if group_of[pair[0]] != group_of[pair[1]]]
    if not torn:
        return None
    return f"{' and '.join(torn[0])} are not, given {CHAIN}; a later pair may join two groups that are there already"


def follows_chains(groups: Callable) -> str | None:
    """If a repeats b and b repeats c, then a and c are in one group, in whatever order the pairs come."""
    for pairs in (CHAIN, CHAIN[::-1], tuple((right, left) for left, right in CHAIN)):
        group_of = _groups(groups, pairs)
        if len({group_of[name] for name in "abcd"}) > 1:
            return f"a, b, c and d hang together by {pairs}; yours are in {len({group_of[n] for n in 'abcd'})} groups"
    return None


def keeps_others_apart(groups: Callable) -> str | None:
    """Tracks that no pair joins are in different groups."""
    group_of = _groups(groups, CHAIN)
    found = len({group_of[name] for name in ("a", "e", "f")})
    return None if found == 3 else f"a, e and f have nothing to do with one another, yet they are in {found} groups"


# The margin: `without_margin(picture) -> the part inside it`, for a picture of shape (height, width, 3).

WHITE = 255


def _framed(top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture with a margin, and what is inside; a white row and a white column belong to the drawing."""
    inside = np.random.default_rng(0).integers(0, 200, size=(6, 8, 3), dtype=np.uint8)
    inside[2], inside[:, 5] = WHITE, WHITE
    widths = ((top, bottom), (left, right), (0, 0))
    return np.pad(inside, widths, constant_values=WHITE), inside


def cuts_the_margin_off(without_margin: Callable) -> str | None:
    """White rows and columns at the border are gone."""
    picture, inside = _framed(3, 3, 2, 2)
    got = np.asarray(without_margin(picture.copy()))
    return None if got.shape[:2] <= inside.shape[:2] else f"of {picture.shape[:2]} it left {got.shape[:2]}"


def looks_at_each_side(without_margin: Callable) -> str | None:
    """Each side has a margin of its own width, which may be none."""
    for sides in ((1, 4, 0, 2), (0, 0, 3, 0), (2, 0, 0, 5)):
        picture, inside = _framed(*sides)
        got = np.asarray(without_margin(picture.copy()))
        if got.shape != inside.shape or not np.array_equal(got, inside):
            return f"top, bottom, left and right were {sides}; {got.shape[:2]} is left, not {inside.shape[:2]}"
    return None


def keeps_white_inside(without_margin: Callable) -> str | None:
    """White that is surrounded by the drawing stays."""
    picture, inside = _framed(1, 1, 1, 1)
    got = np.asarray(without_margin(picture.copy()))
    if got.shape == inside.shape:
        return None
    return f"{inside.shape[:2]} were inside, {got.shape[:2]} are left; cut from the first to the last row with colour"


def leaves_a_full_picture_alone(without_margin: Callable) -> str | None:
    """A picture without a margin stays as it is."""
    picture, _ = _framed(0, 0, 0, 0)
    return None if np.array_equal(without_margin(picture.copy()), picture) else "it did not; cut white rows only"

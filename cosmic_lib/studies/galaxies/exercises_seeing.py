"""The rules for the exercises on what a network sees: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cosmic_lib.studies.galaxies import rotations, seeing

if TYPE_CHECKING:
    import keras

# The eight ways to lay a square picture: `every_way(picture) -> eight pictures`; picture: (size, size, colours).

PICTURE = np.random.default_rng(0).integers(256, size=(5, 5, 3), dtype=np.uint8)


def _laid(every_way: Callable) -> list[np.ndarray]:
    return [np.asarray(laid) for laid in every_way(PICTURE.copy())]


def gives_eight_pictures(every_way: Callable) -> str | None:
    """There are eight pictures, each of the shape of the one that was given."""
    shapes = [laid.shape for laid in _laid(every_way)]
    return None if shapes == [PICTURE.shape] * 8 else f"one of {PICTURE.shape} gives {len(shapes)}: {shapes}"


def keeps_every_pixel(every_way: Callable) -> str | None:
    """Each holds the pixels of the picture, with their colours, and nothing else."""
    pixels = sorted(PICTURE.reshape(-1, 3).tolist())
    changed = [number for number, laid in enumerate(_laid(every_way)) if sorted(laid.reshape(-1, 3).tolist()) != pixels]
    return f"number {changed[0]} does not; the colours are the last axis, and stay as they are" if changed else None


def repeats_none(every_way: Callable) -> str | None:
    """No two of them are the same."""
    different = {laid.tobytes() for laid in _laid(every_way)}
    if len(different) == 8:
        return None
    return f"only {len(different)} differ; mirrored both ways, a picture is one that has been turned by a half"


def agrees_with_the_library(every_way: Callable) -> str | None:
    """They are those of rotations.every_way, in any order."""
    ours = {laid.tobytes() for (laid,) in rotations.every_way(PICTURE[np.newaxis])}
    others = len({laid.tobytes() for laid in _laid(every_way)} - ours)
    return (
        f"{others} of them are not; a turn by quarters, with or without a mirror, gives all eight" if others else None
    )


# What speaks for an answer: `activation_map(channels, weights, spiral) -> maps`; channels: (items, height, width,
# channels), what the last convolution gives; weights: (channels,), of the one output; spiral: bool per item.

SIZE = 6
CHANNELS = np.abs(np.random.default_rng(1).normal(size=(8, SIZE, SIZE, 3)))
WEIGHTS = np.array([1.0, -1.2, 0.3])
SPIRAL = np.arange(8) % 2 == 0


def _maps(activation_map: Callable, spiral: np.ndarray = SPIRAL) -> np.ndarray:
    return np.asarray(activation_map(CHANNELS.copy(), WEIGHTS.copy(), spiral.copy()), dtype=float)


def has_a_map_for_each(activation_map: Callable) -> str | None:
    """There is one number for each position of each picture."""
    found = _maps(activation_map)
    expected = CHANNELS.shape[:3]
    return None if found.shape == expected else f"channels of {CHANNELS.shape} give {found.shape}, not {expected}"


def leaves_out_what_speaks_against(activation_map: Callable) -> str | None:
    """No number is below 0: what speaks against the answer is not drawn."""
    found = _maps(activation_map)
    return f"the lowest is {found.min():.2f}; put 0 in the place of all below it" if found.min() < 0 else None


def speaks_for_the_answer(activation_map: Callable) -> str | None:
    """What speaks for a spiral speaks against an elliptical: one of the two maps is above 0 at each position."""
    for_spiral, against = (_maps(activation_map, np.full(8, value)) > 0 for value in (True, False))
    if (for_spiral == (CHANNELS @ WEIGHTS > 0)).all() and (against == ~for_spiral).all():
        return None
    return (
        f"for spiral {for_spiral.mean():.0%} of the positions are above 0, for elliptical {against.mean():.0%}; add up "
        "the channels times their weights, and turn the sign where the answer is no spiral"
    )


def is_one_at_its_strongest(activation_map: Callable) -> str | None:
    """The strongest position of each picture is 1; where nothing speaks for the answer, all are 0."""
    strongest = _maps(activation_map).max(axis=(1, 2))
    if not np.allclose(strongest, 1):
        return f"the strongest are {np.round(strongest, 2).tolist()}; divide each map by its own"
    nothing = np.asarray(activation_map(CHANNELS.copy(), np.abs(WEIGHTS), np.zeros(8, dtype=bool)), dtype=float)
    if (nothing == 0).all():
        return None
    return f"where nothing speaks for the answer, the first position is {nothing[0, 0, 0]}; do not divide by 0"


def agrees_with_grad_cam(activation_map: Callable) -> str | None:
    """It is what seeing.grad_cam says of a small network that averages its channels."""
    import keras

    model, pictures = _network()
    channels = keras.Model(model.inputs[0], model.get_layer("relu_1").output).predict_on_batch(pictures)
    weights = model.get_layer("spiral").get_weights()[0][:, 0]
    spiral = model.predict_on_batch(pictures)[:, 0] > 0.5
    found = np.asarray(activation_map(channels, weights, spiral), dtype=float)
    apart = np.abs(found - seeing.grad_cam(model, pictures)).max(axis=(1, 2))
    if apart.max() < 0.01:
        return None
    return f"picture {int(apart.argmax())} differs by up to {apart.max():.2f}"


def _network() -> tuple[keras.Model, np.ndarray]:
    """A network of one convolution, and pictures of which it calls one half spiral."""
    import keras
    from keras import layers

    rng = np.random.default_rng(2)
    pictures = rng.random((8, SIZE, SIZE, 3)).astype(np.float32)
    picture = keras.Input((SIZE, SIZE, 3), name="picture")
    x = layers.ReLU(name="relu_1")(layers.Conv2D(4, 3, padding="same", name="conv_1")(picture))
    x = layers.GlobalAveragePooling2D(name="average")(x)
    model = keras.Model(picture, layers.Dense(1, "sigmoid", name="spiral")(x), name="small")
    model.get_layer("conv_1").set_weights([rng.normal(size=(3, 3, 3, 4)), np.full(4, 0.5)])
    weights = np.array([[1.0], [-1.0], [0.7], [-0.7]])
    logits = (keras.Model(picture, x).predict_on_batch(pictures) @ weights)[:, 0]
    model.get_layer("spiral").set_weights([weights, -np.median(logits, keepdims=True)])
    return model, pictures

"""The networks of the galaxies study: dense layers on raw pixels, and the small CNN that its author asks for next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import keras
from keras import layers, regularizers


def dense(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    units: int = 16,
    added: int = 0,
    penalty: str | None = None,
    strength: float = 0.01,
    everywhere: bool = False,
    dropout: float | None = None,
    width: float = 1.0,
) -> keras.Model:
    """Two dense layers, more if they are added, on the pixels in a row; the defaults make the base model.

    Args:
        input_shape: height, width and channels; (140, 140, 3) in the study.
        num_classes: 2; the one output is the probability of the second class.
        units: of each dense layer.
        added: dense layers after the first two.
        penalty: `l1` or `l2` on the weights of every dense layer but the first, as the study has it; None for none.
        strength: of the penalty.
        everywhere: put the penalty on the first layer too, which holds nearly all weights.
        dropout: rate after the second layer; None leaves dropout out.
        width: multiplies the units, for modes that cannot afford the published size.

    Returns:
        A model from float32 (batch, height, width, channels) to the probability of the second class, (batch, 1). For
        (140, 140, 3) it has 941,105 parameters; 1,882,721 with 32 units, as published for Model_10 (line 1866), and
        1,883,777 with one layer added, as Model_2, Model_4 and Model_5 have it.

    Raises:
        ValueError: another number of classes, or an unknown penalty.

    Source study: galaxies, lines 440 to 488.
    """
    _two(num_classes)
    if penalty not in (None, "l1", "l2"):
        raise ValueError(f"no penalty named {penalty!r}; choose l1, l2 or None")
    penalise = {"l1": regularizers.L1, "l2": regularizers.L2}[penalty](strength) if penalty else None
    layer = partial(layers.Dense, max(1, round(units * width)), "relu")
    picture = keras.Input(input_shape, name="picture")
    x = layers.Flatten(name="flat")(picture)
    x = layer(kernel_regularizer=penalise if everywhere else None, name="dense_1")(x)
    x = layer(kernel_regularizer=penalise, name="dense_2")(x)
    if dropout is not None:
        x = layers.Dropout(dropout, name="dropout")(x)
    for number in range(added):
        x = layer(kernel_regularizer=penalise, name=f"dense_{3 + number}")(x)
    return keras.Model(picture, _answer(x), name="dense")


def cnn(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Sequence[int] = (16, 32, 64, 64),
    augment: bool = False,
    width: float = 1.0,
) -> keras.Model:
    """Blocks of one 3 x 3 convolution and a pooling, and the mean over the field: what the study leaves to others.

    Args:
        input_shape: height, width and channels.
        num_classes: 2; the one output is the probability of the second class.
        filters: of the convolutions.
        augment: while training, mirror each picture and turn it by any angle at random: a galaxy has no upper side.
            What a turn uncovers repeats the picture, mirrored.
        width: multiplies the filters.

    Returns:
        A model from float32 (batch, height, width, channels) to the probability of the second class, (batch, 1);
        61,105 parameters for any height and width. Our own; line 1896 asks for it.

    Raises:
        ValueError: another number of classes, or pictures too small for the poolings.
    """
    _two(num_classes)
    if min(input_shape[:2]) < 2 ** len(filters):
        raise ValueError(f"pictures of {input_shape[:2]} are too small for {len(filters)} poolings; take larger ones")
    picture = keras.Input(input_shape, name="picture")
    x = _turned(picture) if augment else picture
    for number, count in enumerate(filters, 1):
        count = max(1, round(count * width))
        x = layers.Conv2D(count, 3, padding="same", use_bias=False, name=f"conv_{number}")(x)
        # Epochs of few steps need averages that follow faster than by default.
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x)
        x = layers.MaxPooling2D(name=f"pool_{number}")(layers.ReLU(name=f"relu_{number}")(x))
    return keras.Model(picture, _answer(layers.GlobalAveragePooling2D(name="average")(x)), name="cnn")


def _turned(picture: keras.KerasTensor) -> keras.KerasTensor:
    """Pictures mirrored and turned at random; outside of training as they are."""
    turn = layers.RandomRotation(0.5, fill_mode="reflect", name="turn")
    # Keras compiles no network that holds this layer, because TensorFlow's compiler cannot; that of JAX can.
    turn.supports_jit = keras.backend.backend() == "jax"
    return turn(layers.RandomFlip(name="flip")(picture))


def _answer(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Dense(1, "sigmoid", name="spiral")(x)


def _two(num_classes: int) -> None:
    if num_classes != 2:
        raise ValueError(f"these networks tell two classes apart by one output, not {num_classes}; give two classes")

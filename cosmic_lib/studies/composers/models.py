"""The networks of the composers study: an LSTM over pieces, and convolutions on piano rolls. Uncompiled, pure Keras."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers


def lstm(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    units: Sequence[int] = (128, 64),
    dropout: float = 0.2,
    width: float = 1.0,
) -> keras.Model:
    """Two LSTM layers with dropout; 116,740 parameters on 10 pieces of 2 features and 4 composers.

    Args:
        input_shape: (pieces, features), published (10, 2).
        num_classes: composers, published 4.
        units: of each LSTM layer.
        dropout: share of outputs dropped after each.
        width: share of the units; 1 is the published size.

    Returns:
        (batch, pieces, features) -> (batch, composers), probabilities.

    Source study: composers, lines 876 to 893.
    """
    inputs = keras.Input(input_shape, name="pieces")
    x = inputs
    for number, size in enumerate(units, start=1):
        x = layers.LSTM(_share(size, width), return_sequences=number < len(units), name=f"lstm{number}")(x)
        x = layers.Dropout(dropout, name=f"dropout{number}")(x)
    return keras.Model(inputs, _composers(x, num_classes), name="lstm")


def cnn(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    filters: Sequence[int] = (32, 64),
    units: int = 128,
    dropout: Sequence[float] = (0.25, 0.25, 0.5),
    init: str = "glorot_uniform",
    width: float = 1.0,
) -> keras.Model:
    """Two convolutions with pooling and a dense layer; 8,866,820 parameters on one channel and 4 composers.

    Two channels, which the text describes (line 1417), give 8,867,108; 49 composers 8,872,625, and 145 8,885,009.

    Args:
        input_shape: (pitches, frames, channels), published (128, 150, 1).
        num_classes: composers, published 4, 49 or 145.
        filters: of each convolution, 3 x 3.
        units: of the dense layer.
        dropout: share dropped after each convolution and after the dense layer; the source states the last (line 1420).
        init: initialiser of all kernels, by its name in Keras.
        width: share of the filters and units; 1 is the published size.

    Returns:
        (batch, pitches, frames, channels) -> (batch, composers), probabilities.

    Source study: composers, lines 1419 to 1447.
    """
    inputs = keras.Input(input_shape, name="roll")
    x = inputs
    for number, size in enumerate(filters, start=1):
        convolution = layers.Conv2D(
            _share(size, width), 3, activation="relu", kernel_initializer=init, name=f"convolution{number}"
        )
        x = layers.MaxPooling2D(name=f"pooling{number}")(convolution(x))
        x = layers.Dropout(dropout[number - 1], name=f"dropout{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(_share(units, width), activation="relu", kernel_initializer=init, name="dense")(x)
    x = layers.Dropout(dropout[-1], name="dropout")(x)
    return keras.Model(inputs, _composers(x, num_classes, init), name="cnn")


def gap_cnn(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    filters: Sequence[int] = (16, 32, 48, 64),
    dropout: float = 0.3,
    momentum: float = 0.9,
    width: float = 1.0,
) -> keras.Model:
    """Four convolutions, and each filter averaged over the roll: 47,124 parameters, which a laptop trains in minutes.

    Not in the source, whose dense layer on the flattened roll holds 8.8 of its 8.9 million parameters.

    Args:
        input_shape: (pitches, frames, channels).
        num_classes: composers.
        filters: of each convolution, 3 x 3, with batch normalisation and 2 x 2 pooling.
        dropout: share dropped before the last layer.
        momentum: of batch normalisation; epochs here have few steps.
        width: share of the filters.

    Returns:
        (batch, pitches, frames, channels) -> (batch, composers), probabilities.
    """
    inputs = keras.Input(input_shape, name="roll")
    x = inputs
    for number, size in enumerate(filters, start=1):
        x = layers.Conv2D(_share(size, width), 3, padding="same", use_bias=False, name=f"convolution{number}")(x)
        x = layers.BatchNormalization(momentum=momentum, name=f"normalisation{number}")(x)
        x = layers.MaxPooling2D(name=f"pooling{number}")(layers.ReLU(name=f"relu{number}")(x))
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, _composers(x, num_classes), name="gap_cnn")


def _share(size: int, width: float) -> int:
    """A share of some filters or units, one at least."""
    return max(1, round(size * width))


def _composers(x: keras.KerasTensor, num_classes: int, init: str = "glorot_uniform") -> keras.KerasTensor:
    """One probability per composer."""
    return layers.Dense(num_classes, activation="softmax", kernel_initializer=init, name="composers")(x)

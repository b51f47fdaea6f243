"""The networks of the CIFAR-10 diary, CNN_1 to CNN_9 and the coloured ones: one builder, in pure Keras 3."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers


def cnn(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Sequence[int] = (32, 64, 64),
    convolutions: int = 1,
    padding: str = "valid",
    dropout: Sequence[float] = (),
    batch_norm: bool = False,
    activation: str = "relu",
    units: int = 64,
    dense_activation: str = "relu",
    first_rate_everywhere: bool = False,
    augment: bool = False,
    width: float = 1.0,
    momentum: float = 0.99,
) -> keras.Model:
    """Blocks of 3 x 3 convolutions that each end in a pooling, then one dense layer; the defaults make CNN_1.

    Args:
        input_shape: height, width and channels; (32, 32, 1) in the grey part of the study, (32, 32, 3) in the coloured.
        num_classes: outputs of the softmax.
        filters: of the convolutions in each block; a pooling after it halves height and width.
        convolutions: in each block.
        padding: of the convolutions: `valid` loses the outermost pixels at each, `same` keeps height and width.
        dropout: rates after each pooling and after the dense layer; none leaves dropout out.
        batch_norm: normalise after the activation of each convolution and of the dense layer (lines 2643-2665).
        activation: of the convolutions.
        units: of the dense layer.
        dense_activation: of the dense layer.
        first_rate_everywhere: the fault of the study's own builder, which takes four rates of dropout and uses the
            first at all four places (lines 1636-1661).
        augment: while training, mirror pictures from left to right at random and shift them by up to one pixel; the
            edge that this uncovers repeats its neighbour. The study made such pictures and fed none (lines 9217-9244).
        width: multiplies filters and units, for modes that cannot afford the published size.
        momentum: of the running averages of batch normalisation, as Keras has it by default; epochs of few steps
            need less, or the averages are still at their first values when training ends.

    Returns:
        A model from float32 (batch, height, width, channels) to probabilities (batch, num_classes). For (32, 32, 1)
        and 10 classes it has, as published: 72,842 parameters as CNN_1 (line 220), 205,098 as CNN_2 (line 489),
        418,218 as CNN_3_v1 and all of CNN_4 (line 852), 552,298 as CNN_6_v3 and all that follow it (line 3396),
        1,152 of them not trained.

    Raises:
        ValueError: pictures too small for the poolings, or another number of dropout rates than of places for them.

    Source study: cifar, lines 188 (CNN_1) to 4703 (CNN_7_v4); the rows of the diary say which arguments make which.
    """
    _check(input_shape, filters, convolutions, padding, dropout)
    rates = [dropout[0] if first_rate_everywhere else rate for rate in dropout]
    picture = keras.Input(input_shape, name="picture")
    x = _augmented(picture) if augment else picture
    for block, count in enumerate(filters, 1):
        for number in range(1, convolutions + 1):
            convolution = layers.Conv2D(
                _scaled(count, width), 3, padding=padding, activation=activation, name=f"conv_{block}_{number}"
            )
            x = _block(x, convolution, momentum if batch_norm else None)
        x = layers.MaxPooling2D(name=f"pool_{block}")(x)
        x = _dropped(x, rates[block - 1 : block], f"dropout_{block}")
    x = layers.Flatten(name="flatten")(x)
    dense = layers.Dense(_scaled(units, width), dense_activation, name="dense")
    x = _dropped(_block(x, dense, momentum if batch_norm else None), rates[-1:], "dropout_dense")
    return keras.Model(picture, layers.Dense(num_classes, activation="softmax", name="class")(x), name="cnn")


def _block(x: keras.KerasTensor, layer: layers.Layer, momentum: float | None) -> keras.KerasTensor:
    """A layer with weights, and batch normalisation after it where there is a momentum."""
    x = layer(x)
    return x if momentum is None else layers.BatchNormalization(momentum=momentum, name=f"norm_{layer.name}")(x)


def _dropped(x: keras.KerasTensor, rates: Sequence[float], name: str) -> keras.KerasTensor:
    """Dropout at the one rate, if there is one."""
    for rate in rates:
        x = layers.Dropout(rate, name=name)(x)
    return x


def _augmented(picture: keras.KerasTensor) -> keras.KerasTensor:
    """Pictures flipped and shifted at random; outside of training as they are."""
    height, width, _ = picture.shape[1:]
    # With the nearest pixel taken, a shift is by a whole pixel or none. Keras counts in shares of a side.
    shift = layers.RandomTranslation(1 / height, 1 / width, fill_mode="nearest", interpolation="nearest", name="shift")
    # Keras compiles no network that holds this layer, because TensorFlow's compiler cannot; that of JAX can.
    shift.supports_jit = keras.backend.backend() == "jax"
    return shift(layers.RandomFlip("horizontal", name="flip")(picture))


def _scaled(count: int, width: float) -> int:
    return max(1, round(count * width))


def _check(
    input_shape: tuple[int, int, int], filters: Sequence[int], convolutions: int, padding: str, dropout: Sequence[float]
) -> None:
    """Refuse what Keras would refuse less clearly, or not at all."""
    places = len(filters) + 1
    if dropout and len(dropout) != places:
        raise ValueError(
            f"{len(dropout)} dropout rates for {places} places; give one after each of the {len(filters)} poolings "
            "and one after the dense layer, or none"
        )
    smallest = 1
    for _ in filters:
        smallest = 2 * smallest + (2 * convolutions if padding == "valid" else 0)
    height, width, _ = input_shape
    if min(height, width) < smallest:
        raise ValueError(
            f"pictures of {height} x {width} pixels are too small for {len(filters)} poolings with padding "
            f"{padding!r}; the shorter side needs {smallest} pixels"
        )

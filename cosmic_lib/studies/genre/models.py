"""The networks of the genre study, uncompiled, in pure Keras 3."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

FILTERS = (32, 32, 64, 128)
"""Filters of the four convolutions (source lines 27 to 31)."""


def net1(input_shape: tuple[int, int, int], num_classes: int, *, units: Sequence[int] = (512, 512)) -> keras.Model:
    """A multilayer perceptron that reads a picture as one long row of numbers.

    Args:
        input_shape: height, width and channels; (180, 180, 3) at the published settings.
        num_classes: outputs of the softmax.
        units: of each hidden layer.

    Returns:
        A model from float32 (batch, height, width, channels) to probabilities (batch, num_classes);
        50,034,698 parameters for (180, 180, 3) and 10 classes, recomputed: the source prints none.

    Source study: gtzan, line 17.
    """
    picture = keras.Input(input_shape, name="picture")
    x = _dense(layers.Flatten(name="flatten")(picture), units, "relu")
    return keras.Model(picture, _genre(x, num_classes), name="net1")


def net2(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Sequence[int] = FILTERS,
    units: int = 256,
    batch_norm: bool = False,
) -> keras.Model:
    """Two blocks of convolutions, and a wide dense layer that holds nearly all parameters.

    Args:
        input_shape: height, width and channels; (180, 180, 3) at the published settings.
        num_classes: outputs of the softmax.
        filters: of each 3 x 3 convolution; after every second one, height and width are halved.
        units: of the dense layer.
        batch_norm: normalise after the ReLU of each convolution; that makes it `net3`.

    Returns:
        A model from float32 (batch, height, width, channels) to probabilities (batch, num_classes);
        66,460,522 parameters for (180, 180, 3) and 10 classes, recomputed: the source prints none.

    Source study: gtzan, lines 23 to 37.
    """
    picture = keras.Input(input_shape, name="picture")
    x = _convolutions(picture, filters, batch_norm)
    x = _dense(layers.Flatten(name="flatten")(x), (units,), "relu")
    return keras.Model(picture, _genre(x, num_classes), name="net3" if batch_norm else "net2")


def net3(
    input_shape: tuple[int, int, int], num_classes: int, *, filters: Sequence[int] = FILTERS, units: int = 256
) -> keras.Model:
    """`net2` with batch normalisation after each convolution; trained with RMSprop, it is the study's Net4.

    Args:
        input_shape: height, width and channels; (180, 180, 3) at the published settings.
        num_classes: outputs of the softmax.
        filters, units: as in `net2`.

    Returns:
        A model from float32 (batch, height, width, channels) to probabilities (batch, num_classes);
        66,461,546 parameters for (180, 180, 3) and 10 classes, 66,461,034 of them trained, recomputed: the source
        prints none. It does not say either whether normalisation comes before or after the ReLU; after is our reading.

    Source study: gtzan, lines 41 and 45.
    """
    return net2(input_shape, num_classes, filters=filters, units=units, batch_norm=True)


def gap(
    input_shape: tuple[int, ...], num_classes: int, *, filters: Sequence[int] = FILTERS, batch_norm: bool = True
) -> keras.Model:
    """The convolutions of `net3`, each filter averaged over the picture in place of the dense layer.

    Args:
        input_shape: height, width and channels of a picture, or frames and features of a segment, which are then
            read as a picture of one channel; 4 by 4 at least.
        num_classes: outputs of the softmax.
        filters, batch_norm: as in `net2`.

    Returns:
        A model from float32 (batch, *input_shape) to probabilities (batch, num_classes); 104,810 parameters for
        (180, 180, 3) and 10 classes, 104,234 for (16, 33), 512 of either not trained.

    Source study: none, it is our correction of gtzan, lines 23 to 37.
    """
    inputs = keras.Input(input_shape, name="inputs")
    x = layers.Reshape((*input_shape, 1), name="channel")(inputs) if len(input_shape) == 2 else inputs
    x = _convolutions(x, filters, batch_norm)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return keras.Model(inputs, _genre(x, num_classes), name="gap")


def net5(input_shape: tuple[int, int], num_classes: int, *, units: int = 128, dropout_rate: float = 0.3) -> keras.Model:
    """Two stacked LSTM layers that read the features of a segment frame by frame.

    Args:
        input_shape: frames and features; (16, 33) at the published settings.
        num_classes: outputs of the softmax.
        units: of each LSTM layer.
        dropout_rate: after each LSTM layer; that there are two dropout layers is our reading.

    Returns:
        A model from float32 (batch, frames, features) to probabilities (batch, num_classes);
        215,818 parameters for (16, 33) and 10 classes, recomputed: the source prints none.

    Source study: gtzan, lines 49-51. Taught in notebooks/30_genre_the_leak.
    """
    segment = keras.Input(input_shape, name="segment")
    x = _two_lstms(segment, units, dropout_rate)
    return keras.Model(segment, _genre(x, num_classes), name="net5")


def net5_columns(
    input_shape: tuple[int, int, int], num_classes: int, *, units: int = 128, dropout_rate: float = 0.3
) -> keras.Model:
    """`net5` over a picture: the LSTM layers read it column by column, from left to right.

    Args:
        input_shape: height, width and channels.
        num_classes: outputs of the softmax.
        units, dropout_rate: as in `net5`.

    Returns:
        A model from float32 (batch, height, width, channels) to probabilities (batch, num_classes);
        475,402 parameters for (180, 180, 3) and 10 classes.

    Source study: none; it lets pictures and features be compared by the same network (gtzan, line 81).
    """
    height, width, channels = input_shape
    picture = keras.Input(input_shape, name="picture")
    x = layers.Permute((2, 1, 3), name="width_first")(picture)
    x = layers.Reshape((width, height * channels), name="columns")(x)
    x = _two_lstms(x, units, dropout_rate)
    return keras.Model(picture, _genre(x, num_classes), name="net5_columns")


def generator(
    outputs: int,
    num_classes: int,
    *,
    noise: int = 100,
    embedding: int = 10,
    hidden: Sequence[int] = (512, 1024, 2048),
    activation: str = "tanh",
) -> keras.Model:
    """The half of the conditional GAN that makes an item of a given class from noise.

    Args:
        outputs: values of an item; 66,000 samples at the published settings.
        num_classes: classes to choose from.
        noise: random numbers per item.
        embedding: numbers that stand for a class, drawn from N(0, 1) and then learnt. The source gives the count.
        hidden: units of the dense layers.
        activation: of the outputs. The source states none: tanh, which keeps to the range of sound, is our choice.

    Returns:
        A model from noise, float32 (batch, noise), and label, int32 (batch,), to float32 (batch, outputs).
        At the published settings its dense layers have 137,915,344 parameters, and with the label embedding it has
        137,915,444, recomputed: the source prints none.

    Source study: gtzan, line 55.
    """
    numbers = keras.Input((noise,), name="noise")
    label = keras.Input((), dtype="int32", name="label")
    x = _dense(_labelled(numbers, label, num_classes, embedding), hidden, "relu")
    return keras.Model([numbers, label], layers.Dense(outputs, activation, name="made")(x), name="generator")


def discriminator(
    inputs: int, num_classes: int, *, embedding: int = 10, hidden: Sequence[int] = (1024, 512)
) -> keras.Model:
    """The half of the conditional GAN that tells real items of a class from made ones.

    Args:
        inputs: values of an item; 66,000 samples at the published settings.
        num_classes: classes there are.
        embedding: numbers that stand for a class, as in `generator`, but with values of its own.
        hidden: units of the dense layers, leaky ReLU each; its slope of 0.2 is our choice.

    Returns:
        A model from an item, float32 (batch, inputs), and label, int32 (batch,), to one logit (batch, 1): above zero
        means real. How many outputs there are, the source does not say. At the published settings its dense layers
        have 68,120,577 parameters, and with the label embedding it has 68,120,677, recomputed.

    Source study: gtzan, line 55.
    """
    item = keras.Input((inputs,), name="item")
    label = keras.Input((), dtype="int32", name="label")
    x = _dense(_labelled(item, label, num_classes, embedding), hidden, "leaky_relu")
    return keras.Model([item, label], layers.Dense(1, name="real")(x), name="discriminator")


def _dense(x: keras.KerasTensor, units: Sequence[int], activation: str) -> keras.KerasTensor:
    """One dense layer after the other."""
    for number, width in enumerate(units, 1):
        x = layers.Dense(width, activation, name=f"dense_{number}")(x)
    return x


def _convolutions(x: keras.KerasTensor, filters: Sequence[int], batch_norm: bool) -> keras.KerasTensor:
    """Convolutions of 3 x 3; after every second one, the largest of each 2 x 2 neighbours is kept."""
    for number, count in enumerate(filters, 1):
        x = layers.Conv2D(count, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
        if batch_norm:
            # Keras averages over the last hundred steps or so; with a few steps per epoch, that is still the first
            # weights when training ends. The framework that names layers as the source does averages over ten.
            x = layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x)
        if number % 2 == 0:
            x = layers.MaxPooling2D(name=f"pool_{number // 2}")(x)
    return x


def _two_lstms(x: keras.KerasTensor, units: int, dropout_rate: float) -> keras.KerasTensor:
    """Two LSTM layers, the second of which gives its last output only; dropout after each."""
    x = layers.LSTM(units, return_sequences=True, name="lstm_1")(x)
    x = layers.Dropout(dropout_rate, name="dropout_1")(x)
    x = layers.LSTM(units, name="lstm_2")(x)
    return layers.Dropout(dropout_rate, name="dropout_2")(x)


def _genre(x: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    return layers.Dense(num_classes, activation="softmax", name="genre")(x)


def _labelled(x: keras.KerasTensor, label: keras.KerasTensor, num_classes: int, embedding: int) -> keras.KerasTensor:
    """Numbers, with those that stand for their class behind them."""
    spread_out = keras.initializers.RandomNormal(stddev=1.0)  # the default of Keras, 0.05, drowns among other inputs
    numbers = layers.Embedding(num_classes, embedding, spread_out, name="label_numbers")(label)
    return layers.Concatenate(name="labelled")([x, numbers])

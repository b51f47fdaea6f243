"""The networks of the genre study, uncompiled, in pure Keras 3."""

from __future__ import annotations

import keras
from keras import layers


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
    x = layers.LSTM(units, return_sequences=True, name="lstm_1")(segment)
    x = layers.Dropout(dropout_rate, name="dropout_1")(x)
    x = layers.LSTM(units, name="lstm_2")(x)
    x = layers.Dropout(dropout_rate, name="dropout_2")(x)
    genre = layers.Dense(num_classes, activation="softmax", name="genre")(x)
    return keras.Model(segment, genre, name="net5")

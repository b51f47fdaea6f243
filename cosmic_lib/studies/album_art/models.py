"""The network of the album art study: two blocks of convolution and pooling, and one dense layer."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers


def cnn(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Sequence[int] = (32, 64),
    units: int = 128,
    dropout: float = 0.2,
    width: float = 1.0,
) -> keras.Model:
    """Blocks of one 3 x 3 convolution and a pooling, then one dense layer; the defaults make the study's network.

    The source states the layers (line 69), ReLU (line 81), max pooling (line 87), dropout of 0.2 (line 97) and the
    softmax (line 65). Filters, the size of the kernels and of the poolings, padding, the units, and that dropout comes
    after the dense layer alone are our choice.

    Args:
        input_shape: height, width and channels; (64, 64, 3) in the study (line 57).
        num_classes: outputs of the softmax; 4 in the study.
        filters: of the convolution in each block.
        units: of the dense layer.
        dropout: rate after the dense layer; at 0 the layer is there and does nothing.
        width: multiplies filters and units, for modes that cannot afford the whole size.

    Returns:
        A model from float32 (batch, height, width, channels) to probabilities (batch, num_classes); 2,117,188
        parameters for (64, 64, 3) and 4 classes.

    Raises:
        ValueError: pictures too small for the poolings.

    Source study: album_art, lines 57 to 97.
    """
    smallest = 2 ** len(filters)
    if min(input_shape[:2]) < smallest:
        raise ValueError(f"pictures of {input_shape[:2]} pixels are too small; each side needs {smallest} of them")
    x = cover = keras.Input(input_shape, name="cover")
    for number, count in enumerate(filters, 1):
        x = layers.Conv2D(_scaled(count, width), 3, padding="same", activation="relu", name=f"conv_{number}")(x)
        x = layers.MaxPooling2D(name=f"pool_{number}")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(dropout, name="dropout")(layers.Dense(_scaled(units, width), "relu", name="dense")(x))
    return keras.Model(cover, layers.Dense(num_classes, "softmax", name="genre")(x), name="cnn")


def _scaled(count: int, width: float) -> int:
    return max(1, round(count * width))

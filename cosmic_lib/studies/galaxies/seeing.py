"""What a network looks at: Grad-CAM, the check that training matters to it, and the weights of dense networks."""

from __future__ import annotations

import itertools
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from cosmic_lib.studies.galaxies import rotations

if TYPE_CHECKING:
    import keras

STEP = 0.01
"""Of the differences in `grad_cam`, in units of how strong the channel is in the picture. An error of rounding then
counts for equally little in every channel, however weak; smaller steps drown in it, larger ones leave the tangent."""


def grad_cam(model: keras.Model, pictures: np.ndarray, layer: str | None = None, *, batch_size: int = 32) -> np.ndarray:
    """Where in each picture a network finds what speaks for its answer (Grad-CAM; Selvaraju et al., 2017).

    Each channel of a layer is weighted by the gradient of the answer's logit, averaged over positions. That average is
    how much the logit changes when the same small number is added at every position of the channel, so it is measured
    by doing just that, up and down: no automatic differentiation, which every Keras backend does in a way of its own.
    The logit is taken before the last activation, where a sure answer is no flatter than an unsure one.

    Args:
        model: a functional network of convolutions that ends in a dense layer; with a single output, what speaks
            against it speaks for the first class.
        pictures: see `rotations.in_batches`.
        layer: name of the layer whose channels are weighted; by default where the last convolution is finished,
            normalised and activated but not yet pooled.
        batch_size: pictures at a time.

    Returns:
        float32, shape (items, height, width): from 0 to 1, the strongest place of each picture at 1; 0 all over
        where nothing speaks for the answer.

    Raises:
        ValueError: no such layer, one without maps, no convolution, or a last layer that is not dense; and as
            `rotations.in_batches`.
    """
    from keras import ops

    body, head = _halves(model, layer)
    weights, offsets = _logits(model)
    parts = []
    for batch in rotations.in_batches(pictures, batch_size):
        channels = ops.convert_to_numpy(body(batch, training=False))
        answered = np.argmax(_ask(head, channels) @ weights + offsets, axis=1)
        gradients = _gradients(head, channels, weights[:, answered].T)
        weighted = np.maximum(np.einsum("ihwc,ic->ihw", channels, gradients), 0).astype(np.float32)[..., np.newaxis]
        fitted = ops.image.resize(weighted, batch.shape[1:3], interpolation="bilinear", data_format="channels_last")
        parts.append(ops.convert_to_numpy(fitted)[..., 0])
    maps = np.concatenate(parts)
    strongest = maps.max(axis=(1, 2), keepdims=True)
    return (maps / np.where(strongest > 0, strongest, 1)).astype(np.float32)


def _halves(model: keras.Model, layer: str | None) -> tuple[keras.Model, keras.Model]:
    """A network from the pictures to the channels of a layer, and one from there to what the last layer is fed."""
    import keras

    named = {one.name: one for one in model.layers}
    name = _finished(model) if layer is None else layer
    if name not in named:
        raise ValueError(f"{model.name} has no layer named {name!r}; there are: {', '.join(named)}")
    if len(named[name].output.shape) != 4:
        raise ValueError(f"layer {name!r} of {model.name} holds no maps; name a convolution, or one that follows it")
    channels = named[name].output
    return keras.Model(model.inputs[0], channels), keras.Model(channels, _last(model).input)


def _finished(model: keras.Model) -> str:
    """The layer after which the maps of the last convolution change no more: they are pooled, or flattened."""
    from keras import layers

    places = [place for place, layer in enumerate(model.layers) if isinstance(layer, layers.Conv2D)]
    if not places:
        raise ValueError(f"{model.name} has no convolution, so no maps; for dense layers, see weight_pictures")
    after = model.layers[places[-1] :]
    shape = after[0].output.shape
    return list(itertools.takewhile(lambda layer: layer.output.shape == shape, after))[-1].name


def _last(model: keras.Model) -> keras.layers.Dense:
    from keras import layers

    if not isinstance(last := model.layers[-1], layers.Dense):
        raise ValueError(f"{model.name} ends in {last.name!r}, which is not a dense layer, so its logits are not known")
    return last


def _logits(model: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases that make the logit of each class, two classes for a single output."""
    from keras import ops

    last = _last(model)
    kernel = ops.convert_to_numpy(last.kernel).astype(float)
    bias = ops.convert_to_numpy(last.bias).astype(float) if last.use_bias else np.zeros(last.units)
    if last.units == 1:
        return np.concatenate([-kernel, kernel], axis=1), np.concatenate([-bias, bias])
    return kernel, bias


def _ask(head: keras.Model, channels: np.ndarray) -> np.ndarray:
    from keras import ops

    return ops.convert_to_numpy(head(channels, training=False)).astype(float)


def _gradients(head: keras.Model, channels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gradient of one logit per picture, averaged over the positions of each channel.

    Args:
        head: from channels to what the last layer is fed.
        channels: shape (items, height, width, channels).
        weights: of the last layer for the class that each picture is answered with, shape (items, features).

    Returns:
        float64, shape (items, channels).
    """
    items, height, width, count = channels.shape
    strength = np.sqrt(np.mean(channels**2, axis=(1, 2)))
    steps = STEP * np.where(strength > 0, strength, 1)
    gradients = np.empty((items, count))
    for channel in range(count):
        change = np.zeros((items, 1, 1, count), dtype=channels.dtype)
        change[:, 0, 0, channel] = steps[:, channel]
        up, down = np.split(_ask(head, np.concatenate([channels + change, channels - change])), 2)
        gradients[:, channel] = np.sum((up - down) * weights, axis=1) / (2 * steps[:, channel])
    return gradients / (height * width)


def randomised(model: keras.Model, *, seed: int = 0) -> keras.Model:
    """A network of the same make that has learnt nothing: all weights are drawn anew.

    A map that stays the same with this network shows edges of the picture, not what was learnt (Adebayo et al., 2018).

    Args:
        model: stays as it is.
        seed: of the weights.

    Returns:
        A network of the same layers, all of whose weights are as before training.
    """
    import keras

    rng = np.random.default_rng(seed)

    def fresh(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        for initializer in config.values():
            if isinstance(initializer, dict) and "seed" in initializer.get("config", ()):
                initializer["config"]["seed"] = int(rng.integers(2**31))
        return type(layer).from_config(config)

    return keras.models.clone_model(model, clone_function=fresh)


def likeness(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How alike two maps of each picture are, by the order of their pixels: Spearman's rank correlation.

    Args:
        a, b: shape (items, height, width).

    Returns:
        float64, shape (items,): 1 for the same order, about 0 for orders that have nothing to do with each other, NaN
        where a map is the same all over.

    Raises:
        ValueError: maps of unequal shape.
    """
    from scipy import stats

    if a.shape != b.shape:
        raise ValueError(f"maps of shape {a.shape} and {b.shape} cannot be compared; give two of each picture")
    return np.array(
        [
            stats.spearmanr(one, other).statistic if np.ptp(one) and np.ptp(other) else np.nan
            for one, other in zip(a.reshape(len(a), -1), b.reshape(len(b), -1), strict=True)
        ]
    )


def weight_pictures(model: keras.Model) -> np.ndarray:
    """The weights of each unit of the first dense layer, laid out as the picture that they are multiplied with.

    A pixel that has the same value in all training pictures, such as an empty corner, teaches its weight nothing new:
    there, one sees what was drawn at the start.

    Args:
        model: a network whose first layer with weights is dense and is fed the pixels.

    Returns:
        float32, shape (units, height, width, channels).

    Raises:
        ValueError: the first dense layer is fed something else.
    """
    kernel = _kernels(model)[0]
    return kernel.T.reshape(-1, *model.input_shape[1:]).astype(np.float32)


def total_weight(model: keras.Model) -> np.ndarray:
    """Roughly what a dense network looks for: what each pixel would add to the logit if all units were open.

    It is the product of the weights of all dense layers. Units that answer 0 to a picture pass nothing on, which this
    ignores; so it is a drawing of the network, and explains no single answer.

    Args:
        model: as for `weight_pictures`, with a single output.

    Returns:
        float32, shape (height, width, channels): above 0 where light speaks for the second class.

    Raises:
        ValueError: as `weight_pictures`, or several outputs.
    """
    total = reduce(np.matmul, _kernels(model))
    if total.shape[1] != 1:
        raise ValueError(f"{model.name} has {total.shape[1]} outputs; its weights sum up to one picture only for one")
    return total.reshape(model.input_shape[1:]).astype(np.float32)


def _kernels(model: keras.Model) -> list[np.ndarray]:
    """Weights of the dense layers from the pixels to the answer."""
    from keras import layers, ops

    kernels = [ops.convert_to_numpy(layer.kernel) for layer in model.layers if isinstance(layer, layers.Dense)]
    pixels = int(np.prod(model.input_shape[1:]))
    if len(model.input_shape) != 4 or not kernels or len(kernels[0]) != pixels:
        raise ValueError(f"{model.name} has no dense layer on the pixels themselves; for convolutions, see grad_cam")
    return [kernel.astype(float) for kernel in kernels]

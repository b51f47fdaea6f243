"""A tiny study on made-up pictures of leaves, and something that learns from them in no time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cosmic_lib import pipeline, splits
from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs
from cosmic_lib.studies import Data, Mode, Study

from .stand_in import HISTORY

CLASSES = ("ash", "elm", "oak")


def network(input_shape, num_classes):
    """What `Means` stands for."""
    import keras

    inputs = keras.Input(input_shape, name="inputs")
    flat = keras.layers.Flatten(name="flat")(inputs)
    return keras.Model(inputs, keras.layers.Dense(num_classes, activation="softmax", name="outputs")(flat), name="tiny")


ROW = Experiment(
    name="leaf_1",
    title="A tiny network",
    parent=None,
    change=None,
    inputs=Inputs("pictures", shape=(6, 6, 3), classes=3, divide_by=255),
    build=network,
    compile=Compile(optimizer="adam", learning_rate=0.01),
    fit=Fit(epochs=2, batch_size=32),
)
NUMBERS = replace(ROW, name="leaf_2", inputs=Inputs("numbers", shape=(6,), classes=3))

STUDY = Study(
    name="leaves",
    title="Leaves",
    source="a source",
    data_set="none",
    group="tree",
    item="picture",
    load=None,
    sample=None,
    diary=Diary([ROW, NUMBERS]),
    modes={"smoke": Mode(minutes=1, seeds=2)},
    protocols={},
    deviations=(),
    faults=(),
    asked="leaf_1",
)


def leaves(groups: int = 60, items: int = 3, channels: int = 3, seed: int = 0, official: bool = False) -> Data:
    """Pictures with a pattern of their class under noise; those of a group lie side by side.

    Args:
        groups, items: how many groups, and pictures in each.
        channels: 1 or 3.
        seed: of the noise.
        official: let the last quarter of the groups be the publisher's test part.
    """
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(groups) % 3, items)
    patterns = np.random.default_rng(9).normal(size=(3, 6, 6, channels))[label]
    pictures = 128 + 9 * patterns + 45 * rng.normal(size=patterns.shape)
    names = [f"{group}/{item}" for group in range(groups) for item in range(items)]
    table = pd.DataFrame({"item": names, "label": np.array(CLASSES)[label]})
    table["group"] = [name.split("/")[0] for name in names]
    table["file"] = [f"trees/{name}.png" for name in names]
    if official:
        table["official"] = np.where(np.arange(len(names)) < len(names) * 3 // 4, "train", "test")
    return Data(
        name="leaves",
        origin="sample",
        items=table,
        arrays={"pictures": np.clip(pictures, 0, 255).astype(np.uint8)},
        classes=CLASSES,
        excluded=pd.DataFrame(columns=["file", "reason"]),
    )


class Means:
    """How near a picture is to the mean picture of each class of the training part."""

    def __init__(self, prepared):
        training = prepared.parts == splits.TRAIN
        pixels = pipeline.scale(prepared.inputs[training], **prepared.scaling).reshape(training.sum(), -1)
        labels = prepared.labels[training]
        self.means = np.stack([pixels[labels == number].mean(axis=0) for number in range(prepared.classes)])

    def predict(self, batches, verbose):
        pixels = np.concatenate([np.asarray(batch) for batch in batches])
        apart = ((pixels.reshape(len(pixels), 1, -1) - self.means) ** 2).sum(axis=-1)
        likely = np.exp(4 * (apart.min(axis=1, keepdims=True) - apart))
        return likely / likely.sum(axis=1, keepdims=True)


def train(experiment, prepared, **settings):
    """In place of `training.train`."""
    return Means(prepared), HISTORY, False

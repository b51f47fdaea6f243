"""One network, one split, one fit: the same calls that a notebook shows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cosmic_lib import pipeline, splits

if TYPE_CHECKING:
    import keras

    from cosmic_lib.experiment import Experiment, Fit
    from cosmic_lib.studies import Data


@dataclass(frozen=True)
class Prepared:
    """What a network is trained on: all items of the data, and then those that were made up.

    Args:
        inputs: float32, first axis the items, scaled by the training rows.
        labels: class numbers.
        parts: part of each item.
        mean, std: how the inputs were scaled, per feature; measured on the real training rows alone.
        classes: how many there are.
    """

    inputs: np.ndarray
    labels: np.ndarray
    parts: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    classes: int


def prepare(experiment: Experiment, data: Data, table: pd.DataFrame, column: str, *, seed: int) -> Prepared:
    """Scale the inputs of an experiment, and add what its augmentation makes.

    Args:
        experiment: says which inputs, and what to add.
        data: what to train on.
        table: split table of these data.
        column: which split of the table.
        seed: of the augmentation.
    """
    array, labels, parts = data.arrays[experiment.inputs.name], data.y, table[column].to_numpy()
    mean, std = pipeline.statistics(array[parts == splits.TRAIN])
    if (augment := experiment.augment) is not None:
        rows = parts == splits.TRAIN
        if augment.before_split:
            rows = ~np.isin(parts, (splits.TEST, splits.LEFT_OUT))
        made, made_labels = augment.make(data, rows, seed=seed, **augment.settings)
        dealt = np.random.default_rng(seed).choice(parts[rows], size=len(made))  # the shares of the real ones
        array, labels, parts = (np.concatenate(pair) for pair in ((array, made), (labels, made_labels), (parts, dealt)))
    return Prepared(pipeline.scale(array, mean, std), labels, parts, mean, std, len(data.classes))


def train(
    experiment: Experiment,
    prepared: Prepared,
    *,
    seed: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    backup: Path | None = None,
) -> tuple[keras.Model, dict[str, list[float]], bool]:
    """Train an experiment; only the parts `train` and `validation` are touched.

    Args:
        experiment: what to train.
        prepared: what to train on.
        seed: of initialisation, dropout and shuffling.
        epochs: at most.
        callbacks: more of them.
        backup: folder for checkpoints; where it holds some, the fit continues from them.

    Returns:
        The trained model, its history (metric -> one value per epoch), and whether it was continued.
    """
    import keras

    pipeline.set_up(seed=seed)
    inputs, labels = prepared.inputs, prepared.labels
    model = experiment.build(inputs.shape[1:], prepared.classes)
    optimizer = keras.optimizers.get(
        {"class_name": experiment.compile.optimizer, "config": {"learning_rate": experiment.compile.learning_rate}}
    )
    model.compile(optimizer=optimizer, loss=experiment.compile.loss, metrics=["accuracy"])
    training, validation = prepared.parts == splits.TRAIN, prepared.parts == splits.VALIDATION
    batch_size = experiment.fit.batch_size
    guards, reached = _guards(experiment.fit, epochs, backup)
    history = model.fit(
        pipeline.batches(
            inputs[training], labels[training], batch_size=batch_size, shuffle_seed=seed, first_epoch=reached
        ),
        validation_data=pipeline.batches(inputs[validation], labels[validation], batch_size=batch_size),
        epochs=epochs,
        shuffle=False,  # the batches come shuffled
        verbose=0,
        callbacks=[*guards, *callbacks],
    ).history
    if backup is not None:
        rows = guards[0].rows
        history = {name: [row[name] for row in rows] for name in rows[0]}
    return model, {name: [round(float(value), 6) for value in values] for name, values in history.items()}, reached > 0


def _guards(fit: Fit, epochs: int, backup: Path | None) -> tuple[list, int]:
    """Early stopping, with checkpoints where there is a folder for them; and the epoch that they have reached."""
    import keras

    from cosmic_lib.checkpoint import ResumableEarlyStopping, epoch_reached

    stopping = {
        "monitor": fit.monitor,
        "mode": "max" if fit.monitor.endswith("accuracy") else "min",
        "patience": epochs if fit.patience is None else fit.patience,
        "restore_best_weights": fit.restore_best_weights,
    }
    if backup is None:
        return [keras.callbacks.EarlyStopping(**stopping)], 0
    reached = epoch_reached(backup)
    if not reached:
        shutil.rmtree(
            backup, ignore_errors=True
        )  # killed too early, or in the middle of writing: nothing to go on from
    checkpoints = keras.callbacks.BackupAndRestore(backup, double_checkpoint=True)
    return [ResumableEarlyStopping(backup, **stopping), checkpoints], reached

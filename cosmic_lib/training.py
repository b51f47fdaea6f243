"""One network, one split, one fit: the same calls that a notebook shows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cosmic_lib import pipeline, splits

if TYPE_CHECKING:
    import keras

    from cosmic_lib.experiment import Experiment, Fit
    from cosmic_lib.studies import Data


def build(experiment: Experiment, data: Data) -> keras.Model:
    """The network of an experiment, sized for these data and compiled."""
    import keras

    model = experiment.build(data.arrays[experiment.inputs.name].shape[1:], len(data.classes))
    optimizer = keras.optimizers.get(
        {"class_name": experiment.compile.optimizer, "config": {"learning_rate": experiment.compile.learning_rate}}
    )
    model.compile(optimizer=optimizer, loss=experiment.compile.loss, metrics=["accuracy"])
    return model


def train(
    experiment: Experiment,
    data: Data,
    table: pd.DataFrame,
    column: str,
    *,
    seed: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    backup: Path | None = None,
) -> tuple[keras.Model, dict[str, list[float]], bool]:
    """Train an experiment on one split; only `train` and `validation` rows are touched.

    Args:
        backup: folder for checkpoints; where it holds some, the fit continues from them.
        **others: as `run` takes them.

    Returns:
        The trained model, its history (metric -> one value per epoch), and whether it was continued.
    """
    pipeline.set_up(seed=seed)
    model = build(experiment, data)
    inputs, labels = scaled(experiment, data, table, column), data.y
    parts = table[column].to_numpy()
    training, validation = parts == splits.TRAIN, parts == splits.VALIDATION
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


def scaled(experiment: Experiment, data: Data, table: pd.DataFrame, column: str) -> np.ndarray:
    """The inputs of an experiment, scaled by the mean and deviation of the training rows of one split."""
    return pipeline.standardise(data.arrays[experiment.inputs.name], (table[column] == splits.TRAIN).to_numpy())

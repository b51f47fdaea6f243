"""One network, one split, one fit: the same calls that a notebook shows."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cosmic_lib import pipeline, splits
from cosmic_lib.network import Network

if TYPE_CHECKING:
    import keras

    from cosmic_lib.experiment import Experiment, Fit
    from cosmic_lib.studies import Data


@dataclass(frozen=True)
class Prepared:
    """What a network is trained on: all items of the data, and then those that were made up.

    Args:
        inputs: first axis the items, as the data have them; they are scaled batch by batch, so that a data set in
            bytes takes no more memory than that.
        labels: class numbers.
        parts: part of each item.
        scaling: how features are scaled, see `pipeline.scale`; measured on the real training rows alone.
        classes: how many there are.
    """

    inputs: np.ndarray
    labels: np.ndarray
    parts: np.ndarray
    scaling: Mapping[str, np.ndarray]
    classes: int

    def batches(self, rows: np.ndarray, *, labelled: bool = False, **settings):
        """Scaled batches of some items, see `pipeline.batches`.

        Args:
            rows: a boolean mask or item numbers.
            labelled: with their labels.
            **settings: as `pipeline.batches` takes them.
        """
        labels = self.labels[rows] if labelled else None
        scale = functools.partial(pipeline.scale, **self.scaling)
        return pipeline.batches(self.inputs, labels, rows=rows, transform=scale, **settings)


def prepare(experiment: Experiment, data: Data, table: pd.DataFrame, column: str, *, seed: int) -> Prepared:
    """Measure how to scale the inputs of an experiment, and add what its augmentation makes.

    Args:
        experiment: says which inputs, and what to add.
        data: what to train on.
        table: split table of these data.
        column: which split of the table.
        seed: of the augmentation.
    """
    array, labels, parts = data.arrays[experiment.inputs.name], data.y, table[column].to_numpy()
    scaling = _scaling(experiment, array, parts == splits.TRAIN)
    if (augment := experiment.augment) is not None:
        rows = parts == splits.TRAIN
        if augment.before_split:
            rows = ~np.isin(parts, (splits.TEST, splits.LEFT_OUT))
        made, made_labels = augment.make(data, rows, seed=seed, **augment.settings)
        dealt = np.random.default_rng(seed).choice(parts[rows], size=len(made))  # the shares of the real ones
        array, labels, parts = (np.concatenate(pair) for pair in ((array, made), (labels, made_labels), (parts, dealt)))
    return Prepared(array, labels, parts, scaling, len(data.classes))


def _scaling(experiment: Experiment, array: np.ndarray, training: np.ndarray) -> dict[str, np.ndarray]:
    """How the inputs of an experiment are scaled, by what its training rows are like."""
    bounds: dict[str, np.ndarray] = {}
    if experiment.inputs.clip:
        bounds = dict(zip(("low", "high"), pipeline.outlier_bounds(array[training]), strict=True))
    if (divisor := experiment.inputs.divide_by) is not None:
        return {"mean": np.zeros(array.shape[-1]), "std": np.full(array.shape[-1], float(divisor)), **bounds}
    mean, std = pipeline.statistics(np.clip(array[training], *bounds.values()) if bounds else array[training])
    return {"mean": mean, "std": std, **bounds}


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
        callbacks: more of them; an earlier training, see `Fit.restarts`, goes without.
        backup: folder for checkpoints; where it holds some, the fit continues from them.

    Returns:
        The trained model, which the next call may make as new; its history (metric -> one value per epoch);
        and whether it was continued.
    """
    pipeline.set_up(seed=seed)
    shape = prepared.inputs.shape[1:], prepared.classes
    model = experiment.build(*shape)
    # What continues from checkpoints has Keras keep, in the network, the epoch that it began with.
    compiled = _compiled.__wrapped__ if backup is not None else _compiled
    network = compiled(experiment.build, experiment.compile.optimizer, experiment.compile.loss, *shape)
    network.renew(like=model)
    fit = functools.partial(_fit, network, experiment, seed=seed, epochs=epochs)
    guards, reached = _guards(experiment.fit, epochs, backup)
    if not reached:  # checkpoints hold what earlier trainings came to
        for parts in _drawn_anew(prepared.parts, experiment.fit.restarts, seed):
            best, _ = _guards(replace(experiment.fit, restore_best_weights=True), epochs, None)
            fit(replace(prepared, parts=parts), callbacks=best)
    history = fit(prepared, callbacks=[*guards, *callbacks], first_epoch=reached)
    if backup is not None:
        rows = guards[0].rows
        history = {name: [row[name] for row in rows] for name in rows[0]}
    rounded = {name: [round(float(value), 6) for value in values] for name, values in history.items()}
    return network.model, rounded, reached > 0


@functools.lru_cache(maxsize=1)
def _compiled(
    build: Callable[..., keras.Model], optimizer: str, loss: str, shape: tuple[int, ...], classes: int
) -> Network:
    """A compiled network; that of the last call where it is the same, since one row is run on many splits and seeds."""
    import keras

    model = build(shape, classes)
    # The loss may be one that a study registers.
    model.compile(keras.optimizers.get(optimizer), keras.losses.deserialize(loss), metrics=["accuracy"])
    return Network(model)


def _fit(
    network: Network,
    experiment: Experiment,
    prepared: Prepared,
    *,
    seed: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
    first_epoch: int = 0,
) -> dict[str, list[float]]:
    """Train on from the weights that a network has, with a new optimizer; what Keras has for a history."""
    network.renew_optimizer()
    if (rate := experiment.compile.learning_rate) is not None:
        network.model.optimizer.learning_rate = rate
    training, validation = prepared.parts == splits.TRAIN, prepared.parts == splits.VALIDATION
    batch_size = experiment.fit.batch_size
    return network.model.fit(
        prepared.batches(training, labelled=True, batch_size=batch_size, shuffle_seed=seed, first_epoch=first_epoch),
        validation_data=prepared.batches(validation, labelled=True, batch_size=batch_size),
        epochs=epochs,
        shuffle=False,  # the batches come shuffled
        verbose=0,
        callbacks=callbacks,
    ).history


def _drawn_anew(parts: np.ndarray, times: int, seed: int) -> Iterator[np.ndarray]:
    """The parts of all items, with training and validation dealt out among themselves anew, item by item."""
    rows = np.isin(parts, (splits.TRAIN, splits.VALIDATION))
    for number in range(times):
        drawn = parts.copy()
        drawn[rows] = np.random.default_rng([seed, number]).permutation(parts[rows])
        yield drawn


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

"""An experiment as data, and one run of it."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import calibration, evaluation, splits, store
from cosmic_lib.training import Prepared, prepare, train

if TYPE_CHECKING:
    import keras

    from cosmic_lib.studies import Data

FORMAT = 2
"""Version of the result files."""

DECIDING = ("experiment", "training", "network", "pipeline", "checkpoint", "evaluation", "calibration")
"""Modules whose code decides a result: an edit to one of them makes stored results those of other code."""


@dataclass(frozen=True)
class Inputs:
    """What a network is fed: the name of an array in `Data.arrays`, its published size, and how it is scaled.

    Args:
        name: key of the array.
        shape: of one item, at the published size.
        classes: outputs at the published size.
        divide_by: what every value is divided by, such as 255 for bytes; 1 leaves them as they are. By default each
            feature is scaled by its mean and deviation in the training part.
        clip: cut each feature off at one and a half times the distance of its quartiles beyond them, before it is
            scaled; the quartiles are those of the training part.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    divide_by: float | None = None
    clip: bool = False


@dataclass(frozen=True)
class Compile:
    """How a network is compiled: names of Keras, and the learning rate; None leaves that to Keras."""

    optimizer: str
    learning_rate: float | None
    loss: str = "sparse_categorical_crossentropy"


@dataclass(frozen=True)
class Fit:
    """How a network is trained.

    Args:
        epochs: at most.
        batch_size: items per step.
        patience: epochs without improvement before stopping; None trains all epochs.
        monitor: what has to improve.
        restore_best_weights: score the weights of the best epoch, not of the last.
        restarts: how often the network was trained before, for as many epochs, each time with a newly drawn validation
            part of the same size out of training and validation together, going on from the weights that were best on
            the one before. So it is validated on items that it was trained on; what is held out is never touched.
    """

    epochs: int
    batch_size: int
    patience: int | None = None
    monitor: str = "val_loss"
    restore_best_weights: bool = True
    restarts: int = 0


@dataclass(frozen=True)
class Augment:
    """Made-up items that are added to the training part.

    Args:
        make: `make(data, rows, *, seed, **settings) -> (inputs, labels)`: learns from some rows of the data, a boolean
            mask, and makes new items like them: inputs as in the data, and class numbers.
        settings: plain values.
        before_split: learn from all items that are not sealed, and deal out the new items over all parts as if they
            were real. It leaks twice; it is here for the lesson on it.
    """

    make: Callable[..., tuple[np.ndarray, np.ndarray]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    before_split: bool = False


@dataclass(frozen=True)
class Published:
    """What the source printed for an experiment, as fractions of one.

    Args:
        line: line of the source text.
        accuracy, precision, recall, f1: as printed; None where it is silent.
        epochs: epochs trained.
        concluded: what the source concluded at this point, in other words and with its line.
    """

    line: int
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    epochs: int | None = None
    concluded: str = ""


@dataclass(frozen=True)
class Experiment:
    """One network trained in one way: a row of a study's diary.

    Args:
        name: how it is addressed.
        title: in words.
        parent: name of the experiment it was made from; None for the first.
        change: the one thing that differs from the parent.
        inputs: what it is fed.
        build: `build(input_shape, num_classes) -> keras.Model`, uncompiled.
        compile: optimizer, learning rate and loss.
        fit: epochs, batch size and stopping rule.
        honest_fit: the same on the honest split, where that differs.
        published: what the source printed; None for an experiment that the source does not have.
        augment: what is added to the training part.
        protocols: those under which it is also run: out of fold, or on the parts that the publisher of the data
            gives; without any, it is judged on the validation part of the honest split alone.
    """

    name: str
    title: str
    parent: str | None
    change: str | None
    inputs: Inputs
    build: Callable[..., keras.Model]
    compile: Compile
    fit: Fit
    published: Published | None = None
    augment: Augment | None = None
    protocols: tuple[str, ...] = splits.PROTOCOLS
    honest_fit: Fit | None = None

    def model(self) -> keras.Model:
        """The uncompiled network at its published size."""
        return self.build(self.inputs.shape, self.inputs.classes)

    def on(self, column: str) -> Experiment:
        """The experiment as it is trained on one split."""
        honest_fit = self.honest_fit if column.startswith(splits.HONEST) else None
        return replace(self, fit=honest_fit or self.fit, honest_fit=None)


def key(
    experiment: Experiment, data: Data, table: pd.DataFrame, column: str, *, seed: int, mode: str, epochs: int
) -> str:
    """Hash of everything that decides a result; another builder, diary entry, datum or split is another key."""
    import keras

    network = keras.saving.serialize_keras_object(experiment.build(*_sizes(experiment, data)))
    return store.fingerprint(
        FORMAT,
        [experiment.name, settings(experiment.on(column))],
        json.loads(json.dumps(network, default=str)),
        [column, mode, seed, epochs],
        data.fingerprint,
        splits.fingerprint(table, column),
        store.source_fingerprint(*(f"cosmic_lib.{name}" for name in DECIDING)),
        [keras.backend.backend(), keras.__version__],
    )


def settings(experiment: Experiment) -> dict[str, Any]:
    """What of an experiment decides its results, beside the network; functions by their code, not by their place."""
    import keras

    parts = {name: getattr(experiment, name) for name in ("inputs", "compile", "fit", "honest_fit")}
    plain: dict[str, Any] = {name: part and asdict(part) for name, part in parts.items()}
    loss = keras.losses.deserialize(experiment.compile.loss)
    if not loss.__module__.startswith("keras."):
        plain["loss"] = store.source_fingerprint("cosmic_lib.one_hot", loss.__module__)
    if (augment := experiment.augment) is not None:
        build = getattr(experiment.build, "func", experiment.build)
        code = store.source_fingerprint(augment.make.__module__, build.__module__)
        plain["augment"] = [augment.make.__name__, dict(augment.settings), augment.before_split, code]
    return plain


def _sizes(experiment: Experiment, data: Data) -> tuple[tuple[int, ...], int]:
    return data.arrays[experiment.inputs.name].shape[1:], len(data.classes)


def run(
    experiment: Experiment,
    data: Data,
    table: pd.DataFrame,
    column: str,
    *,
    seed: int,
    runs: Path,
    mode: str = "laptop",
    epochs: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    keep: bool = False,
) -> dict[str, Any]:
    """Train an experiment on one split, or read the stored result of exactly that run.

    Args:
        experiment: what to train.
        data: what to train on.
        table: split table of these data.
        column: which split of the table.
        seed: of initialisation, dropout, shuffling and augmentation.
        runs: folder of result files; one JSON per run, named by its key.
        mode: `full` keeps checkpoints and continues an interrupted fit; the others begin again.
        epochs: at most; the experiment's own number by default.
        callbacks: more of them, for a progress bar.
        keep: also keep the trained network beside the result, for `cosmic predict`.

    Returns:
        The result: metrics of every part but the test set, history, predictions of all parts but training (those of
        the test set unscored), how the inputs were scaled, versions, device, seconds, `resumed`; on the honest split
        also the `temperature` that validation asks for, see `calibration`, which the predictions are without.
    """
    import keras

    experiment = experiment.on(column)
    epochs = experiment.fit.epochs if epochs is None else epochs
    name = key(experiment, data, table, column, seed=seed, mode=mode, epochs=epochs)
    path = runs / f"{name}.json"
    if path.exists():
        return store.read_json(path)
    keras.backend.clear_session(free_memory=False)  # the names that the networks before this one took
    backup = runs / "unfinished" / name if mode == "full" else None
    started = time.perf_counter()
    prepared = prepare(experiment, data, table, column, seed=seed)
    model, history, resumed = train(experiment, prepared, seed=seed, epochs=epochs, callbacks=callbacks, backup=backup)
    result = {
        "format": FORMAT,
        "key": name,
        "experiment": experiment.name,
        "column": column,
        "seed": seed,
        "mode": mode,
        "epochs": epochs,
        "data": {"name": data.name, "origin": data.origin, "fingerprint": data.fingerprint},
        "split": splits.fingerprint(table, column),
        "inputs": {"name": experiment.inputs.name, "settings": dict(data.settings)},
        "classes": list(data.classes),
        "scaling": {name: values.tolist() for name, values in prepared.scaling.items()},
        "history": history,
        "resumed": resumed,
        "versions": versions(),
        "device": device(),
        **_predict(model, prepared, data, column),
        "seconds": round(time.perf_counter() - started, 2),
    }
    if keep:
        _keep(model, experiment, data, runs / f"{name}.keras")
    store.write_json(path, result)
    if backup is not None:
        with contextlib.suppress(OSError):  # stays while another run is unfinished
            backup.parent.rmdir()
    return result


def _keep(model: keras.Model, experiment: Experiment, data: Data, path: Path) -> None:
    """Write the network without its optimizer, which would take twice its space again."""
    twin = experiment.build(*_sizes(experiment, data))
    twin.set_weights(model.get_weights())
    with store.unfinished(path) as part:
        whole = part.with_suffix(".keras")  # Keras asks for this ending
        try:
            twin.save(whole)
            whole.replace(path)
        finally:
            whole.unlink(missing_ok=True)


def _predict(model: keras.Model, prepared: Prepared, data: Data, column: str) -> dict[str, Any]:
    """Predictions of every part but training, the scores of those that are not sealed, and the temperature."""
    predictions, metrics, mended = {}, {}, {}
    for part in (splits.VALIDATION, splits.HELD_OUT, splits.TEST):
        # A fold leaves the sealed items alone: only the split that is to be scored on them predicts them.
        if part == splits.TEST and column != splits.HONEST:
            continue
        rows = np.flatnonzero(prepared.parts == part)
        real, made = rows[rows < len(data.items)], rows[rows >= len(data.items)]
        if not len(real):
            continue
        probabilities = evaluation.per_class(model.predict(prepared.batches(real), verbose=0))
        predictions[part] = {
            "items": data.items["item"].iloc[real].tolist(),
            "probabilities": np.round(probabilities.astype(float), 5).tolist(),
        }
        if part != splits.TEST:
            metrics[part] = evaluation.score(probabilities, prepared.labels[real], data.classes)
        if part == splits.VALIDATION and column == splits.HONEST:
            mended["temperature"] = round(calibration.temperature(probabilities, prepared.labels[real]), 4)
        if len(made):
            probabilities = evaluation.per_class(model.predict(prepared.batches(made), verbose=0))
            metrics[f"{part}_made"] = evaluation.score(probabilities, prepared.labels[made], data.classes)
    return {"predictions": predictions, "metrics": metrics, **mended}


def predictions(result: dict[str, Any], data: Data, part: str) -> pd.DataFrame:
    """Predictions of a run beside the truth.

    Args:
        result: from `run`.
        data: what it was run on.
        part: `validation` or `held_out`; the test set is opened by `open_test` alone.

    Returns:
        Columns item, label, group, right (bool) and one of probabilities per class.

    Raises:
        ValueError: the part is sealed, or the run has none of that name.
    """
    if part == splits.TEST:
        raise ValueError("the test set is sealed; open_test scores the whole diary on it, once, at the end")
    return beside_truth(result, data, part)


def beside_truth(result: dict[str, Any], data: Data, part: str) -> pd.DataFrame:
    """As `predictions`, of any part; for `sealed.open_test` alone."""
    if part not in result["predictions"]:
        raise ValueError(f"run {result['key']} predicts {', '.join(result['predictions'])}, not {part!r}")
    stored = result["predictions"][part]
    rows = data.items.set_index("item").loc[stored["items"], ["label", "group"]].reset_index()
    probabilities = np.asarray(stored["probabilities"])
    predicted = np.asarray(data.classes)[probabilities.argmax(axis=1)]
    frame = rows.assign(right=predicted == rows["label"].to_numpy())
    return pd.concat([frame, pd.DataFrame(probabilities, columns=list(data.classes))], axis=1)


@functools.cache
def versions() -> dict[str, str]:
    """Versions that can move a score."""
    found = {"python": platform.python_version()}
    for package in ("cosmic_lib", "keras", "tensorflow", "numpy", "librosa", "scikit-learn"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def device() -> str:
    """What networks are trained on: the GPUs the Keras backend sees, or the processor."""
    import keras

    try:
        gpus = keras.distribution.list_devices("gpu")
    except (AttributeError, NotImplementedError):
        return f"a device that Keras cannot name on {keras.backend.backend()}"
    return f"{len(gpus)} GPU" if gpus else f"CPU, {store.threads()} threads"

"""An experiment as data, one run of it, and the sealed test set."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import evaluation, pipeline, splits, store
from cosmic_lib.training import scaled, train

if TYPE_CHECKING:
    import keras

    from cosmic_lib.studies import Data, Study

FORMAT = 1
"""Version of the result files."""

DECIDING = ("experiment", "training", "pipeline", "checkpoint", "evaluation")
"""Modules whose code decides a result: an edit to one of them makes stored results those of other code."""


@dataclass(frozen=True)
class Inputs:
    """What a network is fed: the name of an array in `Data.arrays`, and its published size.

    Args:
        name: key of the array.
        shape: of one item, at the published size.
        classes: outputs at the published size.
    """

    name: str
    shape: tuple[int, ...]
    classes: int


@dataclass(frozen=True)
class Compile:
    """How a network is compiled: names of Keras, and the learning rate."""

    optimizer: str
    learning_rate: float
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
    """

    epochs: int
    batch_size: int
    patience: int | None = None
    monitor: str = "val_loss"
    restore_best_weights: bool = True


@dataclass(frozen=True)
class Published:
    """What the source printed for an experiment, as fractions of one.

    Args:
        line: line of the source text.
        accuracy, precision, recall, f1: as printed; None where it is silent.
        epochs: epochs trained.
    """

    line: int
    accuracy: float
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    epochs: int | None = None


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
        published: what the source printed.
    """

    name: str
    title: str
    parent: str | None
    change: str | None
    inputs: Inputs
    build: Callable[..., keras.Model]
    compile: Compile
    fit: Fit
    published: Published

    def model(self) -> keras.Model:
        """The uncompiled network at its published size."""
        return self.build(self.inputs.shape, self.inputs.classes)


class Diary(Sequence):
    """Experiments in order, found by position or by name.

    Raises:
        ValueError: two share a name, or a parent does not come before its child.
    """

    def __init__(self, experiments: Iterable[Experiment]):
        self._rows = tuple(experiments)
        seen: set[str] = set()
        for row in self._rows:
            if row.name in seen:
                raise ValueError(f"two experiments are named {row.name!r}; names must differ")
            if row.parent is not None and row.parent not in seen:
                raise ValueError(f"{row.name!r} comes before its parent {row.parent!r}; put the parent first")
            seen.add(row.name)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key):
        if not isinstance(key, str):
            return self._rows[key]
        for row in self._rows:
            if row.name == key:
                return row
        raise KeyError(f"no experiment named {key!r}; there are: {', '.join(row.name for row in self._rows)}")


def key(
    experiment: Experiment, data: Data, table: pd.DataFrame, column: str, *, seed: int, mode: str, epochs: int
) -> str:
    """Hash of everything that decides a result; another builder, diary entry, datum or split is another key."""
    import keras

    network = keras.saving.serialize_keras_object(experiment.build(*_sizes(experiment, data)))
    return store.fingerprint(
        FORMAT,
        {**asdict(experiment), "build": None},  # what the builder makes counts, not where it lies in memory
        json.loads(json.dumps(network, default=str)),
        [column, mode, seed, epochs],
        data.fingerprint,
        splits.fingerprint(table, column),
        store.source_fingerprint(*(f"cosmic_lib.{name}" for name in DECIDING)),
        [keras.backend.backend(), keras.__version__],
    )


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
) -> dict[str, Any]:
    """Train an experiment on one split, or read the stored result of exactly that run.

    Args:
        experiment: what to train.
        data: what to train on.
        table: split table of these data.
        column: which split of the table.
        seed: of initialisation, dropout and shuffling.
        runs: folder of result files; one JSON per run, named by its key.
        mode: `full` keeps checkpoints and continues an interrupted fit; the others begin again.
        epochs: at most; the experiment's own number by default.
        callbacks: more of them, for a progress bar.

    Returns:
        The result: metrics of every part but the test set, history, predictions of all parts but training (those of
        the test set unscored), versions, device, seconds, `resumed`.
    """
    epochs = experiment.fit.epochs if epochs is None else epochs
    name = key(experiment, data, table, column, seed=seed, mode=mode, epochs=epochs)
    path = runs / f"{name}.json"
    if path.exists():
        return store.read_json(path)
    backup = runs / "unfinished" / name if mode == "full" else None
    started = time.perf_counter()
    model, history, resumed = train(
        experiment, data, table, column, seed=seed, epochs=epochs, callbacks=callbacks, backup=backup
    )
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
        "history": history,
        "resumed": resumed,
        "versions": versions(),
        "device": device(),
        **_predict(model, experiment, data, table, column),
        "seconds": round(time.perf_counter() - started, 2),
    }
    store.write_json(path, result)
    if backup is not None:
        with contextlib.suppress(OSError):  # stays while another run is unfinished
            backup.parent.rmdir()
    return result


def _predict(
    model: keras.Model, experiment: Experiment, data: Data, table: pd.DataFrame, column: str
) -> dict[str, dict]:
    """Predictions of every part but training, and the scores of those that are not sealed."""
    inputs, parts = scaled(experiment, data, table, column), table[column].to_numpy()
    predictions, metrics = {}, {}
    for part in splits.PARTS[1:]:
        rows = np.flatnonzero(parts == part)
        # A fold leaves the sealed items alone: only the split that is to be scored on them predicts them.
        if not len(rows) or (part == splits.TEST and column != splits.HONEST):
            continue
        probabilities = model.predict(pipeline.batches(inputs[rows]), verbose=0)
        predictions[part] = {
            "items": data.items["item"].iloc[rows].tolist(),
            "probabilities": np.round(probabilities.astype(float), 5).tolist(),
        }
        if part != splits.TEST:
            metrics[part] = evaluation.score(probabilities, data.y[rows], data.classes)
    return {"predictions": predictions, "metrics": metrics}


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
    return _frame(result, data, part)


def _frame(result: dict[str, Any], data: Data, part: str) -> pd.DataFrame:
    if part not in result["predictions"]:
        raise ValueError(f"run {result['key']} predicts {', '.join(result['predictions'])}, not {part!r}")
    stored = result["predictions"][part]
    rows = data.items.set_index("item").loc[stored["items"], ["label", "group"]].reset_index()
    probabilities = np.asarray(stored["probabilities"])
    predicted = np.asarray(data.classes)[probabilities.argmax(axis=1)]
    frame = rows.assign(right=predicted == rows["label"].to_numpy())
    return pd.concat([frame, pd.DataFrame(probabilities, columns=list(data.classes))], axis=1)


def open_test(study: Study, results: Sequence[dict[str, Any]], data: Data, runs: Path) -> dict[str, Any]:
    """Score a frozen diary on the sealed test set, in one call that is written down.

    Args:
        study: whose diary it is.
        results: all runs of the diary on the `honest` split.
        data: what they were run on.
        runs: folder of the results; the openings are listed in its `test_openings.json`.

    Returns:
        `opening` (how often the test set of these data was opened so far), `time` (UTC), and `scores`: experiment ->
        list of scores, one per seed. The same runs again are the same opening; a changed diary is another one.

    Raises:
        ValueError: no runs, or runs that are not of this diary.
    """
    if not results:
        raise ValueError(f"no runs on the split {splits.HONEST!r} to open the test set for; run the diary first")
    strangers = {result["experiment"] for result in results} - {row.name for row in study.diary}
    if strangers:
        raise ValueError(f"{', '.join(sorted(strangers))}: not in the diary of {study.name}; enter it there first")
    log = runs / "test_openings.json"
    openings = store.read_json(log) if log.exists() else []
    frozen = store.fingerprint(sorted(result["key"] for result in results))
    for opening in openings:
        if opening["diary"] == frozen:
            return opening
    scores: dict[str, list] = {}
    for result in results:
        frame = _frame(result, data, splits.TEST)
        labels = pd.Categorical(frame["label"], categories=list(data.classes)).codes
        entry = {"seed": result["seed"], **evaluation.score(frame[list(data.classes)].to_numpy(), labels, data.classes)}
        scores.setdefault(result["experiment"], []).append(entry | {"right": frame["right"].tolist()})
    opening = {
        "study": study.name,
        "opening": 1 + sum(one["data"] == data.fingerprint for one in openings),
        "time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        "data": data.fingerprint,
        "diary": frozen,
        "items": frame["item"].tolist(),
        "groups": frame["group"].tolist(),
        "scores": scores,
    }
    store.write_json(log, [*openings, opening])
    return opening


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

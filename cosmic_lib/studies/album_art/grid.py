"""The study's grid, with folds, without building a network for every fit.

A fit costs more than its steps: the network is built, and TensorFlow works out its training step, anew each time. Here
one network for each dropout and optimizer is made as new between fits instead; what trains for fewer epochs is read off
what trains on; and several networks are fitted at a time. The scores are those of networks built afresh.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import pandas as pd

from cosmic_lib import memory, pipeline, store
from cosmic_lib.network import Network
from cosmic_lib.studies.album_art import models
from cosmic_lib.studies.album_art.losses import IMPLIED, binary_accuracy

SETTINGS = ("batch_size", "dropout", "epochs", "optimizer")
METRICS = ("accuracy", "binary_accuracy")

COMBINATIONS = [
    dict(zip(SETTINGS, values, strict=True))
    for values in itertools.product((20, 30), (0.0, 0.2, 0.4, 0.6, 0.8), (5, 10), ("SGD", "Adam", "Adamax", "Nadam"))
]
"""The 80 of the source, in its order (lines 225 to 284)."""

Fold = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Inputs and labels to train on, and those held out."""

_building = threading.Lock()
"""Seeds are those of the whole process, so that networks are built one at a time."""


def search(
    inputs: np.ndarray,
    labels: np.ndarray,
    folds: np.ndarray,
    combinations: Sequence[Mapping[str, Any]] = COMBINATIONS,
    *,
    build: Callable[..., keras.Model] = models.cnn,
    loss: str = IMPLIED,
    seed: int = 0,
    workers: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> pd.DataFrame:
    """Score every combination on what each fold holds out.

    Args:
        inputs: as a network is fed them, float32, shape (items, height, width, 3).
        labels: class number of each item: int, shape (items,).
        folds: which fold holds an item out, 0 and up: int, shape (items,).
        combinations: settings to score, each with a value for all of `SETTINGS`, in any order.
        build: `build(input_shape, num_classes, dropout=) -> keras.Model`, uncompiled; the study's `cnn` by default.
        loss: a name of Keras.
        seed: of initial weights, dropout and order, the same for every fit.
        workers: networks that are fitted at a time; one for each thread of `store.threads` by default.
        say: is told of each network that is done.

    Returns:
        One row per combination, in their order: its settings; `accuracy` and `binary_accuracy` of each fold, with
        `_fold0` and so on behind them; `_mean` and `_std` of both. These two count a fold by its items, as the printed
        ones do (see `arithmetic.py`).

    Raises:
        ValueError: unequal lengths, fewer than two folds or an empty one, or a combination without all settings.

    Source study: album_art, lines 221 to 284.
    """
    parts, classes = _parts(inputs, labels, folds), int(np.max(labels)) + 1
    wanted = _by_network(combinations)
    workers = workers or store.threads()
    scores: dict[tuple, dict[str, float]] = {}

    def fit(which: tuple[float, str]) -> dict[tuple, dict[str, float]]:
        network = Network(_compiled(build, inputs.shape[1:], classes, *which, loss=loss, seed=seed))
        return {
            (batch_size, which[0], epochs, which[1], number): score
            for batch_size, limits in wanted[which].items()
            for number, part in enumerate(parts)
            for epochs, score in _scores(network, part, batch_size, sorted(limits), seed).items()
        }

    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(wanted), workers):
            together = list(wanted)[first : first + workers]
            for found in pool.map(fit, together):
                scores |= found
            say(f"{min(first + workers, len(wanted))} of {len(wanted)} networks")
            memory.release()
    return _table(combinations, scores, [len(part[3]) for part in parts])


def search_afresh(
    inputs: np.ndarray,
    labels: np.ndarray,
    folds: np.ndarray,
    combinations: Sequence[Mapping[str, Any]] = COMBINATIONS,
    *,
    build: Callable[..., keras.Model] = models.cnn,
    loss: str = IMPLIED,
    seed: int = 0,
) -> pd.DataFrame:
    """As `search`, but a network is built, compiled, fitted and asked for every combination and fold: to compare with.

    Args, Returns, Raises: as `search` has them.
    """
    parts, classes = _parts(inputs, labels, folds), int(np.max(labels)) + 1
    _by_network(combinations)  # refuses early
    scores = {}
    for row, (number, part) in itertools.product(combinations, enumerate(parts)):
        batch_size, dropout, epochs, optimizer = (row[name] for name in SETTINGS)
        model = _compiled(build, inputs.shape[1:], classes, dropout, optimizer, loss=loss, seed=seed)
        _fit(model, part, batch_size, 0, epochs, seed)
        scores[batch_size, dropout, epochs, optimizer, number] = _score(model, part)
        del model
        memory.release()
    return _table(combinations, scores, [len(part[3]) for part in parts])


def _scores(
    network: Network, part: Fold, batch_size: int, limits: Sequence[int], seed: int
) -> dict[int, dict[str, float]]:
    """Train as new, and score on the way: number of epochs -> score, for each of some ascending numbers."""
    network.renew()
    network.renew_optimizer()
    found, reached = {}, 0
    for epochs in limits:
        _fit(network.model, part, batch_size, reached, epochs, seed)
        found[epochs], reached = _score(network.model, part), epochs
    return found


def _compiled(
    build: Callable[..., keras.Model],
    input_shape: tuple[int, ...],
    classes: int,
    dropout: float,
    optimizer: str,
    *,
    loss: str,
    seed: int,
) -> keras.Model:
    """A new network with the weights that a seed gives it."""
    with _building:
        pipeline.set_up(seed=seed)
        model = build(input_shape, classes, dropout=dropout)
        model.compile(keras.optimizers.get(optimizer), keras.losses.deserialize(loss))
    return model


def _fit(model: keras.Model, part: Fold, batch_size: int, reached: int, epochs: int, seed: int) -> None:
    """Train from the epoch that is reached up to another; the seed and the epoch decide the order of the items."""
    inputs, labels, _, _ = part
    batches = pipeline.batches(inputs, labels, batch_size=batch_size, shuffle_seed=seed, first_epoch=reached)
    model.fit(batches, initial_epoch=reached, epochs=epochs, shuffle=False, verbose=0)


def _score(model: keras.Model, part: Fold) -> dict[str, float]:
    _, _, inputs, labels = part
    probabilities = model.predict(pipeline.batches(inputs), verbose=0)
    right = probabilities.argmax(axis=1) == labels
    return dict(zip(METRICS, (float(right.mean()), binary_accuracy(probabilities, labels)), strict=True))


def _parts(inputs: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> list[Fold]:
    """What each fold trains on and holds out."""
    if not len(inputs) == len(labels) == len(folds):
        raise ValueError(f"{len(inputs)} inputs, {len(labels)} labels and {len(folds)} folds; give one per item")
    sizes = np.bincount(folds)
    if len(sizes) < 2 or not sizes.all():
        raise ValueError(f"folds hold out {sizes.tolist()} items; number them from 0, two of them at least, none empty")
    held_out = [folds == number for number in range(len(sizes))]
    return [(inputs[~rows], labels[~rows], inputs[rows], labels[rows]) for rows in held_out]


def _by_network(combinations: Sequence[Mapping[str, Any]]) -> dict[tuple[float, str], dict[int, set[int]]]:
    """Dropout and optimizer -> batch size -> numbers of epochs, those of one optimizer together: they take as long."""
    wanted: dict[tuple[float, str], dict[int, set[int]]] = {}
    for row in combinations:
        if row.keys() != set(SETTINGS):
            raise ValueError(f"a combination of {', '.join(row)}; give each a value for {', '.join(SETTINGS)}")
        network = wanted.setdefault((row["dropout"], row["optimizer"]), {})
        network.setdefault(row["batch_size"], set()).add(row["epochs"])
    return dict(sorted(wanted.items(), key=lambda entry: entry[0][1]))


def _table(
    combinations: Sequence[Mapping[str, Any]], scores: Mapping[tuple, Mapping[str, float]], sizes: Sequence[int]
) -> pd.DataFrame:
    rows = []
    for combination in combinations:
        row, key = dict(combination), tuple(combination[name] for name in SETTINGS)
        for metric in METRICS:
            values = np.array([scores[*key, number][metric] for number in range(len(sizes))])
            mean = np.average(values, weights=sizes)
            row |= {f"{metric}_fold{number}": value for number, value in enumerate(values.tolist())}
            row[f"{metric}_mean"] = float(mean)
            row[f"{metric}_std"] = float(np.sqrt(np.average((values - mean) ** 2, weights=sizes)))
        rows.append(row)
    return pd.DataFrame(rows)

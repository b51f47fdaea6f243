"""All scores of a set of predictions, from one pass over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def score(probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Accuracy, macro precision, recall and F1, the table per class and the confusion matrix.

    Args:
        probabilities: one row per item, one column per class; shape (items, classes).
        labels: class number of each item: int, shape (items,).
        classes: class names in the order of the columns.

    Returns:
        items, accuracy, precision, recall, f1 (macro: every class counts the same), `per_class` (one dict per class:
        name, precision, recall, f1, items) and `confusion` (rows are true classes, columns predicted ones; counts).

    Raises:
        ValueError: shapes that do not fit, no items, or values that are not finite.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.shape != (len(labels), len(classes)):
        raise ValueError(
            f"probabilities of shape {probabilities.shape} for {len(labels)} items, {len(classes)} classes"
        )
    if not len(labels):
        raise ValueError("no items to score; look at what was excluded and at the split")
    if not np.isfinite(probabilities).all():
        raise ValueError("some probabilities are not finite; the training diverged, try a lower learning rate")
    predicted = probabilities.argmax(axis=1)
    numbers = np.arange(len(classes))
    confusion = confusion_matrix(labels, predicted, labels=numbers)
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, labels=numbers, zero_division=0)
    accuracy = float(np.mean(predicted == labels))
    agree(accuracy, confusion, recall, support)
    return {
        "items": len(labels),
        "accuracy": accuracy,
        "precision": float(precision.mean()),
        "recall": float(recall.mean()),
        "f1": float(f1.mean()),
        "per_class": [
            {"class": name, "precision": float(p), "recall": float(r), "f1": float(f), "items": int(n)}
            for name, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
        ],
        "confusion": confusion.tolist(),
    }


def agree(accuracy: float, confusion: np.ndarray, recall: np.ndarray, support: np.ndarray) -> None:
    """Hold accuracy, confusion matrix and recall against each other: they come from the same predictions.

    Raises:
        ValueError: they do not; labels and predictions were read in different orders.
    """
    total = confusion.sum()
    from_matrix, from_recall = np.trace(confusion) / total, (recall * support).sum() / total
    if not np.allclose([from_matrix, from_recall], accuracy, atol=1e-9):
        raise ValueError(
            f"accuracy {accuracy:.4f}, confusion matrix {from_matrix:.4f} and recall {from_recall:.4f} disagree; "
            "take labels and predictions from the same pass"
        )


def per_class(outputs: np.ndarray) -> np.ndarray:
    """What a network answers, as a probability for each class.

    Args:
        outputs: shape (items, classes); or (items, 1), where one output is the probability of the second of two.

    Returns:
        Shape (items, classes).
    """
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


def vote(frame: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """One answer per group: the mean of its items' probabilities.

    Args:
        frame: columns group, label and one per class.
        classes: class names.

    Returns:
        One row per group: group, label (the first item's) and one column of mean probabilities per class.
    """
    grouped = frame.groupby("group", sort=True)
    return grouped[list(classes)].mean().assign(label=grouped["label"].first()).reset_index()


def baselines(
    train: np.ndarray, train_labels: np.ndarray, inputs: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """What one gets without a network: the majority class, and the nearest class mean.

    Args:
        train, inputs: arrays, first axis the items; of each, the `averages` count.
        train_labels, labels: class numbers.

    Returns:
        `majority` and `nearest class mean`: which items each gets right, bool, shape (items,).
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.neighbors import NearestCentroid
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, inputs = averages(train), averages(inputs)
    majority = DummyClassifier(strategy="most_frequent").fit(train, train_labels)
    nearest = make_pipeline(StandardScaler(), NearestCentroid()).fit(train, train_labels)
    return {
        "majority": majority.predict(inputs) == labels,
        "nearest class mean": nearest.predict(inputs) == labels,
    }


def averages(array: np.ndarray) -> np.ndarray:
    """Each feature (the last axis) averaged over its item: shape (items, features).

    Args:
        array: first axis the items; one that is read from disk is read a part at a time.
    """
    parts = [array[start : start + 1000] for start in range(0, len(array), 1000)]
    return np.concatenate([part.reshape(len(part), -1, array.shape[-1]).mean(axis=1) for part in parts])

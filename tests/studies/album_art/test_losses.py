"""Losses on one-hot labels, binary accuracy, and what both are worth when nothing is learnt."""

import keras
import numpy as np
import pytest

from cosmic_lib.studies.album_art import losses
from cosmic_lib.studies.album_art.published import COUNTS, VAL_LOSS

LABELS = np.array([3, 0, 2, 1, 1, 0])
ONE_HOT = np.eye(4, dtype=np.float32)[LABELS]


@pytest.fixture
def probabilities() -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(4), len(LABELS)).astype(np.float32)


def test_both_losses_are_found_by_name_and_are_what_they_are_called(probabilities):
    error = ((ONE_HOT - probabilities) ** 2).mean(axis=1)
    decided = -np.log(np.where(ONE_HOT == 1, probabilities, 1 - probabilities)).mean(axis=1)
    for shape in ((-1,), (-1, 1)):
        labels = LABELS.reshape(shape)
        told, implied = (
            keras.losses.deserialize(name)(labels, probabilities) for name in (losses.TOLD, losses.IMPLIED)
        )
        np.testing.assert_allclose(told, error / 2, rtol=1e-5)
        np.testing.assert_allclose(implied, decided, rtol=1e-5)


def test_the_code_of_a_loss_is_that_of_this_study():
    for name in (losses.TOLD, losses.IMPLIED):
        assert keras.losses.deserialize(name).__module__ == losses.__name__


def test_binary_accuracy_is_that_of_keras(probabilities):
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state(ONE_HOT, probabilities)
    assert losses.binary_accuracy(probabilities, LABELS) == pytest.approx(float(metric.result()))


@pytest.mark.parametrize("classes", [2, 4, 10])
def test_no_to_everything_is_right_for_all_classes_but_one(classes):
    labels = np.random.default_rng(0).integers(0, classes, 50)
    nothing = np.full((50, classes), 1 / classes)
    assert losses.binary_accuracy(nothing, labels) == pytest.approx(1 - 1 / classes)
    assert losses.binary_accuracy(np.eye(classes)[labels], labels) == 1
    assert losses.binary_accuracy(np.eye(classes)[(labels + 1) % classes], labels) == pytest.approx(1 - 2 / classes)


@pytest.mark.parametrize("labels", [[], [0, 1]])
def test_predictions_and_labels_have_to_match(labels):
    with pytest.raises(ValueError, match="one label per prediction"):
        losses.binary_accuracy(np.full((len(labels) and 3, 4), 0.25), np.array(labels))


def test_of_all_constants_only_binary_cross_entropy_is_near_the_printed_loss():
    table = losses.constants(list(COUNTS.values()))
    assert len(table) == 5
    near = (table - VAL_LOSS["initial"]).abs() < 0.02
    assert near.index[near.any(axis=1)].tolist() == ["binary cross-entropy"]
    rounded = table["class_prior"].round(4)
    assert rounded["binary cross-entropy"] == 0.5534 and table["uniform"].round(4)["binary cross-entropy"] == 0.5623
    assert rounded["categorical cross-entropy"] == 1.3601 and rounded["mean squared error"] == 0.184


@pytest.mark.parametrize("column", ["uniform", "class_prior"])
def test_constants_are_what_keras_gives_for_equal_outputs(column):
    counts = np.array([7, 1, 2, 10])
    outputs = {"uniform": np.full(4, 0.25), "class_prior": counts / counts.sum()}[column]
    labels, rows = np.repeat(np.arange(4), counts), np.tile(outputs, (20, 1)).astype(np.float32)
    one_hot = np.eye(4, dtype=np.float32)[labels]
    table = losses.constants(counts)[column]
    for name, values in {
        "binary cross-entropy": keras.losses.deserialize(losses.IMPLIED)(labels, rows),
        "categorical cross-entropy": keras.losses.sparse_categorical_crossentropy(labels, rows),
        "mean squared error": keras.losses.mean_squared_error(one_hot, rows),
        "half the mean squared error": keras.losses.deserialize(losses.TOLD)(labels, rows),
        "half the summed squared error": ((one_hot - rows) ** 2).sum(axis=1) / 2,
    }.items():
        assert table[name] == pytest.approx(float(np.mean(values)), rel=1e-4), name
    assert set(table.index) == set(losses.constants([1, 1]).index)


def test_an_empty_class_has_no_constants():
    with pytest.raises(ValueError, match="leave out classes without items"):
        losses.constants([5, 0, 3])

"""Losses of one number per class, on class numbers."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from cosmic_lib import experiment, one_hot, store
from cosmic_lib.experiment import Compile

LABELS = np.array([2, 0, 1, 1])
PROBABILITIES = np.random.default_rng(0).dirichlet(np.ones(3), 4).astype(np.float32)


@pytest.fixture
def register():
    """`one_hot.register`; Keras forgets the names after the test."""
    known = set(keras.saving.get_custom_objects())
    yield one_hot.register
    for name in set(keras.saving.get_custom_objects()) - known:
        del keras.saving.get_custom_objects()[name]


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_the_loss_gets_zeros_and_a_one(register, shape, dtype):
    seen = []
    made = register("remembered", lambda encoded, outputs: seen.append(encoded) or encoded[:, 0], module=__name__)
    made(LABELS.reshape(shape).astype(dtype), PROBABILITIES)
    np.testing.assert_array_equal(seen[0], np.eye(3)[LABELS])


def test_another_encoding_gets_a_column_of_class_numbers(register):
    def twice(labels, classes):
        assert labels.shape == (4, 1) and classes == 3
        return 2 * labels

    made = register("doubled", lambda encoded, outputs: encoded[:, 0], module=__name__, encode=twice)
    np.testing.assert_array_equal(made(LABELS, PROBABILITIES), 2 * LABELS)


def test_keras_finds_it_by_name_and_a_run_is_known_by_the_code_of_both_modules(register, tiny_experiment, monkeypatch):
    made = register("named", keras.losses.mean_squared_error, module="cosmic_lib.luck")
    assert keras.losses.deserialize("cosmic_lib>named") is made
    seen = []
    monkeypatch.setattr(store, "source_fingerprint", lambda *modules: seen.extend(modules) or "")
    told = replace(tiny_experiment, compile=Compile("adam", 0.01, loss="cosmic_lib>named"))
    experiment.settings(told)
    assert seen == ["cosmic_lib.one_hot", "cosmic_lib.luck"]
    seen.clear()
    assert "loss" not in experiment.settings(tiny_experiment) and not seen

"""The networks of the galaxies study have the published number of weights, and refuse what they cannot tell apart."""

import functools

import keras
import numpy as np
import pytest

from cosmic_lib.studies.galaxies import models
from cosmic_lib.studies.galaxies.diary import DIARY

PICTURE = (140, 140, 3)
PARAMETERS = {
    "base": 941_105,
    "model_1": 941_377,
    "model_2": 1_883_777,
    "model_3": 3_771_649,
    "model_4": 1_883_777,
    "model_5": 1_883_777,
    "model_6": 1_882_721,
    "model_10": 1_882_721,
}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_parameters_are_those_that_the_study_counts(name, parameters):
    assert DIARY[name].model().count_params() == parameters


def test_the_summary_of_model_10_is_the_published_one():
    """Line 1862: the dropout that the text denies is there."""
    layers = [layer for layer in DIARY["model_10"].model().layers if layer.name not in ("picture", "flat")]
    assert [type(layer).__name__ for layer in layers] == ["Dense", "Dense", "Dropout", "Dense"]
    assert [layer.count_params() for layer in layers] == [1_881_632, 1_056, 0, 33]


@pytest.mark.parametrize(
    ("builder", "parameters"),
    [
        (
            functools.partial(models.dense, units=4, added=2, penalty="l2", dropout=0.5),
            2 * 4 + 4 * 3 * 5 + 5 + 8 * 8 * 12 - 4,
        ),
        (functools.partial(models.cnn, filters=(2, 4), augment=True), 2 * 27 + 2 * 4 * 9 + 4 * 6 + 5),
    ],
    ids=["dense", "cnn"],
)
def test_builders_keep_the_contract(check_builder, builder, parameters):
    trained = parameters - (2 * 6 if builder.func is models.cnn else 0)
    check_builder(builder, (8, 8, 3), 2, parameters, trained)


@pytest.mark.parametrize("builder", [models.dense, models.cnn])
def test_more_than_two_classes_are_refused(builder):
    with pytest.raises(ValueError, match="two classes"):
        builder((32, 32, 3), 3)


def test_unknown_penalties_and_small_pictures_are_refused():
    with pytest.raises(ValueError, match="no penalty named 'l3'"):
        models.dense((8, 8, 3), 2, penalty="l3")
    with pytest.raises(ValueError, match="too small for 4 poolings"):
        models.cnn((8, 8, 3), 2)


@pytest.mark.parametrize(
    ("everywhere", "names"), [(False, ["dense_2", "dense_3"]), (True, ["dense_1", "dense_2", "dense_3"])]
)
def test_the_penalty_lies_where_it_is_said_to(everywhere, names):
    model = models.dense((8, 8, 3), 2, added=1, penalty="l1", everywhere=everywhere)
    assert [layer.name for layer in model.layers if getattr(layer, "kernel_regularizer", None)] == names
    one = model.get_layer("dense_2")
    one.set_weights([np.ones(weight.shape) for weight in one.get_weights()])
    penalty = one.kernel_regularizer(one.kernel)
    assert float(penalty) == pytest.approx(0.01 * 16 * 16)


def test_turns_and_mirrors_happen_in_training_alone():
    keras.utils.set_random_seed(0)
    model = models.cnn((16, 16, 3), 2, filters=(2, 4), augment=True)
    before = keras.Model(model.input, model.get_layer("turn").output)
    pictures = np.random.default_rng(0).random((4, 16, 16, 3), dtype=np.float32)
    np.testing.assert_array_equal(before(pictures, training=False), pictures)
    made = np.asarray(before(pictures, training=True))
    assert not np.allclose(made, pictures, atol=0.01)
    assert made.min() >= 0 and made.max() <= 1

"""The networks of the composers study: as large as was printed, and built as it was printed."""

import functools
import math

import keras
import numpy as np
import pytest

from cosmic_lib.studies.composers import models

ROLL = (128, 150, 1)


@pytest.fixture
def counted():
    """`counted(builder, *args)`: parameters of a network, and how many are trained; no memory is taken for them."""

    def count(builder, *args) -> tuple[int, int]:
        with keras.StatelessScope(initialize_variables=False):
            model = builder(*args)
        return model.count_params(), sum(math.prod(weight.shape) for weight in model.trainable_weights)

    yield count
    keras.utils.clear_session()  # forgets the variables that never got a value


def kinds(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("builder", "input_shape", "composers", "parameters"),
    [
        (models.lstm, (10, 2), 4, 116_740),  # line 914
        (models.cnn, ROLL, 4, 8_866_820),  # line 1443
        (models.cnn, (128, 150, 2), 4, 8_867_108),  # what the text describes, line 1417
        (models.cnn, ROLL, 145, 8_885_009),  # line 2754
        (models.cnn, ROLL, 49, 8_872_625),  # lines 2965, 3034 and 3104
        (models.cnn, ROLL, 14, 8_868_110),  # what line 2994 was to have
        (models.cnn, ROLL, 2, 8_866_562),  # what line 3067 was to have
    ],
)
def test_parameters_are_those_that_were_printed(counted, builder, input_shape, composers, parameters):
    assert counted(builder, input_shape, composers) == (parameters, parameters)


def test_the_average_of_each_filter_needs_few_parameters_whatever_the_size(counted):
    normalised = 2 * (16 + 32 + 48 + 64)
    assert counted(models.gap_cnn, ROLL, 4) == (47_124, 47_124 - normalised)
    assert counted(models.gap_cnn, (32, 37, 1), 4) == (47_124, 47_124 - normalised)


@pytest.mark.parametrize(
    ("builder", "input_shape", "settings"),
    [
        (models.lstm, (10, 2), {"width": 0.25}),
        (models.cnn, (40, 36, 2), {"filters": (3, 4, 5), "dropout": (0.1, 0.2, 0.3, 0.4)}),
        (models.gap_cnn, (33, 47, 2), {"width": 0.5, "momentum": 0.5}),
    ],
)
def test_builders_hold_their_contract(check_builder, builder, input_shape, settings):
    build = functools.partial(builder, **settings)
    model = build(input_shape, 5)
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    check_builder(build, input_shape, 5, model.count_params(), trained)


def test_the_lstm_is_that_of_the_source():
    """Lines 876 to 893: the first layer gives all its outputs, the second its last; dropout after each."""
    model = models.lstm((10, 2), 4)
    assert kinds(model) == ["InputLayer", "LSTM", "Dropout", "LSTM", "Dropout", "Dense"]
    assert [layer.output.shape[1:] for layer in model.layers[1:]] == [(10, 128), (10, 128), (64,), (64,), (4,)]
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.2, 0.2]
    assert model.layers[-1].activation is keras.activations.softmax


def test_the_convolutions_are_those_of_the_summary():
    """Lines 1430 to 1447."""
    with keras.StatelessScope(initialize_variables=False):
        model = models.cnn(ROLL, 4)
    block = ["Conv2D", "MaxPooling2D", "Dropout"]
    assert kinds(model) == ["InputLayer", *block * 2, "Flatten", "Dense", "Dropout", "Dense"]
    assert [layer.output.shape[1:] for layer in model.layers[1:] if "dropout" not in layer.name] == [
        (126, 148, 32), (63, 74, 32), (61, 72, 64), (30, 36, 64), (69_120,), (128,), (4,)
    ]  # fmt: skip
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == [0.25, 0.25, 0.5]
    assert model.layers[1].count_params() == 320
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert [layer.activation.__name__ for layer in kernels] == ["relu", "relu", "relu", "softmax"]


@pytest.mark.parametrize("init", ["glorot_uniform", "he_normal"])
def test_the_initialiser_is_that_of_every_kernel(init):
    model = models.cnn((16, 18, 1), 4, width=0.1, init=init)
    found = [keras.saving.serialize_keras_object(layer)["config"].get("kernel_initializer") for layer in model.layers]
    names = {one["class_name"] for one in found if one}
    assert names == {keras.initializers.get(init).__class__.__name__}


def test_a_search_sets_dropout_everywhere():
    model = models.cnn((16, 18, 1), 4, dropout=(0.4, 0.4, 0.4), width=0.1)
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == [0.4] * 3


@pytest.mark.parametrize(("width", "filters", "units"), [(0.5, [16, 32], 64), (0.25, [8, 16], 32), (0.001, [1, 1], 1)])
def test_width_is_a_share_of_filters_and_units(width, filters, units):
    model = models.cnn((16, 18, 1), 4, width=width)
    assert [layer.filters for layer in model.layers if hasattr(layer, "filters")] == filters
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [units, 4]
    assert models.lstm((10, 2), 4, width=width).get_layer("lstm1").units == max(1, round(128 * width))
    assert models.gap_cnn((16, 18, 1), 4, width=width).get_layer("convolution4").filters == max(1, round(64 * width))


def test_the_average_hears_the_same_whenever_a_note_is_played():
    """A roll of one note, moved by a multiple of what pooling halves, gets the same answer."""
    keras.utils.set_random_seed(0)
    model = models.gap_cnn((32, 64, 1), 3)
    rolls = np.zeros((2, 32, 64, 1), dtype=np.float32)
    rolls[0, 10, 16:20] = rolls[1, 10, 32:36] = 1
    first, second = model.predict(rolls, verbose=0)
    np.testing.assert_allclose(first, second, rtol=1e-5)

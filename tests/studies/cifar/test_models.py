"""The one builder of the CIFAR-10 study makes every network that was published, and refuses what it cannot."""

import functools
import math

import keras
import numpy as np
import pytest

from cosmic_lib.studies.cifar import models
from cosmic_lib.studies.cifar.diary import DIARY

SMALL = (24, 24, 1)
RATES = (0.1, 0.2, 0.3, 0.4)
small = functools.partial(models.cnn, filters=(3, 4, 5), units=6)
LAST = {"convolutions": 2, "padding": "same", "dropout": RATES, "batch_norm": True}
"""Arguments of the later networks."""


@pytest.fixture(scope="module", autouse=True)
def _forget():
    yield
    keras.utils.clear_session()  # forgets the variables that never got a value


def kinds(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def config(model):
    return keras.saving.serialize_keras_object(model)


PUBLISHED = [
    ("cnn_1", 220, 72_842, 72_842),
    ("cnn_2", 489, 205_098, 205_098),
    ("cnn_3_v0", 681, 138_042, 138_042),
    ("cnn_3_v1", 852, 418_218, 418_218),
    ("cnn_3_v2", 1013, 1_407_114, 1_407_114),
    ("cnn_3_v3", 1198, 5_099_082, 5_099_082),
    ("cnn_4_v1", 1390, 418_218, 418_218),
    ("cnn_4_v2", 1701, 418_218, 418_218),
    ("cnn_4_v3", 1920, 418_218, 418_218),
    ("cnn_4_v4", 2180, 418_218, 418_218),
    ("cnn_4_v5", 2387, 418_218, 418_218),
    ("cnn_5_v1", 2701, 420_266, 419_242),
    ("cnn_6_v1", 2961, 354_250, 353_290),
    ("cnn_6_v2", 3166, 420_266, 419_242),
    ("cnn_6_v3", 3396, 552_298, 551_146),
    ("cnn_6_v4", 3604, 816_362, 814_954),
    ("cnn_6_v5", 3845, 1_344_490, 1_342_570),
    ("cnn_7_v1", 4114, 552_298, 551_146),
    ("cnn_7_v2", 4324, 552_298, 551_146),
    ("cnn_7_v3", 4517, 552_298, 551_146),
    ("cnn_7_v4", 4735, 552_298, 551_146),
]


@pytest.mark.parametrize(("name", "line", "total", "trained"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_parameters_are_those_of_the_published_summary(name, line, total, trained):
    with keras.StatelessScope(initialize_variables=False):  # no memory is taken for them
        model = DIARY[name].model()
    assert model.input_shape == (None, 32, 32, 1)
    not_trained = model.count_params() - sum(math.prod(weight.shape) for weight in model.trainable_weights)
    assert (model.count_params(), not_trained) == (total, total - trained), f"line {line} of the source"


@pytest.mark.parametrize(
    ("input_shape", "settings"), [(SMALL, {}), ((32, 32, 3), LAST), ((9, 8, 3), LAST | {"augment": True})]
)
def test_the_builder_holds_its_contract(check_builder, input_shape, settings):
    model = small(input_shape, 4, **settings)
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    check_builder(functools.partial(small, **settings), input_shape, 4, model.count_params(), trained)


def test_the_defaults_are_cnn_1():
    model = models.cnn((32, 32, 1), 10)
    block = ["Conv2D", "MaxPooling2D"]
    assert kinds(model) == ["InputLayer", *block * 3, "Flatten", "Dense", "Dense"]
    assert [layer.output.shape[1:] for layer in model.layers[1:8]] == [
        (30, 30, 32), (15, 15, 32), (13, 13, 64), (6, 6, 64), (4, 4, 64), (2, 2, 64), (256,)
    ]  # fmt: skip
    assert all(layer.activation is keras.activations.relu for layer in model.layers[1:-1] if hasattr(layer, "kernel"))


def test_layers_stand_in_the_order_of_the_source():
    """Lines 2643 to 2665: normalised after the activation, dropped out after each pooling and the dense layer."""
    model = small(SMALL, 4, **LAST, activation="tanh", dense_activation="sigmoid")
    block = ["Conv2D", "BatchNormalization"] * 2 + ["MaxPooling2D", "Dropout"]
    assert kinds(model) == [
        "InputLayer", *block * 3, "Flatten", "Dense", "BatchNormalization", "Dropout", "Dense"
    ]  # fmt: skip
    assert [layer.rate for layer in model.layers if "dropout" in layer.name] == list(RATES)
    activations = [layer.activation.__name__ for layer in model.layers if hasattr(layer, "kernel")]
    assert activations == ["tanh"] * 6 + ["sigmoid", "softmax"]
    assert [layer.filters for layer in model.layers if hasattr(layer, "filters")] == [3, 3, 4, 4, 5, 5]


def test_the_fault_puts_the_first_rate_everywhere():
    rates = [layer.rate for layer in small(SMALL, 4, dropout=RATES, first_rate_everywhere=True).layers[1:-1]
             if "dropout" in layer.name]  # fmt: skip
    assert rates == [0.1] * 4


@pytest.mark.parametrize(("version", "again"), [(2, 4), (3, 5)])
def test_two_dropout_variants_of_the_source_are_one_network_and_meant_to_be_two(version, again):
    with keras.StatelessScope(initialize_variables=False):
        built, meant = (
            [DIARY[f"cnn_4_v{number}{ending}"].model() for number in (version, again)] for ending in ("", "_meant")
        )
    assert config(built[0]) == config(built[1])
    assert config(meant[0]) != config(meant[1])


@pytest.mark.parametrize("settings", [{}, LAST | {"augment": True}])
def test_building_twice_gives_the_same_description(settings):
    assert config(small(SMALL, 4, **settings)) == config(small(SMALL, 4, **settings))


@pytest.mark.parametrize(
    ("width", "filters", "units"), [(0.5, [2, 2, 2], 3), (2.0, [6, 8, 10], 12), (0.01, [1] * 3, 1)]
)
def test_width_multiplies_filters_and_units(width, filters, units):
    model = small(SMALL, 4, width=width)
    assert [layer.filters for layer in model.layers if hasattr(layer, "filters")] == filters
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [units, 4]


def test_momentum_is_that_of_every_normalisation():
    def momenta(**settings):
        return {layer.momentum for layer in small(SMALL, 4, **LAST, **settings).layers if "norm" in layer.name}

    assert momenta() == {keras.layers.BatchNormalization().momentum}
    assert momenta(momentum=0.9) == {0.9}


def test_augmentation_mirrors_and_shifts_by_a_pixel_while_training_alone():
    model = small((8, 10, 1), 4, padding="same", augment=True)
    augmented = keras.Model(model.input, model.get_layer("shift").output)
    picture = np.arange(80, dtype=np.float32).reshape(8, 10)
    pictures = np.repeat(picture[np.newaxis, :, :, np.newaxis], 400, axis=0)
    np.testing.assert_array_equal(augmented(pictures, training=False), pictures)

    expected = {}
    for mirrored in (picture, picture[:, ::-1]):
        padded = np.pad(mirrored, 1, mode="edge")
        for down, right in np.ndindex(3, 3):
            expected[padded[down : down + 8, right : right + 10].tobytes()] = (mirrored is picture, down, right)
    keras.utils.set_random_seed(0)
    seen = [
        expected[np.ascontiguousarray(made).tobytes()]
        for made in np.asarray(augmented(pictures, training=True))[..., 0]
    ]
    assert set(seen) == set(expected.values())
    again = np.asarray(augmented(pictures, training=True))[..., 0]
    assert seen != [expected[np.ascontiguousarray(made).tobytes()] for made in again]


@pytest.mark.parametrize(("padding", "convolutions", "smallest"), [("valid", 1, 22), ("valid", 2, 36), ("same", 2, 8)])
def test_pictures_too_small_for_the_poolings_are_refused(padding, convolutions, smallest):
    settings = {"padding": padding, "convolutions": convolutions}
    assert small((smallest, smallest + 1, 1), 4, **settings).output_shape == (None, 4)
    with pytest.raises(ValueError, match=f"{smallest - 1} x 40 pixels .* the shorter side needs {smallest} pixels"):
        small((smallest - 1, 40, 1), 4, **settings)


def test_dropout_needs_a_rate_for_each_place():
    with pytest.raises(ValueError, match="3 dropout rates for 4 places"):
        small(SMALL, 4, dropout=(0.1, 0.2, 0.3))

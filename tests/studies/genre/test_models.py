"""The networks of the genre study hold what a builder has to."""

import itertools
import math

import keras
import numpy as np
import pytest

from cosmic_lib.studies.genre import models

PICTURE = (180, 180, 3)


@pytest.fixture
def counted():
    """`counted(builder, *args)`: parameters of a network, and how many are trained; no memory is taken for them."""

    def count(builder, *args) -> tuple[int, int]:
        with keras.StatelessScope(initialize_variables=False):
            model = builder(*args)
        return model.count_params(), sum(math.prod(weight.shape) for weight in model.trainable_weights)

    yield count
    keras.utils.clear_session()  # forgets the variables that never got a value


def lstm(inputs: int, units: int) -> int:
    """Weights of one LSTM layer: four gates, each from the input, the last output and a bias."""
    return 4 * units * (inputs + units + 1)


def dense(*widths: int) -> int:
    """Weights of dense layers, each from all outputs of the one before and a bias."""
    return sum((inputs + 1) * units for inputs, units in itertools.pairwise(widths))


def kinds(model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize(
    ("builder", "parameters", "trained"),
    [
        (models.net1, 50_034_698, 50_034_698),
        (models.net2, 66_460_522, 66_460_522),
        (models.net3, 66_461_546, 66_461_034),
        (models.gap, 104_810, 104_298),
        (models.net5_columns, 475_402, 475_402),
    ],
)
def test_networks_for_pictures_at_their_published_size(counted, builder, parameters, trained):
    assert counted(builder, PICTURE, 10) == (parameters, trained)


def test_both_halves_of_the_gan_at_their_published_size_with_their_label_embedding(counted):
    assert counted(models.generator, 66_000, 10) == (137_915_344 + 100,) * 2
    assert counted(models.discriminator, 66_000, 10) == (68_120_577 + 100,) * 2


@pytest.mark.parametrize(
    ("builder", "parameters", "not_trained"),
    [
        (models.net1, dense(12 * 9 * 3, 512, 512, 4), 0),
        (models.net2, 102_496 + dense(3 * 2 * 128, 256, 4), 0),
        (models.net3, 102_496 + 4 * 256 + dense(3 * 2 * 128, 256, 4), 2 * 256),
        (models.gap, 102_496 + 4 * 256 + dense(128, 4), 2 * 256),
        (models.net5_columns, lstm(12 * 3, 128) + lstm(128, 128) + dense(128, 4), 0),
    ],
)
def test_networks_for_pictures_at_a_small_size(check_builder, builder, parameters, not_trained):
    check_builder(builder, (12, 9, 3), 4, parameters, parameters - not_trained)


def test_net2_has_the_layers_of_the_published_table():
    net2 = models.net2((8, 8, 3), 10)
    block = ["Conv2D", "Conv2D", "MaxPooling2D"]
    assert kinds(net2) == ["InputLayer", *block, *block, "Flatten", "Dense", "Dense"]
    assert [layer.output.shape[1:] for layer in net2.layers[1:7]] == [
        (8, 8, 32), (8, 8, 32), (4, 4, 32), (4, 4, 64), (4, 4, 128), (2, 2, 128)
    ]  # fmt: skip
    assert all(layer.kernel_size == (3, 3) for layer in net2.layers if "conv" in layer.name)
    assert all(layer.activation is keras.activations.relu for layer in net2.layers if hasattr(layer, "kernel_size"))


def test_net3_normalises_after_the_relu_of_each_convolution():
    net2, net3 = models.net2((8, 8, 3), 10), models.net3((8, 8, 3), 10)
    found = kinds(net3)
    assert [found[place - 1] for place, kind in enumerate(found) if kind == "BatchNormalization"] == ["Conv2D"] * 4
    assert [kind for kind in found if kind != "BatchNormalization"] == kinds(net2)
    assert (net2.name, net3.name) == ("net2", "net3")


def test_gap_reads_features_as_a_picture_of_one_channel(check_builder):
    check_builder(models.gap, (16, 33), 10, 104_234, 104_234 - 512)
    features = np.random.default_rng(0).normal(size=(3, 16, 33)).astype(np.float32)
    of_features, of_pictures = models.gap((16, 33), 10), models.gap((16, 33, 1), 10)
    of_pictures.set_weights(of_features.get_weights())
    np.testing.assert_allclose(
        of_pictures.predict(features[..., np.newaxis], verbose=0), of_features.predict(features, verbose=0), atol=1e-6
    )


def test_net5_at_its_published_size(check_builder):
    check_builder(models.net5, (16, 33), 10, 215_818)


@pytest.mark.parametrize(("frames", "features", "classes", "units"), [(3, 5, 2, 7), (127, 33, 10, 16)])
def test_net5_at_other_sizes(check_builder, frames, features, classes, units):
    def builder(input_shape, num_classes):
        return models.net5(input_shape, num_classes, units=units)

    expected = lstm(features, units) + lstm(units, units) + (units + 1) * classes
    check_builder(builder, (frames, features), classes, expected)


def test_net5_drops_out_after_each_lstm():
    net5 = models.net5((4, 5), 3, units=6, dropout_rate=0.45)
    assert [layer.rate for layer in net5.layers if "dropout" in layer.name] == [0.45, 0.45]
    assert kinds(net5) == ["InputLayer", "LSTM", "Dropout", "LSTM", "Dropout", "Dense"]


def test_net5_reads_a_picture_column_by_column():
    pictures = np.random.default_rng(0).normal(size=(3, 5, 7, 2)).astype(np.float32)
    reader, net5 = models.net5_columns((5, 7, 2), 4, units=6), models.net5((7, 10), 4, units=6)
    net5.set_weights(reader.get_weights())
    columns = np.stack([[picture[:, column].ravel() for column in range(7)] for picture in pictures])
    np.testing.assert_allclose(reader.predict(pictures, verbose=0), net5.predict(columns, verbose=0), atol=1e-6)


def test_generator_makes_items_of_the_class_asked_for():
    keras.utils.set_random_seed(0)
    generator = models.generator(7, 3, noise=5, embedding=4, hidden=(16, 8))
    assert generator.count_params() == 3 * 4 + dense(5 + 4, 16, 8, 7)
    noise = np.tile(np.random.default_rng(0).normal(size=(1, 5)).astype(np.float32), (4, 1))
    made = generator.predict([noise, np.array([0, 1, 2, 1])], verbose=0)
    assert made.shape == (4, 7) and (np.abs(made) <= 1).all()
    np.testing.assert_array_equal(made[1], made[3])
    assert np.abs(made[0] - made[1]).max() > 0.01 < np.abs(made[1] - made[2]).max()
    assert [layer.activation.__name__ for layer in generator.layers[-3:]] == ["relu", "relu", "tanh"]
    linear = models.generator(7, 3, activation="linear")
    assert linear.layers[-1].activation is keras.activations.linear


def test_discriminator_gives_one_logit_that_depends_on_the_class():
    keras.utils.set_random_seed(0)
    discriminator = models.discriminator(7, 3, embedding=4, hidden=(6, 5))
    assert discriminator.count_params() == 3 * 4 + dense(7 + 4, 6, 5, 1)
    logits = discriminator.predict([np.ones((3, 7), np.float32), np.array([0, 1, 0])], verbose=0)
    assert logits.shape == (3, 1)
    assert logits[0] == logits[2] != logits[1]
    assert [layer.activation.__name__ for layer in discriminator.layers[-3:]] == ["leaky_relu", "leaky_relu", "linear"]


@pytest.mark.parametrize("builder", [models.generator, models.discriminator])
def test_halves_of_the_gan_are_uncompiled_and_have_names(builder):
    model, again = builder(7, 3), builder(7, 3)
    assert not model.compiled
    assert [layer.name for layer in (model, *model.layers)] == [layer.name for layer in (again, *again.layers)]
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    assert twin.count_params() == model.count_params()

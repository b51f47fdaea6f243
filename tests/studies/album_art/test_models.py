"""The network of the album art study: its layers and parameters, and what it refuses."""

import functools

import pytest

from cosmic_lib.studies.album_art import models

COVER = (64, 64, 3)


def test_the_network_has_the_layers_of_the_text_and_its_documented_parameters():
    """Line 69: two convolutions, each with a pooling, and a fully connected layer; line 65: a softmax."""
    model = models.cnn(COVER, 4)
    layers = [layer for layer in model.layers if layer.name != "cover"]
    assert [type(layer).__name__ for layer in layers] == [
        "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dropout", "Dense"
    ]  # fmt: skip
    assert [layer.count_params() for layer in layers] == [896, 0, 18_496, 0, 0, 2_097_280, 0, 516]
    assert model.count_params() == 2_117_188 and "2,117,188" in models.cnn.__doc__
    assert [layer.activation.__name__ for layer in layers if hasattr(layer, "activation")] == [
        "relu", "relu", "relu", "softmax"
    ]  # fmt: skip


@pytest.mark.parametrize("dropout", [0.0, 0.8])
def test_builders_keep_the_contract(check_builder, dropout):
    builder = functools.partial(models.cnn, filters=(2, 3), units=5, dropout=dropout)
    convolutions, dense = (27 * 2 + 2) + (18 * 3 + 3), (4 * 3 * 5 + 5) + (5 * 4 + 4)
    check_builder(builder, (8, 8, 3), 4, convolutions + dense)
    assert builder((8, 8, 3), 4).get_layer("dropout").rate == dropout


def test_a_share_of_the_width_is_a_share_of_filters_and_units():
    half = models.cnn((16, 16, 3), 4, width=0.5)
    assert half.get_layer("conv_2").filters == 32 and half.get_layer("dense").units == 64
    assert models.cnn((16, 16, 3), 4, filters=(1,), units=1, width=0.1).get_layer("dense").units == 1


def test_pictures_too_small_for_the_poolings_are_refused():
    models.cnn((4, 4, 3), 4)
    with pytest.raises(ValueError, match="each side needs 4"):
        models.cnn((64, 3, 3), 4)

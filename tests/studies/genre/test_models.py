"""The networks of the genre study hold what a builder has to."""

import pytest

from cosmic_lib.studies.genre import models


def lstm(inputs: int, units: int) -> int:
    """Weights of one LSTM layer: four gates, each from the input, the last output and a bias."""
    return 4 * units * (inputs + units + 1)


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
    assert [type(layer).__name__ for layer in net5.layers] == [
        "InputLayer", "LSTM", "Dropout", "LSTM", "Dropout", "Dense"
    ]  # fmt: skip

"""Losses on class numbers: as Keras 2 took them without a word, and with one-hot labels."""

import keras
import numpy as np
import pytest

from cosmic_lib.studies.cifar import losses

NAMES = list(losses.KERAS_LOSSES)
LABELS = np.array([3, 0, 9, 1, 1, 5, 7])
EPSILON = 1e-7


@pytest.fixture
def probabilities() -> np.ndarray:
    drawn = np.random.default_rng(0).random((len(LABELS), 10)).astype(np.float32)
    return drawn / drawn.sum(axis=1, keepdims=True)


def found(version: str, name: str):
    return keras.losses.deserialize(f"cosmic_lib>{version}_{name}")


# What Keras 2 computes once labels have a second axis; numpy broadcasts as it did.
KERAS_2 = {
    "mean_squared_error": lambda true, predicted: ((predicted - true) ** 2).mean(axis=-1),
    "mean_squared_logarithmic_error": lambda true, predicted: (
        (np.log(np.maximum(predicted, EPSILON) + 1) - np.log(np.maximum(true, EPSILON) + 1)) ** 2
    ).mean(axis=-1),
    "hinge": lambda true, predicted: np.maximum(1 - true * predicted, 0).mean(axis=-1),
    "kullback_leibler_divergence": lambda true, predicted: (
        np.clip(true, EPSILON, 1) * np.log(np.clip(true, EPSILON, 1) / np.clip(predicted, EPSILON, 1))
    ).sum(axis=-1),
}


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("name", NAMES)
def test_broadcast_compares_the_class_number_with_every_output(name, shape, probabilities):
    expected = KERAS_2[name](LABELS[:, np.newaxis].astype(float), probabilities.astype(float))
    for dtype in ("int64", "float32"):
        given = found("broadcast", name)(LABELS.reshape(shape).astype(dtype), probabilities)
        np.testing.assert_allclose(given, expected, rtol=1e-4)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("name", NAMES)
def test_one_hot_is_what_keras_gives_on_one_hot_labels(name, shape, probabilities):
    expected = losses.KERAS_LOSSES[name](np.eye(10, dtype=np.float32)[LABELS], probabilities)
    for dtype in ("int64", "float32"):
        given = found("one_hot", name)(LABELS.reshape(shape).astype(dtype), probabilities)
        np.testing.assert_allclose(given, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "published", "line"),
    [
        ("mean_squared_logarithmic_error", 2.4872, 8575),
        ("mean_squared_error", 27.5946, 8614),
        ("hinge", 0.5524, 8657),
        ("kullback_leibler_divergence", 20.8243, 8717),
    ],
)
def test_the_printed_logs_end_at_the_plateau_of_equal_outputs(name, published, line):
    """The last training loss that was printed; batches of 128 are not quite balanced, and the network wavers."""
    assert losses.plateau(name) == pytest.approx(published, rel=0.01), f"line {line} of the source"
    numbers, equal = np.arange(10), np.full((10, 10), 0.1, np.float32)
    assert np.mean(losses.broadcast(name)(numbers, equal)) == pytest.approx(losses.plateau(name), rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_no_outputs_do_better_than_the_plateau_and_one_hot_labels_lift_it(name):
    numbers, rng = np.arange(10), np.random.default_rng(1)
    for _ in range(20):
        outputs = np.tile(rng.dirichlet(np.ones(10)), (10, 1)).astype(np.float32)  # the same for every picture
        assert np.mean(losses.broadcast(name)(numbers, outputs)) >= losses.plateau(name) * (1 - 1e-5)
    one_hot, right = losses.one_hot(name), np.eye(10, dtype=np.float32)
    assert np.mean(one_hot(numbers, right)) < np.mean(one_hot(numbers, np.full((10, 10), 0.1, np.float32)))


@pytest.mark.parametrize("version", ["broadcast", "one_hot"])
def test_a_model_learns_with_a_loss_found_by_name_and_counts_right_answers(version, tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10, "softmax", name="class")], name="tiny")
    model.compile("sgd", loss=found(version, "mean_squared_error"), metrics=["accuracy"])
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(20, 4)).astype(np.float32), rng.integers(0, 10, 20)
    outputs = model.predict(inputs, verbose=0)
    scores = model.evaluate(inputs, labels, verbose=0, return_dict=True)
    assert scores["loss"] == pytest.approx(np.mean(found(version, "mean_squared_error")(labels, outputs)), rel=1e-5)
    assert scores["accuracy"] == pytest.approx((outputs.argmax(axis=1) == labels).mean())
    assert np.isfinite(model.fit(inputs, labels, epochs=2, verbose=0).history["loss"]).all()
    model.save(tmp_path / "tiny.keras")
    assert keras.models.load_model(tmp_path / "tiny.keras").loss.__name__ == f"{version}_mean_squared_error"


@pytest.mark.parametrize("name", NAMES)
def test_keras_3_refuses_class_numbers_but_still_spreads_a_column_of_them(name, probabilities):
    """The fact the module opens with, on the installed Keras; the exception is that of its backend."""
    plain = losses.KERAS_LOSSES[name]
    with pytest.raises(Exception, match=r"(?i)incompatible|broadcast|size of tensor"):
        plain(LABELS.astype(np.float32), probabilities)
    column = plain(LABELS[:, np.newaxis].astype(np.float32), probabilities)
    np.testing.assert_allclose(column, losses.broadcast(name)(LABELS, probabilities), rtol=1e-6)


@pytest.mark.parametrize("function", [losses.broadcast, losses.one_hot, losses.plateau])
def test_an_unknown_loss_lists_the_known_ones(function):
    with pytest.raises(ValueError, match="no loss named 'poisson'; choose one of mean_squared_logarithmic_error, "):
        function("poisson")

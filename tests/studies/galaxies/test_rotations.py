"""A picture is laid in eight ways, no more and no fewer, and the averaged answer does not depend on how it lay."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from cosmic_lib import pipeline
from cosmic_lib.studies.galaxies import rotations

PICTURES = np.random.default_rng(0).integers(0, 256, size=(5, 6, 6, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model():
    """A network to which each pixel matters in its own way."""
    pipeline.set_up(seed=0)
    picture = keras.Input((6, 6, 3), name="picture")
    x = layers.Dense(8, "tanh", kernel_initializer="random_normal", name="dense_1")(
        layers.Flatten(name="flat")(picture)
    )
    yield keras.Model(picture, layers.Dense(1, "sigmoid", name="spiral")(x), name="dense")
    keras.utils.clear_session()


def contents(pictures) -> set[bytes]:
    return {np.ascontiguousarray(laid[0]).tobytes() for laid in pictures}


def test_the_eight_ways_differ_and_turning_or_mirroring_leads_out_of_none():
    ways = list(rotations.every_way(PICTURES))
    assert len(ways) == len(rotations.WAYS) == len(set(rotations.WAYS)) == len(contents(ways)) == 8
    assert contents(np.rot90(laid, axes=(1, 2)) for laid in ways) == contents(ways)
    assert contents(laid[:, ::-1] for laid in ways) == contents(ways)


def test_ways_come_in_the_order_of_their_names_and_copy_nothing():
    for name, laid in zip(rotations.WAYS, rotations.every_way(PICTURES), strict=True):
        source = PICTURES[:, :, ::-1] if "mirrored" in name else PICTURES
        np.testing.assert_array_equal(laid, np.rot90(source, int(name.split("°")[0]) // 90, axes=(1, 2)))
        assert laid.shape == PICTURES.shape and np.shares_memory(laid, PICTURES)


def test_channels_and_items_keep_their_places():
    for laid in rotations.every_way(PICTURES):
        np.testing.assert_array_equal(np.sort(laid, axis=None), np.sort(PICTURES, axis=None))
        np.testing.assert_array_equal(laid.sum(axis=(1, 2)), PICTURES.sum(axis=(1, 2)))


def test_the_average_is_the_same_however_a_picture_lies(model):
    expected = rotations.averaged(model, PICTURES)
    assert expected.shape == (5, 1)
    plain = [model.predict_on_batch(laid / np.float32(255)) for laid in rotations.every_way(PICTURES)]
    assert np.ptp(plain, axis=0).min() > 1e-3, "the network does not care how a picture lies, so nothing is tested"
    for laid in rotations.every_way(PICTURES):
        np.testing.assert_allclose(rotations.averaged(model, laid), expected, atol=1e-6)
    np.testing.assert_allclose(np.mean(plain, axis=0), expected, atol=1e-6)


def test_answers_are_told_way_by_way_whatever_the_size_of_a_batch(model):
    ways = rotations.by_way(model, PICTURES, batch_size=2)
    assert ways.shape == (8, 5, 1)
    for answers, laid in zip(ways, rotations.every_way(PICTURES), strict=True):
        np.testing.assert_allclose(answers, model.predict_on_batch(laid / np.float32(255)), atol=1e-6)
    np.testing.assert_allclose(rotations.by_way(model, PICTURES), ways, atol=1e-6)


def test_bytes_are_divided_and_shares_are_left():
    for pictures in (PICTURES, PICTURES / 255):
        batches = list(rotations.in_batches(pictures, 2))
        assert [len(batch) for batch in batches] == [2, 2, 1]
        assert {batch.dtype for batch in batches} == {np.dtype(np.float32)}
        np.testing.assert_allclose(np.concatenate(batches), PICTURES / np.float32(255), atol=1e-7)


@pytest.mark.parametrize(
    ("pictures", "reason"),
    [
        (np.zeros((2, 6, 5, 3)), "(2, 6, 5, 3)"),
        (np.zeros((6, 6, 3)), "(6, 6, 3)"),
        (np.zeros((0, 6, 6, 3)), "no pictures"),
        (PICTURES.astype(float), "divide them"),
        (PICTURES / 255 - 0.5, "divide them"),
        (np.full((1, 6, 6, 3), np.nan), "nan"),
    ],
)
def test_what_cannot_be_averaged_is_refused_with_the_reason(model, pictures, reason):
    with pytest.raises(ValueError) as caught:
        rotations.averaged(model, pictures)
    assert reason in str(caught.value)

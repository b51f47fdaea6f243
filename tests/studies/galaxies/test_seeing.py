"""Maps agree with formulas, lie where the evidence is and need training; weights lie as pixels do; figures say it."""

from __future__ import annotations

import io

import cv2
import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from cosmic_lib import pipeline
from cosmic_lib.studies.galaxies import rotations, seeing, seeing_figures

SIZE = 12
PICTURES = np.random.default_rng(0).random((6, SIZE, SIZE, 3)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def _set_up():
    pipeline.set_up(seed=0)
    yield
    keras.utils.clear_session()


def convolutions(size=SIZE, head=(), channels=3, outputs=1, augment=False):
    """A convolution that keeps height and width, then the layers given, then the answer."""
    picture = keras.Input((size, size, channels), name="picture")
    x = layers.RandomFlip(name="flip")(picture) if augment else picture
    x = layers.Conv2D(7, 3, padding="same", activation="tanh", name="conv_1")(x)
    for layer in head or [layers.GlobalAveragePooling2D(name="average")]:
        x = layer(x)
    last = layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax", name="spiral")
    return keras.Model(picture, last(x), name="cnn")


def dense(units=(5, 4), shape=(4, 6, 3)):
    picture = keras.Input(shape, name="picture")
    x = layers.Flatten(name="flat")(picture)
    for number, count in enumerate(units, 1):
        x = layers.Dense(count, "relu", name=f"dense_{number}")(x)
    return keras.Model(picture, layers.Dense(1, "sigmoid", name="spiral")(x), name="dense")


def channels(model, pictures=PICTURES, layer="conv_1"):
    return keras.Model(model.input, model.get_layer(layer).output).predict_on_batch(pictures).astype(float)


def from_gradients(maps, gradients):
    """Grad-CAM by its definition, from the gradient at every place."""
    found = np.maximum(np.einsum("ihwc,ic->ihw", maps, gradients.mean(axis=(1, 2))), 0)
    return found / np.maximum(found.max(axis=(1, 2), keepdims=True), 1e-12)


def signs(model, pictures=PICTURES):
    """1 where the answer is the second class, -1 where it is the first."""
    return np.where(model.predict_on_batch(pictures)[:, 0] > 0.5, 1, -1)


@pytest.mark.parametrize("seed", range(3))
def test_behind_an_average_the_map_is_the_weighted_sum_of_the_channels(seed):
    model = seeing.randomised(convolutions(augment=True), seed=seed)
    weights = model.get_layer("spiral").get_weights()[0][:, 0]
    expected = np.maximum(signs(model)[:, None, None] * (channels(model) @ weights), 0)
    expected /= expected.max(axis=(1, 2), keepdims=True)
    found = seeing.grad_cam(model, PICTURES)
    assert found.shape == (6, SIZE, SIZE) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)


def deeper(outputs=1):
    return convolutions(head=[layers.Flatten(name="flat"), layers.Dense(9, "tanh", name="dense_1")], outputs=outputs)


def expected_of_deeper(model):
    """Grad-CAM of such a network, its gradient worked out by hand."""
    first, last = (model.get_layer(name).get_weights()[0].astype(float) for name in ("dense_1", "spiral"))
    maps = channels(model)
    inner = np.tanh(maps.reshape(len(maps), -1) @ first)
    answered = model.predict_on_batch(PICTURES).argmax(axis=1)
    towards = signs(model)[:, None] * last[:, 0] if last.shape[1] == 1 else last[:, answered].T
    return from_gradients(maps, (((1 - inner**2) * towards) @ first.T).reshape(maps.shape))


@pytest.mark.parametrize("outputs", [1, 3])
def test_behind_a_deeper_head_the_map_comes_from_the_gradient(outputs):
    model = deeper(outputs)
    np.testing.assert_allclose(seeing.grad_cam(model, PICTURES), expected_of_deeper(model), atol=2e-3)


def test_weak_channels_are_measured_as_well_as_strong_ones():
    model, scales = deeper(), 10.0 ** -np.arange(7)
    kernel, bias = model.get_layer("conv_1").get_weights()
    model.get_layer("conv_1").set_weights([kernel * scales, bias])
    kernel, bias = model.get_layer("dense_1").get_weights()
    by_channel = kernel.reshape(-1, len(scales), kernel.shape[1]) / scales[:, np.newaxis]
    model.get_layer("dense_1").set_weights([by_channel.reshape(kernel.shape), bias])
    np.testing.assert_allclose(seeing.grad_cam(model, PICTURES), expected_of_deeper(model), atol=2e-3)


def test_a_pooling_between_sends_the_gradient_to_the_largest():
    model = convolutions(head=[layers.MaxPooling2D(name="pool_1"), layers.GlobalAveragePooling2D(name="average")])
    maps, weights = channels(model), model.get_layer("spiral").get_weights()[0][:, 0]
    blocks = maps.reshape(len(maps), SIZE // 2, 2, SIZE // 2, 2, -1)
    largest = (blocks == blocks.max(axis=(2, 4), keepdims=True)).reshape(maps.shape)
    gradients = largest * signs(model)[:, None, None, None] * weights
    np.testing.assert_allclose(seeing.grad_cam(model, PICTURES), from_gradients(maps, gradients), atol=2e-3)


def test_a_sure_answer_has_the_same_map_and_the_opposite_one_what_spoke_against_it():
    model = convolutions()
    kernel, _ = model.get_layer("spiral").get_weights()
    maps = {}
    for bias in (1e-3, 100.0, -100.0):
        model.get_layer("spiral").set_weights([np.abs(kernel), np.array([bias])])
        maps[bias] = seeing.grad_cam(model, PICTURES)
    model.get_layer("spiral").set_weights([np.abs(kernel), np.array([100.0])])
    assert (model.predict_on_batch(PICTURES) == 1).all(), "the sigmoid is not flat, so nothing is tested"
    raw = channels(model) @ np.abs(kernel[:, 0])
    np.testing.assert_array_equal(maps[100.0] > 0, raw > 0)
    np.testing.assert_array_equal(maps[-100.0] > 0, raw < 0)
    model.get_layer("spiral").set_weights([-np.abs(kernel), np.array([-100.0])])
    np.testing.assert_allclose(seeing.grad_cam(model, PICTURES), maps[100.0], atol=1e-6)


def test_a_map_depends_on_its_own_picture_alone():
    model = convolutions()
    bright = np.concatenate([PICTURES, np.ones((1, SIZE, SIZE, 3), np.float32)])
    together = seeing.grad_cam(model, bright)
    np.testing.assert_allclose(seeing.grad_cam(model, bright[2:3]), together[2:3], atol=1e-3)
    np.testing.assert_allclose(seeing.grad_cam(model, bright, batch_size=2), together, atol=1e-3)


def test_nothing_that_speaks_for_the_answer_leaves_the_map_empty():
    model = convolutions()
    kernel, _ = model.get_layer("spiral").get_weights()
    model.get_layer("spiral").set_weights([np.zeros_like(kernel), np.array([3.0])])
    assert not seeing.grad_cam(model, PICTURES).any()


def block():
    """The end of a network that normalises before it activates and pools."""
    return [
        layers.BatchNormalization(name="norm_1"),
        layers.ReLU(name="relu_1"),
        layers.MaxPooling2D(name="pool_1"),
        layers.GlobalAveragePooling2D(name="average"),
    ]


def test_maps_are_those_of_the_last_convolution_once_it_is_finished():
    model = convolutions(head=block())
    by_default = seeing.grad_cam(model, PICTURES)
    np.testing.assert_array_equal(by_default, seeing.grad_cam(model, PICTURES, "relu_1"))
    assert np.abs(by_default - seeing.grad_cam(model, PICTURES, "conv_1")).max() > 0.1
    pooled = seeing.grad_cam(model, PICTURES, "pool_1")
    assert pooled.shape == by_default.shape
    weights = model.get_layer("spiral").get_weights()[0][:, 0]
    small = np.maximum(signs(model)[:, None, None] * (channels(model, layer="pool_1") @ weights), 0)
    over_the_picture = np.stack([cv2.resize(one, (SIZE, SIZE)) for one in small])
    over_the_picture /= over_the_picture.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(pooled, over_the_picture, atol=1e-3)


SPOTS = 20
"""Side of the pictures of the trained network."""


@pytest.fixture(scope="module")
def spots():
    """Noise with a bright spot in a corner, and for class 1 a striped one in another: pictures, labels, its corner."""
    rng = np.random.default_rng(1)
    pictures = rng.random((320, SPOTS, SPOTS, 1)).astype(np.float32) * 0.2
    labels = rng.integers(2, size=len(pictures))
    corners = np.stack([rng.permutation(4)[:2] for _ in pictures])
    stripes = np.resize([1.0, 0.0], 6)[:, np.newaxis, np.newaxis]
    for picture, label, places in zip(pictures, labels, corners, strict=True):
        for place, brightness in zip(places, (0.8, 0.8 * label * stripes), strict=True):
            down, right = 11 * (place // 2) + 2, 11 * (place % 2) + 2
            picture[down : down + 6, right : right + 6] += brightness
    return np.clip(pictures, 0, 1), labels, corners[:, 1]


@pytest.fixture(scope="module")
def trained(spots):
    """A network that has learnt to look for stripes, and not for light."""
    pictures, labels, _ = spots
    pipeline.set_up(seed=0)
    picture = keras.Input((SPOTS, SPOTS, 1), name="picture")
    x = picture
    for number in (1, 2):
        x = layers.Conv2D(8, 3, activation="relu", padding="same", name=f"conv_{number}")(x)
        x = layers.MaxPooling2D(name=f"pool_{number}")(x) if number == 1 else x
    x = layers.GlobalAveragePooling2D(name="average")(x)
    model = keras.Model(picture, layers.Dense(1, "sigmoid", name="spiral")(x), name="cnn")
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    model.fit(pictures, labels, epochs=10, batch_size=32, verbose=0)
    assert model.evaluate(pictures, labels, verbose=0)[1] > 0.95, "the network has not learnt, so nothing is tested"
    return model


def share_in(maps, corners):
    """Share of each map that lies in a quarter of the picture."""
    half = SPOTS // 2
    quarters = maps.reshape(-1, 2, half, 2, half).sum(axis=(2, 4)).reshape(-1, 4)
    return quarters[np.arange(len(maps)), corners] / quarters.sum(axis=1)


def test_the_map_lies_where_the_evidence_is_and_that_of_an_untrained_network_does_not(trained, spots):
    pictures, labels, corners = (values[spots[1] == 1][:40] for values in spots)
    assert labels.all()
    maps = seeing.grad_cam(trained, pictures)
    assert np.median(share_in(maps, corners)) > 0.8, "0.25 by chance, and the brighter spot is elsewhere"
    np.testing.assert_allclose(seeing.likeness(maps, maps), 1)

    others = [seeing.grad_cam(seeing.randomised(trained, seed=seed), pictures) for seed in range(5)]
    alike = np.array([seeing.likeness(maps, other) for other in others])
    assert alike.shape == (5, 40)
    assert np.nanmedian(alike) < 0.7
    assert np.nanmedian([share_in(other, corners) for other in others]) < 0.6


def test_drawing_anew_obeys_the_seed_and_leaves_the_network_alone(trained):
    before = trained.get_weights()
    first, again, other = (seeing.randomised(trained, seed=seed) for seed in (0, 0, 1))
    for old, kept in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, kept)
    for one, same in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
    for one, old, another in zip(first.get_weights(), before, other.get_weights(), strict=True):
        assert one.shape == old.shape and (one != old).any()
        assert (one != another).all() if one.ndim > 1 else not one.any(), "biases start at 0"
    assert [layer.name for layer in first.layers] == [layer.name for layer in trained.layers]
    kernels = [weight for weight in seeing.randomised(dense((4, 4, 4))).get_weights() if weight.shape == (4, 4)]
    assert (kernels[0] != kernels[1]).all(), "two layers of one shape got the same weights"


def test_likeness_is_of_the_order_of_pixels():
    maps = np.random.default_rng(0).random((3, 5, 5))
    np.testing.assert_allclose(seeing.likeness(maps, np.exp(5 * maps)), 1)
    np.testing.assert_allclose(seeing.likeness(maps, 1 - maps), -1)
    flat = maps * [[[1]], [[0]], [[1]]]
    assert np.isnan(seeing.likeness(flat, maps)).tolist() == [False, True, False]
    with pytest.raises(ValueError, match=r"\(3, 5, 5\) and \(2, 5, 5\)"):
        seeing.likeness(maps, maps[:2])


def test_weights_lie_where_the_pixels_lie():
    model = dense()
    pictures = seeing.weight_pictures(model)
    assert pictures.shape == (5, 4, 6, 3) and pictures.dtype == np.float32
    kernel, bias = model.get_layer("dense_1").get_weights()
    looked = np.random.default_rng(0).random((7, 4, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(
        np.einsum("ihwc,uhwc->iu", looked, pictures) + bias, looked.reshape(7, -1) @ kernel + bias, rtol=1e-4
    )


def test_the_total_weight_is_the_logit_of_a_network_whose_units_are_all_open():
    model = dense((5, 4, 3))
    for number in (1, 2, 3):
        layer = model.get_layer(f"dense_{number}")
        layer.set_weights([0.3 * np.abs(layer.get_weights()[0]), layer.get_weights()[1]])  # none closes on light
    looked = np.random.default_rng(0).random((7, 4, 6, 3)).astype(np.float32)
    probabilities = model.predict_on_batch(looked)[:, 0].astype(float)
    total = seeing.total_weight(model)
    assert total.shape == (4, 6, 3) and total.dtype == np.float32
    found = np.einsum("ihwc,hwc->i", looked, total)
    np.testing.assert_allclose(1 / (1 + np.exp(-found)), probabilities, atol=1e-5)
    assert np.ptp(probabilities) > 1e-2


def two_ends():
    picture = keras.Input((4, 4, 1), name="picture")
    x = layers.Conv2D(2, 3, name="conv_1")(picture)
    return keras.Model(picture, layers.GlobalAveragePooling2D(name="average")(x), name="open")


REFUSED = {
    "no convolution": (lambda: seeing.grad_cam(dense((3,)), np.zeros((1, 4, 6, 3))), "has no convolution"),
    "no such layer": (lambda: seeing.grad_cam(convolutions(), PICTURES, "conv_9"), "no layer named 'conv_9'.*conv_1"),
    "no maps": (lambda: seeing.grad_cam(convolutions(), PICTURES, "average"), "'average' .* holds no maps"),
    "no dense end": (lambda: seeing.grad_cam(two_ends(), np.zeros((1, 4, 4, 1))), "not a dense layer"),
    "no scale": (lambda: seeing.grad_cam(convolutions(), 255 * PICTURES), "between 0 and 1"),
    "weights of convolutions": (lambda: seeing.weight_pictures(convolutions()), "see grad_cam"),
    "total of convolutions": (lambda: seeing.total_weight(convolutions()), "see grad_cam"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_map_is_refused_with_the_reason(name):
    call, reason = REFUSED[name]
    with pytest.raises(ValueError, match=reason):
        call()


def middle(items=3, size=8):
    """Maps that lie in the middle quarter, all of them."""
    maps = np.zeros((items, size, size))
    maps[:, 2:6, 2:6] = np.random.default_rng(0).random((items, 4, 4)) + 0.1
    return maps


WAYS = np.random.default_rng(0).uniform(0.6, 0.7, size=(8, 3, 1))
DRAWN = {
    "maps": lambda: seeing_figures.maps(PICTURES[:3], middle(size=SIZE), list("abc"), "One"),
    "compared": lambda: seeing_figures.maps(
        (255 * PICTURES[:3, :8, :8, :1]).astype(np.uint8), middle(), list("abc"), "Two", beside=1 - middle()
    ),
    "weights": lambda: seeing_figures.weights(seeing.weight_pictures(dense((9,))), "Nine units"),
    "total": lambda: seeing_figures.weights(seeing.total_weight(dense())[np.newaxis], "All"),
    "dead": lambda: seeing_figures.weights(np.zeros((2, 4, 4, 1)), "Nothing"),
    "turned": lambda: seeing_figures.turned(WAYS, list("abc")),
}


@pytest.mark.parametrize("name", DRAWN)
def test_figure_is_drawn_with_words_and_numbers(name):
    picture = DRAWN[name]()
    assert np.asarray(Image.open(io.BytesIO(picture.png())).convert("L")).std() > 1, "the picture is empty"
    assert picture.alt.endswith(".") and any(letter.isdigit() for letter in picture.alt)
    assert len(picture.table) == {"weights": 9, "total": 1, "dead": 2}.get(name, 3)


def test_the_middle_and_the_likeness_are_put_into_words():
    picture = DRAWN["compared"]()
    np.testing.assert_allclose(picture.table["in the middle, trained"], 1)
    assert (picture.table["in the middle, randomised"] < 0.3).all()
    assert (picture.table["likeness"] < -0.9).all()
    assert "holds 100% (trained) and" in picture.alt and "25% if spread evenly" in picture.alt


def test_an_empty_map_counts_for_no_place():
    maps = middle()
    maps[1] = 0
    table = seeing_figures.maps(PICTURES[:3, :8, :8], maps, list("abc"), "One").table
    assert table["in the middle, trained"].isna().tolist() == [False, True, False]


def test_answers_that_change_sides_are_counted():
    assert "0 of 3 pictures are answered with either class" in DRAWN["turned"]().alt
    ways = WAYS.copy()
    ways[5, 1] = 0.25
    picture = seeing_figures.turned(ways, list("abc"))
    assert "1 of 3 pictures are answered with either class" in picture.alt and "(b;" in picture.alt
    np.testing.assert_allclose(picture.table[list(rotations.WAYS)], ways[..., 0].T)
    np.testing.assert_allclose(picture.table["mean"], ways.mean(axis=(0, 2)))

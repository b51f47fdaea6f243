"""The fast grid: the scores of networks built afresh, whatever was fitted before, and bad input named."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib import pipeline
from cosmic_lib.network import Network
from cosmic_lib.studies.album_art import grid, losses, published

ITEMS, CLASSES, SIDE = 41, 4, 8
FOLDS = np.arange(ITEMS) % 2
SIZES = (21, 20)
MIXED = [
    {"batch_size": 5, "dropout": 0.4, "epochs": 2, "optimizer": "Nadam"},
    {"batch_size": 8, "dropout": 0.0, "epochs": 1, "optimizer": "Adamax"},
    {"batch_size": 5, "dropout": 0.4, "epochs": 1, "optimizer": "Nadam"},
]


def small(input_shape, num_classes, *, dropout):
    """A network of the study's kind."""
    import keras
    from keras import layers

    x = inputs = keras.Input(input_shape)
    x = layers.MaxPooling2D()(layers.Conv2D(8, 3, activation="relu")(x))
    x = layers.Dropout(dropout)(layers.Dense(16, "relu")(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(num_classes, "softmax")(x))


@pytest.fixture(scope="module")
def pictures():
    """Made-up pictures with weak colours of their class, so that scores are neither 0 nor 1; and their labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(CLASSES, size=ITEMS)
    noise = rng.normal(size=(ITEMS, SIDE, SIDE, 3))
    return (3 * noise + rng.normal(size=(CLASSES, 1, 1, 3))[labels]).astype(np.float32), labels


@pytest.fixture(scope="module")
def fast(pictures):
    """The table of the fast way, in another order; it built a network for each dropout and optimizer alone."""
    built = []

    def counted(*arguments, dropout):
        built.append(dropout)
        return small(*arguments, dropout=dropout)

    table = grid.search(*pictures, FOLDS, MIXED[::-1], build=counted, workers=2)
    assert sorted(built) == [0.0, 0.4]
    return table[::-1].reset_index(drop=True)


def test_scores_are_those_of_networks_built_afresh(fast, pictures):
    assert fast.equals(grid.search_afresh(*pictures, FOLDS, MIXED, build=small))
    scores = fast.filter(regex="^accuracy_fold").to_numpy()
    assert scores.min() > 0 and scores.max() < 1 and len(np.unique(scores)) > 3, "nothing to tell fits apart by"


def test_reset_network_trains_to_the_same_weights(pictures):
    """Weights tell of what scores may not: a forgotten moment of the optimizer, or masks of dropout that go on."""
    inputs, labels = pictures
    rows = FOLDS == 0

    def compiled():
        return grid._compiled(small, inputs.shape[1:], CLASSES, 0.4, "Nadam", loss=losses.IMPLIED, seed=1)

    network = Network(compiled())
    begun = network.model.get_weights()
    part = (inputs[rows], labels[rows], inputs[~rows], labels[~rows])
    grid._scores(network, part, 8, [1], seed=1)
    grid._scores(network, part, 5, [1, 2], seed=1)
    afresh = compiled()
    batches = pipeline.batches(inputs[rows], labels[rows], batch_size=5, shuffle_seed=1)
    afresh.fit(batches, epochs=2, shuffle=False, verbose=0)
    for weights, again, before in zip(afresh.get_weights(), network.model.get_weights(), begun, strict=True):
        np.testing.assert_allclose(again, weights, rtol=1e-5, atol=1e-7)
        assert np.abs(weights - before).max() > 1e-4


def test_table_has_the_settings_and_means_that_count_items(fast):
    assert fast[list(grid.SETTINGS)].to_dict("records") == MIXED
    for metric, decisions in (("accuracy", 1), ("binary_accuracy", CLASSES)):
        values = fast[[f"{metric}_fold0", f"{metric}_fold1"]].to_numpy()
        right = values * SIZES * decisions
        np.testing.assert_allclose(right, np.rint(right))
        means = right.sum(axis=1) / (ITEMS * decisions)
        np.testing.assert_allclose(fast[f"{metric}_mean"], means)
        spread = np.sqrt(((values - means[:, None]) ** 2 * SIZES).sum(axis=1) / ITEMS)
        np.testing.assert_allclose(fast[f"{metric}_std"], spread, atol=1e-12)


def test_combinations_are_the_80_that_were_printed():
    assert len({tuple(row.values()) for row in grid.COMBINATIONS}) == 80
    printed = published.grid()
    known = {tuple(row.values()) for row in grid.COMBINATIONS}
    assert set(printed[list(grid.SETTINGS)].itertuples(index=False, name=None)) <= known


@pytest.mark.parametrize(
    ("folds", "combinations", "message"),
    [
        (FOLDS[1:], MIXED, "41 inputs, 41 labels and 40 folds; give one per item"),
        (0 * FOLDS, MIXED, r"folds hold out \[41\] items; number them from 0, two of them at least"),
        (2 * FOLDS, MIXED, r"none empty"),
        (FOLDS, [{"batch_size": 20}], "a combination of batch_size; give each a value for batch_size, dropout"),
    ],
)
@pytest.mark.parametrize("way", [grid.search, grid.search_afresh])
def test_bad_input_is_named(way, folds, combinations, message, pictures):
    with pytest.raises(ValueError, match=message):
        way(*pictures, folds, combinations, build=small)

"""The conditional GAN: each half moves in its own step, a seed repeats, and nothing is seen that must not be."""

import itertools
import random
from dataclasses import replace

import keras
import numpy as np
import pytest

from cosmic_lib import audio, pipeline
from cosmic_lib.studies.genre import gan

SMALL = {"hidden": (8, 16), "critic_hidden": (16,)}
QUICK = {**SMALL, "epochs": 1, "batch_size": 200, "seed": 0}


@pytest.fixture
def points():
    """Items of six classes that lie well apart: 240 of four numbers each, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 6
    return (2 * rng.normal(size=(6, 4))[labels] + 0.3 * rng.normal(size=(240, 4))).astype(np.float32), labels


@pytest.fixture
def rows(genre_data):
    """All segments of all tracks but the last of each genre."""
    return (~genre_data.items["track"].str.endswith("4")).to_numpy()


def small(seed=0, **settings) -> gan.ConditionalGAN:
    return gan.ConditionalGAN(4, 6, noise=5, **SMALL, activation="linear", seed=seed, **settings)


def weights(model) -> list[np.ndarray]:
    return [np.array(values) for values in model.get_weights()]


def moved(before, after) -> list[bool]:
    return [bool((one != other).any()) for one, other in zip(before, after, strict=True)]


def test_each_half_moves_in_its_own_step_and_only_there(points):
    items, labels = points
    made = small()
    moves = {
        "discriminator": lambda size: made.step_discriminator(items[:size], labels[:size]),
        "generator": lambda size: made.step_generator(labels[:size]),
    }
    # Another batch size has the step traced anew, and with it the question what is to be trained.
    for halves, size in itertools.product([("discriminator", "generator"), ("generator", "discriminator")], (32, 7)):
        for moving, still in (halves, halves, halves[::-1], halves):
            before = weights(getattr(made, moving)), weights(getattr(made, still))
            moves[moving](size)
            assert all(moved(before[0], weights(getattr(made, moving))))
            assert not any(moved(before[1], weights(getattr(made, still))))


def test_losses_are_those_of_telling_real_from_made(points):
    items, labels = points
    made = small()
    made.discriminator.set_weights([np.zeros_like(values) for values in weights(made.discriminator)])
    undecided = np.log(2)
    assert made.step_generator(labels[:32]) == pytest.approx(undecided, abs=1e-5)
    assert made.step_discriminator(items[:32], labels[:32]) == pytest.approx(undecided, abs=1e-5)
    bias = [*(np.zeros_like(values) for values in weights(made.discriminator)[:-1]), np.array([-3.0], np.float32)]
    made.discriminator.set_weights(bias)  # all is made, it says with certainty
    assert made.step_generator(labels[:32]) == pytest.approx(np.log1p(np.exp(3)), abs=1e-4)
    made.discriminator.set_weights(bias)
    expected = (np.log1p(np.exp(3)) + np.log1p(np.exp(-3))) / 2
    assert made.step_discriminator(items[:32], labels[:32]) == pytest.approx(expected, abs=1e-4)


def test_it_learns_what_the_classes_are_like(points):
    items, labels = points
    made = small(learning_rate=2e-3)
    wanted = np.repeat(np.arange(6), 50)
    history = made.fit(items[:192], labels[:192], epochs=25, batch_size=16)
    assert list(history) == ["discriminator_loss", "generator_loss"]
    assert all(len(losses) == 25 and np.isfinite(losses).all() for losses in history.values())
    items_made = made.make(wanted)
    assert items_made.shape == (300, 4) and items_made.dtype == np.float32
    assert gan.train_on_made(items[:192], labels[:192], items_made, wanted) > 0.5
    assert gan.train_on_made(items_made, wanted, items[192:], labels[192:]) > 0.5
    before = small(learning_rate=2e-3).make(wanted)
    assert gan.train_on_made(items[:192], labels[:192], before, wanted) < 0.4


def test_the_same_seed_gives_the_same_and_leaves_random_numbers_of_others_alone(points):
    items, labels = points

    def trained(state: int) -> tuple[dict, np.ndarray]:
        keras.utils.set_random_seed(state)
        before = random.getstate(), np.random.get_state()[1].tolist()
        made = small(seed=3)
        found = made.fit(items[:40], labels[:40], epochs=2, batch_size=20), made.make(labels[:20])
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before
        return found

    pipeline.set_up(seed=0)
    (one, made_once), (two, made_twice) = trained(1), trained(2)
    assert one == two
    np.testing.assert_array_equal(made_once, made_twice)


def test_another_seed_draws_other_weights_and_other_noise(points):
    one, two = small(seed=1), small(seed=2)
    assert np.abs(one.generator.get_weights()[0] - two.generator.get_weights()[0]).max() > 0.01
    two.generator.set_weights(one.generator.get_weights())
    assert np.abs(one.make(points[1][:5]) - two.make(points[1][:5])).max() > 0.01


def test_an_epoch_takes_every_item_once_in_an_order_of_its_own(monkeypatch):
    seen, sizes = [], []

    def step(self, real, labels):
        np.testing.assert_array_equal(real[:, 0] % 6, labels)
        seen.extend(real[:, 0].tolist())
        sizes.append(len(labels))
        return len(sizes)

    monkeypatch.setattr(gan.ConditionalGAN, "step_discriminator", step)
    monkeypatch.setattr(gan.ConditionalGAN, "step_generator", lambda self, labels: -len(labels))
    items = np.arange(10, dtype=np.float32)
    history = small().fit(np.tile(items[:, np.newaxis], 4), items % 6, epochs=2, batch_size=4)
    assert sizes == [4, 4, 2] * 2
    first, second = seen[:10], seen[10:]
    assert sorted(first) == sorted(second) == items.tolist()
    assert items.tolist() != first != second
    assert history == {"discriminator_loss": [2.0, 5.0], "generator_loss": [-10 / 3] * 2}


def test_many_items_are_made_in_parts(points):
    made = small()
    labels = np.arange(700) % 6
    assert made.make(labels).shape == (700, 4)
    # Each of them has the noise and the class of its own.
    assert len(np.unique(made.make(np.zeros(700, int)), axis=0)) == 700


@pytest.mark.parametrize(("items", "labels"), [(0, 0), (5, 4)])
def test_items_that_do_not_fit_their_labels_are_refused(items, labels):
    with pytest.raises(ValueError, match=f"{items} items and {labels} labels"):
        small().fit(np.zeros((items, 4), np.float32), np.zeros(labels, int))


def test_segments_are_read_as_they_lie_in_their_files(genre_data, rows):
    rows = rows & (genre_data.items["segment"] != 1).to_numpy()
    samples = gan.read_segments(genre_data, rows)
    assert samples.shape == (rows.sum(), 66_000) and samples.dtype == np.float32
    settings = audio.SegmentFeatures(**genre_data.settings)
    np.testing.assert_allclose(
        audio.features(samples[::7], settings), genre_data.arrays["segment_features"][rows][::7], rtol=1e-4, atol=1e-4
    )


def test_segments_come_in_the_order_of_the_items(genre_data):
    turned = genre_data.items.iloc[[7, 0, 30, 1]].reset_index(drop=True)
    samples = gan.read_segments(replace(genre_data, items=turned), np.array([True, True, False, True]))
    first = audio.cut(audio.read_clip(genre_data.root / turned["file"][1]))
    np.testing.assert_array_equal(samples[1:], first[:2])


@pytest.mark.parametrize("augment", [gan.waveforms, gan.feature_maps])
def test_made_segments_come_from_the_rows_alone(genre_data, rows, augment):
    features = genre_data.arrays["segment_features"].copy()
    features[~rows] = np.nan  # whoever looks at these gets nothing but these,
    items = genre_data.items.assign(file=genre_data.items["file"].where(rows, "gone.wav"))  # or no file
    spoilt = replace(genre_data, items=items, arrays={"segment_features": features})
    made, labels = augment(spoilt, rows, per_class=2, **QUICK)
    assert made.shape == (20, 16, 33) and made.dtype == np.float32 and np.isfinite(made).all()
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, np.repeat(np.arange(10), 2))


def test_sound_is_described_like_real_sound(genre_data, rows, monkeypatch):
    def hum(self, labels):
        assert self is None or self.generator.layers[-1].activation is keras.activations.tanh
        return np.repeat(0.1 * np.sin(np.arange(66_000) / 50)[np.newaxis], len(labels), axis=0).astype(np.float32)

    monkeypatch.setattr(gan.ConditionalGAN, "make", hum)
    monkeypatch.setattr(gan.ConditionalGAN, "fit", lambda self, real, labels, **settings: {})
    other = replace(genre_data, settings={**genre_data.settings, "hop_length": 512, "n_mfcc": 5})
    made, _ = gan.waveforms(other, rows, per_class=1, **QUICK)
    expected = audio.features(hum(None, [0]), audio.SegmentFeatures(hop_length=512, n_mfcc=5))
    np.testing.assert_allclose(made, np.repeat(expected, 10, axis=0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("augment", [gan.waveforms, gan.feature_maps])
def test_the_seed_decides_what_is_made(genre_data, rows, augment, monkeypatch):
    monkeypatch.setattr(gan.ConditionalGAN, "fit", lambda self, real, labels, **settings: {})
    one, two, three = (augment(genre_data, rows, per_class=1, **{**QUICK, "seed": seed})[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - three).max() > 0.01


def test_features_are_scaled_for_the_gan_and_back(genre_data, rows, monkeypatch):
    seen = {}

    def fit(self, real, labels, **settings):
        seen.update(real=real, labels=labels, activation=self.generator.layers[-1].activation)

    monkeypatch.setattr(gan.ConditionalGAN, "fit", fit)
    monkeypatch.setattr(gan.ConditionalGAN, "make", lambda self, labels: seen["real"][: len(labels)])
    made, _ = gan.feature_maps(genre_data, rows, **QUICK)
    real = genre_data.arrays["segment_features"][rows]
    assert seen["activation"] is keras.activations.linear  # they have no bounds
    per_feature = seen["real"].reshape(real.shape)
    np.testing.assert_allclose(per_feature.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(per_feature.std(axis=(0, 1)), 1, atol=1e-4)
    np.testing.assert_array_equal(seen["labels"], genre_data.y[rows])
    np.testing.assert_allclose(made, real[: len(made)], rtol=1e-4, atol=1e-2)
    assert len(made) == pytest.approx(len(real), abs=5)  # as many as there are real ones


@pytest.mark.parametrize("augment", [gan.waveforms, gan.feature_maps])
@pytest.mark.parametrize(
    "rows",
    [np.arange, lambda items: np.ones(items - 1, bool), lambda items: np.zeros(items, bool)],
    ids=["numbers", "too short", "empty"],
)
def test_rows_have_to_be_a_mask(genre_data, augment, rows):
    with pytest.raises(ValueError, match="of True or False"):
        augment(genre_data, rows(len(genre_data.items)), **QUICK)


def test_nearest_tells_a_copy_from_noise_and_from_averages():
    rng = np.random.default_rng(0)
    real, others, fresh = (rng.normal(3, 2, size=(count, 4, 5)) for count in (80, 60, 40))
    kinds = {
        "copy": real[:40] + 0.01,
        "noise": 10 * fresh,
        "average": np.stack([real[rng.permutation(80)[:10]].mean(axis=0) for _ in range(40)]),
        "good": fresh,
    }
    ratio = {}
    for name, made in kinds.items():
        table = gan.nearest(made, real, others)
        assert table["kind"].value_counts().to_dict() == {"made": 40, "others": 60}
        middle = table.groupby("kind").median()
        ratio[name] = middle.loc["made"] / middle.loc["others"]
    assert ratio["copy"]["to_real"] < 0.1 and 0.8 < ratio["copy"]["to_others"] < 1.2
    assert ratio["noise"].min() > 2
    assert ratio["average"].max() < 0.9
    assert 0.8 < ratio["good"].min() < ratio["good"].max() < 1.2


def test_an_item_is_not_its_own_neighbour_and_features_count_alike():
    real, others = np.array([[0.0, 0], [2, 2000]]), np.array([[0.0, 0], [1, 1000], [1, 3000]])
    table = gan.nearest(np.array([[2.0, 2000]]), real, others)
    np.testing.assert_allclose(table["to_real"], [0, 0, 2**0.5, 2**0.5], atol=1e-6)
    np.testing.assert_allclose(table["to_others"], [2**0.5, 2**0.5, 2**0.5, 2], atol=1e-6)

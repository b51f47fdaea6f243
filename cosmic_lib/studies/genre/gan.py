"""The conditional GAN of Net6: segments made up as sound or as features, and two checks of what they are worth.

A GAN repeats what it has seen. It may see training items only, or the test set finds its way into training through it.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd

from cosmic_lib import audio, pipeline
from cosmic_lib.studies import Data
from cosmic_lib.studies.genre import models


class ConditionalGAN:
    """A generator and a discriminator, trained against each other and both told the class of an item.

    Two compiled models share the discriminator: by itself it learns to tell real from made, and behind the generator,
    held still, it shows the generator what to do better. Keras looks at `trainable` not when a model is compiled but
    when a step is traced, and again for another batch size: so each step sets it first.

    Args:
        width: values of an item; 66,000 samples at the published settings.
        num_classes: classes of items.
        noise, embedding: as in `models.generator`.
        hidden, critic_hidden: units of the dense layers of generator and discriminator.
        activation: of the generator's outputs: `tanh` for sound, `linear` for values without bounds.
        learning_rate: of both optimizers. Adam with 0.0002 and beta_1 of 0.5 is our choice; the source is silent.
        seed: of first weights, noise and the order of items. Random numbers of others are left alone.

    Source study: gtzan, line 55.
    """

    def __init__(
        self,
        width: int,
        num_classes: int,
        *,
        noise: int = 100,
        embedding: int = 10,
        hidden: Sequence[int] = (512, 1024, 2048),
        critic_hidden: Sequence[int] = (1024, 512),
        activation: str = "tanh",
        learning_rate: float = 2e-4,
        seed: int = 0,
    ):
        self.noise = noise
        self.rng = np.random.default_rng(seed)
        with contextlib.ExitStack() as stack:  # Keras draws first weights from Python's own random numbers
            stack.callback(random.setstate, random.getstate())
            random.seed(seed)
            self.generator = models.generator(
                width, num_classes, noise=noise, embedding=embedding, hidden=hidden, activation=activation
            )
            self.discriminator = models.discriminator(width, num_classes, embedding=embedding, hidden=critic_hidden)
        opinion = self.discriminator([self.generator.output, self.generator.inputs[1]])
        self.both = keras.Model(self.generator.inputs, opinion, name="gan")
        for model, learns in ((self.discriminator, True), (self.both, False)):  # compiled as they are to be trained
            self.discriminator.trainable = learns
            model.compile(
                optimizer=keras.optimizers.Adam(learning_rate, beta_1=0.5),
                loss=keras.losses.BinaryCrossentropy(from_logits=True),
            )

    def step_discriminator(self, real: np.ndarray, labels: np.ndarray) -> float:
        """Move the discriminator, and it alone, one step: on real items, and on as many made ones of each class.

        Args:
            real: float32 (n, width).
            labels: class numbers (n,).

        Returns:
            Its loss before the step.
        """
        items = np.concatenate([real, self.make(labels)])
        is_real = np.repeat([1.0, 0.0], len(real)).astype(np.float32)[:, np.newaxis]
        self.discriminator.trainable = True
        return float(self.discriminator.train_on_batch([items, np.tile(labels, 2)], is_real))

    def step_generator(self, labels: np.ndarray) -> float:
        """Move the generator, and it alone, one step towards what the discriminator takes for real.

        Args:
            labels: class numbers of the items to make (n,).

        Returns:
            Its loss before the step.
        """
        taken_for_real = np.ones((len(labels), 1), dtype=np.float32)
        self.discriminator.trainable = False
        return float(self.both.train_on_batch([self._draw(len(labels)), labels], taken_for_real))

    def fit(
        self, real: np.ndarray, labels: np.ndarray, *, epochs: int = 100, batch_size: int = 32
    ) -> dict[str, list[float]]:
        """Train both halves in turn, one step each per batch, without balancing them (source line 55).

        Args:
            real: float32 (n, width), in the range that the generator's activation reaches.
            labels: class numbers (n,).
            epochs: passes over the real items, 100 in the source.
            batch_size: real items per step; our choice, the source states none.

        Returns:
            `discriminator_loss` and `generator_loss`: the mean of each epoch.

        Raises:
            ValueError: no items, or items and labels that do not fit.
        """
        if not len(real) or len(real) != len(labels):
            raise ValueError(f"{len(real)} items and {len(labels)} labels; give at least one, and a label for each")
        history: dict[str, list[float]] = {"discriminator_loss": [], "generator_loss": []}
        for _ in range(epochs):
            losses = [
                (self.step_discriminator(real[batch], labels[batch]), self.step_generator(labels[batch]))
                for batch in _parts(self.rng.permutation(len(real)), batch_size)
            ]
            for name, loss in zip(history, np.mean(losses, axis=0), strict=True):
                history[name].append(float(loss))
        return history

    def make(self, labels: np.ndarray) -> np.ndarray:
        """Make one item of each class asked for.

        Args:
            labels: class numbers (n,).

        Returns:
            float32 (n, width).
        """
        made = [self.generator.predict_on_batch([self._draw(len(part)), part]) for part in _parts(labels)]
        return np.concatenate(made)

    def _draw(self, count: int) -> np.ndarray:
        return self.rng.normal(size=(count, self.noise)).astype(np.float32)


def waveforms(data: Data, rows: np.ndarray, *, seed: int, **settings) -> tuple[np.ndarray, np.ndarray]:
    """Segments made by a GAN that was trained on sound, and then described by the same features as real ones.

    Takes 264 kB of memory per segment it sees: 1.8 GB for 7,000, besides some 6 GB for the published networks.

    Args:
        data: segments of the genre study, their files at hand.
        rows: which items the GAN may see, a boolean mask: the training rows, and no others.
        seed: of everything.
        **settings: epochs (100) and batch_size (32) as `ConditionalGAN.fit` takes them; hidden, critic_hidden,
            noise, embedding and learning_rate as `ConditionalGAN` does; per_class, the segments to make of each class
            among the rows: by default, as many as there are real ones on average. The source states no number.

    Returns:
        Unscaled features, float32 (segments made, frames, features), and their class numbers, int64.

    Raises:
        ValueError: rows that are no such mask, or an empty one.
        AudioError: a file that can no longer be read.

    Source study: gtzan, line 55.
    """
    gan, made = _trained(data, rows, read_segments(data, rows), activation="tanh", seed=seed, **settings)
    described = audio.SegmentFeatures(**data.settings)
    return np.concatenate([audio.features(gan.make(part), described) for part in _parts(made)]), made


def feature_maps(data: Data, rows: np.ndarray, *, seed: int, **settings) -> tuple[np.ndarray, np.ndarray]:
    """Segments made by a GAN that was trained on features, scaled by the mean and deviation of the rows it sees.

    Args:
        data: segments of the genre study.
        rows, seed, **settings: as in `waveforms`.

    Returns:
        Unscaled features, float32 (segments made, frames, features), and their class numbers, int64.

    Raises:
        ValueError: rows that are no such mask, or an empty one.

    Source study: gtzan, line 119, which gives no settings: those of line 55 are our choice.
    """
    real = data.arrays["segment_features"][_mask(data, rows)]
    mean, std = pipeline.statistics(real)
    scaled = pipeline.scale(real, mean, std).reshape(len(real), -1)
    gan, made = _trained(data, rows, scaled, activation="linear", seed=seed, **settings)
    return (gan.make(made).reshape(-1, *real.shape[1:]) * std + mean).astype(np.float32), made


def _trained(
    data: Data,
    rows: np.ndarray,
    real: np.ndarray,
    *,
    epochs: int = 100,
    batch_size: int = 32,
    per_class: int | None = None,
    **sizes,
) -> tuple[ConditionalGAN, np.ndarray]:
    """A GAN trained on some rows, and the class numbers of what it is to make."""
    labels = data.y[rows]
    gan = ConditionalGAN(real.shape[1], len(data.classes), **sizes)
    gan.fit(real, labels, epochs=epochs, batch_size=batch_size)
    classes = np.unique(labels)
    return gan, np.repeat(classes, round(len(labels) / len(classes)) if per_class is None else per_class)


def read_segments(data: Data, rows: np.ndarray) -> np.ndarray:
    """Sound of some segments, read from their files.

    Args:
        data: segments of the genre study, their files at hand.
        rows: which items, a boolean mask; files of no other item are opened.

    Returns:
        Samples, float32 (items, segment_samples), in the order of the items.

    Raises:
        ValueError: rows that are no such mask, or an empty one.
        AudioError: a file that can no longer be read.
    """
    settings = audio.SegmentFeatures(**data.settings)
    wanted = data.items[_mask(data, rows)].reset_index(drop=True)
    samples = np.empty((len(wanted), settings.segment_samples), dtype=np.float32)
    for file, items in wanted.groupby("file"):
        clip = audio.read_clip(data.root / str(file), max_samples=settings.clip_samples)
        samples[items.index] = audio.cut(clip, settings)[items["segment"]]
    return samples


def nearest(made: np.ndarray, real: np.ndarray, others: np.ndarray) -> pd.DataFrame:
    """How far made items, and real ones that the GAN never saw, are from what it saw and from what it did not.

    Compare the two kinds within a column, by their medians. Where made items are far closer to `real` than the unseen
    ones are, but not to `others`, the GAN copies. Where they are further from both, it makes noise; where they are
    closer to both, blurred averages, as a mean is closer to all items than these are to each other. (Two columns
    cannot be compared: among more items, some item is closer.)

    Args:
        made: what the GAN made, first axis the items, last axis the features.
        real: what it was trained on.
        others: real items it never saw, at least two, of other groups: segments of a track it saw are too close.

    Returns:
        One row per item, columns kind (`made` or `others`), to_real and to_others: distance to the nearest other
        item, over all values, each feature scaled by its mean and deviation among `real`.
    """
    from sklearn.neighbors import NearestNeighbors

    mean, std = pipeline.statistics(real)
    made, real, others = (((array - mean) / std).reshape(len(array), -1) for array in (made, real, others))
    seen, unseen = (NearestNeighbors(n_neighbors=1).fit(array) for array in (real, others))
    to_real = [seen.kneighbors(array)[0] for array in (made, others)]
    to_others = [unseen.kneighbors(made)[0], unseen.kneighbors()[0]]  # the latter leaves out the item itself
    return pd.DataFrame(
        {
            "kind": np.repeat(["made", "others"], [len(made), len(others)]),
            "to_real": np.concatenate(to_real).ravel(),
            "to_others": np.concatenate(to_others).ravel(),
        }
    )


def train_on_made(made: np.ndarray, made_labels: np.ndarray, real: np.ndarray, real_labels: np.ndarray) -> float:
    """Accuracy, on real items, of a logistic regression that was trained on made ones alone.

    The yardstick is the same with the real training items in place of the made ones; chance is one in the classes.

    Args:
        made, made_labels: items to train on, first axis the items, and their class numbers.
        real, real_labels: items to test on, of groups that the GAN did not see.

    Returns:
        Share of `real` that is classified rightly.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    classifier.fit(made.reshape(len(made), -1), made_labels)
    return float(classifier.score(real.reshape(len(real), -1), real_labels))


def _parts(items: np.ndarray, size: int = 256) -> list[np.ndarray]:
    """Cut into parts; sound is made and described part by part, so that memory stays flat."""
    return np.split(items, range(size, len(items), size))


def _mask(data: Data, rows: np.ndarray) -> np.ndarray:
    """The rows, where they are a mask with something in it."""
    rows = np.asarray(rows)
    if rows.dtype != bool or rows.shape != (len(data.items),) or not rows.any():
        raise ValueError(
            f"rows are {rows.dtype} {rows.shape}; give {len(data.items)} of True or False, one at least True"
        )
    return rows

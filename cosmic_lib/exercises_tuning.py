"""The rules for the exercises on tuning and on frames of sound: properties, not values, as in `exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cosmic_lib import audio

# Where early stopping ends a run: `stops_at(losses, patience) -> (last epoch, epoch restored)`, counted from 1.


def waits_for_patience(stops_at: Callable) -> str | None:
    """It stops after as many epochs without a lower loss as the patience says; a lower one starts the wait anew."""
    losses = [3.0, 2.0, 2.5, 2.5, 1.5, 1.8, 1.8, 1.8, 1.8, 1.8]
    found = [stops_at(losses, patience)[0] for patience in (2, 3, 4)]
    return None if found == [4, 8, 9] else f"for {losses} and patience 2, 3, 4 it stops after {found}; count from 1"


def restores_what_it_saw(stops_at: Callable) -> str | None:
    """It restores the epoch of the lowest loss up to the stop, not of the whole run."""
    losses = [3.0, 2.0, 2.5, 2.5, 2.5, 1.0]
    found = stops_at(losses, 2)[1]
    return None if found == 2 else f"for {losses} and patience 2 it restores {found}; after epoch 4 nothing is trained"


def may_reach_the_end(stops_at: Callable) -> str | None:
    """A run that never waits so long is trained to its end."""
    losses = [3.0, 2.0, 1.0, 1.5]
    found = tuple(stops_at(losses, 5))
    return None if found == (4, 3) else f"for {losses} and patience 5 it is {found}"


def agrees_with_keras(stops_at: Callable) -> str | None:
    """It does what keras.callbacks.EarlyStopping does, in 200 made-up runs."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        # Steps of a tenth, so that two epochs can have the same loss.
        losses = np.round(np.linspace(1.5, 1, 12) + rng.normal(0, 0.2, size=12), 1).tolist()
        patience = int(rng.integers(1, 8))
        found, expected = tuple(stops_at(losses, patience)), _keras_stops_at(losses, patience)
        if found != expected:
            return f"for {losses} and patience {patience} it is {found}; Keras has {expected}"
    return None


def _keras_stops_at(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """What the callback does to a network whose weights are the number of its epoch."""
    import keras

    class Network:
        """As much of a network as the callback touches."""

        epoch, stop_training = 0, False

        def get_weights(self) -> int:
            return self.epoch

        def set_weights(self, weights: int) -> None:
            self.restored = weights

    network = Network()
    callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience, restore_best_weights=True)
    callback.set_model(network)
    callback.on_train_begin()
    for loss in losses:
        network.epoch += 1
        callback.on_epoch_end(network.epoch - 1, {"val_loss": loss})
        if network.stop_training:
            break
    callback.on_train_end()
    return network.epoch, network.restored


# Choose on one run, report on others: `choose_and_check(scores) -> (when chosen, on other seeds)`;
# scores of shape (settings, seeds).

TRUTH, SPREAD = 0.6, 0.05


def _on_equal_networks(choose_and_check: Callable) -> np.ndarray:
    """Both numbers, averaged over 500 sweeps of eight settings that are all the same."""
    scores = np.random.default_rng(0).normal(TRUTH, SPREAD, size=(500, 8, 3))
    return np.mean([choose_and_check(one) for one in scores], axis=0)


def choosing_flatters(choose_and_check: Callable) -> str | None:
    """Among equal networks, the first number is as far above their accuracy as the best of so many draws."""
    found = _on_equal_networks(choose_and_check)[0]
    expected = TRUTH + np.random.default_rng(1).normal(0, SPREAD, size=(100_000, 8)).max(axis=1).mean()
    if abs(found - expected) < 0.006:
        return None
    return (
        f"eight networks of accuracy {TRUTH}: {found:.3f}, the best of eight runs gives {expected:.3f}; take one seed"
    )


def other_seeds_do_not(choose_and_check: Callable) -> str | None:
    """Among equal networks, the second number is their accuracy: no run that took part in the choice is in it."""
    found = _on_equal_networks(choose_and_check)[1]
    return (
        None if abs(found - TRUTH) < 0.006 else f"eight networks of accuracy {TRUTH}: {found:.3f}; leave that seed out"
    )


def finds_a_real_winner(choose_and_check: Callable) -> str | None:
    """A setting far ahead of the others is chosen, and both numbers are its accuracy."""
    scores = np.full((8, 3), 0.5)
    scores[5] = 0.9, 0.8, 0.7
    found = np.asarray(choose_and_check(scores), dtype=float)
    return None if np.allclose(found, 0.8) else f"one of eight has 0.9, 0.8, 0.7, the others 0.5: {np.round(found, 3)}"


def takes_every_seed(choose_and_check: Callable) -> str | None:
    """Each seed chooses once: the order of the seeds does not matter."""
    scores = np.random.default_rng(0).normal(TRUTH, SPREAD, size=(8, 3))
    found = [np.round(choose_and_check(scores[:, order]), 6).tolist() for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1])]
    return None if found[0] == found[1] == found[2] else f"in three orders of the seeds: {found}; average over seeds"


# What the windows cover: `share_heard(samples, n_fft, hop_length) -> share of the samples inside a window`.

WINDOWS = ((66_000, 1024, 4084), (66_000, 1024, 512), (66_000, 1024, 1024), (66_000, 2048, 3000), (22_050, 512, 700))


def counts_each_sample_once(share_heard: Callable) -> str | None:
    """Windows that overlap cover no sample twice: it is never more than 1."""
    found = share_heard(1000, 100, 50)
    return None if found == 1 else f"1,000 samples, windows of 100, a hop of 50: {found:g}, and it should be 1"


def leaves_out_what_does_not_fit(share_heard: Callable) -> str | None:
    """A window that would reach over the end is not there."""
    found = share_heard(12, 4, 5)
    if np.isclose(found, 8 / 12):
        return None
    return f"12 samples, windows of 4, a hop of 5: {found:.3f}; windows open at 0 and at 5, so 8 of 12 are inside"


def agrees_on_coverage(share_heard: Callable) -> str | None:
    """It is what audio.coverage says, of several windows and hops."""
    for samples, n_fft, hop_length in WINDOWS:
        settings = audio.SegmentFeatures(clip_samples=samples, segments=1, n_fft=n_fft, hop_length=hop_length)
        found, expected = share_heard(samples, n_fft, hop_length), audio.coverage(settings)
        if not np.isclose(found, expected, atol=1e-9):
            return f"{samples:,} samples, windows of {n_fft}, a hop of {hop_length}: {found:.4f}, not {expected:.4f}"
    return None


# A shuffle that keeps neighbours: `shuffle_blocks(features, length, seed) -> features in another order of blocks`.


def _segments() -> np.ndarray:
    """Twenty segments of twelve frames of three features; no frame is there twice."""
    return np.arange(20 * 12 * 3, dtype=float).reshape(20, 12, 3)


def _order(segment: np.ndarray, original: np.ndarray) -> list[int] | None:
    """Which frame of the original stands in each place; None where one is not of it."""
    where = {tuple(frame): number for number, frame in enumerate(original.tolist())}
    order = [where[tuple(frame)] for frame in segment.tolist() if tuple(frame) in where]
    return order if len(order) == len(segment) and len(set(order)) == len(original) else None


def _orders(shuffle_blocks: Callable, length: int, seed: int = 0) -> list[list[int] | None]:
    found = np.asarray(shuffle_blocks(_segments(), length, seed))
    return [_order(*pair) for pair in zip(found, _segments(), strict=True)]


def keeps_every_frame(shuffle_blocks: Callable) -> str | None:
    """Each segment has the frames it had, whole, and each of them once."""
    found = np.shape(shuffle_blocks(_segments(), 4, seed=0))
    if found != _segments().shape:
        return f"features of shape {_segments().shape} came back as {found}"
    lost = sum(order is None for length in (1, 4) for order in _orders(shuffle_blocks, length))
    return f"{lost} of 40 segments have not; move frames, not single numbers, and within a segment" if lost else None


def keeps_blocks_together(shuffle_blocks: Callable) -> str | None:
    """Frames of one block stay neighbours, in their order; a block as long as the segment leaves all as it was."""
    for order in _orders(shuffle_blocks, 4):
        if order is None:
            return "some frames are gone"
        blocks = np.reshape(order, (3, 4))
        if (blocks[:, 0] % 4 != 0).any() or (np.diff(blocks, axis=1) != 1).any():
            return f"blocks of 4 of 12 frames came in the order {order}"
    moved = sum(order != list(range(12)) for order in _orders(shuffle_blocks, 12))
    return f"with one block of 12 frames, {moved} of 20 segments changed" if moved else None


def gives_each_its_own_order(shuffle_blocks: Callable) -> str | None:
    """Segments differ in their new order: one order for all is learned as easily as the old one."""
    found = len({tuple(order or ()) for order in _orders(shuffle_blocks, 1)})
    return None if found > 10 else f"20 segments of 12 frames came in {found} different orders; draw one for each"


def repeats_and_changes_nothing(shuffle_blocks: Callable) -> str | None:
    """The same seed gives the same order, another seed another one, and the features given stay as they were."""
    given = _segments()
    first = np.array(shuffle_blocks(given, 4, seed=0))
    if not np.array_equal(given, _segments()):
        return "the features given were changed; work on a copy"
    again, other = (np.asarray(shuffle_blocks(_segments(), 4, seed=seed)) for seed in (0, 1))
    if not np.array_equal(first, again):
        return "one seed gave two orders; draw from np.random.default_rng(seed)"
    return "two seeds gave one order" if np.array_equal(first, other) else None

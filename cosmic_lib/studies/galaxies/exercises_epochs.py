"""The rules for the exercises on which epoch is read: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

# Early stopping by hand: `kept(val_loss, patience) -> (epoch whose weights are kept, epochs trained)`, both from 1.


def _said(kept: Callable, losses: Sequence[float], patience: int) -> tuple[int, int]:
    epoch, trained = kept(list(losses), patience)
    return int(epoch), int(trained)


def _unlike(kept: Callable, losses: Sequence[float], patience: int, expected: tuple[int, int]) -> str | None:
    if (said := _said(kept, losses, patience)) == expected:
        return None
    curve = ", ".join(f"{loss:g}" for loss in losses)
    return (
        f"validation losses {curve}, patience {patience}: you keep epoch {said[0]} of {said[1]} trained, and it is "
        f"{expected[0]} of {expected[1]}"
    )


def keeps_the_lowest(kept: Callable) -> str | None:
    """With patience enough all epochs are trained, and the one with the lowest loss is kept."""
    return _unlike(kept, (0.9, 0.6, 0.5, 0.7, 0.4, 0.8, 0.6), 10, (5, 7))


def ends_when_patience_does(kept: Callable) -> str | None:
    """As many epochs without a new lowest loss as there is patience end the training, whatever would have come."""
    return _unlike(kept, (0.9, 0.6, 0.5, 0.7, 0.6, 0.1, 0.1), 2, (3, 5))


def counts_anew_from_each_low(kept: Callable) -> str | None:
    """A new lowest loss starts the count of epochs anew."""
    return _unlike(kept, (0.9, 0.95, 0.8, 0.85, 0.7, 0.75, 0.71, 0.1), 2, (5, 7))


def takes_a_tie_for_no_gain(kept: Callable) -> str | None:
    """An equal loss is no new lowest one."""
    return _unlike(kept, (0.6, 0.5, 0.5, 0.5, 0.4), 2, (2, 4))


class _Network:
    """Its weights are the number of the epoch that it has trained."""

    def __init__(self) -> None:
        self.epoch, self.stop_training = 0, False

    def get_weights(self) -> int:
        return self.epoch

    def set_weights(self, weights: int) -> None:
        self.epoch = weights


def _by_keras(losses: Sequence[float], patience: int) -> tuple[int, int]:
    import keras

    network = _Network()
    stopping = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience, restore_best_weights=True)
    stopping.set_model(network)
    stopping.on_train_begin()
    trained = 0
    for trained, loss in enumerate(losses, start=1):
        network.epoch = trained
        stopping.on_epoch_end(trained - 1, {"val_loss": loss})
        if network.stop_training:
            break
    stopping.on_train_end()
    return network.epoch, trained


def agrees_with_keras(kept: Callable) -> str | None:
    """It is what EarlyStopping of Keras does, for 300 made-up curves."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        losses = (rng.integers(1, 12, size=rng.integers(2, 15)) / 10).tolist()
        patience = int(rng.integers(1, 6))
        if hint := _unlike(kept, losses, patience, _by_keras(losses, patience)):
            return hint
    return None


# The loss of the data alone: `of_the_data(loss, layers, strength) -> loss without its L1 penalty`; layers: the weights
# of each layer that the penalty lies on.

WEIGHTS = [np.array([[0.5, -1.5], [2.0, 0.0]]), np.array([[-3.0], [1.0]])]


def takes_nothing_off_zeros(of_the_data: Callable) -> str | None:
    """Weights that are all zero cost nothing, and neither does a strength of zero."""
    found = [of_the_data(0.7, [np.zeros((3, 2))], 0.01), of_the_data(0.7, WEIGHTS, 0)]
    return None if np.allclose(found, 0.7) else f"of a loss of 0.7 it leaves {found[0]:.3f} and {found[1]:.3f}"


def counts_both_signs(of_the_data: Callable) -> str | None:
    """A weight below zero costs as much as one above."""
    found, turned = (of_the_data(0.9, [sign * layer for layer in WEIGHTS], 0.01) for sign in (1, -1))
    if np.isclose(found, turned):
        return None
    return f"{found:.3f}, and {turned:.3f} when all weights change their sign; L1 adds up absolute values"


def adds_up_the_layers(of_the_data: Callable) -> str | None:
    """What is taken off for two layers is the sum of what is taken off for each."""
    first, second, both = (0.9 - of_the_data(0.9, layers, 0.01) for layers in (WEIGHTS[:1], WEIGHTS[1:], WEIGHTS))
    if np.isclose(first + second, both):
        return None
    return f"{first:.3f} and {second:.3f} for one each, and {both:.3f} for both"


def agrees_with_the_penalty(of_the_data: Callable) -> str | None:
    """It takes off what keras.regularizers.L1 adds, for made-up weights of many shapes."""
    import keras

    rng = np.random.default_rng(0)
    for _ in range(20):
        layers = [rng.normal(size=rng.integers(1, 9, size=2)).astype("float32") for _ in range(rng.integers(1, 4))]
        strength = float(rng.choice([0.001, 0.01, 0.1]))
        added = sum(float(keras.regularizers.L1(strength)(layer)) for layer in layers)
        found = 5 - float(of_the_data(5, layers, strength))
        if not np.isclose(found, added, rtol=1e-4):
            return f"{len(layers)} layers, strength {strength}: it takes off {found:.4f}, and Keras adds {added:.4f}"
    return None

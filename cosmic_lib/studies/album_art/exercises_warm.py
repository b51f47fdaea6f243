"""The rules for the exercises on trainings that go on, and on dropout: properties, not values, as in
`cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# What validation has seen: `share_seen(validated, earlier) -> share`.


def first_training_has_seen_none(share_seen: Callable) -> str | None:
    """Before the first training, nothing was trained on."""
    found = share_seen(0.3, 0)
    return None if np.isclose(found, 0) else f"with no training before it is {found:.3f}"


def second_has_seen_what_was_not_validated_on(share_seen: Callable) -> str | None:
    """After one training, it is the share that this one trained on."""
    found = [share_seen(validated, 1) for validated in (0.3, 0.1)]
    return None if np.allclose(found, (0.7, 0.9)) else f"where 0.3 and 0.1 are validated on: {np.round(found, 3)}"


def grows_and_stays_a_share(share_seen: Callable) -> str | None:
    """Each training adds to it, and it stays below one."""
    found = [share_seen(0.3, earlier) for earlier in range(8)]
    if (np.diff(found) > 0).all() and max(found) < 1:
        return None
    return f"after 0 to 7 trainings it is {np.round(found, 3)}"


def agrees_with_drawing(share_seen: Callable) -> str | None:
    """It is what comes out when the parts are drawn, by 20,000 items."""
    rng = np.random.default_rng(0)
    for validated, earlier in ((0.3, 2), (0.5, 3), (0.8, 4)):
        seen = (rng.random((earlier, 20_000)) >= validated).any(axis=0).mean()
        found = share_seen(validated, earlier)
        if abs(found - seen) > 0.02:
            return f"{validated} validated on, {earlier} trainings before: it is {found:.3f}, drawn {seen:.3f}"
    return None


# Dropout as Keras does it: `dropout(outputs, rate, training, seed) -> array`.

OUTPUTS = np.random.default_rng(12345).uniform(1, 3, size=(200, 100))


def leaves_testing_alone(dropout: Callable) -> str | None:
    """In testing, outputs are as they came, whatever the rate."""
    for rate in (0.2, 0.8):
        if not np.array_equal(dropout(OUTPUTS.copy(), rate, False, 0), OUTPUTS):
            return f"with a rate of {rate} they are changed; the scaling is done in training"
    return None


def drops_the_share(dropout: Callable) -> str | None:
    """In training, about that share of the outputs is zero, each for itself."""
    for rate in (0.0, 0.2, 0.8):
        zero = np.asarray(dropout(OUTPUTS.copy(), rate, True, 0)) == 0
        if zero.shape != OUTPUTS.shape or abs(zero.mean() - rate) > 0.02:
            return f"with a rate of {rate}, {zero.mean():.3f} of them are zero"
        if rate > 0 and (zero.all(axis=0).any() or zero.all(axis=1).any()):
            return "a whole row or column is zero; draw for each output"
    return None


def keeps_the_mean(dropout: Callable) -> str | None:
    """In training, the mean stays about what it was."""
    for rate in (0.2, 0.8):
        share = np.mean(dropout(OUTPUTS.copy(), rate, True, 0)) / OUTPUTS.mean()
        if abs(share - 1) > 0.05:
            return f"with a rate of {rate} the mean is {share:.2f} of what it was"
    return None


def scales_all_alike(dropout: Callable) -> str | None:
    """In training, all that is kept is multiplied by one number."""
    found = np.asarray(dropout(OUTPUTS.copy(), 0.5, True, 0))
    factors = (found / OUTPUTS)[found != 0]
    return None if len(factors) and np.ptp(factors) < 1e-6 else "what is kept is not multiplied by one number"


def draws_by_the_seed(dropout: Callable) -> str | None:
    """The same seed drops the same outputs, and another seed others."""
    first, again, other = (dropout(OUTPUTS.copy(), 0.5, True, seed) for seed in (1, 1, 2))
    if not np.array_equal(first, again):
        return "one seed gave two results; draw from np.random.default_rng(seed)"
    return "two seeds gave one result" if np.array_equal(first, other) else None

"""The checks of the exercises on which epoch is read: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.galaxies import exercises_epochs as exercises


def kept(val_loss, patience):
    best, since = 0, 0
    for epoch, loss in enumerate(val_loss):
        if epoch == 0 or loss < val_loss[best]:
            best, since = epoch, 0
        else:
            since += 1
            if since == patience:
                return best + 1, epoch + 1
    return best + 1, len(val_loss)


def never_stops(val_loss, patience):
    return int(np.argmin(val_loss)) + 1, len(val_loss)


def keeps_the_last(val_loss, patience):
    return (kept(val_loss, patience)[1],) * 2


def from_zero(val_loss, patience):
    return tuple(number - 1 for number in kept(val_loss, patience))


def looks_ahead(val_loss, patience):
    return int(np.argmin(val_loss)) + 1, kept(val_loss, patience)[1]


def counts_all_bad_epochs(val_loss, patience):
    best, bad = 0, 0
    for epoch, loss in enumerate(val_loss):
        if epoch == 0 or loss < val_loss[best]:
            best = epoch
        else:
            bad += 1
            if bad == patience:
                return best + 1, epoch + 1
    return best + 1, len(val_loss)


def takes_ties(val_loss, patience):
    best, since = 0, 0
    for epoch, loss in enumerate(val_loss):
        if loss <= val_loss[best]:
            best, since = epoch, 0
        else:
            since += 1
            if since == patience:
                return best + 1, epoch + 1
    return best + 1, len(val_loss)


def of_the_data(loss, layers, strength):
    return loss - strength * sum(np.abs(layer).sum() for layer in layers)


KEPT = (
    exercises.keeps_the_lowest,
    exercises.ends_when_patience_does,
    exercises.counts_anew_from_each_low,
    exercises.takes_a_tie_for_no_gain,
    exercises.agrees_with_keras,
)
LOSS = (
    exercises.takes_nothing_off_zeros,
    exercises.counts_both_signs,
    exercises.adds_up_the_layers,
    exercises.agrees_with_the_penalty,
)
RIGHT = [(rule, answer) for rules, answer in ((KEPT, kept), (LOSS, of_the_data)) for rule in rules]


@pytest.mark.parametrize(("rule", "answer"), RIGHT, ids=lambda one: one.__name__)
def test_a_right_answer_passes(rule, answer):
    assert rule(answer) is None
    assert rule.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.keeps_the_lowest, keeps_the_last),
        (exercises.keeps_the_lowest, from_zero),
        (exercises.ends_when_patience_does, never_stops),
        (exercises.ends_when_patience_does, looks_ahead),
        (exercises.counts_anew_from_each_low, counts_all_bad_epochs),
        (exercises.takes_a_tie_for_no_gain, takes_ties),
        (exercises.agrees_with_keras, lambda val_loss, patience: kept(val_loss, patience + 1)),
        (exercises.takes_nothing_off_zeros, lambda loss, layers, strength: loss - strength),
        (exercises.counts_both_signs, lambda loss, layers, strength: loss - strength * sum(map(np.sum, layers))),
        (exercises.adds_up_the_layers, lambda loss, layers, strength: of_the_data(loss, layers[:1], strength)),
        (
            exercises.agrees_with_the_penalty,
            lambda loss, layers, strength: loss - strength * sum((layer**2).sum() for layer in layers),
        ),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)

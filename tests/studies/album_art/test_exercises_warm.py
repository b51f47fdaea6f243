"""The checks of the exercises on trainings that go on, and on dropout: right answers pass, wrong ones get a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib.studies.album_art import exercises_warm as exercises


def share_seen(validated, earlier):
    return 1 - validated**earlier


def dropout(outputs, rate, training, seed):
    if not training:
        return outputs
    return outputs * (np.random.default_rng(seed).random(outputs.shape) >= rate) / (1 - rate)


def as_the_text(outputs, rate, training, seed):
    """Nothing scaled in training, and by the rate in testing."""
    return dropout(outputs, rate, True, seed) * (1 - rate) if training else outputs * rate


def whole_columns(outputs, rate, training, seed):
    kept = np.random.default_rng(seed).random(outputs.shape[1]) >= rate
    return outputs * kept / (1 - rate) if training else outputs


def to_the_very_mean(outputs, rate, training, seed):
    """Scales each row for itself."""
    kept = dropout(outputs, rate, training, seed)
    return kept * outputs.mean(axis=1, keepdims=True) / kept.mean(axis=1, keepdims=True)


RULES = {
    share_seen: (
        exercises.first_training_has_seen_none,
        exercises.second_has_seen_what_was_not_validated_on,
        exercises.grows_and_stays_a_share,
        exercises.agrees_with_drawing,
    ),
    dropout: (
        exercises.leaves_testing_alone,
        exercises.drops_the_share,
        exercises.keeps_the_mean,
        exercises.scales_all_alike,
        exercises.draws_by_the_seed,
    ),
}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.first_training_has_seen_none, lambda validated, earlier: 1 - validated ** (earlier + 1)),
        (exercises.first_training_has_seen_none, lambda validated, earlier: validated**earlier),
        (exercises.second_has_seen_what_was_not_validated_on, lambda validated, earlier: validated * earlier),
        (exercises.second_has_seen_what_was_not_validated_on, lambda *asked: 1 - (1 - asked[0]) ** asked[1]),
        (exercises.grows_and_stays_a_share, lambda validated, earlier: (1 - validated) * earlier),
        (exercises.grows_and_stays_a_share, lambda validated, earlier: (1 - validated) * min(earlier, 1)),
        (exercises.agrees_with_drawing, lambda validated, earlier: (1 - validated) * earlier),
        (exercises.agrees_with_drawing, lambda validated, earlier: 1 - (1 - validated) ** earlier),
        (exercises.leaves_testing_alone, as_the_text),
        (exercises.leaves_testing_alone, lambda outputs, rate, training, seed: dropout(outputs, rate, True, seed)),
        (exercises.drops_the_share, lambda outputs, rate, training, seed: dropout(outputs, rate / 2, training, seed)),
        (exercises.drops_the_share, whole_columns),
        (exercises.keeps_the_mean, as_the_text),
        (exercises.keeps_the_mean, lambda *asked: dropout(*asked) * (1 - asked[1])),
        (exercises.scales_all_alike, to_the_very_mean),
        (exercises.draws_by_the_seed, lambda outputs, rate, training, seed: dropout(outputs, rate, training, 0)),
        (exercises.draws_by_the_seed, lambda outputs, rate, training, seed: dropout(outputs, rate, training, None)),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")

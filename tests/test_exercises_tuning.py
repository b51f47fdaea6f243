"""The checks of the exercises on tuning and on frames: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

import numpy as np
import pytest

from cosmic_lib import exercises_tuning as exercises


def stops_at(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        if epoch - best == patience:
            break
    return epoch + 1, best + 1


def stops_for_equal_losses(losses, patience):
    last = next((end for end in range(2, len(losses)) if end - np.argmin(losses[:end]) > patience), len(losses))
    latest = last - int(np.argmin(losses[:last][::-1]))
    return last, latest


def choose_and_check(scores):
    winners = scores.argmax(axis=0)
    seeds = range(scores.shape[1])
    chosen = [scores[winner, seed] for seed, winner in enumerate(winners)]
    others = [np.delete(scores[winner], seed).mean() for seed, winner in zip(seeds, winners, strict=True)]
    return np.mean(chosen), np.mean(others)


def by_the_mean_of_all(scores):
    winner = scores.mean(axis=1).argmax()
    return scores[winner].mean(), scores[winner].mean()


def with_the_chosen_seed(scores):
    winners = scores.argmax(axis=0)
    return scores.max(axis=0).mean(), scores[winners].mean()


def best_seed_of_each(scores):
    return scores.max(axis=1).mean(), np.sort(scores, axis=1)[:, :-1].mean()


def first_seed_alone(scores):
    winner = scores[:, 0].argmax()
    return scores[winner, 0], scores[winner, 1:].mean()


def share_heard(samples, n_fft, hop_length):
    inside = np.zeros(samples, dtype=bool)
    for start in range(0, samples - n_fft + 1, hop_length):
        inside[start : start + n_fft] = True
    return inside.mean()


def all_windows(samples, n_fft, hop_length):
    return (1 + (samples - n_fft) // hop_length) * n_fft / samples


def window_over_hop(samples, n_fft, hop_length):
    return min(n_fft / hop_length, 1)


def reaching_over_the_end(samples, n_fft, hop_length):
    return np.mean([sample % hop_length < n_fft for sample in range(samples)])


def shuffle_blocks(features, length, seed):
    rng = np.random.default_rng(seed)
    blocks = features.reshape(len(features), -1, length, features.shape[-1])
    return np.stack([rng.permutation(segment) for segment in blocks]).reshape(features.shape)


def one_order_for_all(features, length, seed):
    blocks = features.reshape(len(features), -1, length, features.shape[-1])
    return np.random.default_rng(seed).permutation(blocks, axis=1).reshape(features.shape)


def each_number_for_itself(features, length, seed):
    return np.random.default_rng(seed).permuted(features, axis=1)


def across_segments(features, length, seed):
    frames = features.reshape(-1, features.shape[-1])
    return np.random.default_rng(seed).permutation(frames).reshape(features.shape)


def in_place(features, length, seed):
    features[:] = shuffle_blocks(features, length, seed)
    return features


def backwards(features, length, seed):
    return shuffle_blocks(features, length, seed)[:, ::-1]


STOPS = (
    exercises.waits_for_patience,
    exercises.restores_what_it_saw,
    exercises.may_reach_the_end,
    exercises.agrees_with_keras,
)
CHOICE = (
    exercises.choosing_flatters,
    exercises.other_seeds_do_not,
    exercises.finds_a_real_winner,
    exercises.takes_every_seed,
)
HEARD = (exercises.counts_each_sample_once, exercises.leaves_out_what_does_not_fit, exercises.agrees_on_coverage)
BLOCKS = (
    exercises.keeps_every_frame,
    exercises.keeps_blocks_together,
    exercises.gives_each_its_own_order,
    exercises.repeats_and_changes_nothing,
)
RULES = {stops_at: STOPS, choose_and_check: CHOICE, share_heard: HEARD, shuffle_blocks: BLOCKS}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.waits_for_patience, lambda losses, patience: (stops_at(losses, patience + 1)[0], 1)),
        (exercises.waits_for_patience, lambda losses, patience: (stops_at(losses, patience)[0] - 1, 1)),
        (exercises.waits_for_patience, lambda losses, patience: (int(np.argmin(losses)) + 1 + patience, 1)),
        (exercises.restores_what_it_saw, lambda losses, patience: (4, int(np.argmin(losses)) + 1)),
        (exercises.restores_what_it_saw, lambda losses, patience: (4, 4)),
        (exercises.may_reach_the_end, lambda losses, patience: (int(np.argmin(losses)) + 1 + patience, 3)),
        (exercises.agrees_with_keras, stops_for_equal_losses),
        (exercises.choosing_flatters, by_the_mean_of_all),
        (exercises.choosing_flatters, best_seed_of_each),
        (exercises.other_seeds_do_not, by_the_mean_of_all),
        (exercises.other_seeds_do_not, with_the_chosen_seed),
        (exercises.finds_a_real_winner, best_seed_of_each),
        (exercises.takes_every_seed, first_seed_alone),
        (exercises.counts_each_sample_once, all_windows),
        (exercises.leaves_out_what_does_not_fit, reaching_over_the_end),
        (exercises.leaves_out_what_does_not_fit, window_over_hop),
        (exercises.agrees_on_coverage, window_over_hop),
        (exercises.agrees_on_coverage, reaching_over_the_end),
        (exercises.keeps_every_frame, each_number_for_itself),
        (exercises.keeps_every_frame, across_segments),
        (exercises.keeps_every_frame, lambda features, length, seed: features.reshape(len(features), -1)),
        (exercises.keeps_blocks_together, lambda features, length, seed: shuffle_blocks(features, 1, seed)),
        (exercises.keeps_blocks_together, backwards),
        (exercises.gives_each_its_own_order, one_order_for_all),
        (exercises.gives_each_its_own_order, lambda features, length, seed: features),
        (exercises.repeats_and_changes_nothing, in_place),
        (exercises.repeats_and_changes_nothing, lambda features, length, seed: shuffle_blocks(features, length, 0)),
        (exercises.repeats_and_changes_nothing, lambda features, length, seed: shuffle_blocks(features, length, None)),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")

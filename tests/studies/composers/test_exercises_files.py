"""The checks of the exercises on MIDI files: right answers pass, and each wrong one gets a hint."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from cosmic_lib import midi
from cosmic_lib.studies.composers import exercises_files as exercises


def when(tick, tempos, ticks_per_beat):
    seconds, ends = 0.0, [*(start for start, _ in tempos[1:]), float("inf")]
    for (start, tempo), end in zip(tempos, ends, strict=True):
        seconds += max(min(tick, end) - start, 0) / ticks_per_beat * 60 / tempo
    return seconds


def by_the_library(tick, tempos, ticks_per_beat):
    return midi.seconds(np.array(tick), np.array(tempos), ticks_per_beat)


def at_120(tick, tempos, ticks_per_beat):
    return tick / ticks_per_beat / 2


def of_480_ticks(tick, tempos, ticks_per_beat):
    return when(tick, tempos, 480)


def by_the_first(tick, tempos, ticks_per_beat):
    return when(tick, tempos[:1], ticks_per_beat)


def by_the_last(tick, tempos, ticks_per_beat):
    return when(tick, [(0, tempos[-1][1])], ticks_per_beat)


def by_the_mean(tick, tempos, ticks_per_beat):
    return when(tick, [(0, np.mean([tempo for _, tempo in tempos]))], ticks_per_beat)


def by_the_one_in_force(tick, tempos, ticks_per_beat):
    return when(tick, [(0, [tempo for start, tempo in tempos if start <= tick][-1])], ticks_per_beat)


def two_tempos_at_most(tick, tempos, ticks_per_beat):
    return when(tick, tempos[:2], ticks_per_beat)


def sounding(starts, ends):
    events = sorted([(time, 1) for time in starts] + [(time, -1) for time in ends])
    seconds, now, last = [0.0] * (len(starts) + 1), 0, 0.0
    for time, change in events:
        seconds[now] += time - last
        now, last = now + change, time
    return seconds


def begun_together(starts, ends):
    counts = Counter(Counter(starts).values())
    return [0, *(counts[number] for number in range(1, max(counts) + 1))]


def without_silence(starts, ends):
    return [0, *sounding(starts, ends)[1:]]


def from_the_first_note(starts, ends):
    return sounding(np.subtract(starts, min(starts)), np.subtract(ends, min(starts)))


def with_both_ends(starts, ends):
    pairs = [sum(start <= time <= end for start, end in zip(starts, ends, strict=True)) for time in starts]
    return np.bincount(pairs, weights=np.subtract(ends, starts)).tolist()


def by_frames(starts, ends):
    frames = np.arange(0, max(ends), 0.1) + 1e-6
    inside = (np.array(starts)[:, np.newaxis] <= frames) & (frames < np.array(ends)[:, np.newaxis])
    return (np.bincount(inside.sum(axis=0)) / 10).tolist()


WHEN = (
    exercises.knows_the_beat,
    exercises.obeys_the_tempo,
    exercises.ignores_what_comes_later,
    exercises.obeys_each_change,
    exercises.agrees_with_the_tempo_map,
)
SOUNDING = (
    exercises.counts_what_sounds,
    exercises.counts_silence,
    exercises.keeps_neighbours_apart,
    exercises.agrees_with_looking,
)
RULES = {when: WHEN, by_the_library: WHEN, sounding: SOUNDING}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.knows_the_beat, of_480_ticks),
        (exercises.obeys_the_tempo, at_120),
        (exercises.ignores_what_comes_later, by_the_last),
        (exercises.ignores_what_comes_later, by_the_mean),
        (exercises.obeys_each_change, by_the_first),
        (exercises.obeys_each_change, by_the_one_in_force),
        (exercises.obeys_each_change, by_the_mean),
        (exercises.agrees_with_the_tempo_map, two_tempos_at_most),
        (exercises.counts_what_sounds, begun_together),
        (exercises.counts_what_sounds, with_both_ends),
        (exercises.counts_silence, without_silence),
        (exercises.counts_silence, from_the_first_note),
        (exercises.keeps_neighbours_apart, with_both_ends),
        (exercises.agrees_with_looking, by_frames),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")


def test_rolls_are_not_blamed_for_what_they_get_right():
    """By frames, notes of whole tenths of a second come out right: only the last rule can tell."""
    assert [rule(by_frames) for rule in SOUNDING[:3]] == [None] * 3

"""The rules for the exercises on what MIDI files hold: properties, not values.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib import midi

# When a tick sounds: `when(tick, tempos, ticks_per_beat) -> seconds`; tempos: tick and beats per minute, first at 0.

SLOWER = [(0, 120.0), (960, 60.0)]


def knows_the_beat(when: Callable) -> str | None:
    """At 120 beats per minute a beat lasts half a second, however many ticks it has."""
    for ticks_per_beat in (96, 480, 1024):
        found = when(ticks_per_beat, [(0, 120.0)], ticks_per_beat)
        if not np.isclose(found, 0.5):
            return f"with {ticks_per_beat} ticks per beat, a beat lasts {found:.3f} s"
    return None


def obeys_the_tempo(when: Callable) -> str | None:
    """At 60 beats per minute everything comes twice as late as at 120."""
    fast, slow = (when(960, [(0, tempo)], 480) for tempo in (120.0, 60.0))
    if np.isclose(slow, 2 * fast):
        return None
    return f"tick 960 comes after {fast:.3f} s at 120, and after {slow:.3f} s at 60; divide 60 by the tempo, not by 120"


def ignores_what_comes_later(when: Callable) -> str | None:
    """A change of tempo moves nothing that comes before it."""
    alone, with_change = when(480, SLOWER[:1], 480), when(480, SLOWER, 480)
    if np.isclose(alone, with_change):
        return None
    return f"tick 480 comes after {alone:.3f} s, and after {with_change:.3f} s if the tempo changes at tick 960"


def obeys_each_change(when: Callable) -> str | None:
    """From the tick of a change on the new tempo counts, and up to it the one before."""
    found = [when(tick, SLOWER, 480) for tick in (960, 1440)]
    if np.allclose(found, [1, 2]):
        return None
    return (
        f"two beats at 120 and one at 60 last 1 and 1 second; yours reach {found[0]:.3f} and {found[1]:.3f} s; add up "
        "stretch by stretch"
    )


def agrees_with_the_tempo_map(when: Callable) -> str | None:
    """For made-up tempo maps it is what midi.seconds says."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        at = [0, *np.sort(rng.choice(np.arange(1, 5000), size=4, replace=False)).tolist()]
        tempos = list(zip(at, rng.uniform(40, 200, size=5).tolist(), strict=True))
        tick, ticks_per_beat = int(rng.integers(6000)), int(rng.choice([96, 192, 480]))
        expected = float(midi.seconds(np.array(tick), np.array(tempos), ticks_per_beat))
        found = when(tick, tempos, ticks_per_beat)
        if not np.isclose(found, expected):
            return f"tick {tick} comes after {expected:.3f} s, and yours after {found:.3f} s"
    return None


# How long 0, 1, 2, ... notes sound at once: `sounding(starts, ends) -> seconds`, from 0 s to the last end.


def _same(found: object, expected: list[float]) -> bool:
    """Whether both are equal but for zeros at the end: that nothing ever sounds five times need not be said."""
    given = np.asarray(found, dtype=float).ravel()
    length = max(len(given), len(expected))
    one, other = (np.pad(values, (0, length - len(values))) for values in (given, np.array(expected, dtype=float)))
    return np.allclose(one, other, atol=1e-6)


def counts_what_sounds(sounding: Callable) -> str | None:
    """A note that goes on while another begins counts with it."""
    found = sounding([0.0, 1.0], [4.0, 2.0])
    if _same(found, [0, 3, 1]):
        return None
    return f"a note from 0 to 4 s and one from 1 to 2 s give {list(found)}, not [0, 3, 1]"


def counts_silence(sounding: Callable) -> str | None:
    """Silence is where no note sounds, at the beginning as well as between notes."""
    found = sounding([1.0, 4.0], [2.0, 6.0])
    if _same(found, [3, 3]):
        return None
    return f"notes from 1 to 2 s and from 4 to 6 s give {list(found)}, not [3, 3]"


def keeps_neighbours_apart(sounding: Callable) -> str | None:
    """A note that ends where the next one begins does not sound with it."""
    found = sounding([0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    if _same(found, [0, 3]):
        return None
    return f"three notes of a second, one after the other, give {list(found)}, not [0, 3]"


def agrees_with_looking(sounding: Callable) -> str | None:
    """It is what one finds by looking between every two events, for notes of any length."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        starts = rng.uniform(0, 5, size=12)
        ends = starts + rng.exponential(0.5, size=12)
        times = np.unique(np.concatenate([[0.0], starts, ends]))
        middles = (times[1:] + times[:-1]) / 2
        at_once = ((starts[:, np.newaxis] < middles) & (middles < ends[:, np.newaxis])).sum(axis=0)
        expected = np.bincount(at_once, weights=np.diff(times)).tolist()
        found = sounding(starts.tolist(), ends.tolist())
        if not _same(found, expected):
            return f"12 made-up notes give {np.round(found, 3).tolist()}, not {np.round(expected, 3).tolist()}"
    return None

"""The rules for the exercises on windows of pieces: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib.studies.composers.inputs import BEFORE

# Windows dealt out by blocks: `split_windows(pieces, length, share, seed) -> (training, held_out)`, numbers of windows.

PIECES, LENGTH, SHARE = 1_000, 50, 0.2
WINDOWS = PIECES - BEFORE


def _split(split_windows: Callable, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    training, held_out = split_windows(PIECES, LENGTH, SHARE, seed)
    return np.asarray(training), np.asarray(held_out)


def pieces_of(windows: np.ndarray) -> set[int]:
    """Numbers of all pieces that some windows need: the ten that they show, and the one that they name."""
    return {int(first) + place for first in windows for place in range(BEFORE + 1)}


def numbers_windows_once(split_windows: Callable) -> str | None:
    """Both parts hold numbers of windows that exist, none of them twice, none in both parts."""
    training, held_out = _split(split_windows)
    if not len(training) or not len(held_out):
        return f"{len(training)} windows to train on and {len(held_out)} held out"
    both = np.concatenate([training, held_out])
    if both.min() < 0 or both.max() >= WINDOWS:
        return f"{PIECES} pieces make {WINDOWS} windows, the last is number {WINDOWS - 1}; it names {both.max()}"
    twice = len(both) - len(np.unique(both))
    return f"{twice} numbers come more than once" if twice else None


def shares_no_piece(split_windows: Callable) -> str | None:
    """No piece is needed by a training window and by one held out, neither as one it shows nor as the one it names."""
    training, held_out = map(pieces_of, _split(split_windows))
    shared = sorted(training & held_out)
    if not shared:
        return None
    return f"{len(shared)} pieces are, such as number {shared[0]}; window w shows w to w + 9 and names w + 10"


def holds_out_the_share(split_windows: Callable) -> str | None:
    """About the share asked for is held out; a little less, as windows at the edges of a block are lost."""
    for seed in range(5):
        _, held_out = _split(split_windows, seed)
        found = len(held_out) / WINDOWS
        if not 0.6 * SHARE <= found <= 1.1 * SHARE:
            return f"asked for {SHARE:.0%}, it holds out {found:.0%} of the windows"
    return None


def uses_most_windows(split_windows: Callable) -> str | None:
    """Only windows at the edges of blocks are in neither part, at most three of ten here."""
    training, held_out = _split(split_windows)
    used = (len(training) + len(held_out)) / WINDOWS
    return None if used >= 0.7 else f"it uses {used:.0%} of {WINDOWS} windows, with blocks of {LENGTH} pieces"


def obeys_the_seed(split_windows: Callable) -> str | None:
    """The same seed gives the same split, another seed another one."""
    first, again, other = (set(_split(split_windows, seed)[1].tolist()) for seed in (0, 0, 1))
    if first != again:
        return "one seed gave two splits; draw from np.random.default_rng(seed)"
    return "two seeds gave one split; draw the blocks at random" if first == other else None


# The rule without a network: `as_before(labels, windows) -> share of windows that it names rightly`.


def knows_what_is_named(as_before: Callable) -> str | None:
    """It compares the piece that a window names with the last one that it shows."""
    labels = ["Bach"] * (BEFORE + 5) + ["Chopin"] * 20
    found = [float(as_before(labels, [window])) for window in (4, 5, 6)]
    if found == [1, 0, 1]:
        return None
    return f"piece {BEFORE + 5} is the first by another composer, which window 5 names; windows 4, 5 and 6 give {found}"


def follows_the_order(as_before: Callable) -> str | None:
    """Where composers take turns it is never right, and where there is one alone it always is."""
    turns, alone = ["Bach", "Mozart"] * 20, ["Bach"] * 40
    found = [float(as_before(labels, range(30))) for labels in (turns, alone)]
    return None if found == [0, 1] else f"in turns {found[0]:.2f}, one composer alone {found[1]:.2f}"


def asks_those_windows_alone(as_before: Callable) -> str | None:
    """It is asked about the windows it is given, in whatever order, and about no others."""
    labels = np.repeat(["Bach", "Chopin", "Mozart"], 20)
    changes = [20 - BEFORE, 40 - BEFORE]
    found = [float(as_before(labels, windows)) for windows in (changes, [0, *changes, 1])]
    return (
        None
        if found == [0, 0.5]
        else f"two windows that it gets wrong: {found[0]:.2f}; two more, right: {found[1]:.2f}"
    )

"""Copies of pieces in other keys and tempos: ours for the training part, and the study's, which became a composer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cosmic_lib import midi
from cosmic_lib.studies import Data
from cosmic_lib.studies.composers import cutting

SHIFTS = (2, -2)
"""Semitones by which the study shifted (line 464)."""
TICKS = 480
"""Ticks per beat that a new file has unless it is told those of the old one, which the study forgot (line 439)."""


def copies(
    data: Data, rows: np.ndarray, *, seed: int, semitones: int = 3, stretch: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """One copy of every piece that lies in the given rows as a whole, in another key and tempo.

    Ticks are kept, drums are not shifted, and no piece is copied of which a chunk is elsewhere: its copy would tell
    of that chunk.

    Args:
        data: with paths in `items` and how chunks are cut in `settings`.
        rows: boolean mask over the items.
        seed: of the keys and tempos.
        semitones: shifted by at most so many, up or down, and not by none.
        stretch: tempo changed by at most this share.

    Returns:
        Chunks as in the data, uint8, and their class numbers.
    """
    rng = np.random.default_rng(seed)
    items, (array,) = data.items, data.arrays.values()
    whole = items.assign(here=rows, label_number=data.y).groupby("piece", sort=True)
    made, labels = [np.empty((0, *array.shape[1:]), dtype=array.dtype)], [np.empty(0, dtype=np.int64)]
    for _, chunks in whole:
        if not chunks["here"].all():
            continue
        shift = int(rng.choice([step for step in range(-semitones, semitones + 1) if step]))
        piece = midi.transpose(midi.read(data.root / chunks["file"].iloc[0]), shift)
        piece = midi.stretch(piece, 1 + rng.uniform(-stretch, stretch))
        cut, _ = cutting.cut(piece, cutting.Cut.of(data.settings))
        made.append(cut)
        labels.append(np.full(len(cut), chunks["label_number"].iloc[0]))
    return np.concatenate(made), np.concatenate(labels)


def published_copy(piece: midi.Piece, semitones: int) -> midi.Piece:
    """A shifted copy as the study made it: drums shifted too, pitches cut off at the ends, and ticks lost.

    Args:
        piece: the original.
        semitones: up, or down if negative.

    Returns:
        Its copy, which plays slower or faster wherever the original has not 480 ticks per beat.

    Source study: composers, lines 432 to 452.
    """

    def moved(times: np.ndarray) -> np.ndarray:
        return midi.seconds(midi.ticks(times, piece.tempos, piece.ticks_per_beat), piece.tempos, TICKS)

    def moved_first(rows: np.ndarray) -> np.ndarray:
        return np.column_stack([moved(rows[:, 0]), rows[:, 1]])

    notes = piece.notes.copy()
    notes["pitch"] = np.clip(notes["pitch"] + semitones, 0, 127)
    for name in ("start", "end"):
        notes[name] = moved(notes[name])
    instruments = tuple(
        replace(one, pedals=moved_first(one.pedals), bends=moved_first(one.bends)) for one in piece.instruments
    )
    return replace(piece, notes=notes, instruments=instruments, ticks_per_beat=TICKS)

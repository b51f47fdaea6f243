"""What the study counted in each piece, as it should be counted and as it was."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from cosmic_lib import midi, midi_events

EIGHT = ("length", "notes", "pitch", "tempo", "velocity", "beats", "sharps", "polyphony")
"""A number for each of the eight things that the study gathered (lines 508 to 541): length in seconds, number of notes,
mean pitch, mean tempo in beats per minute, mean velocity, quarter notes to a bar, sharps of the key (negative: flats),
and notes that sound at a time, silence left out."""
TWO = ("length", "notes")
"""Those that the study fed to its network (line 844)."""
PUBLISHED_TEMPO = 120
"""Beats per minute that the study took for every piece (line 525)."""
NOTE_ON = 0x90
"""Status of an event that begins a note, if its velocity is not 0."""


def of_piece(piece: midi.Piece) -> np.ndarray:
    """The eight features of one piece.

    Args:
        piece: from `midi.read`.

    Returns:
        float64, shape (8,), in the order of `EIGHT`. Without a time signature a bar has 4 quarter notes, and without
        a key signature there are no sharps, as the MIDI standard has it.
    """
    sounding = midi.polyphony(piece)
    seconds = sounding[1:].sum()
    numerators = piece.time_signatures
    return np.array(
        [
            midi.length(piece),
            len(piece.notes),
            piece.notes["pitch"].mean(),
            piece.tempos[:, 1].mean(),
            piece.notes["velocity"].mean(),
            (numerators[:, 1] * 4 / numerators[:, 2]).mean() if len(numerators) else 4,
            piece.key_signatures[:, 1].mean() if len(piece.key_signatures) else 0,
            (sounding * np.arange(len(sounding))).sum() / seconds if seconds else 0,
        ]
    )


def as_published(path: Path) -> np.ndarray | None:
    """Length and number of notes as the study had them: the length is the end of the last track, at 120 beats a minute.

    Args:
        path: a MIDI file.

    Returns:
        float64, shape (2,): seconds and notes; None for a file that is damaged.

    Source study: composers, lines 508 to 541; its output on lines 583 to 596 shows lengths of 0 and of 1.5 seconds.
    """
    try:
        tracks, ticks_per_beat = midi_events.split(path.read_bytes())
        found = [midi_events.events(track) for track in tracks]
    except midi_events.Refusal:
        return None
    notes = sum(int(((one.status & 0xF0 == NOTE_ON) & (one.second > 0)).sum()) for one in found)
    ticks = found[-1].tick.max(initial=0) if found else 0
    return np.array([ticks / ticks_per_beat * 60 / PUBLISHED_TEMPO, notes])


def published_polyphony(piece: midi.Piece) -> Counter[int]:
    """Simultaneous notes as the study counted them: how many begin at the very same tick.

    Args:
        piece: from `midi.read`.

    Returns:
        Number of notes -> how often so many begin together; `midi.polyphony` has how long so many sound.

    Source study: composers, line 531.
    """
    _, together = np.unique(piece.notes["start_tick"], return_counts=True)
    return Counter(together.tolist())

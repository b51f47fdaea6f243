"""A score that music21 reads, as a piece in ticks: notes with their ties joined, tempos, meters and keys."""

from __future__ import annotations

import contextlib
import gc
import io
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmic_lib.studies.composers.music import TICKS_PER_BEAT, Music, Part

if TYPE_CHECKING:
    from music21 import stream

KEYS = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
"""Names of the key signatures as mido has them, from seven flats to seven sharps."""


def read(source: Path) -> Music:
    """One score, its repeats played once.

    music21 can write MIDI itself, which takes five times as long and plays all repeats.

    Args:
        source: a file that music21 reads.

    Raises:
        ValueError: there are no notes in it. What else music21 raises is not foreseen.
    """
    with _undisturbed():
        from music21 import converter, key, meter

        score: Any = converter.parse(source, forceSource=True)  # else it keeps what it read in the system's folder
        parts = tuple(_part(part, f"part {number}") for number, part in enumerate(score.parts, start=1))
        if not any(len(part.notes) for part in parts):
            raise ValueError("there are no notes in it")
        first = score.parts[0].flatten()
        tempos = [(start, mark.getQuarterBPM()) for start, _, mark in score.metronomeMarkBoundaries()]
        meters = [(one.offset, one.numerator, one.denominator) for one in first.getElementsByClass(meter.TimeSignature)]
        signatures = [(one.offset, one.sharps) for one in first.getElementsByClass(key.KeySignature)]
    return Music(
        parts,
        tempos=_table([row for row in tempos if row[1]] or [(0, 120)]),
        meters=_table(meters or [(0, 4, 4)]).astype(np.int64),
        keys=tuple((_ticks(offset), KEYS[sharps + 7]) for offset, sharps in signatures if abs(sharps) <= 7),
    )


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Without what music21 has to say, and without looking for garbage among a million objects that are in use."""
    enabled = gc.isenabled()
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        gc.disable()
        try:
            yield
        finally:
            if enabled:
                gc.enable()


def _part(part: stream.Part, name: str) -> Part:
    """What one staff plays."""
    from music21 import instrument, volume

    volume.realizeVolume(part)  # what the dynamics amount to
    rows: list[list[int]] = []
    held: dict[int, list[int]] = {}  # pitch -> row of a note that is tied to one to come
    element: Any
    for element in part.flatten().notes:
        start, end = _ticks(element.offset), _ticks(element.offset + element.quarterLength)
        if end <= start:  # a grace note, or the name of a chord
            continue
        velocity = round(127 * element.volume.realized)
        for note in getattr(element, "notes", (element,)):  # those of a chord
            pitch, tie = note.pitch.midi, note.tie.type if note.tie else None
            row = held.pop(pitch, None) if tie in ("stop", "continue") else None
            if row is not None and row[1] == start:
                row[1] = end
            else:
                row = [start, end, pitch, velocity]
                rows.append(row)
            if tie in ("start", "continue"):
                held[pitch] = row
    programs = [one.midiProgram for one in part[instrument.Instrument] if one.midiProgram is not None]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Part(name, _apart(table), programs=np.array([[0, (programs or [0])[0]]]))


def _apart(notes: np.ndarray) -> np.ndarray:
    """Notes in order, none beginning while another of its pitch sounds: voices of one staff may meet on one key."""
    order = np.lexsort((notes[:, 1], notes[:, 0], notes[:, 2]))
    notes = notes[order]
    again = (notes[1:, 2] == notes[:-1, 2]) & (notes[1:, 0] < notes[:-1, 1])
    notes[:-1][again, 1] = notes[1:][again, 0]
    notes = notes[notes[:, 1] > notes[:, 0]]
    return notes[np.argsort(notes[:, 0], kind="stable")]


def _ticks(offset: Any) -> int:
    """Quarter notes from the start, which may be fractions, in ticks."""
    return round(offset * TICKS_PER_BEAT)


def _table(rows: Iterable[tuple]) -> np.ndarray:
    """Rows that begin with an offset, as a table that begins with a tick; of several at one tick, the last."""
    return np.array([*{_ticks(offset): (_ticks(offset), *values) for offset, *values in rows}.values()], dtype=float)

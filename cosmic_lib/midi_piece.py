"""What a MIDI file holds: notes in seconds and in ticks, instruments, tempos and signatures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosmic_lib.midi_events import Part, Refusal, Track

NOTE = np.dtype(
    [
        ("start", "f8"),
        ("end", "f8"),
        ("pitch", "i2"),
        ("velocity", "i2"),
        ("instrument", "i2"),
        ("start_tick", "i8"),
        ("end_tick", "i8"),
    ]
)
"""A note: start and end in seconds, pitch and velocity in 0..127, number of its instrument, start and end in ticks."""

LONGEST = 4 * 60 * 60
"""Seconds; a file whose last event comes later is refused: no piece lasts as long, so it is hours of silence."""

FARTHEST = 2**34
"""Ticks; a file with an event as far away is refused. At 960 ticks a second, it is half a year."""

MOST_INSTRUMENTS = 2**15 - 1
"""Files with more, which are no music, are refused: they could not be numbered."""

NOTHING = np.empty((0, 2), dtype=np.int64)

PEDAL = 64
"""Number of the sustain pedal's controller."""


@dataclass(frozen=True, eq=False)
class Instrument:
    """One program on one channel of one track.

    Args:
        program: General MIDI number of the sound, 0..127.
        drums: on channel 10, where pitches are drums.
        name: of its track; letters beyond ASCII are left out.
        pedals: float64, shape (n, 2): seconds, and value of the sustain pedal, 0..127.
        bends: float64, shape (n, 2): seconds, and pitch bend, -8192..8191.
        end: seconds of its last event, be it the end of a note, a bend or any controller.
    """

    program: int
    drums: bool
    name: str
    pedals: np.ndarray
    bends: np.ndarray
    end: float


@dataclass(frozen=True, eq=False)
class Piece:
    """What one MIDI file holds.

    Args:
        ticks_per_beat: ticks in a quarter note.
        notes: array of `NOTE`, sorted by start and pitch.
        instruments: those with a note; their order is the reader's.
        tempos: float64, shape (n, 2): tick, and quarter notes per minute from there on; the first is at tick 0.
        time_signatures: int64, shape (n, 3): tick, numerator, denominator.
        key_signatures: int64, shape (n, 2): tick, and sharps, or flats below 0.
        tracks: tracks of the file.
        reader: name of the library that read it.
    """

    ticks_per_beat: int
    notes: np.ndarray
    instruments: tuple[Instrument, ...]
    tempos: np.ndarray
    time_signatures: np.ndarray
    key_signatures: np.ndarray
    tracks: int
    reader: str


def assembled(tracks: list[Track], count: int, ticks_per_beat: int, reader: str) -> Piece:
    """Put together what the tracks of a file hold.

    Args:
        tracks: what was read, in any order, and twice where it is a tempo or a signature.
        count: tracks of the file.
        ticks_per_beat, reader: as in `Piece`.

    Raises:
        Refusal: there are no notes, or events after `LONGEST` or `FARTHEST`.
    """
    parts = [part for track in tracks for part in track.parts]
    if not parts:
        raise Refusal("holds no notes; remove the file")
    if len(parts) > MOST_INSTRUMENTS:
        raise Refusal(f"has {len(parts):,} instruments, as no piece of music needs; remove the file")
    tempos = _tempos([tempo for track in tracks for tempo in track.tempos])
    ends = np.array([_last(part) for part in parts])
    if ends.max() >= FARTHEST:
        raise Refusal(f"an event lies over {FARTHEST:,} ticks away; remove the file")
    instruments = _instruments(parts, ends, tempos, ticks_per_beat)
    longest = max(instrument.end for instrument in instruments)
    if not longest <= LONGEST:
        raise Refusal(f"its last event comes after {longest / 3600:.1f} hours; remove the silence in it, or the file")
    notes = np.concatenate([part.notes for part in parts])
    owner = np.repeat(np.arange(len(parts)), [len(part.notes) for part in parts])
    order = in_order(notes[:, 0], notes[:, 2])
    return Piece(
        ticks_per_beat,
        _notes(notes[order], owner[order], tempos, ticks_per_beat),
        instruments,
        tempos,
        _signatures([found for track in tracks for found in track.time_signatures], 3),
        _signatures([found for track in tracks for found in track.key_signatures if abs(found[1]) <= 7], 2),
        count,
        reader,
    )


def _last(part: Part) -> int:
    """Tick of the last event of a part."""
    last = int(part.notes[:, 1].max())
    for table in (part.controls, part.bends):
        if len(table):
            last = max(last, int(table[:, 0].max()))
    return last


def _notes(table: np.ndarray, owner: np.ndarray, tempos: np.ndarray, ticks_per_beat: int) -> np.ndarray:
    notes = np.empty(len(table), dtype=NOTE)
    notes["start"], notes["end"] = seconds(table[:, :2].T, tempos, ticks_per_beat)
    for column, field in enumerate(("start_tick", "end_tick", "pitch", "velocity")):
        notes[field] = table[:, column]
    notes["instrument"] = owner
    return notes


def _instruments(
    parts: list[Part], ends: np.ndarray, tempos: np.ndarray, ticks_per_beat: int
) -> tuple[Instrument, ...]:
    pedals = [part.controls[part.controls[:, 1] == PEDAL][:, ::2] if len(part.controls) else NOTHING for part in parts]
    tables = [*pedals, *(part.bends for part in parts)]
    together = np.concatenate([*tables, np.stack([ends, ends], axis=1)]).astype(np.float64)
    together[:, 0] = seconds(together[:, 0], tempos, ticks_per_beat)  # all at once, as it takes its time for few
    *timed, last = np.split(together, np.cumsum([len(table) for table in tables]))
    return tuple(
        Instrument(part.program, part.drums, part.name, pedal, bends, float(end))
        for part, pedal, bends, end in zip(parts, timed[: len(parts)], timed[len(parts) :], last[:, 0], strict=True)
    )


def in_order(start_tick: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Places of notes by start and pitch; those equal in both stay in their order."""
    # One number that says it all sorts faster than several; no file that is read holds 2 ** 21 notes.
    return np.sort((start_tick << 7 | pitch) << 21 | np.arange(len(pitch))) & 2**21 - 1


def _signatures(found: list, columns: int) -> np.ndarray:
    return np.array(sorted(set(map(tuple, found))), dtype=np.int64).reshape(-1, columns)


def _tempos(found: list[tuple[int, int]]) -> np.ndarray:
    """Tempos as pretty_midi keeps them: the last one at a tick counts, and one that changes nothing is left out."""
    table = np.array([(0, 500_000), *found], dtype=np.int64)
    table = table[np.argsort(table[:, 0], kind="stable")]
    if not table[:, 1].all():
        raise Refusal("has a tempo of no duration; export the file again, or remove it")
    table = table[np.count_nonzero(table[:, 0] == 0) - 1 :]
    table = table[np.append(True, table[1:, 1] != table[:-1, 1])]
    table = table[np.append(table[1:, 0] != table[:-1, 0], True)]
    return np.stack([table[:, 0], 6e7 / table[:, 1]], axis=1)


def seconds(ticks: np.ndarray, tempos: np.ndarray, ticks_per_beat: int) -> np.ndarray:
    """When ticks sound, by the tempos of the whole file; the arithmetic is pretty_midi's, to the last bit.

    Args:
        ticks: any shape.
        tempos, ticks_per_beat: as in `Piece`.

    Returns:
        Seconds from the start of the file, float64, of the same shape.
    """
    first = tempos[:, 0]
    per_tick = 60.0 / (tempos[:, 1] * ticks_per_beat)
    if len(first) == 1:
        return per_tick[0] * ticks
    begun = np.concatenate([[0.0], np.cumsum(per_tick[:-1] * np.diff(first))])
    place = np.searchsorted(first, ticks, side="right") - 1
    return begun[place] + per_tick[place] * (ticks - first[place])


def ticks(times: np.ndarray, tempos: np.ndarray, ticks_per_beat: int) -> np.ndarray:
    """The ticks nearest to times: what `seconds` turns back.

    Args:
        times: seconds, any shape.
        tempos, ticks_per_beat: as in `Piece`.

    Returns:
        int64, of the same shape.
    """
    begun = seconds(tempos[:, 0], tempos, ticks_per_beat)
    per_tick = 60.0 / (tempos[:, 1] * ticks_per_beat)
    place = np.maximum(np.searchsorted(begun, times, side="right") - 1, 0)
    return np.rint(tempos[place, 0] + (times - begun[place]) / per_tick[place]).astype(np.int64)

"""MIDI files to notes and back, with a reason for each file that gives none, and a player for notebooks."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmic_lib import store
from cosmic_lib.midi_events import Refusal, split
from cosmic_lib.midi_piece import LONGEST, NOTE, PEDAL, Instrument, Piece, assembled, in_order, seconds, ticks
from cosmic_lib.midi_readers import READERS

if TYPE_CHECKING:
    from IPython.display import Audio

__all__ = [
    "FILES",
    "LARGEST",
    "LONGEST",
    "MODULES",
    "NOTE",
    "Instrument",
    "MidiError",
    "Piece",
    "length",
    "player",
    "polyphony",
    "read",
    "seconds",
    "stretch",
    "synthesise",
    "ticks",
    "transpose",
    "write",
]

FILES = (".mid", ".midi", ".kar")
"""Endings of the names of MIDI files, for `folders.find`."""

LARGEST = 2**22
"""Bytes; larger files are refused before they are read. A symphony takes a tenth of it."""

MODULES = tuple(f"cosmic_lib.{name}" for name in ("midi", "midi_events", "midi_piece", "midi_readers", "midi_symusic"))
"""Whose code decides what is read, for `store.source_fingerprint`."""

RATE = 16_000
"""Samples per second of what is synthesised."""


class MidiError(ValueError):
    """A file that cannot be used as MIDI; the message names the file and what to do."""


def read(source: str | Path | bytes, *, readers: tuple[str, ...] = tuple(READERS)) -> Piece:
    """Read a MIDI file of type 0 or 1.

    Args:
        source: the file, or its content; errors then speak of `the MIDI file`.
        readers: libraries, tried in this order until one reads it: `symusic`, `mido`, `pretty_midi`. Each gives the
            same notes, those that pretty_midi has, and the same tempos, those of all tracks.

    Returns:
        The notes, and what says how they sound.

    Raises:
        ValueError: there is no such reader.
        MidiError: the file cannot be opened, is not MIDI, is cut off or damaged, holds no notes, goes on for longer
            than `LONGEST`, or has more than `LARGEST` bytes.
    """
    if not readers or not set(readers) <= set(READERS):
        raise ValueError(f"readers are {', '.join(readers) or 'none'}; name some of {', '.join(READERS)}")
    name = "the MIDI file" if isinstance(source, bytes) else source
    try:
        tracks, ticks_per_beat = split(_content(source))
        for reader in readers:
            try:
                found = READERS[reader](tracks, ticks_per_beat)
            except Refusal:
                if reader == readers[-1]:
                    raise
            else:
                break
        return assembled(found, len(tracks), ticks_per_beat, reader)
    except Refusal as refusal:
        raise MidiError(f"{name}: {refusal}") from refusal


def _content(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            with open(source, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                content = file.read(min(size, LARGEST) + 1)
        except OSError as error:
            reason = error.strerror or error
            raise Refusal(f"cannot be opened ({reason}); check the file and its permissions") from error
    if len(content) > LARGEST:
        raise Refusal(f"has more than {LARGEST:,} bytes, as no piece of music needs; remove the file")
    return content


def length(piece: Piece) -> float:
    """Seconds from the start of the file to the end of its last note, by the tempos of all tracks."""
    return float(piece.notes["end"].max())


def polyphony(piece: Piece) -> np.ndarray:
    """How long 0, 1, 2, ... notes sound at once, from the start of the file to the end of its last note.

    Args:
        piece: its notes; those of drums count too, and what a pedal holds does not.

    Returns:
        Seconds, float64, shape (most notes at once + 1,); they sum to `length`.
    """
    notes = piece.notes
    times = np.concatenate([[0.0], notes["start"], notes["end"]])
    steps = np.repeat([0, 1, -1], [1, len(notes), len(notes)])
    order = np.argsort(times, kind="stable")
    sounding, lasted = np.cumsum(steps[order])[:-1], np.diff(times[order])
    # Between events at one time the count may be anything, but it lasts no time.
    return np.bincount(sounding[lasted > 0], weights=lasted[lasted > 0])


def transpose(piece: Piece, semitones: int) -> Piece:
    """The piece in another key; drums stay as they are, and all ticks are kept.

    Args:
        piece: the piece.
        semitones: up, or down below 0; a note that would leave 0..127 is moved back by octaves.

    Returns:
        Another piece.
    """
    notes = piece.notes.copy()
    drums = np.array([instrument.drums for instrument in piece.instruments])[notes["instrument"]]
    moved = notes["pitch"].astype(np.int64) + semitones
    octaves = np.maximum(-(moved // 12), 0) - np.maximum((moved - 116) // 12, 0)
    notes["pitch"] = np.where(drums, notes["pitch"], moved + 12 * octaves)
    return dataclasses.replace(piece, notes=notes[in_order(notes["start_tick"], notes["pitch"])])


def stretch(piece: Piece, factor: float) -> Piece:
    """The piece in another tempo, all ticks kept.

    Args:
        piece: the piece.
        factor: how many times as long it is to last. Tempos are kept in whole microseconds per beat, as in MIDI, so
            the length may differ from that by a hundred-thousandth part.

    Returns:
        Another piece.

    Raises:
        ValueError: a factor that is not above 0, or a tempo that MIDI cannot state.
    """
    if not 0 < factor < float("inf"):
        raise ValueError(f"factor is {factor}; give a number above 0")
    microseconds = np.rint(6e7 / piece.tempos[:, 1] * factor)
    if not 1 <= microseconds.min() <= microseconds.max() < 2**24:
        raise ValueError(f"factor is {factor}, which gives a tempo that MIDI cannot state; give one closer to 1")
    tempos = np.stack([piece.tempos[:, 0], 6e7 / microseconds], axis=1)

    def moved(times: np.ndarray) -> np.ndarray:
        return seconds(ticks(times, piece.tempos, piece.ticks_per_beat), tempos, piece.ticks_per_beat)

    notes = piece.notes.copy()
    notes["start"] = seconds(notes["start_tick"], tempos, piece.ticks_per_beat)
    notes["end"] = seconds(notes["end_tick"], tempos, piece.ticks_per_beat)
    instruments = tuple(
        dataclasses.replace(
            instrument,
            pedals=np.stack([moved(instrument.pedals[:, 0]), instrument.pedals[:, 1]], axis=1),
            bends=np.stack([moved(instrument.bends[:, 0]), instrument.bends[:, 1]], axis=1),
            end=float(moved(np.array(instrument.end))),
        )
        for instrument in piece.instruments
    )
    return dataclasses.replace(piece, notes=notes, instruments=instruments, tempos=tempos)


def write(piece: Piece, path: str | Path) -> None:
    """Write a piece as a MIDI file of type 1; read again, it has the same notes, ticks and tempos.

    Of controllers only the sustain pedal is written, and of key signatures not whether they are minor. Where notes of
    one pitch and instrument overlap, which `transpose` may bring about, the file ends them all with the first note-off.

    Args:
        piece: the piece.
        path: the file, replaced if it is there; its folder is made if need be.

    Raises:
        OSError: it cannot be written; the message names the remedy.
    """
    from symusic import ControlChange, KeySignature, Note, PitchBend, Score, Tempo, TimeSignature, Track

    score: Any = Score(piece.ticks_per_beat)
    score.tempos.extend([Tempo(int(tick), mspq=round(6e7 / tempo)) for tick, tempo in piece.tempos])
    score.time_signatures.extend([TimeSignature(*row) for row in piece.time_signatures.tolist()])
    score.key_signatures.extend([KeySignature(tick, sharps, 0) for tick, sharps in piece.key_signatures.tolist()])
    for number, instrument in enumerate(piece.instruments):
        track: Any = Track(instrument.name, instrument.program, instrument.drums)
        for note in piece.notes[piece.notes["instrument"] == number]:
            start, end = int(note["start_tick"]), int(note["end_tick"])
            track.notes.append(Note(start, end - start, int(note["pitch"]), int(note["velocity"])))
        for tick, value in _in_ticks(instrument.pedals, piece):
            track.controls.append(ControlChange(tick, PEDAL, value))
        for tick, value in _in_ticks(instrument.bends, piece):
            track.pitch_bends.append(PitchBend(tick, value))
        score.tracks.append(track)
    store.write_bytes(Path(path), score.dumps_midi())


def _in_ticks(table: np.ndarray, piece: Piece) -> list[list[int]]:
    at = ticks(table[:, 0], piece.tempos, piece.ticks_per_beat)
    return np.stack([at, table[:, 1].astype(np.int64)], axis=1).tolist()


def player(source: Piece | str | Path | bytes, *, start: float = 0.0, seconds: float = 15.0) -> Audio:
    """A player for a notebook.

    Args:
        source: a piece, or what `read` reads.
        start, seconds: the part to hear.

    Returns:
        What a notebook shows as a player.

    Raises:
        MidiError, ValueError: as from `read` and `synthesise`.
    """
    from IPython.display import Audio

    piece = source if isinstance(source, Piece) else read(source)
    return Audio(synthesise(piece, start=start, seconds=seconds), rate=RATE, normalize=False)


def synthesise(piece: Piece, *, start: float = 0.0, seconds: float = 15.0, rate: int = RATE) -> np.ndarray:
    """What a piece sounds like with sine waves, by pretty_midi; drums and pedal are left out.

    Args:
        piece: its notes and pitch bends.
        start, seconds: the part wanted; what is beyond the end is silence.
        rate: samples per second.

    Returns:
        Samples, float32, shape (seconds * rate,); the loudest is 1 or -1, unless all is silent.

    Raises:
        ValueError: a start below 0, or no seconds or samples.
    """
    import pretty_midi

    if not (start >= 0 and 0 < seconds <= LONGEST and rate >= 1):
        raise ValueError(f"start {start}, seconds {seconds}, rate {rate}; the first is from 0 up, the others above 0")
    made = pretty_midi.PrettyMIDI()
    for number, instrument in enumerate(piece.instruments):
        played = pretty_midi.Instrument(instrument.program, instrument.drums)
        notes = piece.notes[piece.notes["instrument"] == number]
        for note in notes[(notes["end"] > start) & (notes["start"] < start + seconds)]:
            begin, end = max(note["start"] - start, 0), min(note["end"] - start, seconds)
            played.notes.append(pretty_midi.Note(int(note["velocity"]), int(note["pitch"]), begin, end))
        earlier = instrument.bends[:, 0] < start
        for at, bend in np.concatenate([instrument.bends[earlier][-1:], instrument.bends[~earlier]]):
            if at < start + seconds:
                played.pitch_bends.append(pretty_midi.PitchBend(int(bend), max(at - start, 0)))
        made.instruments.append(played)
    samples = np.zeros(round(seconds * rate), dtype=np.float32)
    sounding = made.synthesize(rate, normalize=False)[: len(samples)]
    samples[: len(sounding)] = sounding
    return samples / (np.abs(samples).max() or 1)

"""A piece as its tracks in ticks, and the MIDI file that holds it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np

TICKS_PER_BEAT = 480
"""Ticks of a quarter note."""

MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_KEYS = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")
"""Names of keys as mido has them, by the pitch class of the tonic."""

DRUMS = 9
"""The channel that plays drums whatever its program."""


def _none() -> np.ndarray:
    return np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Part:
    """What one track plays.

    Args:
        name: of the track.
        notes: int64 columns start and end (ticks), pitch and velocity; shape (notes, 4).
        programs: for every change of instrument, the tick and the General MIDI program; shape (changes, 2).
        pedals: for every move of the sustain pedal, the tick and 127 or 0; shape (moves, 2).
    """

    name: str
    notes: np.ndarray
    programs: np.ndarray = field(default_factory=_none)
    pedals: np.ndarray = field(default_factory=_none)


@dataclass(frozen=True)
class Music:
    """A piece, in ticks of `TICKS_PER_BEAT`.

    Args:
        parts: one per track.
        tempos: tick and beats (quarter notes) per minute, shape (changes, 2).
        meters: tick, numerator and denominator, shape (changes, 3).
        keys: tick and name of each key, as mido has it.
    """

    parts: tuple[Part, ...]
    tempos: np.ndarray
    meters: np.ndarray
    keys: tuple[tuple[int, str], ...] = ()


def encode(music: Music) -> bytes:
    """A MIDI file of type 1: tempos, meters and keys in its first track, then a track per part.

    Args:
        music: with at most 15 parts, or some share a channel.

    Returns:
        The bytes of the file.
    """
    import mido

    conductor = [
        *((tick, mido.MetaMessage("set_tempo", tempo=round(6e7 / tempo))) for tick, tempo in music.tempos.tolist()),
        *(
            (tick, mido.MetaMessage("time_signature", numerator=above, denominator=below))
            for tick, above, below in music.meters.tolist()
        ),
        *((tick, mido.MetaMessage("key_signature", key=key)) for tick, key in music.keys),
    ]
    channels = [channel for channel in range(16) if channel != DRUMS]
    tracks = [_track(conductor), *(_played(part, channels[n % 15]) for n, part in enumerate(music.parts))]
    content = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=tracks).save(file=content)
    return content.getvalue()


def _played(part: Part, channel: int) -> list:
    import mido

    def message(kind: str, **values: int) -> mido.Message:
        return mido.Message(kind, channel=channel, **values)

    events = [(0, mido.MetaMessage("track_name", name=part.name))]
    events += [(tick, message("program_change", program=program)) for tick, program in part.programs.tolist()]
    # Of what happens at one tick, a note ends before another begins: it may be the same key.
    events += [(end, message("note_off", note=pitch)) for _, end, pitch, _ in part.notes.tolist()]
    events += [(tick, message("control_change", control=64, value=value)) for tick, value in part.pedals.tolist()]
    events += [
        (start, message("note_on", note=pitch, velocity=velocity)) for start, _, pitch, velocity in part.notes.tolist()
    ]
    return _track(events)


def _track(events: list) -> list:
    """A track of messages, each with the ticks since the one before."""
    import mido

    track, last = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        message.time, last = int(tick) - last, int(tick)
        track.append(message)
    return track

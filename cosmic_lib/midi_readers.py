"""The tracks of a MIDI file read by symusic, by mido or by pretty_midi: three libraries, the same notes."""

from __future__ import annotations

import io
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmic_lib.midi_events import Events, Part, Refusal, Track, ascii_only, number, pair
from cosmic_lib.midi_symusic import with_symusic

if TYPE_CHECKING:
    import mido

ENDLESS = re.compile(rb"[\x80-\xff]{4096}")
"""One number as far as the eye can see: mido would never come to its end."""


def with_mido(tracks: list[bytes], ticks_per_beat: int) -> list[Track]:
    """Each track read by mido; data bytes above 127 become 127."""
    return [pair(_mido_events(track)) for track in _mido_tracks(tracks, ticks_per_beat)]


def with_pretty_midi(tracks: list[bytes], ticks_per_beat: int) -> list[Track]:
    """The notes as pretty_midi has them, which reads with mido.

    Its seconds are turned back into ticks: it takes tempos from the first track alone, and in MIDI they hold for all.
    """
    import mido
    import pretty_midi

    read = _mido_tracks(tracks, ticks_per_beat)
    result = [pair(_mido_events(track)) for track in read]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tempos in other tracks
            piece = pretty_midi.PrettyMIDI(mido_object=mido.MidiFile(ticks_per_beat=ticks_per_beat, tracks=read))
    except Exception as error:  # it has none of its own
        raise Refusal(f"pretty_midi refuses it ({error}); read it with symusic or mido") from error
    for track in result:
        track.parts = []
    result[0].parts = [_pretty_part(piece, played) for played in piece.instruments]
    return result


READERS = {"symusic": with_symusic, "mido": with_mido, "pretty_midi": with_pretty_midi}


def _mido_tracks(tracks: list[bytes], ticks_per_beat: int) -> list[mido.MidiTrack]:
    import mido

    try:
        return [
            mido.MidiFile(file=io.BytesIO(_alone(_finite(data), ticks_per_beat)), clip=True).tracks[0]
            for data in tracks
        ]
    except Refusal:
        raise
    except mido.KeySignatureError as error:
        raise Refusal(
            f"a key signature out of range ({error}); export the file again, or read it with symusic"
        ) from error
    except EOFError as error:
        raise Refusal("a track is cut off; copy or download the file again") from error
    except Exception as error:  # on damaged files, mido raises whatever comes up
        reason = str(error) or type(error).__name__
        if "running status" in reason:
            reason = "running status without a status before it"
        raise Refusal(f"damaged ({reason}); export the file again, or remove it") from error


def _finite(data: bytes) -> bytes:
    if ENDLESS.search(data):
        raise Refusal("damaged (a number without end); copy or download the file again")
    return data


def _mido_events(track: mido.MidiTrack) -> Events:
    tick, listed, metas = 0, [], []
    for message in track:
        tick += message.time
        if message.is_meta:
            content = bytes(message.bytes())
            length, start = number(content, 2)
            metas.append((tick, content[1], content[start : start + length]))
        elif message.type != "sysex":
            listed.append((tick, *message.bytes(), 0, 0)[:4])
    tick_column, status, first, second = _rows(listed, 4).T
    return Events(tick_column, status, first, second, metas)


def _pretty_part(piece: Any, played: Any) -> Part:
    """An instrument of pretty_midi, its seconds turned back into ticks."""
    tick = piece.time_to_tick
    return Part(
        int(played.program),
        played.is_drum,
        ascii_only(played.name),
        _rows([(tick(note.start), tick(note.end), note.pitch, note.velocity) for note in played.notes], 4),
        _rows([(tick(control.time), control.number, control.value) for control in played.control_changes], 3),
        _rows([(tick(bend.time), bend.pitch) for bend in played.pitch_bends], 2),
    )


def _alone(data: bytes, ticks_per_beat: int) -> bytes:
    """A MIDI file that holds nothing but this track."""
    return struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, ticks_per_beat, b"MTrk", len(data)) + data


def _rows(values: list, columns: int) -> np.ndarray:
    """A table of integers, int64, shape (n, columns)."""
    try:
        return np.array(values, dtype=np.int64).reshape(-1, columns)
    except OverflowError as error:
        raise Refusal("an event lies more ticks away than 64 bits can count; remove the file") from error

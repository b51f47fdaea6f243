"""The tracks of a MIDI file read by symusic, by mido or by pretty_midi: three libraries, the same notes.

symusic is forty times as fast as the others, so it reads first. It pairs each note-off with one note-on, and gives a
note to the program that its channel has when it begins; `midi_events` says what pretty_midi does. Tracks in which that
may make a difference are gone through event by event.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmic_lib.midi_events import Events, Part, Refusal, Track, ascii_only, events, number, pair

if TYPE_CHECKING:
    import mido

BEYOND = 2**27 - 1
"""Ticks after the end of a track, where is what only symusic is to see; a track as long as that it does not get."""

TAG = 119
"""The controller, undefined in MIDI, that carries the channel in what only symusic is to see."""

TEMPO = re.compile(rb"\xff\x51\x03...", re.DOTALL)
"""A tempo, whose numbers may be any."""

ENDLESS = re.compile(rb"[\x80-\xff]{4096}")
"""One number as far as the eye can see: mido would never come to its end."""

SHORT = re.compile(rb"\xff(?:\x51[^\x03]|\x58[^\x04]|\x59[^\x02])")
"""A tempo or a signature of another length than theirs: symusic would read on into what follows."""


def with_symusic(tracks: list[bytes], ticks_per_beat: int) -> list[Track]:
    """Each track read by symusic, or event by event where symusic may pair its notes in another way."""
    found = [_native(data, ticks_per_beat) for data in tracks]
    doubtful = _close([track for track in found if track])
    return [
        pair(events(data)) if track is None or id(track) in doubtful else track
        for track, data in zip(found, tracks, strict=True)
    ]


def with_mido(tracks: list[bytes], ticks_per_beat: int) -> list[Track]:
    """Each track read by mido; data bytes above 127 become 127."""
    return [pair(_mido_events(track)) for track in _mido_tracks(tracks, ticks_per_beat)]


def with_pretty_midi(tracks: list[bytes], ticks_per_beat: int) -> list[Track]:
    """The notes as pretty_midi has them, which reads with mido; it takes tempos from the first track alone.

    A track with the tempos of all others is put first, because in MIDI a tempo holds for every track.
    """
    import mido
    import pretty_midi

    read = _mido_tracks(tracks, ticks_per_beat)
    result = [pair(_mido_events(track)) for track in read]
    tempos = sorted((tempo for track in result for tempo in track.tempos), key=lambda tempo: tempo[0])
    first, last = mido.MidiTrack(), 0
    for tick, tempo in tempos:
        first.append(mido.MetaMessage("set_tempo", tempo=tempo, time=tick - last))
        last = tick
    first.append(mido.MetaMessage("end_of_track"))
    whole = mido.MidiFile(ticks_per_beat=ticks_per_beat, tracks=[first, *read])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            piece = pretty_midi.PrettyMIDI(mido_object=whole)
    except Exception as error:
        raise Refusal(f"pretty_midi refuses it ({error}); read it with symusic or mido") from error
    for track in result:
        track.parts = []
    result[0].parts = [_pretty_part(piece, played) for played in piece.instruments]
    return result


READERS = {"symusic": with_symusic, "mido": with_mido, "pretty_midi": with_pretty_midi}


def _native(data: bytes, ticks_per_beat: int) -> Track | None:
    """A track as symusic reads it; None where a channel has several programs, or the like."""
    from symusic import Score

    if not data.endswith(b"\xff\x2f\x00") or SHORT.search(data):
        raise Refusal("a track does not end as it should, or holds a damaged event; export the file again")
    if _escapes(data):
        return None
    try:
        score: Any = Score.from_midi(_alone(_with_tail(data), ticks_per_beat))
    except Exception as error:  # it has no exceptions of its own
        raise Refusal(f"damaged ({str(error) or type(error).__name__}); export the file again, or remove it") from error
    end = score.markers[-1].time if len(score.markers) else -1
    if not 0 <= end < BEYOND:
        raise Refusal("events after the end of a track, or too far away; export the file again, or remove it")
    track = _signatures(score)
    track.end = end
    for found in score.tracks:
        notes = _table(found.notes, "time", "duration", "pitch", "velocity")
        if not len(notes):
            continue
        notes[:, 1] += notes[:, 0]
        controls = _table(found.controls, "time", "number", "value")
        if not len(controls) or controls[-1, 0] <= end:
            return None  # not tagged: the channel had another program when it ended
        if _changes(data, int(controls[-1, 2]), found.program):
            return None
        bends = _table(found.pitch_bends, "time", "value")
        track.parts.append(Part(found.program, found.is_drum, ascii_only(found.name), notes, controls[:-1], bends))
    times = [tick for tick, _ in track.tempos]
    return track if len(set(times)) == len(times) else None  # it does not keep the order of those at one tick


def _escapes(data: bytes) -> bool:
    """Whether there may be an event with status F7, whose length symusic does not know."""
    for match in re.finditer(rb"[\x00-\x7f]\xf7", data) if b"\xf7" in data else ():
        place = match.end() - 1
        sysex = data.rfind(b"\xf0", 0, place)
        in_sysex = sysex >= 0 and sysex + 1 + data[sysex + 1] == place
        if not in_sysex and b"\xff\x51\x03" not in data[max(place - 5, 0) : place]:
            return True
    return False


def _changes(data: bytes, channel: int, program: int) -> bool:
    """Whether the channel may change to another program after its first note."""
    changes = re.finditer(bytes((0xC0 | channel,)) + rb"[\x00-\x7f]", data[data.find(0x90 | channel) :])
    return any(match[0][1] != program for match in changes)


def _with_tail(data: bytes) -> bytes:
    """The track with a marker at its end; long after that each channel is tagged, and every key of it released."""
    channels = [channel for channel in range(16) if bytes((0x90 | channel,)) in data]
    return b"".join(
        (data[:-3], b"\xff\x06\x03end\xbf\xff\xff\x7f", *(TAILS[channel] for channel in channels), b"\xff\x2f\x00")
    )


def _tail(channel: int) -> bytes:
    releases = bytes(value for pitch in range(128) for value in (pitch, 64, 0))
    return bytes((0xB0 | channel, TAG, channel, 0, 0x80 | channel)) + releases


TAILS = [_tail(channel) for channel in range(16)]


def _alone(data: bytes, ticks_per_beat: int) -> bytes:
    """A MIDI file that holds nothing but this track."""
    return struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, ticks_per_beat, b"MTrk", len(data)) + data


def _table(found: Any, *names: str) -> np.ndarray:
    """Columns of symusic's as int64, shape (n, columns)."""
    table = np.empty((len(found), len(names)), dtype=np.int64)
    if len(table):
        columns = found.numpy()
        for place, name in enumerate(names):
            table[:, place] = columns[name]
    return table


def _signatures(score: Any) -> Track:
    return Track(
        tempos=_table(score.tempos, "time", "mspq").tolist(),
        # It has 0 for a denominator that is too large.
        time_signatures=[
            row for row in _table(score.time_signatures, "time", "numerator", "denominator").tolist() if row[2]
        ],
        key_signatures=_table(score.key_signatures, "time", "key").tolist(),
    )


def _close(tracks: list[Track]) -> set[int]:
    """Where a key is pressed again before it is released, give its notes the ends that they have in pretty_midi.

    Returns:
        Ids of the tracks in which these hang on the order of events at one tick, or in which keys are never released.
    """
    parts = [part for track in tracks for part in track.parts]
    if not parts:
        return set()
    owners = [track for track in tracks for _ in track.parts]
    lengths = [len(part.notes) for part in parts]
    notes = np.concatenate([part.notes for part in parts])
    part = np.repeat(np.arange(len(parts)), lengths)
    key = part << 7 | notes[:, 2]
    # Those of one key come in the order of their starts, and each with the first note-off that the others left.
    order = np.argsort(key.astype(np.uint16) if len(parts) < 512 else key, kind="stable")
    start, stop = (key << 40 | notes[:, 0])[order], (key << 40 | notes[:, 1])[order]
    again = stop <= start
    again[:-1] |= start[1:] < stop[:-1]
    suspects = [part[notes[:, 1] > np.repeat([track.end for track in owners], lengths)]]
    if again.any():
        order = order[np.isin(key[order], key[order][again])]
        start, stop = (key << 40 | notes[:, 0])[order], (key << 40 | notes[:, 1])[order]
        place = np.searchsorted(stop, start, side="right")
        closed = np.append(stop, -1)[place]
        closed[closed >> 40 != start >> 40] = -1
        at_start = place - np.searchsorted(stop, start)
        before = np.searchsorted(start, start) - 1  # the last note of the key that begins earlier
        lone = (at_start == 1) & ((before < 0) | (closed[before] != start))
        suspects.append(part[order][(at_start > 1) | lone | (closed < 0)])
        notes[order, 1] = closed & 2**40 - 1
        for one, mine in zip(parts, np.split(notes, np.cumsum(lengths[:-1])), strict=True):
            one.notes = mine
    return {id(owners[suspect]) for suspect in np.unique(np.concatenate(suspects))}


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


def _rows(values: list, columns: int) -> np.ndarray:
    """A table of integers, int64, shape (n, columns)."""
    try:
        return np.array(values, dtype=np.int64).reshape(-1, columns)
    except OverflowError as error:
        raise Refusal("an event lies more ticks away than 64 bits can count; remove the file") from error

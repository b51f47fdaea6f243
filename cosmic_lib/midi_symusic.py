"""The tracks of a MIDI file as symusic reads them, with the notes that pretty_midi finds in them.

symusic pairs each note-off with the first note-on that is open, and gives a note to the program that its channel has
when it begins; `midi_events` says what pretty_midi does. Tracks in which that may make a difference are gone through
event by event. To tell them, each track is handed over with something added long after its end: a name, by which its
parts are known again; a controller for each channel, which goes to its last program; and a note-off for each key,
because symusic does not return a note that stays open.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import numpy as np

from cosmic_lib.midi_events import Part, Refusal, Track, ascii_only, events, pair

BEYOND = 2**27 - 1
"""Ticks after the end of a track, where is what only symusic is to see; tracks as long as that are not left to it."""

END = b"\xff\x2f\x00"
"""The end of a track."""

NAME = b"\x00\xff\x03"
"""What comes before the length of a track's name."""

MARK = "cosmic_lib "
"""What the names of tracks begin with for symusic; their numbers follow."""

TAG = 119
"""The controller, undefined in MIDI, that carries the channel in what only symusic is to see."""

TEMPO = b"\xff\x51\x03"
"""What comes before the three bytes of a tempo, which may be any."""

SHORT = re.compile(rb"\xff(?:\x51[^\x03]|\x58[^\x04]|\x59[^\x02])")
"""A tempo or a signature of another length than theirs: symusic would read on into what follows."""


def with_symusic(tracks: list[bytes], ticks_per_beat: int) -> list[Track]:
    """Each track read by symusic, or event by event where symusic may pair or place its notes in another way.

    Returns:
        The tempos and signatures of all tracks, and then the tracks.
    """
    if not all(data.endswith(END) and not SHORT.search(data) for data in tracks):
        raise Refusal("a track does not end as it should, or holds a damaged event; export the file again")
    doubtful = {place for place, data in enumerate(tracks) if _escapes(data) or data.count(END) > 1}
    score = _score({place: data for place, data in enumerate(tracks) if place not in doubtful}, ticks_per_beat)
    head = _signatures(score)
    tempos = set(map(tuple, head.tempos))
    if doubtful or len({tick for tick, _ in tempos}) < len(tempos) or min(tempos, default=(0,))[0] < 0:
        # symusic does not keep the order of tempos at one tick.
        head.tempos = [tempo for data in tracks if TEMPO in data for tempo in pair(events(data)).tempos]
    result = [Track() for _ in tracks]
    doubtful |= _add_parts(result, score, tracks)
    doubtful |= _close([track if place not in doubtful else Track() for place, track in enumerate(result)])
    for one in doubtful:
        result[one] = pair(events(tracks[one]))
        result[one].tempos = []  # they are in the head
    return [head, *result]


def _score(tracks: dict[int, bytes], ticks_per_beat: int) -> Any:
    """What symusic makes of these tracks, each with its number for a name."""
    from symusic import Score

    content = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), ticks_per_beat)
    try:
        return Score.from_midi(content + b"".join(_with_tail(data, place) for place, data in tracks.items()))
    except Exception as error:  # it has no exceptions of its own
        raise Refusal(f"damaged ({str(error) or type(error).__name__}); export the file again, or remove it") from error


def _add_parts(tracks: list[Track], score: Any, contents: list[bytes]) -> set[int]:
    """Sort what symusic read by tracks.

    Returns:
        Numbers of the tracks in which a channel has several programs, or the like.
    """
    doubtful = set()
    for found in score.tracks:
        if not len(found.notes):
            continue
        if not found.name.startswith(MARK):
            raise Refusal("a track is cut off; copy or download the file again")
        track = int(found.name.removeprefix(MARK))
        controls = _table(found.controls, "time", "number", "value")
        end = int(controls[-1, 0]) - BEYOND if len(controls) else -1
        # Without the tag at its end, the channel had another program then.
        if not 0 <= end < BEYOND or _changes(contents[track], int(controls[-1, 2]), found.program):
            doubtful.add(track)
            continue
        notes = _table(found.notes, "time", "duration", "pitch", "velocity")
        bends = _table(found.pitch_bends, "time", "value")
        name = _name(contents[track])
        tracks[track].end = end
        tracks[track].parts.append(Part(found.program, found.is_drum, name, notes, controls[:-1], bends))
    return doubtful


def _name(data: bytes) -> str:
    start = data.find(NAME) + len(NAME)
    return ascii_only(data[start + 1 : start + 1 + data[start]].decode("latin-1")) if start >= len(NAME) else ""


def _escapes(data: bytes) -> bool:
    """Whether there may be an event with status F7, whose length symusic does not know."""
    for match in re.finditer(rb"[\x00-\x7f]\xf7", data) if b"\xf7" in data else ():
        place = match.end() - 1
        sysex = data.rfind(b"\xf0", 0, place)
        in_sysex = sysex >= 0 and sysex + 1 + data[sysex + 1] == place
        if not in_sysex and TEMPO not in data[max(place - 5, 0) : place]:
            return True
    return False


def _changes(data: bytes, channel: int, program: int) -> bool:
    """Whether the channel may change to another program after its first note."""
    first = data.find(0xC0 | channel, data.find(0x90 | channel))
    changes = re.finditer(bytes((0xC0 | channel,)) + rb"[\x00-\x7f]", data[first:]) if first >= 0 else ()
    return any(match[0][1] != program for match in changes)


def _with_tail(data: bytes, place: int) -> bytes:
    """The track with its number for a name; long after its end each channel is tagged, and every key of it released."""
    name = f"{MARK}{place}".encode()
    tails = [TAILS[channel] for channel in range(16) if 0x90 | channel in data]
    whole = b"".join((data[:-3], b"\xff\x03", bytes((len(name),)), name, b"\xbf\xff\xff\x7f", *tails, END))
    return struct.pack(">4sI", b"MTrk", len(whole)) + whole


def _tail(channel: int) -> bytes:
    releases = bytes(value for pitch in range(128) for value in (pitch, 64, 0))
    return bytes((0xB0 | channel, TAG, channel, 0, 0x80 | channel)) + releases


TAILS = [_tail(channel) for channel in range(16)]


def _table(found: Any, *names: str) -> np.ndarray:
    """Columns of symusic's as int64, shape (n, columns)."""
    count = len(found)
    table = np.empty((count, len(names)), dtype=np.int64)
    if count:
        columns = found.numpy()
        for place, name in enumerate(names):
            table[:, place] = columns[name]
    return table


def _signatures(score: Any) -> Track:
    """What holds for all tracks."""
    return Track(
        tempos=_table(score.tempos, "time", "mspq").tolist(),
        # It has 0 for a denominator that is too large.
        time_signatures=[
            row for row in _table(score.time_signatures, "time", "numerator", "denominator").tolist() if row[2]
        ],
        key_signatures=_table(score.key_signatures, "time", "key").tolist(),
    )


def _close(tracks: list[Track]) -> set[int]:
    """Turn durations into ends; where a key is pressed again before it is released, into those of pretty_midi.

    Returns:
        Numbers of the tracks in which these hang on the order of events at one tick, or in which keys stay pressed.
    """
    owners = [place for place, track in enumerate(tracks) for _ in track.parts]
    parts = [part for track in tracks for part in track.parts]
    if not parts:
        return set()
    lengths = [len(part.notes) for part in parts]
    notes = np.concatenate([part.notes for part in parts])
    notes[:, 1] += notes[:, 0]
    part = np.repeat(np.arange(len(parts)), lengths)
    key = part << 7 | notes[:, 2]
    # Those of one key come in the order of their starts, and each with the first note-off that the others left.
    order = np.argsort(key.astype(np.uint16) if len(parts) < 512 else key, kind="stable")
    key = key[order]
    start, stop = key << 40 | notes[order, 0], key << 40 | notes[order, 1]
    again = stop <= start
    again[:-1] |= start[1:] < stop[:-1]
    suspects = part[notes[:, 1] > np.repeat([tracks[place].end for place in owners], lengths)]
    if again.any():
        often = np.zeros(len(parts) << 7, dtype=bool)
        often[key[again]] = True
        places = np.flatnonzero(often[key])
        order = order[places]
        closed, doubtful = _closed(start[places], stop[places])
        notes[order, 1] = closed & 2**40 - 1
        suspects = np.append(suspects, part[order[doubtful]])
    for one, mine in zip(parts, np.split(notes, np.cumsum(lengths[:-1])), strict=True):
        one.notes = mine
    return {owners[suspect] for suspect in set(suspects.tolist())}


def _closed(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of all stops after each start, and where there may be another reading of the events at one tick.

    Args:
        start, stop: in order; ticks, with the number of the key above bit 40.
    """
    place = np.searchsorted(stop, start, side="right")
    closed = np.append(stop, -1)[place]
    closed[closed >> 40 != start >> 40] = -1
    at_start = place - np.searchsorted(stop, start)
    before = np.searchsorted(start, start) - 1  # the last note of the key that begins earlier
    lone = (at_start == 1) & ((before < 0) | (closed[before] != start))
    return closed, (at_start > 1) | lone | (closed < 0)

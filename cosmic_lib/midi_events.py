"""The events of a MIDI file, track by track, and the notes that they make.

What counts as a note is what pretty_midi counts as one. A note-off ends every open note of its pitch, channel and track
that began at an earlier tick; with none of those, it takes away what began at this very tick. A note belongs to the
program that its channel has when it ends.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DRUMS = 9
"""Channel of the drums, counted from 0."""

LENGTHS = np.array([2] * 128 + [3] * 64 + [0] * 32 + [3] * 16 + [0, 2, 3, 2, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0])
"""Bytes of an event by its status, or, below 128, without one; 0 where these do not say it."""


class Refusal(ValueError):
    """What a reader finds wrong with a file, and the remedy, without the file's name."""


@dataclass
class Events:
    """The events of a track.

    Args:
        tick, status, first, second: int64, shape (n,); a data byte that an event does not have may be anything.
        metas: tick, type and content of each meta event.
    """

    tick: np.ndarray
    status: np.ndarray
    first: np.ndarray
    second: np.ndarray
    metas: list[tuple[int, int, bytes]]


@dataclass
class Part:
    """What one instrument of one track plays.

    Args:
        program: 0..127.
        drums: whether its channel is that of the drums.
        name: of its track.
        notes: int64, shape (n, 4): start and end in ticks, pitch, velocity.
        controls: int64, shape (n, 3): tick, number, value.
        bends: int64, shape (n, 2): tick, value in -8192..8191.
    """

    program: int
    drums: bool
    name: str
    notes: Any
    controls: Any
    bends: Any


@dataclass
class Track:
    """What one track holds.

    Args:
        parts: those with a note.
        tempos: tick, microseconds per beat.
        time_signatures, key_signatures: rows of what `midi.Piece` has.
        name: as it says.
        end: tick of its last event, where that is asked for.
    """

    parts: list[Part] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    time_signatures: list[tuple[int, int, int]] = field(default_factory=list)
    key_signatures: list[tuple[int, int]] = field(default_factory=list)
    name: str = ""
    end: int = 0

    def meta(self, tick: int, kind: int, payload: bytes) -> None:
        """Take in a meta event; those of no use here, and those of a wrong length, are passed over."""
        if kind == 0x03 and not self.name:
            self.name = ascii_only(payload.decode("latin-1"))
        elif kind == 0x51 and len(payload) == 3:
            self.tempos.append((tick, int.from_bytes(payload, "big")))
        elif kind == 0x58 and len(payload) == 4 and payload[1] < 8:
            self.time_signatures.append((tick, payload[0], 1 << payload[1]))
        elif kind == 0x59 and len(payload) == 2:
            self.key_signatures.append((tick, int.from_bytes(payload[:1], "big", signed=True)))


def split(content: bytes) -> tuple[list[bytes], int]:
    """The tracks of a file, each without its header, and the ticks in a quarter note.

    Raises:
        Refusal: it is not MIDI, of a type that is not read here, or cut off.
    """
    if content[:4] != b"MThd" or len(content) < 14:
        raise Refusal("empty, or not MIDI; replace or remove the file")
    length, kind, count, ticks_per_beat = struct.unpack(">IHHH", content[4:14])
    if kind > 1:
        raise Refusal(f"of type {kind}, whose tracks are pieces of their own; save each as a file of type 0 or 1")
    if not 0 < ticks_per_beat < 0x8000:
        raise Refusal("counts no ticks per beat, so it has no tempo; export it with ticks per quarter note")
    tracks, position = list[bytes](), 8 + length
    while len(tracks) < count:
        header = content[position : position + 8]
        end = position + 8 + int.from_bytes(header[4:], "big")
        if len(header) < 8 or end > len(content):
            raise Refusal(f"cut off in track {len(tracks) + 1} of {count}; copy or download it again")
        if header[:4] == b"MTrk":  # others are allowed, and mean nothing here
            tracks.append(content[position + 8 : end])
        position = end
    if not tracks:
        raise Refusal("holds no tracks; remove the file")
    return tracks, ticks_per_beat


def ascii_only(name: str) -> str:
    """The name without the letters that each library decodes in its own way."""
    return "".join(letter for letter in name if " " <= letter <= "~").strip()


def events(data: bytes) -> Events:
    """The events of a track; mido would do, in twenty times the time.

    Raises:
        Refusal: the track is cut off, or damaged.
    """
    raw = np.frombuffer(data + bytes(8), dtype=np.uint8)
    high = raw >> 7
    width = 1 + high[:-3] + high[:-3] * high[1:-2] + high[:-3] * high[1:-2] * high[2:-1]  # bytes of a delta time
    places = np.arange(len(data)) + width[: len(data)]
    lengths = LENGTHS[raw[places]]
    starts = _starts(data, np.where(lengths, width[: len(data)] + lengths, 0).astype(np.uint8).tobytes())
    begin, after = starts[:-1], starts[1:]
    at = begin + width[begin]
    stated = raw[at] > 0x7F
    channel_stated = stated & (raw[at] < 0xF0)
    last = np.maximum.accumulate(np.where(channel_stated, np.arange(len(at)), -1))
    if (last[~stated] < 0).any():
        raise Refusal("running status without a status before it; export the file again, or remove it")
    status = np.where(stated, raw[at], raw[at][last]).astype(np.int64)
    first, second = raw[at + stated].astype(np.int64), raw[at + stated + 1].astype(np.int64)
    short = status & 0xE0 == 0xC0  # program change and channel pressure have one data byte
    wrong = (after - at - stated != np.where(short, 1, 2)) | (first > 0x7F) | (~short & (second > 0x7F))
    if (wrong & (status < 0xF0)).any() or starts[-1] > len(data):
        raise Refusal("a track is cut off, or holds data bytes above 127; copy or download the file again")
    elapsed = raw[begin].astype(np.int64) & 0x7F
    for more in (1, 2, 3):
        elapsed = np.where(width[begin] > more, elapsed << 7 | raw[begin + more] & 0x7F, elapsed)
    tick = np.cumsum(elapsed)
    metas = []
    for event in np.flatnonzero(status == 0xFF):
        length, place = number(data, int(at[event]) + 2)
        metas.append((int(tick[event]), int(first[event]), data[place : place + length]))
    return Events(tick, status, first, second, metas)


def _starts(data: bytes, steps: bytes) -> np.ndarray:
    """Where each event begins, and where the last one ends.

    Args:
        data: the track.
        steps: for each of its bytes the length of the event that would begin there and say its status, or go on with
            that of one with two data bytes; 0 where it takes a closer look.
    """
    starts, position, size = array("q"), 0, len(data)
    try:
        while position < size:
            starts.append(position)
            step = steps[position]
            if step:
                position += step
                continue
            _, at = number(data, position)
            if data[at] in (0xFF, 0xF0, 0xF7):
                length, at = number(data, at + 1 + (data[at] == 0xFF))
                position = at + length
                continue
            if data[at] & 0xE0 != 0xC0:
                raise Refusal(f"an event of unknown kind {data[at]:X}; export the file again, or remove it")
            position = at + 2
            while position < size:  # one data byte, as long as it goes on without a status
                _, at = number(data, position)
                if data[at] > 0x7F:
                    break
                starts.append(position)
                position = at + 1
    except IndexError as error:
        raise Refusal("a track is cut off; copy or download the file again") from error
    starts.append(position)
    return np.frombuffer(starts, dtype=np.int64)


def number(data: bytes, position: int) -> tuple[int, int]:
    """The number of at most four bytes at a position, and the position after it."""
    value = 0
    for place in range(position, position + 4):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            break
    return value, place + 1


def pair(found: Events) -> Track:
    """The notes of a track's events, by the rules of pretty_midi."""
    track = Track()
    for meta in found.metas:
        track.meta(*meta)
    kind, channel = found.status >> 4, found.status & 0x0F
    program = _programs(found, kind, channel)
    on, off = (kind == 9) & (found.second > 0), (kind == 8) | ((kind == 9) & (found.second == 0))
    events = np.flatnonzero(on | off)
    events = events[np.argsort((channel << 7 | found.first)[events].astype(np.uint16), kind="stable")]
    ends = _ends(found.tick[events], (channel << 7 | found.first)[events], off[events])
    closed = ends >= 0
    begin, end = events[closed], events[ends[closed]]
    notes = np.stack([found.tick[begin], found.tick[end], found.first[begin], found.second[begin]], axis=1)
    part = channel[end] << 7 | program[end]
    created = {int(key): int(end[part == key].min()) for key in np.unique(part)}
    for key, events in _played(kind, channel << 7 | program, created).items():
        turned, bent = events[kind[events] == 11], events[kind[events] == 14]
        controls = np.stack([found.tick[turned], found.first[turned], found.second[turned]], axis=1)
        bends = np.stack([found.tick[bent], (found.second[bent] << 7 | found.first[bent]) - 8192], axis=1)
        track.parts.append(Part(key & 127, key >> 7 == DRUMS, track.name, notes[part == key], controls, bends))
    return track


def _programs(found: Events, kind: np.ndarray, channel: np.ndarray) -> np.ndarray:
    """The program that the channel of each event has at that time."""
    program = np.zeros(len(kind), dtype=np.int64)
    changes, places = kind == 12, np.arange(len(kind))
    for one in np.unique(channel[changes]):
        mine = channel == one
        last = np.maximum.accumulate(np.where(mine & changes, places, -1))
        program = np.where(mine & (last >= 0), found.first[last], program)
    return program


def _ends(tick: np.ndarray, key: np.ndarray, off: np.ndarray) -> np.ndarray:
    """The event that ends each note, -1 where none does.

    Args:
        tick, key, off: of note-ons and note-offs, those of one key in a row; whether each is a note-off.
    """
    places, count = np.arange(len(tick)), len(tick)
    following = np.minimum.accumulate(np.append(np.where(off, places, count), count)[::-1])[::-1]
    key, tick = np.append(key, -1), np.append(tick, -1)
    first = following[:-1]
    at_once = ~off & (key[first] == key[:-1]) & (tick[first] == tick[:-1])
    # The first note-off takes away a note of its own tick, unless it has an older one to end.
    spared = at_once & np.isin(first, _ending(tick, key, np.flatnonzero(off)))
    ends = np.where(spared, following[np.minimum(first + 1, count)], first)
    return np.where(~off & (key[ends] == key[:-1]) & (tick[ends] > tick[:-1]), ends, -1)


def _ending(tick: np.ndarray, key: np.ndarray, offs: np.ndarray) -> np.ndarray:
    """The note-offs that end a note which began at an earlier tick."""
    if not len(offs):
        return offs
    before = np.append(-1, offs[:-1])
    again = (before >= 0) & (key[before] == key[offs])
    begin = np.where(again, before + 1, np.searchsorted(key[:-1], key[offs]))  # of the note-ons since the last note-off
    some = begin < offs
    older = some & (tick[begin] < tick[offs])
    at_once = some & (tick[offs - 1] == tick[offs])
    # What the last note-off spared is older too, if that one ended something, and so on.
    handed = again & np.append(False, at_once[:-1]) & (tick[before] < tick[offs])
    places = np.arange(len(offs))
    last_older = np.maximum.accumulate(np.where(older, places, -1))
    return offs[last_older >= np.maximum.accumulate(np.where(handed, 0, places))]


def _played(kind: np.ndarray, part: np.ndarray, created: dict[int, int]) -> dict[int, np.ndarray]:
    """The controllers and bends of each part, by their places among the events.

    Those of a channel that come before the part of its program exists are kept for all parts of the channel, and once
    there are such, the parts share one list.
    """
    early: dict[int, list[int]] = {}
    lists: dict[int, list[int]] = {}
    waiting = sorted(((event, key) for key, event in created.items()), reverse=True)
    events = np.flatnonzero((kind == 11) | (kind == 14))
    for event, key in zip(events.tolist(), part[events].tolist(), strict=True):
        while waiting and waiting[-1][0] < event:
            made = waiting.pop()[1]
            lists[made] = early.get(made >> 7, [])
        if key in lists:
            lists[key].append(event)
        else:
            early.setdefault(key >> 7, []).append(event)
    for _, made in waiting:
        lists[made] = early.get(made >> 7, [])
    return {key: np.array(lists[key], dtype=np.int64) for key in sorted(lists)}

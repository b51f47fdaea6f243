"""Three libraries read MIDI files in the same way, which is that of pretty_midi."""

from __future__ import annotations

import io
import os
import random
import struct
import warnings

import mido
import numpy as np
import pretty_midi
import pytest
from mido import Message, MetaMessage

from cosmic_lib import archive, midi
from cosmic_lib.midi import MidiError

READERS = ("symusic", "mido", "pretty_midi")
END_OF_TRACK = b"\x00\xff\x2f\x00"


def on(tick, pitch=60, velocity=64, channel=0):
    return tick, Message("note_on", note=pitch, velocity=velocity, channel=channel)


def off(tick, pitch=60, channel=0):
    return tick, Message("note_off", note=pitch, channel=channel)


def program(tick, number, channel=0):
    return tick, Message("program_change", program=number, channel=channel)


def control(tick, value, number=64, channel=0):
    return tick, Message("control_change", control=number, value=value, channel=channel)


def bend(tick, value, channel=0):
    return tick, Message("pitchwheel", pitch=value, channel=channel)


def tempo(tick, microseconds):
    return tick, MetaMessage("set_tempo", tempo=microseconds)


def midi_file(*tracks, kind=1, ticks=480) -> bytes:
    """A MIDI file of tracks, each a list of (tick, message); those of one tick stay in their order."""
    whole = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    for events in tracks:
        whole.tracks.append(mido.MidiTrack())
        last = 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            whole.tracks[-1].append(message.copy(time=tick - last))
            last = tick
    file = io.BytesIO()
    whole.save(file=file)
    return file.getvalue()


def raw(*tracks: bytes, kind=0, ticks=480) -> bytes:
    """A MIDI file of tracks as they are, byte for byte."""
    header = struct.pack(">4sIHHH", b"MThd", 6, kind, len(tracks), ticks)
    return header + b"".join(struct.pack(">4sI", b"MTrk", len(track)) + track for track in tracks)


def notes(piece) -> list[tuple]:
    """Start, end, pitch, velocity, program, drums."""
    return sorted(
        (*(int(note[name]) for name in ("start_tick", "end_tick", "pitch", "velocity")), one.program, one.drums)
        for note in piece.notes
        for one in [piece.instruments[note["instrument"]]]
    )


def everything(piece) -> tuple:
    """All that readers have to agree in."""
    instruments = [
        (one.program, one.drums, one.pedals.tolist(), one.bends.tolist(), one.end) for one in piece.instruments
    ]
    arrays = piece.tempos, piece.time_signatures, piece.key_signatures
    seconds = sorted(piece.notes[["start", "end", "pitch"]].tolist())
    return notes(piece), seconds, sorted(instruments), *(array.tolist() for array in arrays), piece.ticks_per_beat


def read_alike(content: bytes) -> midi.Piece:
    """The piece, after a look at whether all readers and pretty_midi itself give the same."""
    pieces = [midi.read(content, readers=(reader,)) for reader in READERS]
    assert [piece.reader for piece in pieces] == list(READERS)
    assert everything(pieces[0]) == everything(pieces[1]) == everything(pieces[2])
    return pieces[0]


def as_pretty_midi(content: bytes) -> list[tuple]:
    """Start and end in seconds, pitch, velocity, program, drums, as pretty_midi itself has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        piece = pretty_midi.PrettyMIDI(io.BytesIO(content))
    return sorted(
        (note.start, note.end, note.pitch, note.velocity, int(one.program), one.is_drum)
        for one in piece.instruments
        for note in one.notes
    )


def with_seconds(piece) -> list[tuple]:
    return sorted(
        (float(note["start"]), float(note["end"]), int(note["pitch"]), int(note["velocity"]), one.program, one.drums)
        for note in piece.notes
        for one in [piece.instruments[note["instrument"]]]
    )


CASES = {
    "one track": ([[on(0), off(480), on(480, 62), off(960, 62)]], [(0, 480, 60), (480, 960, 62)]),
    "note-on with velocity 0 ends a note": ([[on(0), on(480, velocity=0)]], [(0, 480, 60)]),
    "overlapping notes end together": ([[on(0), on(5), off(10), off(15)]], [(0, 10, 60), (5, 10, 60)]),
    "more note-ons than note-offs": ([[on(0), on(0), off(10), on(12), off(20)]], [(0, 10, 60)] * 2 + [(12, 20, 60)]),
    "as many as a chord of machines": ([[*[on(0)] * 9, off(10), on(20), off(30)]], [(0, 10, 60)] * 9 + [(20, 30, 60)]),
    "a note that nobody ends": ([[on(0), off(10), on(20)]], [(0, 10, 60)]),
    "off and on at one tick": ([[on(0), off(10), on(10), off(20)]], [(0, 10, 60), (10, 20, 60)]),
    "on and off at one tick": ([[on(0), on(10), off(10), off(20)]], [(0, 10, 60), (10, 20, 60)]),
    "on, off, on, off": (
        [[on(0), on(10), off(10), on(20), off(20), off(30)]],
        [(0, 10, 60), (10, 20, 60), (20, 30, 60)],
    ),
    "a note of no length": ([[on(0), off(0), off(10), on(20), off(30)]], [(20, 30, 60)]),
    "off, off, on": ([[on(0), on(0), off(10), off(10), on(10), off(20)]], [(0, 10, 60)] * 2 + [(10, 20, 60)]),
    "off, on, off": ([[on(0), on(0), off(10), on(10), off(10), off(20)]], [(0, 10, 60)] * 2),
    "a pitch on two channels": ([[on(0), on(0, channel=1), off(9), off(20, channel=1)]], [(0, 9, 60), (0, 20, 60)]),
    "a pitch on two tracks": ([[on(0), off(9)], [on(3), off(20)]], [(0, 9, 60), (3, 20, 60)]),
    "only the first track has no note": ([[tempo(0, 400_000)], [on(0), off(480)]], [(0, 480, 60)]),
}


@pytest.mark.parametrize(("tracks", "expected"), CASES.values(), ids=CASES)
def test_what_counts_as_a_note(tracks, expected):
    content = midi_file(*tracks)
    piece = read_alike(content)
    assert [note[:3] for note in notes(piece)] == sorted(expected)
    assert with_seconds(piece) == as_pretty_midi(content)


def test_type_0_has_all_channels_in_one_track():
    events = [program(0, 40, 1), on(0), on(0, 72, 90, 1), on(0, 36, 100, 9), off(9, 36, 9), off(480), off(960, 72, 1)]
    piece = read_alike(midi_file(events, kind=0))
    assert notes(piece) == [(0, 9, 36, 100, 0, True), (0, 480, 60, 64, 0, False), (0, 960, 72, 90, 40, False)]
    assert len(piece.instruments) == 3
    assert piece.tracks == 1


def test_a_note_has_the_program_in_which_it_ends():
    events = [on(0), program(5, 40), off(10), on(12), off(20), program(30, 0), on(40), off(50)]
    assert [note[4] for note in notes(read_alike(midi_file(events)))] == [40, 40, 0]
    there_and_back = [on(0), program(5, 40), off(10), program(11, 0), on(12), off(20)]
    assert [note[4] for note in notes(read_alike(midi_file(there_and_back)))] == [40, 0]


def test_pedal_bends_and_the_last_event():
    events = [control(0, 127), on(0), bend(120, -8192), off(480), control(480, 0), bend(600, 8191), control(960, 5, 7)]
    (instrument,) = read_alike(midi_file(events)).instruments
    assert instrument.pedals.tolist() == [[0.0, 127.0], [0.5, 0.0]]
    assert instrument.bends.tolist() == [[0.125, -8192.0], [0.625, 8191.0]]
    assert instrument.end == 1.0


def test_tempos_of_all_tracks_hold_for_all_tracks():
    first = [tempo(0, 500_000), tempo(480, 250_000), tempo(480, 1_000_000), tempo(500, 1_000_000)]
    content = midi_file(first, [on(0), off(480), on(480), off(960)], [tempo(720, 2_000_000)])
    piece = read_alike(content)
    assert piece.tempos.tolist() == [[0, 120], [480, 60], [720, 30]]
    assert piece.notes["end"].tolist() == [0.5, 0.5 + 0.5 + 1.0]
    assert midi.length(piece) == 2.0
    np.testing.assert_array_equal(midi.ticks(piece.notes["end"], piece.tempos, 480), piece.notes["end_tick"])
    # This is the one thing in which pretty_midi differs: it looks at the first track alone.
    assert as_pretty_midi(content)[1][1] == 0.5 + 1.0


def test_without_a_tempo_it_is_120():
    assert read_alike(midi_file([on(0), off(480)])).tempos.tolist() == [[0, 120]]
    assert read_alike(midi_file([on(0), tempo(10, 400_000), off(480)])).tempos.tolist() == [[0, 120], [10, 150]]


def test_signatures_and_names():
    name = (0, MetaMessage("track_name", name="Flauto"))
    time, key = MetaMessage("time_signature", numerator=6, denominator=8), MetaMessage("key_signature", key="Ebm")
    piece = read_alike(midi_file([name, (0, time), (480, key), on(0), off(960)]))
    assert piece.time_signatures.tolist() == [[0, 6, 8]]
    assert piece.key_signatures.tolist() == [[480, -6]]
    assert piece.instruments[0].name == "Flauto"


def test_running_status_and_what_does_not_interrupt_it():
    notes_ = b"\x00\x90\x3c\x40\x00\x40\x40\x60\x3c\x00\x00\xff\x01\x02hi\x00\x40\x00"
    touch = b"\x00\xd0\x05\x00\x06\x00\x07"
    sysex = b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7"
    assert [note[:3] for note in notes(read_alike(raw(sysex + notes_ + END_OF_TRACK)))] == [(0, 96, 60), (0, 96, 64)]
    read_alike(raw(touch + notes_ + touch + END_OF_TRACK))
    escape = b"\x00\xf7\x03abc"  # symusic does not know how long that is
    assert [note[:3] for note in notes(read_alike(raw(escape + notes_ + END_OF_TRACK)))] == [(0, 96, 60), (0, 96, 64)]


def random_file(seed: int) -> bytes:
    """Few keys, many note-offs, and all that may come between, so that everything happens at one tick."""
    rng = random.Random(seed)
    tracks = []
    for _ in range(rng.randint(1, 3)):
        tick, events = 0, []
        for _ in range(rng.randint(0, 40)):
            tick += rng.choice([0, 0, 0, 1, 5, 10])
            channel, pitch = rng.choice([0, 0, 1, 9]), rng.choice([60, 60, 61])
            events.append(
                rng.choices(
                    [
                        on(tick, pitch, rng.choice([0, 64, 80, 80]), channel),
                        off(tick, pitch, channel),
                        program(tick, rng.choice([0, 5, 7]), channel),
                        control(tick, rng.randint(0, 127), rng.choice([7, 64]), channel),
                        bend(tick, rng.randint(-8192, 8191), channel),
                        (tick, Message("aftertouch", value=3, channel=channel)),
                        tempo(tick, rng.choice([300_001, 400_000, 500_000])),
                    ],
                    [35, 40, 7, 8, 5, 2, 3],
                )[0]
            )
        tracks.append(events)
    return midi_file([on(0, 72), off(1, 72)], *tracks, ticks=rng.choice([96, 480]))


def test_random_files_are_read_alike():
    for seed in range(int(os.environ.get("COSMIC_FUZZ", "150"))):
        read_alike(random_file(seed))


@pytest.fixture(scope="module")
def real_files(real_data) -> dict[str, bytes]:
    """Content of the real files by name."""
    return {name.rpartition("/")[2]: content for name, content in archive.read(real_data / "midi-composers.tar")}


def test_real_files_are_read_alike(real_files):
    strict = {"Bwv0565 Toccata and Fugue In Dm A.mid", "122.MID"}
    names = sorted(set(real_files) - strict, key=lambda name: len(real_files[name]))
    for name in names[:300:8]:
        piece = midi.read(real_files[name], readers=("symusic",))
        assert everything(piece) == everything(midi.read(real_files[name], readers=("mido",))), name
    known = {"013006b_.mid", "Etude op25 n09.mid", "jsbtafc.mid", "Sonatina In C.mid"} & set(names)
    for name in sorted(known | set(names[:240:40])):
        assert with_seconds(read_alike(real_files[name])) == as_pretty_midi(real_files[name]), name


def test_every_real_file_is_read_but_one(real_files):
    readers: dict[str, list[str]] = {}
    for name, content in real_files.items():
        try:
            readers.setdefault(midi.read(content).reader, []).append(name)
        except MidiError as error:
            readers.setdefault(str(error), []).append(name)
    refused = "the MIDI file: damaged (running status without a status before it); export the file again, or remove it"
    assert readers["mido"] == ["122.MID"]  # a controller's value of 255
    assert readers[refused] == ["Bwv0565 Toccata and Fugue In Dm A.mid"]
    assert len(readers["symusic"]) == len(real_files) - 2

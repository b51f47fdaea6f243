"""MIDI files are read or refused with the reason and the remedy; pieces are moved, stretched, written and heard."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mido import MetaMessage

from cosmic_lib import midi
from cosmic_lib.midi import MidiError

from .test_midi_readers import END_OF_TRACK, bend, control, everything, midi_file, notes, off, on, program, raw, tempo

A_NOTE = b"\x00\x90\x3c\x40\x60\x80\x3c\x40"
FAR = b"\xff\xff\xff\x7f"  # the longest delta time there is
LONG_TEMPO = b"\x00\xff\x51\x03\xff\xff\xff"
HEADER = b"MThd\x00\x00\x00\x06"
FUZZ = settings(
    max_examples=int(os.environ.get("COSMIC_FUZZ", "300")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

REFUSED = {
    "empty": (b"", "empty, or not MIDI"),
    "text": (b"This is not music. " * 9, "empty, or not MIDI"),
    "half a header": (HEADER + b"\x00\x01", "empty, or not MIDI"),
    "cut off in a track": (midi_file([on(0), off(480)])[:-9], "cut off in track 1 of 1"),
    "cut off between tracks": (midi_file([on(0), off(9)], []).rpartition(b"MTrk")[0], "cut off in track 2 of 2"),
    "cut off in an event": (raw(A_NOTE + b"\x00\x90\x3c"), "a track is cut off"),
    "an endless number": (raw(b"\xff" * 10_000), "a number without end"),
    "no status": (raw(b"\x00\x3c\x40" + A_NOTE + END_OF_TRACK), "running status without a status before it"),
    "unknown status": (raw(A_NOTE + b"\x00\xf4" + END_OF_TRACK), "damaged"),
    "no tracks": (HEADER + b"\x00\x01\x00\x00\x01\xe0", "holds no tracks"),
    "no notes": (midi_file([tempo(0, 500_000)], [control(0, 1)]), "holds no notes"),
    "a note without an end": (midi_file([on(0)]), "holds no notes"),
    "no ticks": (raw(A_NOTE + END_OF_TRACK, ticks=0), "no ticks per beat"),
    "ticks of film": (raw(A_NOTE + END_OF_TRACK, ticks=0xE728), "no ticks per beat"),
    "pieces in one file": (raw(A_NOTE + END_OF_TRACK, A_NOTE + END_OF_TRACK, kind=2), "of type 2"),
    "half a tempo": (raw(b"\x00\xff\x51\x01\x05" + A_NOTE + END_OF_TRACK), "damaged"),
    "no tempo": (raw(b"\x00\xff\x51\x03\x00\x00\x00" + A_NOTE + END_OF_TRACK), "a tempo of no duration"),
    "hours of silence": (midi_file([on(0), off(480), on(15_000_000), off(15_000_480)]), "after 4.3 hours"),
    "a controller in a week": (raw(A_NOTE + FAR + b"\xb0\x07\x01" + END_OF_TRACK), "hours; remove the silence"),
    "ticks without number": (raw(LONG_TEMPO + A_NOTE + (FAR + A_NOTE[1:]) * 99 + END_OF_TRACK), "ticks away"),
    "a bomb": (raw(b"\x00" * midi.LARGEST), "has more than 4,194,304 bytes"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path, content, reason):
    path = tmp_path / "piece.mid"
    path.write_bytes(content)
    with pytest.raises(MidiError) as refusal:
        midi.read(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert reason in str(refusal.value)
    assert ";" in str(refusal.value), "no remedy"
    with pytest.raises(MidiError, match="^the MIDI file: "):
        midi.read(content)


def test_what_is_no_file(tmp_path):
    for path, reason in ((tmp_path, "directory"), (tmp_path / "none.mid", "No such file")):
        with pytest.raises(MidiError, match=f"cannot be opened .*{reason}.*; check"):
            midi.read(path)
    with pytest.raises(ValueError, match="readers are nobody; name some of symusic, mido, pretty_midi"):
        midi.read(b"", readers=("nobody",))
    with pytest.raises(ValueError, match="readers are none"):
        midi.read(b"", readers=())


def test_files_that_one_library_refuses_are_read_by_another():
    key = raw(b"\x00\xff\x59\x02\xfb\xff" + A_NOTE + b"\x00\xff\x59\x02\x63\x00" + END_OF_TRACK)
    assert midi.read(key).reader == "symusic"
    assert midi.read(key).key_signatures.tolist() == [[0, -5]]  # and not the one with 99 sharps
    with pytest.raises(MidiError, match="a key signature out of range"):
        midi.read(key, readers=("mido", "pretty_midi"))

    loud = raw(b"\x00\xb0\x40\xff" + A_NOTE + END_OF_TRACK)
    assert midi.read(loud).reader == "mido"
    assert midi.read(loud).instruments[0].pedals.tolist() == [[0, 127]]
    assert midi.read(raw(b"\x00\x90\x3c\xff\x60\x3c\x00" + END_OF_TRACK)).notes["velocity"].tolist() == [127]

    late = midi_file([on(0), off(480), on(11_000_000), off(11_000_480)], ticks=9600)
    assert len(midi.read(late, readers=("symusic",)).notes) == len(midi.read(late, readers=("mido",)).notes) == 2
    with pytest.raises(MidiError, match="pretty_midi refuses it"):
        midi.read(late, readers=("pretty_midi",))

    assert midi.read(raw(A_NOTE + b"\x00\xff\x2f\x00" + A_NOTE)).reader == "mido"  # goes on after its end
    assert midi.read(raw(A_NOTE)).reader == "mido"  # has none
    assert len(midi.read(raw(A_NOTE + FAR + b"\xff\x2f\x00")).notes) == 1  # has it in a week
    assert (
        len(
            midi.read(
                b"MThd\x00\x00\x00\x06" + raw(A_NOTE + END_OF_TRACK)[8:14] + b"Junk\0\0\0\1x" + raw(A_NOTE)[14:]
            ).notes
        )
        == 1
    )


def everything_in_it(kind: int = 1) -> bytes:
    """A file with every kind of event."""
    head = [
        (0, MetaMessage("track_name", name="Everything")),
        tempo(0, 400_000),
        (0, MetaMessage("time_signature", numerator=3, denominator=4)),
        (0, MetaMessage("key_signature", key="Bb")),
        tempo(960, 600_000),
    ]
    one = [program(0, 6, 1), control(0, 100, channel=1), *[event for at in range(0, 960, 60) for event in pair(at, 1)]]
    two = [bend(0, 1000, 2), *[event for at in range(0, 960, 90) for event in (on(at, 70, channel=2), off(at, 70, 2))]]
    drums = [event for at in range(0, 960, 120) for event in (on(at, 36, 90, 9), off(at + 60, 36, 9))]
    return midi_file([*head, *one, *two, *drums], kind=0) if kind == 0 else midi_file(head, one, two, drums)


def pair(at: int, channel: int):
    """Notes that touch, and one that overlaps them."""
    return on(at, 64, 80, channel), off(at + 60, 64, channel), on(at + 60, 65, 70, channel), off(at + 60, 65, channel)


WHOLE = [everything_in_it(), everything_in_it(kind=0), midi_file([on(0), off(9)])]


@st.composite
def damaged(draw) -> bytes:
    """A valid file in which stretches were overwritten, taken out, or put in twice; lengths may be made to fit."""
    content = draw(st.sampled_from(WHOLE))
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, len(content))), draw(st.integers(0, 32))
        before, stretch, after = content[:start], content[start : start + length], content[start + length :]
        overwritten = draw(st.binary(min_size=len(stretch), max_size=len(stretch)))
        content = before + draw(st.sampled_from([overwritten + after, after, stretch + stretch + after, b""]))
    if draw(st.booleans()):
        head, *tracks = content.split(b"MTrk")
        content = head + b"".join(b"MTrk" + max(len(one) - 4, 0).to_bytes(4, "big") + one[4:] for one in tracks)
    return content


def test_the_file_to_be_damaged_is_whole():
    assert everything(midi.read(everything_in_it())) == everything(midi.read(everything_in_it(), readers=("mido",)))
    assert len(midi.read(everything_in_it(kind=0)).notes) >= 16


def assert_read_or_refused(content: bytes) -> None:
    try:
        piece = midi.read(content)
    except MidiError as refusal:
        assert str(refusal).startswith("the MIDI file: ")
        assert ";" in str(refusal), "no remedy"
        return
    found = piece.notes
    assert len(found)
    assert (found["end_tick"] > found["start_tick"]).all()
    assert (found["end"] > found["start"]).all()
    assert 0 <= found["pitch"].min() <= found["pitch"].max() <= 127
    assert 1 <= found["velocity"].min() <= found["velocity"].max() <= 127
    assert max(one.end for one in piece.instruments) <= midi.LONGEST
    assert (piece.tempos[:, 1] > 0).all()


@FUZZ
@given(content=damaged())
def test_damaged_files(content):
    assert_read_or_refused(content)


@FUZZ
@given(content=st.binary(max_size=120))
def test_random_bytes(content):
    assert_read_or_refused(raw(content))
    assert_read_or_refused(raw(A_NOTE + content + END_OF_TRACK))


@pytest.fixture(scope="module")
def piece():
    return midi.read(everything_in_it())


def test_polyphony_is_swept():
    swept = midi.polyphony(
        midi.read(midi_file([on(480), on(960, 64), off(1440), off(1920, 64), on(1920, 60), off(2400)]))
    )
    np.testing.assert_allclose(swept, [0.5, 0.5 + 0.5 + 0.5, 0.5])
    lasting = midi.read(everything_in_it())
    assert midi.polyphony(lasting).sum() == pytest.approx(midi.length(lasting))


def test_transpose_leaves_ticks_and_drums_alone(piece):
    drums = np.array([one.drums for one in piece.instruments])
    for semitones in (1, -3, 24):
        moved = midi.transpose(piece, semitones)
        before = sorted((*note[:2], note[2] + semitones * (not note[5]), *note[3:]) for note in notes(piece))
        assert notes(moved) == before
        assert (np.diff(moved.notes["start"]) >= 0).all()
        assert drums[moved.notes["instrument"]].any()
    assert everything(midi.transpose(midi.transpose(piece, 7), -7)) == everything(piece)


def test_transpose_keeps_notes_on_the_keyboard():
    ends = midi.read(midi_file([on(0, 0), on(0, 1), on(0, 126), on(0, 127), *[off(480, p) for p in (0, 1, 126, 127)]]))
    assert sorted(midi.transpose(ends, 1).notes["pitch"]) == [1, 2, 116, 127]
    assert sorted(midi.transpose(ends, -1).notes["pitch"]) == [0, 11, 125, 126]
    assert sorted(midi.transpose(ends, 30).notes["pitch"]) == [30, 31, 120, 121]
    assert sorted(midi.transpose(ends, -200).notes["pitch"] % 12) == sorted((np.array([0, 1, 126, 127]) - 200) % 12)


def test_stretch_keeps_ticks_and_moves_all_that_sounds(piece):
    slower = midi.stretch(piece, 1.5)
    assert [note[:2] for note in notes(slower)] == [note[:2] for note in notes(piece)]
    np.testing.assert_allclose(slower.notes["end"], 1.5 * piece.notes["end"], rtol=1e-5)
    for one, other in zip(slower.instruments, piece.instruments, strict=True):
        assert one.end == pytest.approx(1.5 * other.end, rel=1e-5)
        np.testing.assert_allclose(one.pedals[:, 0], 1.5 * other.pedals[:, 0], rtol=1e-5)
        np.testing.assert_allclose(one.bends[:, 0], 1.5 * other.bends[:, 0], rtol=1e-5)
    assert everything(midi.stretch(midi.stretch(piece, 2), 0.5)) == everything(piece)
    assert everything(midi.stretch(piece, 1 - 1e-9)) == everything(piece), "tempos are rounded, not cut off"
    for factor in (0, -1, float("nan"), float("inf"), 1e-6, 1e6):
        with pytest.raises(ValueError, match=r"factor is .*; give "):
            midi.stretch(piece, factor)


@pytest.mark.parametrize("made", [lambda piece: piece, lambda piece: midi.stretch(midi.transpose(piece, 5), 1.07)])
def test_what_was_written_is_read(tmp_path, piece, made):
    midi.write(made(piece), tmp_path / "folder" / "piece.mid")
    again = midi.read(tmp_path / "folder" / "piece.mid")
    assert everything(again) == everything(made(piece))


def test_synthesis(piece):
    samples = midi.synthesise(piece, start=0.1, seconds=0.5, rate=8_000)
    assert samples.shape == (4_000,)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(1)
    assert midi.synthesise(piece, start=1_000, seconds=0.5).tolist() == [0] * 8_000  # beyond the end
    tone = midi.synthesise(midi.read(midi_file([on(0, 69), off(960, 69)])), seconds=1, rate=8_000)
    assert np.abs(np.fft.rfft(tone)).argmax() == 440
    for wrong in ({"start": -1}, {"seconds": 0}, {"rate": 0}, {"seconds": float("nan")}):
        with pytest.raises(ValueError, match="from 0 up"):
            midi.synthesise(piece, **wrong)


def test_drums_alone_are_silent_and_a_player_plays(tmp_path):
    drums = midi_file([on(0, 36, 90, 9), off(480, 36, 9)])
    assert not midi.synthesise(midi.read(drums), seconds=1).any()
    (tmp_path / "drums.mid").write_bytes(drums)
    for source in (drums, midi.read(drums), tmp_path / "drums.mid"):
        assert "<audio" in midi.player(source, seconds=1)._repr_html_()

"""Piano rolls are those of pretty_midi, chunks are those of the study's loop."""

from __future__ import annotations

import dataclasses
import io
import random
import warnings

import numpy as np
import pretty_midi
import pytest

from cosmic_lib import archive, midi, rolls

from .test_midi_readers import bend, control, midi_file, off, on, program, random_file, tempo


def their_piece(content: bytes) -> pretty_midi.PrettyMIDI:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pretty_midi.PrettyMIDI(io.BytesIO(content))


def their_velocity(content: bytes, fps: float = 10) -> np.ndarray:
    """What fits a byte of pretty_midi's roll."""
    return np.minimum(their_piece(content).get_piano_roll(fs=fps), 255)


def velocity(content: bytes, fps: float = 10) -> np.ndarray:
    return rolls.roll(midi.read(content), fps=fps)[..., 0]


def music(seed: int = 0, *, seconds: int = 40) -> bytes:
    """Three instruments, with a tempo that changes; the first has a pedal, the second bends, the third drums."""
    rng = random.Random(seed)
    tempos = [tempo(tick, rng.randint(300_000, 700_000)) for tick in range(0, 960 * seconds, 1_000)]
    tracks = []
    for channel, low in ((0, 30), (1, 60), (9, 35)):
        events = [program(0, 10 * channel, channel)]
        for tick in range(0, 960 * seconds, 240):
            pitch, length = low + rng.randint(0, 20), rng.choice([60, 240, 500, 960])
            events += [on(tick, pitch, rng.randint(1, 127), channel), off(tick + length, pitch, channel)]
        tracks.append(events)
    tracks[0] += [control(rng.randrange(960 * seconds), rng.choice([0, 63, 64, 127])) for _ in range(30)]
    tracks[1] += [bend(rng.randrange(960 * seconds), rng.randint(-8192, 8191), 1) for _ in range(30)]
    tracks[1] += [bend(5_000, -8192, 1), bend(6_000, 8191, 1), bend(7_000, 0, 1), bend(8_000, 4096, 1)]
    return midi_file(tempos, *tracks)


@pytest.fixture(scope="module")
def real_files(real_data) -> list[bytes]:
    """Some real files, among them those with bends and with many sounding keys."""
    found = dict(archive.read(real_data / "midi-composers.tar"))
    wanted = [name for name in sorted(found) if "122.MID" not in name and "Bwv0565" not in name][::52]
    return [found[name] for name in wanted]


@pytest.mark.parametrize("fps", [10, 8, 7.5, 31.25])
def test_velocity_is_pretty_midis(fps):
    for seed in range(3):
        theirs, ours = their_velocity(music(seed), fps), velocity(music(seed), fps)
        assert ours.dtype == np.uint8
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 0.501  # bends leave fractions
        assert (theirs % 1).any()
    for seed in range(60):
        content = random_file(seed)
        if midi.read(content).tempos.tolist() == [[0, 120]]:  # else pretty_midi may not see that of another track
            ours, theirs = velocity(content, 480 * fps), their_velocity(content, 480 * fps)
            assert ours.shape == theirs.shape
            assert np.abs(ours - theirs).max(initial=0) <= 0.501, seed


def test_velocity_of_real_files_is_pretty_midis(real_files):
    for content in real_files:
        assert np.abs(velocity(content) - their_velocity(content)).max() <= 0.501


def test_what_each_effect_does():
    events = [on(0, 60, 100), off(480, 60)]
    plain = velocity(midi_file([*events, control(960, 0, 7)]))
    assert plain.shape == (128, 10), "to the last event"
    assert plain[60].tolist() == [100] * 5 + [0] * 5
    held = velocity(midi_file([*events, control(96, 64), control(768, 63), control(960, 0, 7)]))
    assert held[60].tolist() == [100] * 8 + [0] * 2
    never_up = velocity(midi_file([*events, control(96, 64), control(960, 0, 7)]))
    assert (never_up == plain).all()
    bent = velocity(midi_file([*events, bend(192, 4096), control(960, 0, 7)]))
    assert bent[60].tolist() == [100] * 2 + [0] * 8
    assert bent[61].tolist() == [0] * 2 + [100] * 3 + [0] * 5
    half = velocity(midi_file([*events, bend(0, -2048)]))
    assert half[59:61, :4].tolist() == [[50] * 4] * 2
    drums = velocity(midi_file([on(0, 36, 100, 9), off(480, 36, 9)]))
    assert drums.shape == (128, 5)
    assert not drums.any()


def test_an_instrument_without_notes_counts_for_nothing():
    both = midi.read(midi_file([on(0, 60), off(480, 60)], [on(0, 70), off(960, 70), control(1920, 0, 7)]))
    one = dataclasses.replace(both, notes=both.notes[both.notes["pitch"] == 60])
    assert (rolls.roll(one) == rolls.roll(midi.read(midi_file([on(0, 60), off(480, 60)])))).all()
    assert not rolls.roll(midi.read(midi_file([on(0, 36, 90, 9), off(480, 36, 9)])), channels=rolls.CHANNELS[:3]).any()


def test_sums_are_cut_off_at_a_byte():
    content = midi_file(*[[on(0, 60, 127), off(480, 60)]] * 3)
    assert their_piece(content).get_piano_roll(fs=10).max() == 381
    assert velocity(content).max() == 255


def study_channels(content: bytes, fps: float) -> dict[str, np.ndarray]:
    """The channels by plain loops, in 0..1 or as counts; see lines 1186 to 1214 of the source."""
    piece = their_piece(content)
    total = piece.get_piano_roll(fs=fps)
    sounding, timing = np.zeros(total.shape), np.zeros(total.shape)
    for instrument in piece.instruments:
        one = instrument.get_piano_roll(fs=fps)
        sounding[:, : one.shape[1]] += one > 0
        for note in instrument.notes:
            timing[note.pitch, int(note.start * fps) : int(note.end * fps)] = 1
    return {"velocity": total / 127, "binary": total > 0, "instruments": sounding, "timing": timing}


def test_channels_are_those_of_the_study(real_files):
    for content in [music(1), *real_files[:2]]:
        found = rolls.roll(midi.read(content), channels=rolls.CHANNELS)
        for number, (channel, theirs) in enumerate(study_channels(content, 10).items()):
            ours = found[..., number] / (1 if channel == "instruments" else 127)
            assert rolls.CHANNELS[number] == channel
            assert np.abs(ours - np.minimum(theirs, 255 / 127 if channel == "velocity" else 255)).max() <= 0.51 / 127
        swapped = rolls.roll(midi.read(content), channels=("timing", "velocity"))
        assert (swapped == found[..., [3, 0]]).all()


def study_chunks(content: bytes, frames: int = 150) -> list[np.ndarray]:
    """As in lines 1244 to 1290 of the source, with the one channel that was used, in velocities."""
    roll = their_velocity(content)
    chunks = [roll[:, start : start + frames] for start in range(0, roll.shape[1], frames)]
    return [np.pad(chunk, ((0, 0), (0, frames - chunk.shape[1]))) for chunk in chunks]


def test_chunks_are_those_of_the_study(real_files):
    for content in [music(seconds=17), midi_file([on(0), off(480)]), *real_files[::3]]:
        chunks, padded = rolls.chunks(rolls.roll(midi.read(content)))
        theirs = study_chunks(content)
        assert chunks.shape == (len(theirs), 128, 150, 1)
        assert chunks.dtype == np.uint8
        assert np.abs(chunks[..., 0] - np.array(theirs)).max() <= 0.501
        assert padded.tolist() == [False] * (len(theirs) - 1) + [their_velocity(content).shape[1] % 150 != 0]


def test_chunks_cover_a_roll_once():
    roll = np.random.default_rng(0).integers(0, 256, size=(128, 450, 2), dtype=np.uint8)
    chunks, padded = rolls.chunks(roll, frames=150)
    assert not padded.any()
    assert (np.concatenate(list(chunks), axis=1) == roll).all()
    chunks, padded = rolls.chunks(roll[:, :301], frames=150)
    assert padded.tolist() == [False, False, True]
    assert (np.concatenate(list(chunks), axis=1)[:, :301] == roll[:, :301]).all()
    assert not chunks[2, :, 1:].any()
    assert rolls.chunks(roll[:, :0])[0].shape == (0, 128, 150, 2)


def test_shrink_keeps_the_loudest():
    array = np.random.default_rng(0).integers(0, 256, size=(3, 128, 150, 2), dtype=np.uint8)
    small = rolls.shrink(array, 4)
    assert small.shape == (3, 32, 37, 2)
    assert small.dtype == np.uint8
    for chunk, row, column, channel in np.random.default_rng(1).integers(0, [3, 32, 37, 2], size=(50, 4)):
        square = array[chunk, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4, channel]
        assert small[chunk, row, column, channel] == square.max()
    assert (rolls.shrink(array, 1) == array).all()
    assert rolls.shrink(array[:0], 2).shape == (0, 64, 75, 2)


def test_wrong_settings_are_named():
    piece = midi.read(midi_file([on(0), off(480)]))
    for settings, message in (
        ({"channels": ("velocity", "loudness")}, "channels loudness; choose from velocity, binary"),
        ({"channels": ()}, "channels are none"),
        ({"fps": 0}, "fps is 0"),
        ({"fps": float("nan")}, "fps is nan"),
    ):
        with pytest.raises(ValueError, match=message):
            rolls.roll(piece, **settings)
    with pytest.raises(ValueError, match="no notes"):
        rolls.roll(dataclasses.replace(piece, notes=piece.notes[:0]))
    with pytest.raises(ValueError, match="frames is 0"):
        rolls.chunks(rolls.roll(piece), frames=0)
    for factor in (0, -1, 129):
        with pytest.raises(ValueError, match=f"factor is {factor}; give one between 1 and 128"):
            rolls.shrink(np.zeros((1, 128, 150, 1), dtype=np.uint8), factor)

"""Eight numbers of a piece, as they should be counted and as the study counted them."""

from dataclasses import replace

import mido
import numpy as np
import pytest

from cosmic_lib import midi
from cosmic_lib.studies.composers import features, sample

BEAT = 480
SLOW, FAST = (mido.MetaMessage("set_tempo", tempo=round(6e7 / tempo)) for tempo in (60, 120))


def named(piece: midi.Piece) -> dict[str, float]:
    return dict(zip(features.EIGHT, features.of_piece(piece), strict=True))


@pytest.fixture
def written(tmp_path, write_midi, note):
    """Two bars at two tempos: a chord of two beats, a rest of one, and a melody that is the last track."""
    head = [
        (0, SLOW),
        (2 * BEAT, FAST),
        (0, mido.MetaMessage("time_signature", numerator=3, denominator=4)),
        (2 * BEAT, mido.MetaMessage("time_signature", numerator=12, denominator=8)),
        (0, mido.MetaMessage("key_signature", key="D")),
        (2 * BEAT, mido.MetaMessage("key_signature", key="Bb")),
    ]
    chord = [*note(0, 2 * BEAT, 48, 40), *note(0, 2 * BEAT, 55, 60)]
    chord = [*chord[:3], (2 * BEAT, mido.Message("note_on", note=55, velocity=0))]  # ends a note, and begins none
    melody = [*note(3 * BEAT, 4 * BEAT, 71, 80), *note(4 * BEAT, 5 * BEAT, 72, 100)]
    return write_midi(tmp_path / "piece.mid", head, chord, melody)


def test_eight_features_of_a_piece_made_by_hand(written):
    found = named(midi.read(written))
    assert found == pytest.approx(
        {
            "length": 2 + 1.5,  # two beats of a second, and three of a half
            "notes": 4,
            "pitch": (48 + 55 + 71 + 72) / 4,
            "tempo": 90,
            "velocity": 70,
            "beats": (3 + 6) / 2,  # twelve eighths are six quarters
            "sharps": (2 - 2) / 2,
            "polyphony": (2 * 2 + 1 * 1) / 3,  # two seconds of two notes and one of one; the rest does not count
        }
    )
    assert features.of_piece(midi.read(written)).dtype == np.float64


def test_sharps_and_flats_have_a_sign(written):
    piece = midi.read(written)
    signs = [float(named(replace(piece, key_signatures=np.array([[0, sharps]])))["sharps"]) for sharps in (4, -3)]
    assert signs == [4, -3]


def test_what_is_not_stated_is_as_the_standard_has_it(tmp_path, write_midi, note):
    found = named(midi.read(write_midi(tmp_path / "bare.mid", note(0, BEAT, 60))))
    assert (found["tempo"], found["beats"], found["sharps"], found["length"]) == (120, 4, 0, 0.5)


def test_silence_before_the_first_note_is_length_and_no_polyphony(tmp_path, write_midi, note):
    found = named(midi.read(write_midi(tmp_path / "late.mid", note(8 * BEAT, 10 * BEAT, 60))))
    assert found["length"] == pytest.approx(5) and found["polyphony"] == pytest.approx(1)


def test_the_published_length_is_that_of_the_last_track_at_120(written, tmp_path, write_midi, note):
    """Tempos do not count, nor do the tracks before the last one."""
    seconds, notes = features.as_published(written)
    assert (seconds, notes) == (2.5, 4)
    # A track that holds a name alone comes last: as in the source, lines 583 to 596, its length is none.
    name = [(0, mido.MetaMessage("track_name", name="made with care"))]
    chord = [*note(0, 100 * BEAT, 48), *note(0, 100 * BEAT, 55)]
    assert features.as_published(write_midi(tmp_path / "named.mid", chord, name)).tolist() == [0, 2]
    assert features.of_piece(midi.read(tmp_path / "named.mid"))[0] == pytest.approx(50)


@pytest.mark.parametrize("ticks_per_beat", [96, 480, 1024])
def test_the_published_length_counts_beats_whatever_their_ticks(tmp_path, write_midi, note, ticks_per_beat):
    path = write_midi(tmp_path / "piece.mid", note(0, 6 * ticks_per_beat, 60), ticks_per_beat=ticks_per_beat)
    assert features.as_published(path) == pytest.approx([3, 1])


def test_a_damaged_file_has_no_published_features(tmp_path, composers_sample, write_midi, note):
    assert features.as_published(composers_sample / "midiclassics" / sample.NO_MIDI) is None
    whole = write_midi(tmp_path / "whole.mid", note(0, BEAT, 60)).read_bytes()
    for count in (0, 10, 20, len(whole) - 5):
        (tmp_path / "cut.mid").write_bytes(whole[:count])
        assert features.as_published(tmp_path / "cut.mid") is None, count


def test_the_published_features_are_what_mido_counts(composers_data):
    """The length is the end of mido's last track, and each note that begins counts once."""
    for file in composers_data.items["file"].drop_duplicates()[::5]:
        if file.endswith(sample.KEY_OUT_OF_RANGE):
            continue  # mido refuses it
        opened = mido.MidiFile(composers_data.root / file)
        notes = sum(one.type == "note_on" and one.velocity > 0 for track in opened.tracks for one in track)
        ticks = sum(one.time for one in opened.tracks[-1])
        expected = [mido.tick2second(ticks, opened.ticks_per_beat, 500_000), notes]
        assert features.as_published(composers_data.root / file) == pytest.approx(expected), file


def test_the_published_polyphony_counts_what_begins_together(written):
    assert features.published_polyphony(midi.read(written)) == {2: 1, 1: 2}


def test_held_notes_sound_together_though_none_begins_with_another(tmp_path, write_midi, note):
    held = [one for start in range(4) for one in note(start * BEAT, 4 * BEAT, 60 + start)]
    piece = midi.read(write_midi(tmp_path / "held.mid", held))
    assert features.published_polyphony(piece) == {1: 4}
    assert named(piece)["polyphony"] == pytest.approx((1 + 2 + 3 + 4) / 4)

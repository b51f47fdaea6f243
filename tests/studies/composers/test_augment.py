"""Copies of pieces: ours keep ticks and drums and are of training pieces alone; the study's do neither."""

from dataclasses import replace

import numpy as np
import pytest

from cosmic_lib import midi
from cosmic_lib.splits import fold_columns, make_table
from cosmic_lib.studies.composers import augment, cutting
from cosmic_lib.studies.composers.augment import copies, published_copy
from cosmic_lib.studies.composers.diary import DIARY


@pytest.fixture(scope="module")
def view(composers_data):
    """What the experiment is given."""
    return composers_data.view("chunks")


@pytest.fixture(scope="module")
def table(view):
    return make_table(view.items, groupings=("work",), sealed_by="work")


@pytest.fixture(scope="module")
def drummed(tmp_path_factory, write_midi, note):
    """A melody, its lowest and highest note at the ends of the range, and drums; 96 ticks per beat, two tempos."""
    import mido

    tempos = [(0, mido.MetaMessage("set_tempo", tempo=500_000)), (192, mido.MetaMessage("set_tempo", tempo=1_000_000))]
    melody = [one for n, pitch in enumerate((0, 60, 64, 127)) for one in note(96 * n, 96 * n + 90, pitch)]
    drums = [one for n in range(4) for one in note(96 * n, 96 * n + 10, 36 + n, channel=9)]
    path = write_midi(tmp_path_factory.mktemp("drums") / "piece.mid", tempos, melody, drums, ticks_per_beat=96)
    return midi.read(path)


def played(monkeypatch, view, rows, **settings) -> tuple[list, np.ndarray, np.ndarray]:
    """What is made; and each piece that a copy was cut of."""
    seen = []
    cut = cutting.cut
    monkeypatch.setattr(cutting, "cut", lambda piece, how: (seen.append(piece), cut(piece, how))[1])
    array, labels = copies(view, rows, **{"seed": 0, **settings})
    return seen, array, labels


def test_one_copy_is_made_of_each_training_piece_and_of_no_other(view, table, monkeypatch):
    training = (table[fold_columns("honest")[0]] == "train").to_numpy()
    seen, array, labels = played(monkeypatch, view, training)
    names = view.items["piece"][training].drop_duplicates()
    assert len(seen) == len(names)
    originals = [midi.read(view.root / file) for file in sorted(names)]
    for copy, original in zip(seen, originals, strict=True):
        np.testing.assert_array_equal(copy.notes["start_tick"].cumsum()[-1], original.notes["start_tick"].cumsum()[-1])
    own = view.items[training].groupby("piece")["label"].first()
    assert set(np.array(view.classes)[labels]) == set(own)
    assert array.dtype == np.uint8 and array.shape[1:] == view.arrays["chunks"].shape[1:] and len(array) == len(labels)
    assert 0.8 * training.sum() < len(array) <= 1.2 * training.sum()


def test_a_piece_with_a_chunk_elsewhere_is_not_copied(view, table, monkeypatch):
    training = (table[fold_columns("published")[0]] == "train").to_numpy()
    seen, array, _ = played(monkeypatch, view, training)
    whole = view.items.assign(here=training).groupby("piece")["here"].all()
    assert 0 < whole.sum() == len(seen) < view.items["piece"][training].nunique()
    none = np.zeros(len(view.items), dtype=bool)
    none[0] = True  # one chunk of a piece of several
    array, labels = copies(view, none, seed=0)
    assert array.shape == (0, *view.arrays["chunks"].shape[1:]) and array.dtype == np.uint8 and len(labels) == 0


def test_ours_keep_ticks_and_shift_by_no_more_than_they_are_told(view, monkeypatch):
    everything = np.ones(len(view.items), dtype=bool)
    seen, *_ = played(monkeypatch, view, everything, semitones=2, stretch=0.2)
    shifts, factors = [], []
    for name, copy in zip(sorted(view.items["piece"].unique()), seen, strict=True):
        original = midi.read(view.root / name)
        order = [np.argsort(one.notes, order=("start_tick", "pitch", "end_tick")) for one in (original, copy)]
        before, after = original.notes[order[0]], copy.notes[order[1]]
        np.testing.assert_array_equal(before["start_tick"], after["start_tick"])
        np.testing.assert_array_equal(before["end_tick"], after["end_tick"])
        assert copy.ticks_per_beat == original.ticks_per_beat
        shifts.append(int(np.median(after["pitch"] - before["pitch"])))
        factors.append(midi.length(copy) / midi.length(original))
    assert set(shifts) == {-2, -1, 1, 2}
    assert 0.8 <= min(factors) < 0.9 and 1.1 < max(factors) <= 1.2


def test_the_seed_decides(view, table):
    training = (table[fold_columns("honest")[0]] == "train").to_numpy()
    first, again, other = (copies(view, training, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_drums_are_not_shifted(drummed, monkeypatch, view):
    one = replace(view, items=view.items[:1].assign(piece="drummed"), arrays={"chunks": view.arrays["chunks"][:1]})
    monkeypatch.setattr(midi, "read", lambda path: drummed)
    seen, *_ = played(monkeypatch, one, np.array([True]))
    drums = [piece.instruments[n].drums for piece in (drummed, seen[0]) for n in piece.notes["instrument"]]
    pitches = np.concatenate([drummed.notes["pitch"], seen[0].notes["pitch"]])
    before, after = np.split(np.where(drums, pitches, -1), 2)
    np.testing.assert_array_equal(sorted(before), sorted(after))
    assert sorted(pitches[8:][~np.array(drums[8:])]) != sorted(pitches[:8][~np.array(drums[:8])])


def test_the_copy_of_the_study_shifts_drums_and_cuts_pitches_off(drummed):
    copy = published_copy(drummed, 2)
    drums = np.array([one.drums for one in copy.instruments])[copy.notes["instrument"]]
    assert sorted(copy.notes["pitch"][drums]) == [38, 39, 40, 41]
    assert sorted(copy.notes["pitch"][~drums]) == [2, 62, 66, 127]
    assert published_copy(drummed, -2).notes["pitch"].min() == 0


@pytest.mark.parametrize("ticks_per_beat", [96, 480, 960])
def test_the_copy_of_the_study_is_what_a_new_file_with_480_ticks_plays(
    tmp_path, write_midi, note, drummed, ticks_per_beat
):
    piece = drummed if ticks_per_beat == 96 else None
    if piece is None:
        path = write_midi(tmp_path / "piece.mid", note(0, 960, 60), note(960, 1920, 64), ticks_per_beat=ticks_per_beat)
        piece = midi.read(path)
    copy = published_copy(piece, 2)
    midi.write(replace(piece, ticks_per_beat=augment.TICKS), tmp_path / "as_new.mid")
    new = midi.read(tmp_path / "as_new.mid")
    np.testing.assert_allclose(np.sort(copy.notes["start"]), np.sort(new.notes["start"]), atol=1e-4)
    np.testing.assert_allclose(np.sort(copy.notes["end"]), np.sort(new.notes["end"]), atol=1e-4)
    assert midi.length(copy) / midi.length(piece) == pytest.approx(ticks_per_beat / 480, rel=1e-4)
    assert copy.ticks_per_beat == 480
    np.testing.assert_array_equal(piece.notes["start_tick"], copy.notes["start_tick"])


def test_settings_are_those_of_the_diary():
    augmented = DIARY["gap_cnn_augmented"].augment
    assert augmented.make is copies and augmented.settings == {"semitones": 3, "stretch": 0.1}
    assert not augmented.before_split

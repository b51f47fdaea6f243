"""Chunks are slices of a roll, silent ones left out; those of many pieces are kept on disk, whole or not at all."""

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import midi, rolls
from cosmic_lib.studies.composers import cutting
from cosmic_lib.studies.composers.cutting import Cut, cut, cut_all, every_chunk

BEAT = 480
"""Half a second."""
CHUNK = 30 * BEAT
"""15 seconds."""


@pytest.fixture(scope="module")
def piece(tmp_path_factory, write_midi, note):
    """Ten chunks, the last one of 5 seconds; nothing sounds in the fourth and in the seventh."""
    starts = {n: n * CHUNK + 2 * BEAT for n in range(10) if n not in (3, 6)}
    notes = [one for n, start in starts.items() for one in note(start, start + 8 * BEAT, 60 + n, 10 + n)]
    return midi.read(write_midi(tmp_path_factory.mktemp("piece") / "ten.mid", notes))


@pytest.fixture(scope="module")
def pieces(composers_sample):
    """The pieces of one composer."""
    files = sorted((composers_sample / "midiclassics" / "Mozart").rglob("*.mid"))
    return [midi.read(path) for path in files]


def makers(pieces):
    return [functools.partial(lambda one: one, piece) for piece in pieces]


def test_chunks_are_slices_of_the_roll_and_silent_ones_are_left_out(piece):
    roll = rolls.roll(piece)
    chunks, table = cut(piece)
    assert chunks.shape == (8, 128, 150, 1) and chunks.dtype == np.uint8
    assert table["number"].tolist() == [0, 1, 2, 4, 5, 7, 8, 9]
    assert table["padded"].tolist() == [False] * 7 + [True]
    for chunk, number in zip(chunks[:-1], table["number"], strict=False):
        np.testing.assert_array_equal(chunk, roll[:, number * 150 : (number + 1) * 150])
    rest = roll.shape[1] - 9 * 150
    np.testing.assert_array_equal(chunks[-1, :, :rest], roll[:, 9 * 150 :])
    assert rest == 50 and not chunks[-1, :, rest:].any()


@pytest.mark.parametrize("settings", [Cut(), Cut(fps=8, frames=80), Cut(channels=("binary", "velocity"))], ids=str)
def test_nothing_that_sounds_is_lost(pieces, settings):
    for one in pieces[:4]:
        roll = rolls.roll(one, fps=settings.fps, channels=settings.channels)
        chunks, table = cut(one, settings)
        assert chunks.shape[1:] == settings.shape
        joined = np.zeros((128, len(range(0, roll.shape[1], settings.frames)) * settings.frames, roll.shape[2]))
        for chunk, number in zip(chunks, table["number"], strict=True):
            joined[:, number * settings.frames : (number + 1) * settings.frames] = chunk
        np.testing.assert_array_equal(joined[:, : roll.shape[1]], roll)


def test_all_chunks_of_a_piece_have_their_place_silent_ones_too(piece):
    chunks, table = cut(piece)
    everything = every_chunk(piece, Cut(most=2))
    assert len(everything) == 10 and not everything[[3, 6]].any()
    np.testing.assert_array_equal(everything[table["number"]], chunks)


@pytest.mark.parametrize(("most", "numbers"), [(1, [5]), (2, [2, 8]), (4, [1, 4, 7, 9]), (8, None), (20, None)])
def test_the_most_that_are_wanted_are_spread_over_what_sounds(piece, most, numbers):
    chunks, table = cut(piece)
    fewer, chosen = cut(piece, Cut(most=most))
    assert chosen["number"].tolist() == (numbers or table["number"].tolist())
    rows = np.flatnonzero(table["number"].isin(chosen["number"]))
    np.testing.assert_array_equal(fewer, chunks[rows])
    np.testing.assert_array_equal(chosen["padded"], table["padded"].iloc[rows])


def test_shrunken_chunks_keep_the_loudest(piece):
    chunks, _ = cut(piece)
    small, table = cut(piece, Cut(shrink=4))
    assert small.shape[1:] == Cut(shrink=4).shape == (32, 37, 1) and len(table) == len(small)
    assert small[0, 15, 5, 0] == chunks[0, 60:64, 20:24].max() == 10


def test_settings_are_read_from_those_of_the_data():
    kept = {"fps": 8, "frames": 100, "shrink": 2, "most": None, "unknown": 1}
    assert Cut.of(kept) == Cut(fps=8, frames=100, shrink=2)
    assert Cut.of({}) == Cut() == Cut(fps=10, frames=150, shrink=1, most=None, channels=("velocity",))


def test_many_pieces_become_one_array_on_disk(pieces, home):
    settings = Cut(shrink=4, most=3)
    array, table = cut_all(makers(pieces), settings, key="mozart")
    assert isinstance(array, np.memmap) and not array.flags.writeable
    single = [cut(one, settings) for one in pieces]
    np.testing.assert_array_equal(array, np.concatenate([chunks for chunks, _ in single]))
    expected = pd.concat([rows.assign(row=row) for row, (_, rows) in enumerate(single)], ignore_index=True)
    pd.testing.assert_frame_equal(table, expected)
    (folder,) = (home / "cache" / "composers").iterdir()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1.1 * array.nbytes + 10_000


def test_what_was_cut_once_is_used_again(pieces):
    settings = Cut(shrink=8, most=1)
    array, table = cut_all(makers(pieces[:3]), settings, key="three")
    again, same = cut_all([lambda: pytest.fail("cut again")] * 3, settings, key="three")
    np.testing.assert_array_equal(array, again)
    pd.testing.assert_frame_equal(table, same)


@pytest.mark.parametrize("change", [{"fps": 5}, {"frames": 75}, {"shrink": 4}, {"most": 2}, {"channels": ("binary",)}])
def test_other_settings_are_cut_anew(pieces, change):
    settings = Cut(shrink=8, most=1)
    cut_all(makers(pieces[:2]), settings, key="two")
    other = replace(settings, **change)
    array, _ = cut_all(makers(pieces[:2]), other, key="two")
    np.testing.assert_array_equal(array, np.concatenate([cut(one, other)[0] for one in pieces[:2]]))


def test_other_pieces_are_cut_anew(pieces):
    first, _ = cut_all(makers(pieces[:1]), Cut(most=1), key="one")
    other, _ = cut_all(makers(pieces[1:2]), Cut(most=1), key="another")
    assert not np.array_equal(first, other)


def test_interrupted_cutting_leaves_nothing(pieces, home):
    def killed(steps):
        yield from steps[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_all(makers(pieces[:4]), Cut(most=1), key="killed", progress=killed)
    assert list((home / "cache" / "composers").iterdir()) == []

    def damaged():
        raise midi.MidiError("no such piece")

    with pytest.raises(midi.MidiError):
        cut_all([*makers(pieces[:2]), damaged], Cut(most=1), key="damaged")
    assert list((home / "cache" / "composers").iterdir()) == []
    array, _ = cut_all(makers(pieces[:4]), Cut(most=1), key="killed")
    assert len(array) == 4


def test_another_process_may_have_cut_the_same_meanwhile(pieces, monkeypatch):
    expected, _ = cut_all(makers(pieces[:2]), Cut(most=1), key="elsewhere")
    looked = iter([False])  # as if it were not there yet, the first time
    monkeypatch.setattr(cutting.Path, "is_dir", lambda path: next(looked, True))
    array, table = cut_all(makers(pieces[:2]), Cut(most=1), key="elsewhere")
    np.testing.assert_array_equal(array, expected)
    assert len(table) == 2


def test_memory_holds_a_few_pieces_at_a_time(pieces):
    made, used = [], []

    def maker(number):
        made.append(number)
        assert number - len(used) < 20, "read far ahead of what is written"
        return pieces[0]

    def counted(steps):
        for step in steps:
            used.append(step)
            yield step

    cut_all([functools.partial(maker, number) for number in range(40)], Cut(most=1), key="ahead", progress=counted)
    assert len(made) == 40

"""Kinds of input of the same pieces: each says what it should of the piece that it is named after."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import midi, pipeline, splits
from cosmic_lib.studies import Data
from cosmic_lib.studies.composers import augment, cutting, data, features, inputs, sample
from cosmic_lib.studies.composers.cutting import Cut
from cosmic_lib.studies.composers.inputs import COPIES, INPUTS, READ, THRESHOLDS, Maker

from .conftest import SMALL

PIECES = 240


def test_every_input_is_there_under_its_name(composers_data):
    assert set(composers_data.inputs) == set(INPUTS) - {"all_chunks_10"}
    for name in composers_data.inputs:
        view = composers_data.view(name)
        assert len(view.items) == len(view.arrays[name]) == len(view.y) and view.items["item"].is_unique
        assert set(view.items["label"]) == set(view.classes), name


def test_what_is_not_wanted_is_not_made(composers_sample):
    found = data.load("sample", composers_sample.parent, per_composer=2, shrink=8, most=1, **SMALL)
    assert set(found.inputs) == {"chunks", "piece_two", "piece_eight"}


def test_of_two_channels_the_second_is_the_only_one_of_the_study(composers_data):
    velocity, two = composers_data.arrays["chunks"], composers_data.arrays["chunks_two"]
    assert two.shape == (*velocity.shape[:3], 2)
    np.testing.assert_array_equal(two[..., 1:], velocity)
    np.testing.assert_array_equal(two[..., 0], np.where(velocity[..., 0] > 0, 127, 0))


def test_a_piece_has_its_own_features_one_item_each(composers_data):
    two, eight = composers_data.view("piece_two"), composers_data.view("piece_eight")
    assert eight.items["file"].tolist() == composers_data.items["file"].drop_duplicates().tolist()
    assert eight.arrays["piece_eight"].shape == (len(eight.items), 1, 8)
    for row in range(0, len(eight.items), 8):
        found = features.of_piece(midi.read(composers_data.root / eight.items["file"].iloc[row]))
        np.testing.assert_array_equal(eight.arrays["piece_eight"][row, 0], found)
        np.testing.assert_array_equal(two.arrays["piece_two"][row, 0], found[:2])


def test_pieces_are_split_as_their_chunks_are(composers_data):
    table = splits.make_table(composers_data.items, groupings=("work",), sealed_by="work")
    pieces = composers_data.view("piece_eight")
    of_pieces = splits.of_groups(table, pieces.items).set_index("item")
    for column in ("honest", "honest_fold0"):
        parts = dict(zip(composers_data.items["file"], table[column], strict=True))
        assert of_pieces[column].to_dict() == parts


@pytest.fixture
def in_order(monkeypatch, tmp_path):
    """Windows of so many pieces in a row, one of which is damaged; a piece's number is its first feature."""

    def number(path: Path) -> np.ndarray | None:
        return None if path.stem == "040" else np.array([int(path.stem), 1.0])

    monkeypatch.setattr(features, "as_published", number)
    composers = ["Bach"] * 150 + ["Chopin"] * 90
    names = [f"{composer}/{row:03d}.mid" for row, composer in enumerate(composers)]
    files = pd.DataFrame({"file": names, "composer": composers, "group": names, "work": names})
    items = files.rename(columns={"composer": "label"}).assign(item=names, piece=names)
    nothing = pd.DataFrame(columns=["file", "reason"])
    whole = Data("numbered", "sample", items, {"chunks": np.zeros((PIECES, 1))}, ("Bach", "Chopin"), nothing)

    def made(count: int = PIECES) -> Data:
        eight = np.zeros((count, 8))
        maker = Maker(tmp_path, files[:count], eight, ("Bach", "Chopin"), Cut(), lambda steps, title: steps)
        return maker.add(whole, ("windows",)).others["windows"]

    return made


def test_a_window_holds_the_ten_pieces_before_the_one_it_is_labelled_with(in_order):
    found = in_order()
    assert found.arrays["windows"].shape == (PIECES - 1 - 10, 10, 2) and len(found.items) == PIECES - 1 - 10
    numbers = [int(Path(file).stem) for file in found.items["file"]]
    known = [number for number in range(PIECES) if number != 40]
    assert numbers == known[10:]
    for row, place in enumerate(range(10, len(known))):
        assert found.arrays["windows"][row, :, 0].tolist() == known[place - 10 : place]
    assert found.items["label"].tolist() == ["Bach" if number < 150 else "Chopin" for number in numbers]
    assert (found.arrays["windows"][:, :, 1] == 1).all()


def test_blocks_of_pieces_are_groups_and_windows_between_them_have_none(in_order):
    found = in_order()
    rows = np.arange(len(found.items))
    length = inputs.SHORTEST
    inside = rows // length == (rows + 10) // length
    np.testing.assert_array_equal(found.items["group"] != "", inside)
    assert (found.items["group"][inside] == [f"block {row // length}" for row in rows[inside]]).all()
    assert found.apart and found.groupings == () and found.sealed_by == "group"
    table = splits.make_table(found.items, sealed_by=found.sealed_by)
    honest, published = splits.fold_columns("honest"), splits.fold_columns("published")
    for column in ("honest", *honest):
        assert set(table.loc[~inside, column]) == {splits.LEFT_OUT}
        assert (table[inside].groupby("group")[column].nunique() == 1).all()
    assert all((table.loc[~inside, column] == splits.TRAIN).any() for column in published)
    # No piece of a window that is held out is in a window that is trained on.
    for column in honest:
        seen = {
            part: set(found.arrays["windows"][(table[column] == part).to_numpy(), :, 0].ravel().tolist())
            for part in (splits.TRAIN, splits.HELD_OUT)
        }
        assert seen[splits.HELD_OUT] and not seen[splits.TRAIN] & seen[splits.HELD_OUT]


def test_too_few_pieces_for_a_window_are_refused(in_order):
    assert len(in_order(11).items) == 1
    with pytest.raises(ValueError, match="10 pieces; .* need more than 10"):
        in_order(10)


def test_windows_hold_what_the_study_counted(composers_data):
    view = composers_data.view("windows")
    files = composers_data.items["file"].drop_duplicates().tolist()
    assert view.items["file"].tolist() == files[10:]
    expected = np.stack([features.as_published(composers_data.root / file) for file in files[3:13]])
    np.testing.assert_array_equal(view.arrays["windows"][3], expected)


def test_copies_are_one_composer_more_and_in_the_groups_of_their_originals(composers_data):
    everybody, named = composers_data.others["all_chunks"], composers_data.others["named_chunks"]
    assert set(everybody.classes) == {*named.classes, COPIES} and COPIES not in named.classes
    assert everybody.apart and everybody.sealed_by == "work" and everybody.groupings == ("work",)
    copies = everybody.items[everybody.items["label"] == COPIES]
    own = composers_data.items.set_index("file")
    assert set(copies["file"]) == set(own.index), "of the four alone, and of all of their pieces"
    for column in ("group", "work"):
        assert (copies[column] == copies["file"].map(own[column].groupby(level=0).first())).all()
    shifts = Counter(copies.drop_duplicates("piece")["piece"].str.extract(r"_pitch_(-?\d)\.mid$")[0])
    assert set(shifts) == {"2", "-2"}


def test_of_two_copies_of_one_name_the_last_is_left(composers_data):
    """The study wrote them into one folder under the name of the file alone (line 449)."""
    everybody = composers_data.others["all_chunks"].items
    copies = everybody[everybody["label"] == COPIES].drop_duplicates("piece")
    stems = {Path(file).stem for file in composers_data.items["file"]}
    assert set(copies["piece"]) == {f"{COPIES}/{stem}_pitch_{shift}.mid" for stem in stems for shift in augment.SHIFTS}


def test_a_copy_is_cut_of_the_shifted_piece(composers_data, composers_cut):
    everybody = composers_data.others["all_chunks"]
    row = int(np.flatnonzero(everybody.items["label"] == COPIES)[10])
    item = everybody.items.iloc[row]
    shift = int(item["piece"].removesuffix(".mid").rpartition("_")[2])
    copy = augment.published_copy(midi.read(composers_data.root / item["file"]), shift)
    expected = cutting.every_chunk(copy, composers_cut)[item["number"]]
    np.testing.assert_array_equal(everybody.arrays["all_chunks"][row], expected)
    other = augment.published_copy(midi.read(composers_data.root / item["file"]), -shift)
    assert not np.array_equal(cutting.every_chunk(other, composers_cut)[item["number"]], expected)


def test_chunks_of_everybody_without_copies_are_theirs(composers_data):
    """Those of the four are the same as without the others."""
    named = composers_data.others["named_chunks"]
    four = named.items["label"].isin(composers_data.classes).to_numpy()
    assert sorted(named.items["item"][four]) == sorted(composers_data.items["item"])
    order = named.items[four].reset_index().set_index("item").loc[composers_data.items["item"], "index"]
    np.testing.assert_array_equal(named.arrays["named_chunks"][order], composers_data.arrays["chunks"])
    assert {"C.P.E.Bach", "Liszt"} <= set(named.classes)


@pytest.mark.parametrize("limit", [0.001, 0.05, 0.09])
def test_a_threshold_keeps_who_has_a_larger_share_of_all_chunks(composers_sample, monkeypatch, limit):
    monkeypatch.setitem(THRESHOLDS, "all_chunks_1", limit)
    loaded = data.load(
        "sample", composers_sample.parent, inputs=("all_chunks", "all_chunks_1"), shrink=8, most=1, **SMALL
    )
    everybody, kept = loaded.others["all_chunks"].items, loaded.others["all_chunks_1"]
    shares = everybody["label"].value_counts(normalize=True)
    assert set(kept.classes) == set(shares.index[shares > limit])
    pd.testing.assert_frame_equal(kept.items, everybody[everybody["label"].isin(kept.classes)].reset_index(drop=True))


def test_where_a_threshold_leaves_one_class_there_is_nothing_to_tell_apart(composers_data):
    shares = composers_data.others["all_chunks"].items["label"].value_counts(normalize=True)
    assert (shares > THRESHOLDS["all_chunks_10"]).sum() < 2
    with pytest.raises(ValueError, match="no inputs named 'all_chunks_10'; there are: chunks"):
        composers_data.view("all_chunks_10")


@pytest.mark.parametrize("name", READ)
def test_a_file_of_ones_own_is_read_as_the_data_were(composers_data, name):
    view = composers_data.view(name)
    rows = np.flatnonzero(view.items["file"] == f"midiclassics/{sample.file_of('Bach', 1)}")
    path = composers_data.root / view.items["file"].iloc[rows[0]]
    found = READ[name](path, view.arrays[name].shape[1:], view.settings)
    assert found.shape[1:] == view.arrays[name].shape[1:] and found.dtype == view.arrays[name].dtype
    numbers = view.items["number"].iloc[rows] if "number" in view.items else [0]
    np.testing.assert_array_equal(found[list(numbers)], view.arrays[name][rows])


def test_a_file_of_ones_own_is_cut_whole(composers_data):
    settings = {**composers_data.settings, "most": 1}
    path = composers_data.root / f"midiclassics/{sample.file_of('Bach', 1)}"
    found = READ["chunks"](path, (32, 37, 1), settings)
    assert len(found) == -(-int(midi.length(midi.read(path)) * 10) // 150) > 1


def test_outliers_are_cut_off_and_scaled_as_measured_on_some_rows(composers_data):
    """What `Inputs.clip` does to the features of pieces, lines 658 and 845."""
    rows = composers_data.others["piece_two"].arrays["piece_two"]
    low, high = pipeline.outlier_bounds(rows[:20])
    first, third = np.quantile(rows[:20, 0], [0.25, 0.75], axis=0)
    np.testing.assert_allclose(high, third + 1.5 * (third - first))
    spoilt = np.concatenate([rows, [[[1e9, 1e9]]]])
    scaled = pipeline.scale(spoilt, 0.0, 1.0, low, high)
    np.testing.assert_allclose(scaled[-1, 0], high, rtol=1e-6)


def test_a_silent_piece_has_no_chunk_and_is_asked_for_none(tmp_path, write_midi, note):
    for composer in ("Bach", "Mozart"):
        for number in range(3):
            write_midi(tmp_path / composer / f"{number}.mid", note(0, 4800, 60 + number))
    write_midi(tmp_path / "Bach" / "drums.mid", note(0, 4800, 40, channel=9))
    found = data.load("folder", tmp_path)
    assert len(found.items) == 6 and "Bach/drums.mid" not in set(found.others["piece_eight"].items["file"])
    assert replace(found, others={}).groups == found.others["piece_eight"].groups

"""Pieces as they are found on disk: every layout, every file that is planted, and which of them belong together."""

import re
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import leakage, midi, splits
from cosmic_lib.studies.composers import cutting, data, inputs, sample, scores
from cosmic_lib.studies.composers.cutting import Cut

from .conftest import CUT, SMALL

SMALLEST = {"shrink": 8, "most": 1}
EIGHT = ("Bach", "Beethoven", "Chopin", "Haydn", "Mozart", "Schubert", "Schumann", "Vivaldi")
PLANTED = {
    sample.ARCHIVE: "an archive",
    "meditation.mid": "no composer known by this name",
    sample.SILENT: "no notes",
    sample.NO_MIDI: "not MIDI",
    sample.ENDLESS: "hours|ticks?",
}
"""Files that cannot be used, and the reason."""


def excluded(found) -> dict[str, str]:
    return {file.removeprefix("midiclassics/"): reason for file, reason in found.excluded.itertuples(index=False)}


def pieces(found) -> set[str]:
    """Files that chunks were cut of."""
    return {file.removeprefix("midiclassics/") for file in found.items["file"]}


def labels(found) -> pd.Series:
    return found.items.drop_duplicates("file").set_index("file")["label"]


def by_file(found) -> dict[str, pd.Series]:
    return {row["file"].removeprefix("midiclassics/"): row for _, row in found.items.drop_duplicates("file").iterrows()}


@pytest.fixture(scope="module")
def tree(composers_sample, tmp_path_factory):
    """A folder per composer, two of them, with three pieces each; do not write to it."""
    folder = tmp_path_factory.mktemp("own")
    for composer in ("Bach", "Mozart"):
        names = [sample.file_of(composer, number) for number in range(3)]
        for number, name in enumerate(names):
            (folder / composer).mkdir(exist_ok=True)
            shutil.copyfile(composers_sample / "midiclassics" / name, folder / composer / f"{number}.mid")
    return folder


@pytest.fixture
def own_tree(tree, tmp_path):
    return Path(shutil.copytree(tree, tmp_path / "tree"))


def test_items_arrays_and_classes(composers_data):
    items, array = composers_data.items, composers_data.arrays["chunks"]
    assert items["item"].is_unique and (items["item"] == items["piece"] + "/" + items["number"].astype(str)).all()
    assert array.shape == (len(items), 32, 37, 1) and array.dtype == np.uint8 and isinstance(array, np.memmap)
    assert composers_data.classes == data.FOUR and set(items["label"]) == set(data.FOUR)
    assert items.groupby("piece").size().max() == CUT["most"]
    np.testing.assert_array_equal(np.array(composers_data.classes)[composers_data.y], items["label"])
    assert composers_data.origin == "sample" and composers_data.settings == {"fps": 10, "frames": 150, **CUT}
    assert array.any(axis=(1, 2, 3)).all()


def test_rows_of_the_array_are_the_chunks_of_their_items(composers_data, composers_cut):
    for row in range(0, len(composers_data.items), 20):
        item = composers_data.items.iloc[row]
        piece = midi.read(composers_data.root / item["file"])
        expected = cutting.every_chunk(piece, composers_cut)[item["number"]]
        np.testing.assert_array_equal(composers_data.arrays["chunks"][row], expected)
        assert item["padded"] == (item["number"] == int(midi.length(piece) // 15))


def test_planted_files_are_listed_with_their_reason_and_nothing_else_is_lost(composers_sample, composers_data):
    reasons = excluded(composers_data)
    assert reasons.keys() == PLANTED.keys()
    for file, reason in PLANTED.items():
        assert re.search(reason, reasons[file]), file
    tree = composers_sample / "midiclassics"
    there = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    everybody = pieces(composers_data.others["named_chunks"])
    assert everybody | reasons.keys() == there and not everybody & reasons.keys()
    named = composers_data.others["named_chunks"].items
    assert pieces(composers_data) == {
        file.removeprefix("midiclassics/") for file in named.loc[named["label"].isin(data.FOUR), "file"]
    }
    assert not any(str(composers_sample) in reason for reason in reasons.values())


def test_only_the_composers_that_are_told_apart_are_read(composers_sample):
    found = data.load("sample", composers_sample.parent, composers=("Liszt", "Albeniz"), **SMALLEST, **SMALL)
    assert found.classes == ("Albeniz", "Liszt") and set(found.items["label"]) == {"Albeniz", "Liszt"}
    unread = {sample.SILENT, sample.NO_MIDI, sample.ENDLESS}
    assert excluded(found).keys() == PLANTED.keys() - unread, "those of the others are not looked into"


def test_labels_come_from_folders_and_names_and_from_no_other_part_of_a_path(composers_data):
    everybody = {
        file.removeprefix("midiclassics/"): label
        for file, label in labels(composers_data.others["named_chunks"]).items()
    }
    assert [everybody[file] for file in sample.NAMESAKES] == ["C.P.E.Bach"] * 2
    assert everybody[sample.CAPITALS] == everybody[sample.KEY_OUT_OF_RANGE] == "Beethoven"
    assert everybody["Chopin Berceuse op57.mid"] == "Chopin" and everybody["Lizt Liebestraum n3.mid"] == "Liszt"
    assert {everybody[file] for file in everybody if file.startswith("Albe'niz/")} == {"Albeniz"}
    assert not set(sample.NAMESAKES) & pieces(composers_data)


def test_a_copy_is_in_the_group_of_its_original_and_all_else_is_a_group_of_its_own(composers_data):
    rows = by_file(composers_data)
    assert rows[sample.COPY]["group"] == rows[sample.COPIED]["group"]
    assert composers_data.groups == len(rows) - 1
    assert any(re.search("pieces of .* works; 1 repeat another and share", note) for note in composers_data.notes)


def test_movements_are_of_one_work(composers_data):
    rows = by_file(composers_data)
    for composer in data.FOUR:
        three = {rows[sample.file_of(composer, number)]["work"] for number in range(3)}
        two = {rows[sample.file_of(composer, number)]["work"] for number in (3, 4)}
        assert len(three) == len(two) == 1 and three != two
    assert (composers_data.items.groupby("group")["work"].nunique() == 1).all()


def test_splits_keep_groups_and_works_whole(composers_data):
    assert composers_data.groupings == ("work",) and composers_data.sealed_by == "work"
    table = splits.make_table(composers_data.items, groupings=("work",), sealed_by="work")
    work = composers_data.items["work"]
    for column in ("honest", *splits.fold_columns("work")):
        assert (table[column].groupby(work).nunique() == 1).all(), column
    for column in splits.fold_columns("honest"):
        leakage.check(table, split=column, group="group", features=composers_data.arrays["chunks"])
    published = table[splits.fold_columns("published")[0]]
    assert (published.groupby(table["group"]).nunique() > 1).mean() > 0.3


def test_notes_tell_what_a_reader_should_know(composers_data):
    padded = composers_data.items["padded"].mean()
    assert f"{len(composers_data.items)} chunks of 15 s (32 x 37), {padded:.1%} of them padded" in "\n".join(
        composers_data.notes
    )
    assert f"excluded files: {len(PLANTED)}" in composers_data.notes


def test_a_few_pieces_of_each_are_drawn_the_same_way_each_time(composers_sample):
    def drawn(number):
        found = data.load("sample", composers_sample.parent, per_composer=number, **SMALLEST, **SMALL)
        return found.items

    few = drawn(4)
    assert few.groupby("label")["file"].nunique().max() == 4
    pd.testing.assert_frame_equal(few, drawn(4))
    assert set(few["file"]) <= set(drawn(6)["file"])
    firsts = {f"midiclassics/{sample.file_of('Mozart', number)}" for number in range(4)}
    assert set(few.loc[few["label"] == "Mozart", "file"]) != firsts, "not the first in the order of their names"


def pack(folder: Path, path: Path) -> Path:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as opened:
            for file in files:
                opened.write(file, file.relative_to(folder))
    else:
        with tarfile.open(path, "w:gz") as opened:
            for file in files:
                opened.add(file, file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("name", ["set.zip", "set.tar.gz"])
def test_an_archive_is_unpacked_once_and_read_as_the_folder_in_it(composers_sample, tmp_path, home, name):
    path = pack(composers_sample, tmp_path / name)
    found = data.load("real", path, per_composer=2, **SMALLEST)
    folder = data.load("real", composers_sample, per_composer=2, **SMALLEST)
    pd.testing.assert_frame_equal(found.items, folder.items)
    np.testing.assert_array_equal(found.arrays["chunks"], folder.arrays["chunks"])
    assert found.fingerprint == folder.fingerprint
    (unpacked,) = (home / "cache" / "unpacked").iterdir()
    before = unpacked.stat().st_mtime_ns
    assert data.load("real", path, per_composer=2, **SMALLEST).root == unpacked == found.root
    assert unpacked.stat().st_mtime_ns == before


def test_part_of_the_set_gives_no_verdict(composers_sample, monkeypatch):
    few = data.load("real", composers_sample, per_composer=2, **SMALLEST)
    assert few.origin == "real" and "pieces of Bach, Beethoven, Chopin, Mozart, so no verdict" in few.name
    monkeypatch.setattr(data, "WHOLE", few.items["file"].nunique())
    assert data.load("real", composers_sample, per_composer=2, **SMALLEST).name == "midi_classic_music"


def test_a_folder_of_ones_own(own_tree):
    found = data.load("folder", own_tree, **SMALLEST)
    assert found.origin == "folder" and found.classes == ("Bach", "Mozart") and len(found.items) == 6
    assert found.items["work"].nunique() == found.groups == 6
    assert any("each file is a group of its own" in note for note in found.notes)


def test_works_of_ones_own_are_listed_or_lie_in_one_folder(own_tree):
    (own_tree / "groups.csv").write_text("file,group\nBach/0.mid,Suite\nBach/1.mid,Suite\n")
    (own_tree / "Mozart" / "K1").mkdir()
    for number in (0, 1):
        (own_tree / "Mozart" / f"{number}.mid").rename(own_tree / "Mozart" / "K1" / f"{number}.mid")
    shutil.copyfile(own_tree / "Mozart" / "2.mid", own_tree / "Mozart" / "again.mid")
    (own_tree / "Mozart" / "notes.txt").write_text("mine")
    (own_tree / "Mozart" / "damaged.mid").write_bytes(b"MThd")
    found = data.load("folder", own_tree, **SMALLEST)
    rows = by_file(found)
    assert [rows[file]["work"] for file in ("Bach/0.mid", "Bach/1.mid", "Bach/2.mid")] == ["Suite"] * 2 + ["Bach/2.mid"]
    assert rows["Mozart/K1/0.mid"]["work"] == rows["Mozart/K1/1.mid"]["work"] != rows["Mozart/2.mid"]["work"]
    assert rows["Mozart/again.mid"]["group"] == rows["Mozart/2.mid"]["group"] == "Mozart/2.mid"
    assert rows["Mozart/again.mid"]["work"] == rows["Mozart/2.mid"]["work"], "a group lies in one work"
    assert excluded(found).keys() == {"Mozart/notes.txt", "Mozart/damaged.mid"}


def test_some_composers_of_a_folder(own_tree):
    (own_tree / "Nobody").mkdir()
    shutil.copyfile(own_tree / "Bach" / "0.mid", own_tree / "Nobody" / "0.mid")
    assert data.load("folder", own_tree, composers=("Mozart", "Bach"), **SMALLEST).classes == ("Bach", "Mozart")


def test_scores_are_real_music_by_others(tree, monkeypatch):
    asked = {}

    def write_scores(root, *, pieces, progress):
        asked.update(root=root, pieces=pieces)
        return tree

    monkeypatch.setattr(scores, "write_scores", write_scores)
    found = data.load("scores", "kept here", per_composer=2, **SMALLEST)
    assert asked == {"root": Path("kept here"), "pieces": 2}
    assert found.origin == "real" and "not by those of the study" in found.name
    assert len(found.items) == 4
    data.load("scores", "kept here", **SMALLEST)
    assert asked["pieces"] == scores.PIECES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": "vinyl"}, "no data named 'vinyl'; choose sample, scores, real or folder"),
        ({"inputs": ("chunks", "waves")}, "no inputs named waves; there are: chunks, chunks_two, piece_two"),
        ({"composers": ("Bach", "Salieri")}, "no pieces by Salieri; there are some by .*Bach, Beethoven.*Mozart"),
        ({"shrink": 0}, "factor is 0"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(composers_sample, arguments, message):
    arguments = {"data": "sample", "per_composer": 2, "most": 1, **arguments}
    with pytest.raises(ValueError, match=message):
        data.load(root=composers_sample.parent, **SMALL, **arguments)


def test_places_that_are_not_there_are_named(tmp_path):
    with pytest.raises(ValueError, match="--root FOLDER"):
        data.load("folder")
    with pytest.raises(FileNotFoundError, match=r"nowhere: no such folder or archive; .*cosmic data list"):
        data.load("real", tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"midi_classic_music: no such folder or archive"):
        data.load("real")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        data.load("folder", tmp_path / "nowhere")


def test_a_tree_without_a_file_that_can_be_used_is_refused_with_an_example(tmp_path):
    for composer in ("Bach", "Mozart"):
        (tmp_path / composer).mkdir()
        (tmp_path / composer / "1.mid").write_bytes(b"MThd")
    with pytest.raises(ValueError, match=r"none of 2 files could be used; the first: Bach/1.mid: "):
        data.load("folder", tmp_path)


def test_a_tree_in_which_nothing_sounds_is_refused(tmp_path, write_midi, note):
    for composer in ("Bach", "Mozart"):
        write_midi(tmp_path / composer / "drums.mid", note(0, 4800, 40, channel=9))
    with pytest.raises(ValueError, match="nothing sounds"):
        data.load("folder", tmp_path)


def test_the_real_files(real_data):
    path = real_data / "midi-composers.tar"
    if not path.is_file():
        pytest.skip("no midi-composers.tar in the folder of real data")
    found = data.load("real", path, composers=EIGHT, inputs=("piece_two",), **SMALLEST)
    counts = labels(found).value_counts()
    assert counts.sum() == 519 and tuple(sorted(counts.index)) == EIGHT == found.classes
    assert len(found.excluded) == 1 and "Bwv0565 Toccata and Fugue" in found.excluded["file"].iloc[0]
    assert found.items["work"].nunique() < found.groups < 519
    assert found.others["piece_two"].items["file"].nunique() == 519
    table = splits.make_table(found.items, groupings=("work",), sealed_by="work")
    assert (table["honest"].groupby(found.items["work"]).nunique() == 1).all()
    assert set(inputs.CHANNELS) > set(found.arrays) and Cut.of(found.settings).shape == found.arrays["chunks"].shape[1:]

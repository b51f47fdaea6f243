"""The scores of music21 as MIDI files: real notes, each written once, whole or not at all."""

import importlib.util
import shutil
from collections import Counter
from pathlib import Path

import mido
import numpy as np
import pandas as pd
import pytest

from cosmic_lib import folders, midi
from cosmic_lib.studies.composers import editions, scores
from cosmic_lib.studies.composers.music import encode

FEW = (
    "palestrina/Credo_67_c.krn",
    "palestrina/Credo_67_e.krn",
    "palestrina/Gloria_70_c.krn",
    "bach/bwv64.2.mxl",
    "bach/bwv64.4.mxl",
    "bach/bwv277.mxl",
    "bach/bwv277.krn",
    "bach/choraleAnalyses/riemenschneider001.rntxt",
    "monteverdi/madrigal.3.13.mxl",
    "monteverdi/madrigal.3.13.rntxt",
    "monteverdi/madrigal.3.15.mxl",
    "monteverdi/madrigal.3.1_old.mxl",
    "beethoven/opus18no1/movement3.mxl",
    "beethoven/opus18no1/movement3.krn",
)
DAMAGED = "opus18no2"


@pytest.fixture(scope="module")
def music21():
    return pytest.importorskip("music21")


@pytest.fixture(scope="module")
def corpus(music21, tmp_path_factory):
    """Some quick scores out of music21's, a few that are not to be taken, and one that is damaged."""
    folder = tmp_path_factory.mktemp("corpus")
    for file in FEW:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(music21.__file__).parent / "corpus" / file, folder / file)
    (folder / "beethoven" / f"{DAMAGED}.mxl").write_bytes(b"no score")
    return folder


@pytest.fixture(autouse=True)
def here(request, monkeypatch):
    """One process, and the few scores where a test asks for them."""
    monkeypatch.setenv("COSMIC_THREADS", "1")
    if "corpus" in request.fixturenames:
        monkeypatch.setattr(scores, "_corpus", lambda: request.getfixturevalue("corpus"))


@pytest.fixture(scope="module")
def written(corpus, tmp_path_factory):
    """Two pieces per composer; do not write to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSMIC_THREADS", "1")
        patch.setattr(scores, "_corpus", lambda: corpus)
        return scores.write_scores(tmp_path_factory.mktemp("scores"), pieces=2)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def asked(steps: list) -> list:
    """Stands for a progress bar, and notes what is to be written."""
    asked.found = [step.path for step in steps]
    return steps


def test_two_pieces_per_composer_in_the_layout_of_a_tree(written):
    files = {file for file in names(written) if file.endswith(".mid")}
    assert Counter(file.split("/")[0] for file in files) == {
        "Palestrina": 2,
        "Bach": 2,
        "Monteverdi": 2,
        "Beethoven": 1,
    }
    assert names(written) - files == {folders.GROUPS, scores.EXCLUDED}
    tree = folders.find(written, midi.FILES)
    assert set(tree.files["file"]) == files
    groups = tree.files.set_index("file")["group"]
    assert groups.str.startswith(tuple(scores.COMPOSERS)).all()
    assert groups["Beethoven/opus18no1 movement3.mid"] == "Beethoven opus18no1"
    assert groups["Monteverdi/madrigal.3.13.mid"] == "Monteverdi madrigal 3.13"
    assert groups["Monteverdi/madrigal.3.15.mid"] == "Monteverdi madrigals 3.15-17"
    assert groups[groups.index.str.startswith("Palestrina")].str.contains("Palestrina Missa ").all()


def test_files_hold_notes_and_every_library_reads_them(written):
    for path in written.rglob("*.mid"):
        pieces = [midi.read(path, readers=(name,)) for name in ("symusic", "mido", "pretty_midi")]
        for piece in pieces:
            assert piece.tracks >= 4 and len(piece.notes) > 20, path
            np.testing.assert_array_equal(piece.notes["pitch"], pieces[0].notes["pitch"])
            np.testing.assert_allclose(piece.notes["end"], pieces[0].notes["end"])
        assert 5 < midi.length(pieces[0]) < 600
        assert mido.MidiFile(path).type == 1


def test_a_score_that_cannot_be_read_is_listed(written, tmp_path):
    listed = scores.excluded(written)
    assert listed["file"].tolist() == [f"Beethoven/{DAMAGED}.mid"]
    assert listed["reason"].str.startswith("music21 cannot read it (").all()
    assert scores.excluded(tmp_path).empty and list(scores.excluded(tmp_path)) == ["file", "reason"]


def test_a_second_call_writes_nothing(written, monkeypatch):
    monkeypatch.setattr(editions, "read", lambda source: pytest.fail("read again"))
    before = {path: path.stat().st_mtime_ns for path in written.rglob("*")}
    assert scores.write_scores(written.parent, pieces=2) == written
    shutil.rmtree(written)
    assert scores.write_scores(written.parent, pieces=2, progress=lambda steps: pytest.fail("not kept")) == written
    assert {path for path in written.rglob("*")} == before.keys()


def test_asking_for_more_writes_only_what_is_missing(corpus, tmp_path):
    one = scores.write_scores(tmp_path, pieces=1, composers=("Palestrina", "Bach"), progress=asked)
    first = set(asked.found)
    assert len(first) == 2
    two = scores.write_scores(tmp_path, pieces=2, composers=("Palestrina", "Bach"), progress=asked)
    assert len(asked.found) == 2 and not first & set(asked.found)
    files = [{file for file in names(folder) if file.endswith(".mid")} for folder in (one, two)]
    assert files[0] < files[1] and len(files[1]) == 4
    groups = [pd.read_csv(folder / folders.GROUPS)["file"] for folder in (one, two)]
    assert [set(found) for found in groups] == files


@pytest.mark.slow  # each process takes seconds to start
def test_several_processes_write_the_same(written, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("COSMIC_THREADS", "2")
    monkeypatch.setattr(scores, "PER_PROCESS", 4)
    monkeypatch.setattr(editions, "read", lambda source: pytest.fail("read in this process"))
    folder = scores.write_scores(tmp_path, pieces=2, progress=asked)
    assert len(asked.found) == 8
    assert names(folder) == names(written)
    for file in names(folder):
        assert (folder / file).read_bytes() == (written / file).read_bytes(), file


def test_an_interrupted_call_leaves_whole_files_only(corpus, tmp_path):
    def killed(steps):
        asked(steps)
        yield from steps[:2]
        raise KeyboardInterrupt

    composers = ("Palestrina", "Bach")
    with pytest.raises(KeyboardInterrupt):
        scores.write_scores(tmp_path, pieces=2, composers=composers, progress=killed)
    assert [folder.name.startswith("scores-written-") for folder in tmp_path.iterdir()] == [True]
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept and all(path.suffix == ".mid" and len(midi.read(path).notes) for path in kept)
    wanted = set(asked.found)
    folder = scores.write_scores(tmp_path, pieces=2, composers=composers, progress=asked)
    assert len(asked.found) == len(wanted) - len(kept)
    assert {f"{path}.mid" for path in wanted} == names(folder) - {folders.GROUPS}


def test_what_is_no_fault_of_a_score_is_not_held_against_it(corpus, tmp_path, monkeypatch):
    def full(source):
        raise MemoryError

    monkeypatch.setattr(editions, "read", full)
    with pytest.raises(MemoryError):
        scores.write_scores(tmp_path, pieces=1, composers=("Bach",))
    assert names(tmp_path) == set()


def test_it_is_quiet_and_leaves_no_settings(corpus, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    scores.write_scores(tmp_path, pieces=1, composers=("Beethoven", "Bach"))
    assert capfd.readouterr() == ("", "")
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("file", ["bach/bwv64.2.mxl", "palestrina/Gloria_70_c.krn", "monteverdi/madrigal.3.15.mxl"])
def test_notes_are_those_that_music21_writes(music21, corpus, tmp_path, file):
    """In scores without repeats, which it plays."""
    from music21 import converter

    converter.parse(corpus / file, forceSource=True).write("midi", fp=tmp_path / "theirs.mid")
    theirs, ours = midi.read(tmp_path / "theirs.mid"), midi.read(encode(editions.read(corpus / file)))

    def sounding(piece) -> set[tuple]:
        columns = (piece.notes["start_tick"], piece.notes["end_tick"])
        beats = (np.round(column / piece.ticks_per_beat, 2).tolist() for column in columns)
        return set(zip(*beats, piece.notes["pitch"].tolist(), piece.notes["velocity"].tolist(), strict=True))

    assert sounding(ours) == sounding(theirs)
    assert ours.tempos[0, 1] == pytest.approx(theirs.tempos[0, 1], abs=0.01)
    np.testing.assert_array_equal(ours.time_signatures[:, 1:], theirs.time_signatures[:, 1:])
    assert {one.program for one in ours.instruments} == {one.program for one in theirs.instruments}


def test_all_scores_are_found_once_and_analyses_are_none(music21):
    works = {}
    for composer in scores.COMPOSERS:
        found = scores.find(composer)
        assert len({score.path for score in found}) == len(found)
        assert {score.source.suffix for score in found} <= set(scores.SUFFIXES)
        assert not any("old" in score.name or "rntxt" in score.name for score in found)
        works[composer] = {score.work for score in found}
        assert 5 <= len(works[composer]) <= len(found)
        assert composer == "Beethoven" or len(found) > scores.PIECES
    assert all(work.startswith("Missa") for work in works["Palestrina"])
    assert {"madrigal 3.1", "madrigals 5.4-8"} < works["Monteverdi"]
    assert {"opus18no1", "opus133"} < works["Beethoven"]


def test_more_pieces_begin_with_the_same_and_are_spread_over_works(music21):
    found = scores.find("Palestrina")
    order = scores.choose(found)
    assert sorted(order, key=lambda score: score.name) == found
    counts = Counter(score.work for score in order[: scores.PIECES])
    assert len(counts) > 10 and max(counts.values()) == scores.PER_WORK
    assert scores.choose(found[::-1], seed=1) != order


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"pieces": 0}, "pieces is 0"), ({"composers": ("Bach", "Haydn")}, "Haydn; choose"), ({"composers": ()}, "none")],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        scores.write_scores(tmp_path, **settings)


def test_without_music21_the_remedy_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not scores.available()
    with pytest.raises(ValueError, match=r'pip install "cosmic_lib\[music\]"'):
        scores.write_scores(tmp_path)


def test_without_its_corpus_the_remedy_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(scores, "_corpus", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match="holds no scores"):
        scores.write_scores(tmp_path)

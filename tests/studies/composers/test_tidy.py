"""Tidying the Kaggle set: everything is found, nothing is lost, and only what is asked for is moved."""

import os
import tempfile
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic_lib import archive
from cosmic_lib.studies.composers import tidy

SHIPPED = (
    "midiclassics/Bach/Bwv0846 Prelude.mid",
    "midiclassics/Bach/Chorales/015301b_.mid",
    "midiclassics/Beethoven/122.MID",
    "midiclassics/Busoni/Fantasia Nach J. S. Bach.mid",
    "midiclassics/C.P.E.Bach/Solfeggietto.Mid",
    "midiclassics/Tchakoff/Cossack dance.mid",
    "midiclassics/Tchaikovsky/Sugar plum.midi",
    "midiclassics/Mozart/sonatas.zip",
    "midiclassics/Mozart/K545.mid",
    "midiclassics/Lizt Liebestraum.mid",
    "midiclassics/meditation.mid",
    "Ambroise Thomas Mignon.mid",
    "Mozart_Andante_K616.mid",
    "Handel/Air.mid",
    "read me.txt",
    "augmented_pitch/Bwv0846 Prelude_2.mid",
)


@pytest.fixture
def make(tmp_path):
    """`make(*files)` writes files whose content is their own name, and gives their folder."""

    def _make(*files):
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(file, encoding="utf-8")
        return tmp_path

    return _make


def content(root) -> dict[str, str]:
    """What each file holds, by its path."""
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*") if path.is_file()}


def placed(root, **settings) -> dict[str, str]:
    files = tidy.plan(root, **settings).files
    return dict(zip(files["file"], files["moves_to"], strict=True))


def labels(root, **settings) -> dict[str, str]:
    files = tidy.plan(root, **settings).files
    return dict(zip(files["file"], files["composer"], strict=True))


def strangers(root) -> dict[str, str]:
    return dict(tidy.plan(root).strangers.itertuples(index=False))


def test_a_plan_moves_nothing_and_says_where_everything_belongs(make):
    root = make(*SHIPPED)
    before = content(root)
    places = placed(root)
    assert content(root) == before
    assert places["midiclassics/Bach/Bwv0846 Prelude.mid"] == "Bach/Bwv0846 Prelude.mid"
    assert places["midiclassics/Bach/Chorales/015301b_.mid"] == "Bach/Chorales/015301b_.mid"
    assert places["midiclassics/Beethoven/122.MID"] == "Beethoven/122.mid"
    assert places["midiclassics/C.P.E.Bach/Solfeggietto.Mid"] == "C.P.E.Bach/Solfeggietto.mid"
    assert places["midiclassics/Tchakoff/Cossack dance.mid"] == "Tchaikovsky/Cossack dance.mid"
    assert places["midiclassics/Tchaikovsky/Sugar plum.midi"] == "Tchaikovsky/Sugar plum.mid"
    assert places["midiclassics/Lizt Liebestraum.mid"] == "Liszt/Lizt Liebestraum.mid"
    assert places["Mozart_Andante_K616.mid"] == "Mozart/Mozart_Andante_K616.mid"
    assert places["Handel/Air.mid"] == "Handel/Air.mid"
    assert set(places) | set(strangers(root)) == set(before), "a file is neither placed nor listed"


def test_labels_are_those_of_folders_whatever_other_names_are_in_a_path(make):
    composers = labels(make(*SHIPPED, "midiclassics/Bach/Beethoven and Chopin.mid"))
    assert composers["midiclassics/Busoni/Fantasia Nach J. S. Bach.mid"] == "Busoni"
    assert composers["midiclassics/C.P.E.Bach/Solfeggietto.Mid"] == "C.P.E.Bach"
    assert composers["midiclassics/Bach/Beethoven and Chopin.mid"] == "Bach"
    assert composers["Ambroise Thomas Mignon.mid"] == "Thomas"
    assert not {"Ambroise", "meditation", "augmented_pitch"} & set(composers.values())


def test_what_is_left_alone_has_a_reason(make):
    left = strangers(make(*SHIPPED, ".trash/Bach/old.mid", ".manifest.json", "Unknown Artist/P-Z/waltz.mid"))
    assert left.pop("midiclassics/meditation.mid") == "no composer known by this name"
    assert "unpack it by hand" in left.pop("midiclassics/Mozart/sonatas.zip")
    assert left.pop("read me.txt") == "not a MIDI file"
    assert "no composer" in left.pop("augmented_pitch/Bwv0846 Prelude_2.mid")
    assert left.pop("Unknown Artist/P-Z/waltz.mid") == "nobody knows whose pieces these are"
    assert left == {".trash/Bach/old.mid": "hidden"}


@pytest.mark.parametrize(
    ("folder", "composer"),
    [
        ("Albe'niz", "Albeniz"),
        ("Albéniz", "Albeniz"),
        (unicodedata.normalize("NFD", "Albéniz"), "Albeniz"),
        ("Albe╠üniz", "Albeniz"),
        ("Albeüniz", "Albeniz"),
        ("Mendelsonn", "Mendelssohn"),
        ("Tchakoff", "Tchaikovsky"),
        ("Straus", "Strauss"),
        ("Strauss, J", "Strauss"),
        ("Haendel", "Handel"),
        ("Buxehude", "Buxtehude"),
        (unicodedata.normalize("NFD", "Dvořák"), "Dvořák"),
        ("Bach, J.C.", "Bach, J.C."),
    ],
)
def test_misspelt_folders(make, folder, composer):
    root = make(f"{folder}/one.mid", "Bach/two.mid")
    assert labels(root)[f"{folder}/one.mid"] == composer
    assert placed(root)[f"{folder}/one.mid"] == f"{composer}/one.mid"


def test_two_spellings_of_one_folder_are_one_composer(make):
    root = make("Dvorak/one.mid", "Dvořák/two.mid", "Bach/three.mid")
    assert set(labels(root).values()) == {"Bach", "Dvorak"}


@pytest.mark.parametrize(
    ("name", "composer"),
    [
        ("Pachebel Toccata n1", "Pachelbel"),
        ("C.P.E.Bach Solfeggietto", "C.P.E.Bach"),
        ("C. P. E. Bach Solfeggietto", "C.P.E.Bach"),
        ("Rimsky Korsakov Flight of the Bumblebee", "Rimsky-Korsakov"),
        ("Diabelli Sonatina op151", "Diabelli"),
        ("Grieg_Piano_Concerto", "Grieg"),
        ("Bachianas Brasileiras", None),
        ("Bach-Busoni Chaconne", None),
        ("Ambroise", None),
        ("- -", None),
    ],
)
def test_loose_files(make, name, composer):
    assert labels(make(f"{name}.mid", "Grieg/one.mid")).get(f"{name}.mid") == composer


@pytest.mark.parametrize("around", ["midi", "Data/midiclassics"])
def test_what_stays_behind_in_a_folder_around_the_composers_gets_no_label(make, around):
    left = [f"{around}/augmented_pitch/one_2.mid", f"{around}/Unknown/two.mid", "midiclassics/meditation.mid"]
    root = make(f"{around}/Bach/one.mid", f"{around}/Grieg/Various/two.mid", f"{around}/Grieg/three.mid", *left)
    if around == "midi":
        (root / left.pop()).unlink()
    assert set(placed(root).values()) == {"Bach/one.mid", "Grieg/Various/two.mid", "Grieg/three.mid"}
    tidy.carry_out(tidy.plan(root))
    assert set(labels(root).values()) == {"Bach", "Grieg"} and set(strangers(root)) == set(left)


@pytest.mark.parametrize("around", ["", "midi/", "Data/midi/", "midiclassics/", "Data/midiclassics/"])
def test_folders_around_the_composers(make, around):
    root = make(f"{around}Bach/one.mid", f"{around}Chopin/Etudes/two.mid", f"{around}Grieg/Suites/three.mid", "LICENSE")
    assert set(placed(root).values()) == {"Bach/one.mid", "Chopin/Etudes/two.mid", "Grieg/Suites/three.mid"}


def test_the_folder_of_the_only_composer_is_not_taken_for_one_around_composers(make):
    root = make("midi/Mozart/Sonatas/one.mid", "midi/Mozart/Concertos/two.mid")
    assert set(labels(root).values()) == {"Mozart"}


def test_two_files_for_one_place_are_both_kept(make):
    root = make(
        *("Strauss/waltz.mid", "Straus/waltz.mid", "Strauss, J/waltz.MID", "Strauss, J/waltz.midi"),
        *("Bach/one.MID", "Bach/one.mid", "Bach/ONE.mid", "Bach/two.MID"),
    )
    before = content(root)
    plan = tidy.plan(root)
    assert plan.files["moves_to"].is_unique
    assert placed(root)["Strauss/waltz.mid"] == "Strauss/waltz.mid"
    assert placed(root)["Bach/two.MID"] == "Bach/two.mid"
    tidy.carry_out(plan)
    after = content(root)
    assert sorted(after.values()) == sorted(before.values())
    assert {file for file in after if file.startswith("Strauss/")} == {
        *("Strauss/waltz.mid", "Strauss/waltz (2).mid", "Strauss/waltz (3).mid", "Strauss/waltz (4).mid"),
    }
    assert after["Bach/one.mid"] == "Bach/one.mid"


def test_carrying_out_loses_nothing_and_leaves_nothing_to_do(make):
    root = make(*SHIPPED)
    before = content(root)
    plan = tidy.plan(root)
    assert tidy.carry_out(plan) == len(plan.moves) > 0
    after = content(root)
    moved = dict(zip(plan.files["file"], plan.files["moves_to"], strict=True))
    assert after == {moved.get(file, file): text for file, text in before.items()}
    assert (root / "midiclassics" / "Beethoven").is_dir(), "an emptied folder was removed"
    again = tidy.plan(root)
    assert again.moves.empty and tidy.carry_out(again) == 0
    assert again.files["composer"].tolist() == plan.files.sort_values("moves_to")["composer"].tolist()


FOLDERS = st.sampled_from(
    [
        "midi",
        "midiclassics",
        "Bach",
        "bach",
        "Straus",
        "Strauss",
        "Dvořák",
        "Dvorak",
        "Suites",
        "augmented_pitch",
        ".old",
    ]
)
NAMES = st.sampled_from(["one.mid", "one.MID", "One.midi", "one (2).mid", "Lizt one.mid", "more.zip", "x.mid"])
TREES = st.sets(st.tuples(st.lists(FOLDERS, max_size=4), NAMES).map(lambda file: "/".join([*file[0], file[1]])))


@settings(deadline=None, max_examples=50)
@given(TREES)
def test_whatever_the_tree_nothing_is_lost(files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for file in sorted(files):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(file, encoding="utf-8")
        before = content(root)
        plan = tidy.plan(root)
        assert plan.files["moves_to"].is_unique
        assert sorted([*plan.files["file"], *plan.strangers["file"]]) == sorted(before)
        assert tidy.carry_out(plan) == len(plan.moves)
        assert tidy.plan(root).moves.empty
        assert sorted(content(root).values()) == sorted(before.values())


def test_nothing_is_overwritten_when_a_place_is_taken_meanwhile(make):
    root = make("Beethoven/122.MID", "Lizt/one.mid", "Tchakoff/two.mid")
    plan = tidy.plan(root)
    make("Liszt/one.mid")
    with pytest.raises(FileExistsError, match=r"Liszt.one\.mid.*plan again"):
        tidy.carry_out(plan)
    found = content(root)
    assert found["Liszt/one.mid"] == "Liszt/one.mid" and found["Lizt/one.mid"] == "Lizt/one.mid"
    assert found["Beethoven/122.mid"] == "Beethoven/122.MID" and "Tchakoff/two.mid" in found
    tidy.carry_out(tidy.plan(root))
    assert set(content(root)) == {
        *("Beethoven/122.mid", "Liszt/one.mid", "Liszt/one (2).mid", "Tchaikovsky/two.mid"),
    }


def test_an_interrupted_run_goes_on_with_a_new_plan(make, monkeypatch):
    root = make(*SHIPPED)
    before, moves = content(root), tidy.plan(root).moves
    rename, calls = os.rename, []

    def torn(old, new, **places):
        calls.append(old)
        if len(calls) > len(moves) // 2:
            raise KeyboardInterrupt
        rename(old, new, **places)

    monkeypatch.setattr("pathlib.Path.rename", torn)
    with pytest.raises(KeyboardInterrupt):
        tidy.carry_out(tidy.plan(root))
    monkeypatch.undo()
    rest = tidy.plan(root)
    assert 0 < len(rest.moves) < len(moves)
    tidy.carry_out(rest)
    assert sorted(content(root).values()) == sorted(before.values())
    assert tidy.plan(root).moves.empty


def test_files_that_are_gone_are_passed_over(make):
    root = make("Lizt/one.mid", "Lizt/two.mid", "Bach/three.mid")
    plan = tidy.plan(root)
    (root / "Lizt/one.mid").unlink()
    assert tidy.carry_out(plan) == 1
    assert set(content(root)) == {"Liszt/two.mid", "Bach/three.mid"}


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ({"Handel": "Handel"}, "'Handel' leads to itself"),
        ({unicodedata.normalize("NFD", "Dvořák"): "Dvořák"}, "leads to itself"),
        ({"Straus": "Strauss", "Strauss": "Straus"}, "let each lead straight"),
        ({"Haendel": "HANDEL", "Handel": "Georg Friedrich"}, "'Handel' on to 'Georg Friedrich'"),
        ({"Lizt": "../Liszt"}, "cannot be a folder"),
        ({"Lizt": ""}, "cannot be a folder"),
        ({"...": "Liszt"}, "no letter or digit"),
    ],
)
def test_aliases_that_would_destroy_something_are_refused(make, aliases, message):
    root = make("Handel/one.mid", "Bach/two.mid")
    with pytest.raises(ValueError, match=message):
        tidy.plan(root, aliases=aliases)


def test_aliases_of_ones_own(make):
    root = make("Haendel/one.mid", "Bach/two.mid", "Old Bach Aria.mid")
    assert set(labels(root, aliases={"Old Bach": "Bach"}).values()) == {"Haendel", "Bach"}
    assert labels(root, aliases={"Bach": "Johann Sebastian"})["Bach/two.mid"] == "Johann Sebastian"


def test_the_dry_run_counts_reasons_and_gives_examples(make):
    text = str(tidy.plan(make(*SHIPPED)))
    assert "11 of 12 MIDI files would move" in text
    assert f"3  {tidy.ENDING}, such as midiclassics/Beethoven/122.MID -> Beethoven/122.mid" in text
    assert f"3  {tidy.FILED}" in text and f"1  {tidy.SPELT}" in text and f"9  {tidy.LIFTED}" in text
    assert "left alone, not a MIDI file, such as read me.txt" in text


def test_missing_composers_are_named_beside_those_that_are_there():
    files = pd.DataFrame({"file": ["a", "b", "c"], "composer": ["Bach", "Chopin", "Bach"]})
    assert tidy.composers(files, ["Bach"])["file"].tolist() == ["a", "c"]
    with pytest.raises(ValueError, match="no pieces by Liszt, Mozart; there are some by Bach, Chopin"):
        tidy.composers(files, ["Liszt", "Bach", "Mozart"])
    with pytest.raises(ValueError, match="by nobody"):
        tidy.composers(files.head(0), ["Bach"])


def test_an_empty_folder_and_none_at_all(tmp_path):
    plan = tidy.plan(tmp_path)
    assert plan.files.empty and plan.strangers.empty and "0 of 0" in str(plan)
    assert list(plan.files) == ["file", "moves_to", "composer", "why"] and tidy.carry_out(plan) == 0
    with pytest.raises(FileNotFoundError, match="no such folder"):
        tidy.plan(tmp_path / "gone")


def test_real_files(real_data, tmp_path):
    archive.unpack(real_data / "midi-composers.tar", tmp_path)
    before = sorted(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    plan = tidy.plan(tmp_path)
    assert len(plan.files) == len(before) and plan.strangers.empty
    assert (plan.files["composer"] == plan.files["file"].str.split("/").str[1]).all()
    assert plan.files["why"].str.contains(tidy.ENDING).sum() == plan.files["file"].str.endswith(".MID").sum() > 0
    tidy.carry_out(plan)
    assert sorted(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) == before
    assert tidy.plan(tmp_path).moves.empty

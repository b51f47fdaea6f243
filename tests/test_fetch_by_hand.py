"""Data sets got by hand or offline, and what is wrong with those that are there."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from cosmic_lib import fetch, leakage
from cosmic_lib.archive import ArchiveError
from cosmic_lib.catalog import Record
from cosmic_lib.fetch import FetchError

from .archives import make_zip
from .tiny_data_set import CLIPS, FILES, LABELS, assert_whole, left, make_download, make_record


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[str]:
    """Files that a server was asked for; it has them all."""
    names: list[str] = []
    contents = {"clips.zip": CLIPS, "labels.csv": LABELS}

    def download(one, folder, *, progress=None):
        names.append(one.file)
        (folder / one.file).write_bytes(contents[one.file])
        return folder / one.file

    monkeypatch.setattr(fetch, "download", download)
    monkeypatch.delenv("COSMIC_OFFLINE", raising=False)
    return names


@pytest.fixture
def record() -> Record:
    return make_record(make_download("https://example.org/clips.zip"))


@pytest.mark.parametrize("setting", ["1", "yes"])
def test_offline_nothing_is_asked_for(record, asked, monkeypatch, home, setting):
    monkeypatch.setenv("COSMIC_OFFLINE", setting)
    with pytest.raises(FetchError, match="COSMIC_OFFLINE") as caught:
        fetch.get(record)
    assert fetch.manual_route(record) in str(caught.value)
    assert asked == [] and not home.exists()
    record.folder.mkdir(parents=True)
    assert fetch.get(record) == record.folder


@pytest.mark.parametrize("setting", ["", "0"])
def test_the_switch_may_be_off(record, asked, monkeypatch, setting):
    monkeypatch.setenv("COSMIC_OFFLINE", setting)
    fetch.get(record)
    assert asked == ["clips.zip"]


def test_without_a_source_the_way_by_hand_is_told(home):
    with pytest.raises(FetchError, match="no source") as caught:
        fetch.get(make_record())
    assert fetch.manual_route(make_record()) in str(caught.value)
    assert not home.exists()


def test_the_way_by_hand_has_all_that_is_needed():
    record = make_record()
    text = fetch.manual_route(record)
    assert "A Tiny Data Set" in text
    assert "1. Log in at https://example.org." in text and "2. Press the red button." in text
    assert str(record.folder) in text
    assert "dead: http://example.org/gone.zip" in text


@pytest.fixture
def given(tmp_path):
    """`given(name, content)` is a file that was got by hand; in the end it has to be as it was."""
    made = {}

    def _given(name: str, content: bytes) -> Path:
        path = tmp_path / "downloads" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        made[path] = content
        return path

    yield _given
    assert {path: path.read_bytes() for path in made} == made


@pytest.mark.parametrize("name", ["clips.zip", "from a friend.zip"])
def test_a_file_got_by_hand_takes_the_place_of_the_download(record, asked, monkeypatch, given, name):
    monkeypatch.setenv("COSMIC_OFFLINE", "1")
    fetch.get(record, files=[given(name, CLIPS)])
    assert_whole(record)
    assert asked == []


def test_files_of_several_kinds_make_one_data_set(given):
    record = make_record()
    fetch.get(record, files=[str(given("my clips.zip", CLIPS)), given("labels.csv", LABELS)])
    assert (record.folder / "labels.csv").read_bytes() == LABELS
    assert fetch.verify(record) == []


def test_what_was_not_got_by_hand_is_fetched(record, asked, given, monkeypatch):
    labels = make_download("https://example.org/labels.csv", file="labels.csv", content=LABELS)
    record = replace(record, downloads=(*record.downloads, labels))
    path = given("clips.zip", CLIPS)
    monkeypatch.setenv("COSMIC_OFFLINE", "1")
    with pytest.raises(FetchError, match=r"labels\.csv is not fetched"):
        fetch.get(record, files=[path])
    monkeypatch.delenv("COSMIC_OFFLINE")
    fetch.get(record, files=[path])
    assert (record.folder / "labels.csv").read_bytes() == LABELS
    assert asked == ["labels.csv"]


@pytest.mark.parametrize(
    ("name", "content", "error", "reason"),
    [
        ("clips.zip", CLIPS[:-1], FetchError, f"{len(CLIPS) - 1:,} bytes, cut short or changed .*download it again"),
        ("clips.zip", bytes(len(CLIPS)), FetchError, f"cut short or changed .*{len(CLIPS):,} bytes and sha256:"),
        ("friend.zip", CLIPS[:-1], ArchiveError, "damaged"),
        ("friend.zip", make_zip([("../evil", b"1")]), ArchiveError, "out of the folder"),
        ("friend.7z", b"7z", ArchiveError, "unpack it by hand"),
    ],
)
def test_a_bad_file_got_by_hand_is_refused(record, asked, given, home, name, content, error, reason):
    path = given(name, content)
    with pytest.raises(error, match=reason) as caught:
        fetch.get(record, files=[path])
    assert str(path) in str(caught.value)
    assert asked == [] and left(home) == set()


def test_a_bad_file_got_by_hand_does_not_cost_what_was_downloaded(record, given):
    partial = record.folder.parent / ".tiny.unfinished" / "clips.zip.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(CLIPS[:1234])
    with pytest.raises(ArchiveError):
        fetch.get(record, files=[given("friend.zip", b"bad")])
    assert partial.read_bytes() == CLIPS[:1234]
    fetch.get(record, files=[given("friend.zip", CLIPS)])
    assert_whole(record)


def test_a_file_that_is_not_there_is_named(tmp_path, home):
    with pytest.raises(FileNotFoundError, match=r"nothing\.zip: no such file"):
        fetch.get(make_record(), files=[tmp_path / "nothing.zip"])
    with pytest.raises(FileNotFoundError, match="unpacked already belongs at"):
        fetch.get(make_record(), files=[tmp_path])
    assert not home.exists()


def test_two_files_of_one_name_are_refused(given, tmp_path, home):
    first = given("labels.csv", LABELS)
    (tmp_path / "other").mkdir()
    second = tmp_path / "other" / "labels.csv"
    second.write_bytes(b"other")
    with pytest.raises(FetchError, match="a file of that name already"):
        fetch.get(make_record(), files=[first, second])
    assert left(home) == set()


@pytest.fixture
def there(given) -> Record:
    fetch.get(make_record(), files=[given("clips.zip", CLIPS)])
    return make_record()


def test_verify_names_what_is_missing_changed_and_added(there):
    names = sorted(FILES)
    (there.folder / names[0]).unlink()
    (there.folder / names[1]).write_bytes(FILES[names[1]][::-1])
    (there.folder / names[2]).write_bytes(b"shorter")
    (there.folder / "genres" / "mine.txt").write_bytes(b"mine")
    assert fetch.verify(there) == [
        f"{names[0]}: missing",
        f"{names[1]}: changed",
        f"{names[2]}: changed",
        "genres/mine.txt: not part of the data set",
        "genres*/*/*.wav: 3 files, expected 4",
    ]


def test_verify_counts_where_there_is_no_manifest(there, tmp_path):
    (there.folder / fetch.MANIFEST).unlink()
    assert fetch.verify(there) == []
    (there.folder / "genres" / "blues" / "more.wav").write_bytes(b"1")
    moved = there.folder.rename(tmp_path / "elsewhere")
    assert fetch.verify(there, moved) == ["genres*/*/*.wav: 5 files, expected 4"]
    assert fetch.verify(there, str(moved)) == fetch.verify(there, moved)


@pytest.mark.parametrize("content", ['{"format": 0, "files": {}}', '{"half": ', "[]", "{}"])
def test_verify_does_not_trust_a_manifest_that_it_cannot_read(there, content):
    (there.folder / fetch.MANIFEST).write_text(content)
    (problem,) = fetch.verify(there)
    assert problem.startswith(".manifest.json: not readable by this version")


def test_verify_names_what_cannot_be_read(there, monkeypatch):
    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(leakage, "file_hashes", denied)
    assert fetch.verify(there) == [f"{name}: cannot be read (Permission denied)" for name in sorted(FILES)]


def test_verify_says_how_to_get_a_data_set_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="cosmic data get tiny"):
        fetch.verify(make_record())

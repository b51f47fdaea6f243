"""Folder-per-class trees as people keep them: odd names, links, groups, and files that do not belong."""

import os

import pytest

from cosmic_lib import folders

SOUNDS = (".wav", ".mp3")


def tree(root, *files):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def groups(found) -> dict[str, str]:
    return dict(zip(found.files["file"], found.files["group"], strict=True))


def test_classes_are_folders_and_files_are_their_own_groups(tmp_path):
    found = folders.find(tree(tmp_path, "rock/b.wav", "rock/a.MP3", "jazz/a.wav"), SOUNDS)
    assert found.files["file"].tolist() == ["jazz/a.wav", "rock/a.MP3", "rock/b.wav"]
    assert found.files["label"].tolist() == ["jazz", "rock", "rock"]
    assert found.files["group"].is_unique
    assert not found.strangers
    (note,) = found.notes
    assert "each file is a group of its own" in note and "groups.csv" in note


def test_a_folder_below_a_class_is_a_group(tmp_path):
    files = ["rock/one band/a.wav", "rock/one band/live/b.wav", "rock/c.wav", "jazz/one band/a.wav"]
    found = folders.find(tree(tmp_path, *files), SOUNDS)
    assert groups(found) == {
        "rock/one band/a.wav": "rock/one band",
        "rock/one band/live/b.wav": "rock/one band",
        "rock/c.wav": "rock/c.wav",
        "jazz/one band/a.wav": "jazz/one band",
    }
    assert found.notes == ("2 of 4 files are groups of their own",)


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_groups_can_be_listed_in_a_table(tmp_path, separator, mark):
    tree(tmp_path, "rock/a.wav", "rock/b.wav", "jazz/Mu\u0308ller.wav", "jazz/d.wav", "jazz/e.wav")
    rows = [
        "file,group",
        "rock/a.wav,band",
        "jazz\\d.wav,band",
        "jazz/M\u00fcller.wav,trio",
        "rock/x.wav,band",
        "rock/b.wav,",
    ]
    (tmp_path / folders.GROUPS).write_text(mark + "\n".join(rows).replace(",", separator), encoding="utf-8")
    found = folders.find(tmp_path, SOUNDS)
    assert groups(found) == {
        "rock/a.wav": "band", "rock/b.wav": "rock/b.wav", "jazz/d.wav": "band",
        "jazz/Mu\u0308ller.wav": "trio", "jazz/e.wav": "jazz/e.wav",
    }  # fmt: skip
    assert "groups of 3 of 5 files are from groups.csv" in found.notes
    assert "groups.csv names 1 files that are not there, or not read" in found.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,group\na,b\n", "has columns name, group; it needs two"),
        ("file,group\na.wav,b\na.wav,c\n", "a.wav twice"),
        ("", "not a table"),
        (b"\xff\xfe\x00bytes", "not a table"),
    ],
)
def test_a_table_of_groups_that_is_none_is_named(tmp_path, text, message):
    tree(tmp_path, "rock/a.wav", "jazz/b.wav")
    (tmp_path / folders.GROUPS).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=message) as error:
        folders.find(tmp_path, SOUNDS)
    assert "groups.csv" in str(error.value)


def test_what_does_not_belong_is_listed_with_the_reason(tmp_path):
    tree(tmp_path, "rock/a.wav", "jazz/b.wav", "cover.jpg", "rock/cover.jpg", "rock/.DS_Store", "elsewhere/c.wav")
    (tmp_path / "empty").mkdir()
    (tmp_path / "rock" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "rock" / "lost.wav").symlink_to(tmp_path / "nowhere.wav")
    found = folders.find(tmp_path, SOUNDS)
    reasons = dict(found.strangers)
    assert reasons.keys() == {"cover.jpg", "rock/cover.jpg", "rock/.DS_Store", "empty/", "rock/more"}
    assert "not in the folder of a class" in reasons["cover.jpg"]
    assert "not a kind of file" in reasons["rock/cover.jpg"]
    assert "not followed" in reasons["rock/more"]
    assert "rock/lost.wav" in set(found.files["file"]), "a dead link is for the reader to refuse, not to be overlooked"


def test_what_macos_keeps_beside_the_files_is_one_line_a_folder(tmp_path):
    found = folders.find(tree(tmp_path, "rock/a.wav", "rock/._a.wav", "rock/._b.wav", "jazz/b.wav"), SOUNDS)
    assert found.files["file"].tolist() == ["jazz/b.wav", "rock/a.wav"]
    ((file, reason),) = found.strangers
    assert file == "rock/._*" and reason.startswith("2 files")


def test_a_class_may_be_a_link(tmp_path):
    tree(tmp_path / "music", "rock/a.wav")
    tree(tmp_path / "mine", "jazz/b.wav")
    (tmp_path / "mine" / "rock").symlink_to(tmp_path / "music" / "rock")
    assert folders.find(tmp_path / "mine", SOUNDS).files["label"].tolist() == ["jazz", "rock"]


NAMES = [
    "with blanks",
    'it\'s "quoted"',
    "Mötley Crüe",
    "東京",
    "a;b,c",
    "line\nbreak",
    "x" * 240,
    "[bold]",
    "{0}",
    "%s",
    "-rf",
]


@pytest.mark.skipif(os.name != "posix", reason="other systems allow fewer names")
def test_any_name_will_do(tmp_path):
    found = folders.find(tree(tmp_path, *(f"{name}/{name}.wav" for name in NAMES)), SOUNDS)
    assert sorted(found.files["label"]) == sorted(NAMES)
    assert not found.strangers


@pytest.mark.skipif(os.name != "posix", reason="other systems allow no such name")
def test_a_name_that_is_not_unicode_is_listed_in_a_form_that_can_be_printed(tmp_path):
    tree(tmp_path, "rock/a.wav", "jazz/b.wav")
    try:
        (tmp_path / "rock" / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"")
    except OSError:
        pytest.skip("the file system takes Unicode names only")
    ((file, reason),) = folders.find(tmp_path, SOUNDS).strangers
    assert file.encode() and file.startswith("rock/caf") and "rename" in reason


def test_a_folder_that_cannot_be_opened_is_listed(tmp_path, monkeypatch):
    tree(tmp_path, "rock/a.wav", "rock/closed/c.wav", "jazz/b.wav")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert folders.find(tmp_path, SOUNDS).strangers == [("rock/closed", "cannot be opened (Permission denied)")]


@pytest.mark.parametrize("files", [[], ["a.wav", "b.wav"], ["rock/a.wav", "rock/b.wav"], ["rock/a.wav", "notes/b.txt"]])
def test_fewer_than_two_classes_are_refused(tmp_path, files):
    with pytest.raises(ValueError, match="two classes at least"):
        folders.find(tree(tmp_path, *files), SOUNDS)


def test_no_folder_is_said_to_be_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        folders.find(tmp_path / "missing", SOUNDS)

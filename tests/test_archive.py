"""Archives of every bad kind: refused, or unpacked whole, and nothing outside the folder is ever touched."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import shutil
import stat
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosmic_lib import archive
from cosmic_lib.archive import ArchiveError

from .archives import make, make_tar, make_zip, right_headers, tree

BOTH = pytest.mark.parametrize("kind", [".zip", ".tar", ".tar.gz", ".tgz"])
FILES = {
    "genres/blues/blues.00000.wav": bytes(range(256)) * 10,
    "genres/a name with blanks, 'quotes' and \"more\".wav": b"sound",
    "genres/Präludium für Gänsefüßchen – 前奏.mid": b"music",
    "./genres/" + "n" * 200 + ".wav": b"long",
    "empty.txt": b"",
    "..dots.and.blanks.. /.hidden": b"benign",
}


@pytest.fixture
def unpack(tmp_path):
    """`unpack(content, kind)` gives the tree that comes of it, having made sure that all around it is as it was."""

    def _unpack(content: bytes, kind: str) -> dict[str, bytes | None]:
        place = tmp_path / "around"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "bystander.txt").write_bytes(b"mine")
        path = place / f"archive{kind}"
        path.write_bytes(content)
        before = tree(tmp_path)
        try:
            archive.unpack(path, place / "folder")
        finally:
            around = {name: what for name, what in tree(tmp_path).items() if not name.startswith("around/folder")}
            assert around == before
        return tree(place / "folder")

    return _unpack


@BOTH
def test_benign_archives_are_unpacked_whole(unpack, kind):
    made = unpack(make(kind, FILES.items()), kind)
    assert {name: content for name, content in made.items() if content is not None} == {
        name.removeprefix("./"): content for name, content in FILES.items()
    }


def test_folders_may_be_listed_too_and_upper_case_is_no_other_kind(unpack):
    listed = [("a/", b""), ("a/b/", b""), ("a/c", b"1")]
    assert unpack(make_zip(listed), ".ZIP") == {"a": None, "a/b": None, "a/c": b"1"}


def test_a_tar_may_begin_with_the_folder_it_was_made_in(unpack):
    assert unpack(make_tar([("./", b""), ("./a/b/", b"")], type=tarfile.DIRTYPE), ".tar") == {"a": None, "a/b": None}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_of_every_age_are_read(unpack, form):
    name = "f" * 90 + "/" + "n" * 90
    assert unpack(make_tar([(name, b"1")], form), ".tar")[name] == b"1"


def test_a_gz_is_one_file(unpack):
    assert unpack(gzip.compress(b"a,b\n1,2\n"), ".csv.gz") == {"archive.csv": b"a,b\n1,2\n"}


@BOTH
def test_a_backslash_divides_everywhere(unpack, kind):
    assert unpack(make(kind, [("genres\\blues\\a.wav", b"1")]), kind)["genres/blues/a.wav"] == b"1"


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
@pytest.mark.parametrize(
    ("kind", "content"),
    [(".zip", make_zip([("tool", b"1")], stat.S_IFREG | 0o7777)), (".tar", make_tar([("tool", b"1")], mode=0o7777))],
)
def test_modes_in_an_archive_are_ignored(unpack, tmp_path, kind, content):
    unpack(content, kind)
    (tmp_path / "plain").write_bytes(b"")
    made = tmp_path / "around" / "folder" / "tool"
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


OUTSIDE = [
    "/evil", "//evil", "\\evil", "\\\\server\\share\\evil", "C:\\evil", "c:/evil", "C:evil", "..", "../evil",
    "a/../../evil", "a/../evil", "..\\evil", "a\\..\\..\\evil", "a/..", ".. /evil", "... /evil", "a/. ./evil",
]  # fmt: skip


@BOTH
@pytest.mark.parametrize("name", OUTSIDE)
def test_paths_out_of_the_folder_are_refused(unpack, kind, name):
    with pytest.raises(ArchiveError, match=r"archive\.\w+.*(an absolute path|out of the folder).*publisher") as caught:
        unpack(make(kind, [("good.txt", b"1"), (name, b"bad")]), kind)
    assert repr(name) in str(caught.value)


@BOTH
def test_the_absolute_path_of_a_real_place_is_refused(unpack, kind, tmp_path):
    with pytest.raises(ArchiveError, match="an absolute path"):
        unpack(make(kind, [(str(tmp_path / "evil"), b"bad")]), kind)


def test_a_name_with_a_zero_byte_is_refused(unpack):
    content = make_tar([("x" * 120, b"bad")]).replace(b"path=xx", b"path=a\0")
    with pytest.raises(ArchiveError, match="a path that"):
        unpack(content, ".tar")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("aim", ["/etc/passwd", "../bystander.txt", "good.txt"])
def test_links_and_devices_in_a_tar_are_refused(unpack, kind, aim):
    content = make_tar([("good.txt", b"1")]).rstrip(b"\0")
    content += bytes(-len(content) % tarfile.BLOCKSIZE) + make_tar([("evil", b"")], type=kind, linkname=aim)
    with pytest.raises(ArchiveError, match=r"archive\.tar: 'evil' is a link or a device"):
        unpack(content, ".tar")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_refused(unpack, kind):
    with pytest.raises(ArchiveError, match=r"archive\.zip: 'evil' is a link or a device"):
        unpack(make_zip([("evil", b"/etc/passwd")], mode=kind | 0o777), ".zip")


def test_encrypted_members_are_refused(unpack):
    content = bytearray(make_zip([("secret.wav", b"1")]))
    content[6] |= 1  # flags of the member,
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and of its entry in the list at the end
    with pytest.raises(ArchiveError, match=r"'secret\.wav' is encrypted.*password"):
        unpack(bytes(content), ".zip")


@BOTH
@pytest.mark.parametrize("names", [("a", "a"), ("a", "./a"), ("a/b", "a//b"), ("a", "a/b"), ("a/b", "a")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(unpack, kind, names):
    with pytest.raises(ArchiveError, match="has the name of another"):
        unpack(make(kind, [(names[0], b"1"), (names[1], b"2")]), kind)


@BOTH
def test_names_that_are_too_long_are_refused(unpack, kind):
    with pytest.raises(ArchiveError, match="a name that this disk does not take"):
        unpack(make(kind, [("n" * 300, b"1")]), kind)


def written(tmp_path: Path) -> int:
    return sum(len(content or b"") for content in tree(tmp_path / "around" / "folder").values())


@pytest.mark.parametrize("kind", [".zip", ".tar.gz", ".csv.gz"])
@pytest.mark.parametrize("members", [1, 10])
def test_absurd_sizes_are_refused(unpack, tmp_path, monkeypatch, kind, members):
    """A million zeros are few bytes when compressed; that many in ten members are too many together."""
    monkeypatch.setattr(archive, "FLOOR", 150_000)
    monkeypatch.setattr(archive, "BLOCK", 10_000)
    content = make(kind, [(f"zeros {number}", bytes(1_000_000 // members)) for number in range(members)])
    most = archive.RATIO * len(content) + archive.FLOOR
    with pytest.raises(ArchiveError, match=f"absurd size, over {most:,} bytes"):
        unpack(content, kind)
    assert written(tmp_path) <= most < 1_000_000
    assert written(tmp_path) == 0 or members > 1 or kind == ".csv.gz", "the archive says beforehand what it has"


def test_a_zip_that_lies_about_a_size_gains_nothing(unpack, tmp_path):
    content, size = make_zip([("zeros", bytes(1_000_000))]), (1_000_000).to_bytes(4, "little")
    assert content.count(size) == 2
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(content.replace(size, (1000).to_bytes(4, "little")), ".zip")
    assert written(tmp_path) <= 1000


def test_a_negative_size_is_refused(unpack):
    content = bytearray(make_tar([("evil", b"")]))
    content[124:136] = b"\xff" * 12
    with pytest.raises(ArchiveError):
        unpack(right_headers(content), ".tar")


def test_a_header_of_absurd_size_is_refused(unpack):
    content = gzip.compress(make_tar([("a", b"1")], pax_headers={"comment": "x" * 2 * archive.BLOCK}))
    with pytest.raises(ArchiveError, match="a header of"):
        unpack(content, ".tar.gz")


def test_what_goes_on_after_its_end_is_refused(unpack, monkeypatch):
    monkeypatch.setattr(archive, "FLOOR", 2 * archive.BLOCK)
    with pytest.raises(ArchiveError, match="goes on after its end"):
        unpack(gzip.compress(make_tar([("a", b"1")]) + bytes(9 * archive.BLOCK)), ".tgz")


@BOTH
def test_absurd_numbers_of_members_are_refused(unpack, monkeypatch, kind):
    content = make(kind, [(f"file {number}", b"") for number in range(5)])
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    assert len(unpack(content, kind)) == 5
    monkeypatch.setattr(archive, "MOST_MEMBERS", 4)
    with pytest.raises(ArchiveError, match="'file 4' comes after 4 others"):
        unpack(content, kind)


@pytest.mark.parametrize("kind", [".zip", ".tar", ".tar.gz", ".csv.gz"])
def test_what_does_not_fit_on_the_disk_is_refused(unpack, monkeypatch, kind):
    content = make(kind, [("zeros", bytes(4000))])
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: SimpleNamespace(free=3999))
    with pytest.raises(ArchiveError, match=r"does not fit on the disk: 3,999 bytes were free; make room"):
        unpack(content, kind)
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: SimpleNamespace(free=4000))
    assert list(unpack(content, kind).values()) == [bytes(4000)]


@pytest.mark.parametrize("kind", [".zip", ".tar", ".tar.gz", ".csv.gz"])
def test_damaged_archives_are_refused(unpack, kind):
    rng = np.random.default_rng(0)
    content = make(kind, [(f"file {number}", rng.bytes(700)) for number in range(6)])
    end = len(content.rstrip(b"\0"))  # a tar may do without some of the zeros it ends with
    damaged = {f"cut at {at}": content[:at] for at in [*range(0, end, end // 25), *range(0, end + 1, 512)]}
    damaged |= {"random bytes": rng.bytes(5000), "a web page": b"<!DOCTYPE html><html></html>", "zeros": bytes(300)}
    for name, bad in damaged.items():
        with pytest.raises(ArchiveError, match=r"archive\.[a-z.]+: damaged, .*; fetch it again"):
            pytest.fail(f"{name} was taken: {unpack(bad, kind)}")


@pytest.mark.parametrize("kind", [".zip", ".tar.gz", ".csv.gz"])
def test_one_wrong_byte_is_noticed(unpack, kind):
    content = make(kind, [("noise", np.random.default_rng(0).bytes(3000))])
    for at in (1000, len(content) // 2, len(content) - (120 if kind == ".zip" else 7)):
        bad = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        with pytest.raises(ArchiveError):
            pytest.fail(f"byte {at} of {len(content)} was taken: {unpack(bad, kind)}")


def test_a_tar_does_not_end_at_a_header_that_is_damaged(unpack):
    content = make_tar([("first", b"1"), ("second", b"2")])
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(content.replace(b"second", b"secand"), ".tar")


@pytest.mark.parametrize("kind", [".7z", ".rar", ".tar.bz2", ".txt"])
def test_other_kinds_are_named(unpack, kind):
    with pytest.raises(ArchiveError, match=r"only \.zip, .* are unpacked here"):
        unpack(b"7z", kind)


def test_what_counts_as_an_archive():
    names = ["a.zip", "a.TAR.GZ", "a.csv.gz", "a.7z", "a.csv", "zip", "a.zip.txt", ".gz.mid"]
    assert [name for name in names if archive.is_archive(Path(name))] == ["a.zip", "a.TAR.GZ", "a.csv.gz", "a.7z"]


def test_errors_of_the_disk_stay_what_they_are(unpack, monkeypatch, tmp_path):
    with pytest.raises(FileNotFoundError):
        archive.unpack(tmp_path / "nothing.zip", tmp_path / "folder")

    def full(path, mode):
        if mode == "xb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return open(path, mode)

    monkeypatch.setattr(archive, "open", full, raising=False)
    with pytest.raises(OSError, match="No space left"):
        unpack(make_zip([("a/b", b"1")]), ".zip")


@BOTH
def test_files_are_read_without_unpacking_in_the_order_of_the_archive(tmp_path, kind):
    path = tmp_path / f"archive{kind}"
    path.write_bytes(make(kind, FILES.items()))
    assert list(archive.read(path)) == [(name.removeprefix("./"), content) for name, content in FILES.items()]
    assert list(tmp_path.iterdir()) == [path]


def test_folders_of_an_archive_are_not_read(tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(make_zip([("a/", b""), ("a/b", b"1")]))
    assert list(archive.read(path)) == [("a/b", b"1")]


@BOTH
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("../evil", b"")], "out of the folder"),
        ([("/evil", b"")], "an absolute path"),
        ([("a", b"1"), ("./a", b"2")], "the name of another"),
        ([("a", bytes(200_000)), ("b", bytes(200_000))], "absurd size"),
        ([("large", np.random.default_rng(0).bytes(3001))], "larger than any file that is read here, 3,000 bytes"),
    ],
    ids=str,
)
def test_reading_refuses_what_unpacking_refuses(tmp_path, monkeypatch, kind, files, message):
    monkeypatch.setattr(archive, "FLOOR", 300_000 if "absurd" not in message else 0)
    monkeypatch.setattr(archive, "RATIO", 50 if "absurd" not in message else 0.5)
    path = tmp_path / f"archive{kind}"
    path.write_bytes(make(kind, files))
    with pytest.raises(ArchiveError, match=message):
        list(archive.read(path, largest=3000 if "larger" in message else archive.LARGEST))


def test_reading_refuses_links(tmp_path):
    path = tmp_path / "archive.tar"
    path.write_bytes(make_tar([("evil", b"")], type=tarfile.SYMTYPE, linkname="/etc/passwd"))
    with pytest.raises(ArchiveError, match="is a link"):
        list(archive.read(path))


def test_reading_does_not_trust_a_size_that_is_not_stated(tmp_path):
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(bytes(3 * archive.BLOCK)))
    with pytest.raises(ArchiveError, match="larger than any file that is read here"):
        list(archive.read(path, largest=2 * archive.BLOCK))


@pytest.mark.parametrize("kind", [".zip", ".tar", ".tar.gz"])
def test_reading_tells_when_an_archive_breaks_off(tmp_path, kind):
    path = tmp_path / f"archive{kind}"
    content = make(kind, [("first", NOISE), ("second", NOISE)])
    path.write_bytes(content[: len(content.rstrip(b"\0")) - 600])
    with pytest.raises(ArchiveError, match="damaged"):
        list(archive.read(path))


NOISE = np.random.default_rng(0).bytes(1200)
SEEDS = {
    ".zip": make_zip([("a/noise", NOISE), ("b", b"text " * 50), ("c/", b"")]),
    ".tar": make_tar([("a/noise", NOISE), ("b" * 130, b"text " * 50)]),
    ".tar.gz": gzip.compress(make_tar([("a/noise", NOISE), ("b", b"text " * 50)])),
    ".csv.gz": gzip.compress(NOISE),
}


@pytest.mark.parametrize("kind", SEEDS)
@settings(
    max_examples=100, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)  # fmt: skip
@given(data=st.data())
def test_mutated_archives_are_unpacked_or_refused(unpack, kind, data):
    content = bytearray(SEEDS[kind])
    edits = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for at, value in data.draw(st.lists(edits, min_size=1, max_size=8)):
        content[at] = value
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    with contextlib.suppress(ArchiveError):
        unpack(right_headers(content) if kind == ".tar" else bytes(content), kind)


def test_an_archive_is_unpacked_once_and_a_folder_is_itself(tmp_path, home):
    (tmp_path / "set.zip").write_bytes(make_zip([("one/a.txt", b"a")]))
    first = archive.folder_of(tmp_path / "set.zip")
    (first / "mark").touch()
    assert archive.folder_of(tmp_path / "set.zip") == first and (first / "mark").exists()
    assert (first / "one" / "a.txt").read_bytes() == b"a" and first.is_relative_to(home)
    assert archive.folder_of(tmp_path) == tmp_path


def test_a_broken_archive_leaves_no_folder(tmp_path, home):
    (tmp_path / "set.zip").write_bytes(b"no archive")
    with pytest.raises(ArchiveError):
        archive.folder_of(tmp_path / "set.zip")
    assert not list((home / "cache" / "unpacked").iterdir())

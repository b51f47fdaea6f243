"""Archives to folders or bytes: plain files alone, inside the folder alone, and no more of them than is reasonable."""

from __future__ import annotations

import errno
import gzip
import re
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO, Any, NoReturn, TypeVar

from cosmic_lib import store

KINDS = (".zip", ".tar", ".tar.gz", ".tgz", ".gz")
"""Ends of the names of archives that are unpacked."""

OTHER_KINDS = (".7z", ".rar", ".bz2", ".tbz2", ".xz", ".txz", ".lzma", ".zst")
"""Ends of the names of archives that have to be unpacked by hand."""

RATIO = 50
"""How many times its own size an archive may hold; sound and pictures come to 1 or 2, tables to 20."""

FLOOR = 10 * 2**20
"""Bytes that any archive may hold, however small it is."""

MOST_MEMBERS = 1_000_000
"""Files and folders in one archive."""

BLOCK = 2**20
"""Bytes that are read at a time."""

LARGEST = 256 * 2**20
"""Bytes of one file that `read` takes into memory."""

Read = TypeVar("Read")


class ArchiveError(ValueError):
    """An archive that is damaged or not to be trusted; the message names it, the member and what to do."""


@dataclass(frozen=True)
class _Member:
    """A file in an archive, of the size that is stated there; or a folder, which has no content."""

    name: str
    size: int
    content: Iterable[bytes] | None


@dataclass
class _Room:
    """How much may be written, or read in all and per file; and how much has been."""

    archive: Path
    free: int | None = None
    largest: int | None = None
    used: int = 0

    def __post_init__(self) -> None:
        self.most = RATIO * self.archive.stat().st_size + FLOOR

    def check(self, member: _Member, size: int) -> None:
        """Refuse what would go beyond the limits."""
        if size < 0 or self.used + size > self.most:
            _refuse(self.archive, member.name, f"brings the archive to an absurd size, over {self.most:,} bytes")
        if self.largest is not None and size > self.largest:
            _refuse(self.archive, member.name, f"is larger than any file that is read here, {self.largest:,} bytes")
        if self.free is not None and self.used + size > self.free:
            remedy = "make room, or set COSMIC_HOME to a folder on a larger disk"
            _refuse(self.archive, member.name, f"does not fit on the disk: {self.free:,} bytes were free", remedy)

    def content(self, member: _Member) -> Iterator[bytes]:
        """What is in a file, counted."""
        size = 0
        for block in _reading(self.archive, member.content or ()):
            size += len(block)
            self.check(member, size)
            yield block
        self.used += size


def is_archive(path: Path) -> bool:
    """Whether a file is an archive by the end of its name, be it one that has to be unpacked by hand."""
    return path.name.lower().endswith(KINDS + OTHER_KINDS)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive that nobody vouches for.

    Nothing outside the folder is touched, whatever the archive says; modes, owners and times in it are ignored. What
    was unpacked before an error is left in the folder: give one that is thrown away in that case.

    Args:
        archive: a .zip, .tar, .tar.gz or .tgz; a .gz is taken for one compressed file.
        folder: where to; it is made if need be.

    Raises:
        ArchiveError: the archive is damaged, encrypted, of another kind or of absurd size, or one of its members would
            land outside the folder, is neither a plain file nor a folder, or has the name of another.
        OSError: the archive cannot be opened, or the folder cannot be written.
    """
    with open(archive, "rb") as file:
        folder.mkdir(parents=True, exist_ok=True)
        room = _Room(archive, free=shutil.disk_usage(folder).free)
        for member, names in _members(file, room):
            _write(member, folder.joinpath(*names), room)


def folder_of(place: Path, *, progress: Callable = lambda steps, title: steps) -> Path:
    """The folder itself; or that of an archive, which is unpacked once, into the cache.

    Args:
        place: a folder or an archive; it has to be there.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.

    Raises:
        ArchiveError: see `unpack`.
    """
    if place.is_dir():
        return place
    stat = place.stat()
    key = store.fingerprint(str(place.resolve()), stat.st_size, stat.st_mtime_ns)

    def fill(folder: Path) -> None:
        for _ in progress([place], f"unpacking {place.name}"):
            unpack(place, folder)

    return store.once(store.home() / "cache" / "unpacked" / key, fill)


def read(archive: Path, *, largest: int = LARGEST) -> Iterator[tuple[str, bytes]]:
    """Read the files of an archive that nobody vouches for, without unpacking it.

    Args:
        archive: as `unpack` takes it.
        largest: bytes; a larger file in it is refused, as one file at a time is held in memory.

    Yields:
        Name, with slashes, and content of each file, in the order of the archive.

    Raises:
        ArchiveError: as from `unpack`. What was damaged may show only after the last file.
        OSError: the archive cannot be opened.
    """
    with open(archive, "rb") as file:
        room, known = _Room(archive, largest=largest), set()
        for member, names in _members(file, room):
            if (name := "/".join(names)) in known:
                _refuse(archive, member.name, "has the name of another file")
            if member.content is not None:
                known.add(name)
                yield name, b"".join(room.content(member))


def _members(file: IO[bytes], room: _Room) -> Iterator[tuple[_Member, list[str]]]:
    """The members of an archive with their names, as far as they are not refused."""
    archive = room.archive
    for number, member in enumerate(_reading(archive, _reader(archive)(archive, file))):
        if number >= MOST_MEMBERS:
            _refuse(archive, member.name, f"comes after {MOST_MEMBERS:,} others, an absurd number")
        room.check(member, member.size)
        yield member, _names(archive, member.name)


def _refuse(
    archive: Path, name: str, reason: str, remedy: str = "get the archive from its publisher again"
) -> NoReturn:
    raise ArchiveError(f"{archive}: {name!r} {reason}; {remedy}")


def _reader(archive: Path) -> Callable[[Path, IO[bytes]], Iterator[_Member]]:
    """What reads the members of an archive of this kind."""
    name = archive.name.lower()
    if name.endswith(".zip"):
        return _zip_members
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        return _tar_members
    if name.endswith(".gz"):
        return _gzip_member
    raise ArchiveError(f"{archive}: only {', '.join(KINDS)} are unpacked here; unpack it by hand, and pack it as .zip")


def _reading(archive: Path, items: Iterable[Read]) -> Iterator[Read]:
    """The same items; errors in reading them are the archive's, while those in writing them stay what they are."""
    try:
        yield from items
    except ArchiveError:
        raise
    except Exception as error:  # the readers of the standard library raise a dozen kinds on damaged archives
        reason = f"{type(error).__name__}: {error}"
        raise ArchiveError(f"{archive}: damaged, or not what its name says ({reason}); fetch it again") from error


def _blocks(opener: Callable[[], Any]) -> Iterator[bytes]:
    with opener() as stream:
        while block := stream.read(BLOCK):
            yield block


def _zip_members(archive: Path, file: IO[bytes]) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as opened:
        for info in opened.infolist():
            if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                _refuse(archive, info.filename, "is a link or a device, and only plain files and folders are taken")
            if info.flag_bits & 1:
                _refuse(archive, info.filename, "is encrypted", "unpack the archive by hand with its password")
            content = None if info.is_dir() else _blocks(partial(opened.open, info))
            yield _Member(info.filename, info.file_size, content)


def _tar_members(archive: Path, file: IO[bytes]) -> Iterator[_Member]:
    plain = archive.name.lower().endswith(".tar")
    source: Any = _TarSource(file if plain else gzip.GzipFile(fileobj=file))
    with tarfile.open(fileobj=source, mode="r:") as opened:
        for info in opened:
            if not (info.isfile() or info.isdir()):
                _refuse(archive, info.name, "is a link or a device, and only plain files and folders are taken")
            content = None if info.isdir() else _blocks(partial(opened.extractfile, info))
            yield _Member(info.name, info.size, content)
    source.finish()


class _TarSource:
    """What tarfile reads from. By itself it reads as much as any header asks for, and takes a torn end for the end."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile):
        self.stream = stream
        self.seekable, self.seek, self.tell = stream.seekable, stream.seek, stream.tell
        self.latest = b""

    def read(self, size: int) -> bytes:
        if not 0 <= size <= BLOCK:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.latest = self.stream.read(size)
        return self.latest

    def finish(self) -> None:
        """Check that a block of zeros ended the reading, and what a .gz says about its own content."""
        if self.latest != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("it breaks off")
        for _ in range(FLOOR // BLOCK + 1):
            if not self.stream.read(BLOCK):
                return
        raise tarfile.ReadError("it goes on after its end")


def _gzip_member(archive: Path, file: IO[bytes]) -> Iterator[_Member]:
    if not archive.stat().st_size:
        raise EOFError("it is empty")  # which gzip takes for an empty file
    yield _Member(archive.name[: -len(".gz")], 0, _blocks(partial(gzip.GzipFile, fileobj=file)))


def _names(archive: Path, name: str) -> list[str]:
    """The folders and the file that a name is made of; a backslash divides everywhere, as it does on Windows."""
    names = [one for one in re.split(r"[/\\]", name) if one not in ("", ".")]
    if name.startswith(("/", "\\")) or PureWindowsPath(name).drive:
        _refuse(archive, name, "has an absolute path")
    if "\0" in name or not all(one.strip(" .") for one in names):  # Windows takes '.. ' for '..'
        _refuse(archive, name, "has a path that leads out of the folder")
    return names


def _write(member: _Member, path: Path, room: _Room) -> None:
    try:
        if member.content is None:
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file:
            for block in room.content(member):
                file.write(block)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        _refuse(room.archive, member.name, "has the name of another file or folder")
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ):
            raise
        _refuse(room.archive, member.name, f"has a name that this disk does not take ({error.strerror})")

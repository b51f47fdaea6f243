"""Data sets from their publishers to their folder: fetched, checked, unpacked, and there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from cosmic_lib import archive, leakage, store
from cosmic_lib.catalog import Download, Record
from cosmic_lib.download import DownloadError, Progress, download

MANIFEST = ".manifest.json"
"""File in the folder of a data set that lists all others with size and hash."""

FORMAT = 1
"""Of the manifest."""

UNPACKED = 2
"""How many times its own size an archive is expected to need on the disk when it is unpacked."""


class FetchError(OSError):
    """A data set that could not be had; the message says why, and what to do."""


def get(record: Record, *, files: Sequence[str | Path] = (), progress: Progress | None = None) -> Path:
    """Folder of a data set, fetched and unpacked if it is not there yet.

    A call that fails or is killed leaves no such folder; what it has downloaded is kept, and the next call goes on from
    there. While one process works, others wait for it. A folder that exists is never touched.

    Args:
        record: of the data set.
        files: archives and files got by hand, which are left as they are. One that has the name of a download takes its
            place and has to be the same; any other is taken for the data set, and nothing is fetched.
        progress: called with the name of a file, how many bytes of it are here, and how many it has.

    Returns:
        `record.folder`.

    Raises:
        FetchError: no source gave a file, `COSMIC_OFFLINE` forbids to ask, the disk is too small or cannot be written,
            or a file got by hand is not the one of the publisher.
        ArchiveError: an archive is damaged or not to be trusted.
        FileNotFoundError: one of `files` is not there.
    """
    folder = record.folder
    unfinished, lock = _beside(folder)
    if folder.exists() and not unfinished.exists() and not lock.exists():
        return folder
    given = [Path(path) for path in files]
    if not folder.exists():
        _check_given(record, given)
        _check_sources(record, given)
    try:
        with _locked(lock):
            if not folder.exists():
                _make(record, given, unfinished, progress)
            shutil.rmtree(unfinished, ignore_errors=True)
    except DownloadError as error:
        raise FetchError(f"{error}\n{manual_route(record)}") from error
    except FetchError:
        raise
    except OSError as error:
        if not folder.exists():
            remedy = "make room, or set COSMIC_HOME to a folder that can be written; what was downloaded is kept"
            raise FetchError(f"{folder}: cannot be made ({error}); {remedy}") from error
    return folder


def _beside(folder: Path) -> tuple[Path, Path]:
    """Where a data set is made, and the lock of who makes it."""
    return folder.with_name(f".{folder.name}.unfinished"), folder.with_name(f".{folder.name}.lock")


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    import filelock

    lock.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(lock):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows keeps it while another process waits for it
                lock.unlink()


def _check_given(record: Record, given: Sequence[Path]) -> None:
    """Files got by hand are there, and are what the record says of files of that name."""
    import pooch

    known = {one.file: one for one in record.downloads}
    for path in given:
        if not path.is_file():
            remedy = f"name the archive; a data set that is unpacked already belongs at {record.folder}"
            raise FileNotFoundError(f"{path}: no such file; {remedy}")
        if (one := known.get(path.name)) is None:
            continue
        algorithm, expected = one.hash.split(":")
        size = path.stat().st_size
        if size != one.bytes or pooch.file_hash(str(path), alg=algorithm) != expected.lower():
            publisher = f"the publisher's has {one.bytes:,} bytes and {one.hash}"
            raise FetchError(f"{path}: {size:,} bytes, cut short or changed ({publisher}); download it again")


def _wanted(record: Record, given: Sequence[Path]) -> list[Download]:
    """Downloads that no file got by hand stands for."""
    names = {path.name for path in given}
    if names - {one.file for one in record.downloads}:
        return []
    return [one for one in record.downloads if one.file not in names]


def _check_sources(record: Record, given: Sequence[Path]) -> None:
    wanted = _wanted(record, given)
    if not wanted and not given:
        raise FetchError(f"{record.name}: there is no source to fetch it from\n{manual_route(record)}")
    if wanted and os.environ.get("COSMIC_OFFLINE", "") not in ("", "0"):
        missing = ", ".join(one.file for one in wanted)
        raise FetchError(f"{record.name}: COSMIC_OFFLINE is set, so {missing} is not fetched\n{manual_route(record)}")


def _make(record: Record, given: Sequence[Path], unfinished: Path, progress: Progress | None) -> None:
    """Make the folder in a hidden place, and move it to its own in one step."""
    whole = unfinished / "whole"
    wanted = _wanted(record, given)
    unfinished.mkdir(exist_ok=True)
    try:
        _sweep(unfinished, record)
        _check_room(record, wanted, given, unfinished)
        paths = [download(one, unfinished, progress=progress) for one in wanted]
        whole.mkdir()
        for path in [*paths, *given]:
            _put(path, whole)
        listed = {name: [path.stat().st_size, leakage.file_hashes([path])[0]] for name, path in _files(whole).items()}
        store.write_json(whole / MANIFEST, {"format": FORMAT, "files": listed})
        whole.rename(record.folder)
    finally:
        shutil.rmtree(whole, ignore_errors=True)
        with contextlib.suppress(OSError):  # stays while it holds downloads to go on from
            unfinished.rmdir()


def _kept(downloads: Sequence[Download], unfinished: Path) -> list[Path]:
    """What there is of these downloads, finished or not."""
    paths = [unfinished / f"{one.file}{end}" for one in downloads for end in ("", ".partial")]
    return [path for path in paths if path.exists()]


def _sweep(unfinished: Path, record: Record) -> None:
    """Remove what a killed call left, downloads apart."""
    for path in set(unfinished.iterdir()) - set(_kept(record.downloads, unfinished)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _check_room(record: Record, wanted: Sequence[Download], given: Sequence[Path], unfinished: Path) -> None:
    here = sum(path.stat().st_size for path in _kept(wanted, unfinished))
    sizes = [(Path(one.file), one.bytes) for one in wanted] + [(path, path.stat().st_size) for path in given]
    unpacked = sum(size * (UNPACKED if archive.is_archive(path) else 1) for path, size in sizes)
    needed = sum(one.bytes for one in wanted) - here + unpacked
    free = shutil.disk_usage(unfinished).free
    if needed > free:
        remedy = "make room, or set COSMIC_HOME to a folder on a larger disk"
        raise FetchError(f"{record.folder}: needs about {needed:,} bytes, and {free:,} are free; {remedy}")


def _put(path: Path, whole: Path) -> None:
    """Unpack an archive into the folder, or copy any other file."""
    if archive.is_archive(path):
        archive.unpack(path, whole)
    elif (whole / path.name).exists():
        raise FetchError(f"{path}: the data set has a file of that name already; rename or leave out one of the two")
    else:
        shutil.copyfile(path, whole / path.name)


def _files(folder: Path) -> dict[str, Path]:
    """Every file but the manifest, by its path in the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {name: path for path in paths if (name := path.relative_to(folder).as_posix()) != MANIFEST}


def manual_route(record: Record) -> str:
    """How to get a data set by hand: numbered steps, where it belongs, and links that are dead."""
    steps = [f"  {number}. {step}" for number, step in enumerate(record.manual, 1)]
    place = (
        f"`cosmic data get` unpacks it to {record.folder.absolute()}; what you unpacked yourself may be put there too."
    )
    dead = [f"  This link is dead: {url}" for url in record.dead_urls]
    return "\n".join([f"{record.title}, by hand:", *steps, f"  {place}", *dead])


def verify(record: Record, root: str | Path | None = None) -> list[str]:
    """What is wrong with the folder of a data set, file by file.

    Args:
        record: of the data set.
        root: the folder, where it is not `record.folder`.

    Returns:
        Problems in words, none if all is well: files that are missing, changed or not part of the data set, where
        `get` has made it; and patterns of `record.contents` that do not match as many files as they should.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    folder = record.folder if root is None else Path(root)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; `cosmic data get {record.name}` makes it")
    problems = _compare(folder) if (folder / MANIFEST).exists() else []
    for pattern, expected in record.contents.items():
        found = sum(path.is_file() for path in folder.glob(pattern))
        if found != expected:
            problems.append(f"{pattern}: {found:,} files, expected {expected:,}")
    return problems


def _compare(folder: Path) -> list[str]:
    """Differences between the files of a folder and its manifest."""
    try:
        manifest = store.read_json(folder / MANIFEST)
        listed = manifest["files"] if manifest["format"] == FORMAT else None
    except (ValueError, TypeError, KeyError):
        listed = None
    if listed is None:
        return [f"{MANIFEST}: not readable by this version, so no file was compared; get the data set again"]
    files = _files(folder)
    found = {name: _difference(files.get(name), *stated) for name, stated in listed.items()}
    found |= {name: "not part of the data set" for name in files if name not in listed}
    return [f"{name}: {problem}" for name, problem in found.items() if problem]


def _difference(path: Path | None, size: int, sha256: str) -> str:
    if path is None:
        return "missing"
    try:
        return "changed" if path.stat().st_size != size or leakage.file_hashes([path])[0] != sha256 else ""
    except OSError as error:
        return f"cannot be read ({error.strerror})"

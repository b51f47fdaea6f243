"""Where things are kept: folders, keys, and files that are either whole or not there."""

from __future__ import annotations

import errno
import functools
import hashlib
import importlib.util
import io
import itertools
import json
import mmap
import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np


def home() -> Path:
    """Folder that holds data, cache, runs and reports: `COSMIC_HOME`, or the current folder."""
    return Path(os.environ.get("COSMIC_HOME", "."))


def threads() -> int:
    """Threads and worker processes to use: `COSMIC_THREADS`, or as many as there are cores for this process."""
    setting = os.environ.get("COSMIC_THREADS")
    if setting is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not setting.isdigit() or int(setting) < 1:
        raise ValueError(f"COSMIC_THREADS is {setting!r}; set it to a whole number from 1 up, or unset it")
    return int(setting)


REMEDIES = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space, or let COSMIC_HOME name a larger disk"
    ),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "let COSMIC_HOME name a folder that you may write to"),
}


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A hidden name beside `path`, for a file or folder that takes its own name once it is whole.

    The name tells which process writes it, so that `sweep` can remove what a killed one left.

    Args:
        path: what it is going to be; folders above it are made.

    Yields:
        The name to write to. Whatever is left there in the end is removed.

    Raises:
        OSError: nothing can be written there; the message names the remedy.
    """
    part = path.parent / f".{platform.node()}-{os.getpid()}-{next(_numbers)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
    except OSError as error:
        if error.errno in REMEDIES and error.strerror:
            raise type(error)(error.errno, f"{error.strerror}; {REMEDIES[error.errno]}", str(path)) from error
        raise
    finally:
        _remove(part)


_numbers = itertools.count()


def once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make a folder, unless it is there; it takes its name once it is whole.

    Args:
        folder: its name has to tell all that decides what is in it.
        fill: makes a folder of the name it is given, with everything in it.

    Returns:
        The folder.
    """
    if not folder.is_dir():
        sweep(folder.parent)
        with unfinished(folder) as part:
            fill(part)
            try:
                part.rename(folder)
            except OSError:  # another process made the same meanwhile
                if not folder.is_dir():
                    raise
    return folder


def _remove(part: Path) -> None:
    with suppress(OSError):  # gone already, or on Windows still open
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def sweep(folder: Path) -> None:
    """Remove what killed processes left unfinished in a folder, up to two folders below it.

    Args:
        folder: need not exist.
    """
    for depth in ("", "*/", "*/*/"):
        for part in folder.glob(f"{depth}.*.part"):
            if (writer := PART.fullmatch(part.name)) and _abandoned(part, writer):
                _remove(part)


PART = re.compile(r"\.(?P<host>.*)-(?P<process>\d+)-\d+\.part")
DAY = 24 * 60 * 60  # seconds


def _abandoned(part: Path, writer: re.Match) -> bool:
    """Whether nobody can be writing it: its process is gone; or, where that cannot be asked, a day has passed."""
    try:
        if time.time() - part.stat().st_mtime > DAY:
            return True
        if os.name == "posix" and writer["host"] == platform.node():
            os.kill(int(writer["process"]), 0)  # signal 0 only asks
    except (ProcessLookupError, FileNotFoundError):
        return True
    except PermissionError:  # it lives, and is somebody else's
        return False
    return False


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is either the old one or the whole new one, whatever happens meanwhile.

    A file that holds just that already is left alone.

    Raises:
        OSError: it cannot be written; the message names the file and the remedy.
    """
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    with unfinished(path) as part:
        part.write_bytes(content)
        os.replace(part, path)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, atomically; the same value always gives the same bytes."""
    write_bytes(path, (_as_text(value) + "\n").encode())


def _as_text(value: Any, margin: str = "\n") -> str:
    """A value as JSON: an entry a line, but lists of plain values on one, as thousands of numbers are."""
    inner = f"{margin} "
    if isinstance(value, Mapping) and value:
        entries = [f"{json.dumps(str(name))}: {_as_text(one, inner)}" for name, one in sorted(value.items())]
        return f"{{{inner}{f',{inner}'.join(entries)}{margin}}}"
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping | list | tuple) for one in value):
        return f"[{inner}{f',{inner}'.join(_as_text(one, inner) for one in value)}{margin}]"
    return json.dumps(value)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array as .npy, atomically."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


class ArrayFile:
    """An array that is written to a folder part after part, under a name that tells what is in it."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name = folder, name
        self.digest = hashlib.sha256()
        self.file = open(folder / name, "wb")  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> ArrayFile:
        return self

    def write(self, content: bytes, *, digest: bytes | None = None) -> None:
        """Add some items, as bytes, many in one go; `digest` is a hash of them where there is one already."""
        self.digest.update(digest or content)
        self.file.write(content)

    def __exit__(self, *error: object) -> None:
        self.file.close()
        (self.folder / self.name).rename(self.folder / f"{self.name}-{self.digest.hexdigest()[:16]}.bin")


def open_array(folder: Path, name: str, shape: tuple[int, ...], *, dtype: type = np.uint8) -> np.memmap:
    """An array that an `ArrayFile` has written; it is read from disk as it is used.

    Args:
        folder, name: as given to `ArrayFile`.
        shape: of all of it.
        dtype: of its values.
    """
    (path,) = (path for path in folder.glob(f"{name}-*.bin") if _named(path, name))
    return np.memmap(path, dtype, "r", shape=shape)


def _named(path: Path | str | None, name: str = ".*") -> str | None:
    """What the name of an array's file tells of its content; None for the file of another."""
    found = path and re.fullmatch(rf"{name}-([0-9a-f]{{16}})\.bin", Path(path).name)
    return found[1] if found else None


def let_go(array: np.ndarray) -> None:
    """Of an array that is read from disk, take what has been read out of this process's memory, where that can be."""
    if isinstance(array.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        array.base.madvise(mmap.MADV_DONTNEED)


def read_json(path: Path) -> Any:
    """Read a JSON file that this package wrote.

    Raises:
        ValueError: the file is not JSON; the message names it and the remedy.
    """
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: not a result file of this package ({error}); move it away and run again") from error


def fingerprint(*parts: Any) -> str:
    """Short hash of arrays, texts and JSON-like values: equal input, equal hash, on every machine.

    An array that `open_array` reads from disk is taken for what its name says: to read gigabytes before each run would
    take longer than some runs.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.memmap) and isinstance(part.base, mmap.mmap) and _named(part.filename):
            digest.update(f"{part.dtype.str}{part.shape}{_named(part.filename)}".encode())
        elif isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


@functools.cache
def source_fingerprint(*modules: str) -> str:
    """Hash of the source text of modules, so that a stored result is not taken for that of edited code."""
    texts = []
    for module in modules:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise ValueError(f"{module}: no such module to fingerprint")
        texts.append(Path(spec.origin).read_text())
    return fingerprint(texts)

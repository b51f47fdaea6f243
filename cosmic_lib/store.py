"""Where things are kept: folders, keys, and files that are either whole or not there."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import io
import json
import os
import tempfile
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


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is either the old one or the whole new one, whatever happens meanwhile.

    A file that holds just that already is left alone.
    """
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@functools.cache
def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, atomically; the same value always gives the same bytes."""
    write_bytes(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array as .npy, atomically."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


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

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
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

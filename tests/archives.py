"""Archives to test with, good and bad."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def make_zip(files: Iterable[tuple[str, bytes]], mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files:
            info = zipfile.ZipInfo()
            info.filename = name  # as it is: the constructor tidies names
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, mode << 16
            opened.writestr(info, content)
    return buffer.getvalue()


def make_tar(files: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT, **fields: Any) -> bytes:
    """A tar, of which every member has these fields."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as opened:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            opened.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def make(kind: str, files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of this kind; a .csv.gz has the content of all files behind each other."""
    if kind == ".zip":
        return make_zip(files)
    if kind == ".csv.gz":
        return gzip.compress(b"".join(content for _, content in files))
    return make_tar(files) if kind == ".tar" else gzip.compress(make_tar(files))


def right_headers(tar: bytearray) -> bytes:
    """The same with a sum that agrees wherever there is a header, so that what it says is believed."""
    for start in range(0, len(tar) - 511, 512):
        block = tar[start : start + 512]
        if block[257:262] == b"ustar":
            tar[start + 148 : start + 156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 8 * 32)
    return bytes(tar)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file with its content, and every folder."""
    paths = sorted(folder.rglob("*"))
    return {path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes() for path in paths}

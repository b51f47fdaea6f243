"""A tiny data set to fetch: its files, the archive that a server has, and its record."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from cosmic_lib import fetch, store
from cosmic_lib.catalog import Download, Record

from .archives import make_zip

FILES = {f"genres/blues/blues.0000{number}.wav": np.random.default_rng(number).bytes(2**16) for number in range(4)}
LABELS = b"track,label\nblues.00000,blues\n"
CLIPS = make_zip(FILES.items())


def make_download(*urls: str, file: str = "clips.zip", content: bytes = CLIPS) -> Download:
    return Download(file=file, bytes=len(content), urls=urls, sha256=hashlib.sha256(content).hexdigest())


def make_record(*downloads: Download) -> Record:
    return Record(
        name="tiny",
        title="A Tiny Data Set",
        study="genre",
        homepage="https://example.org",
        licence="none",
        citation="nobody",
        layout="genres/<genre>/<genre>.NNNNN.wav",
        contents={"genres*/*/*.wav": len(FILES)},
        group="track",
        items="4 clips",
        manual=("Log in at https://example.org.", "Press the red button."),
        known_faults=(),
        downloads=downloads,
        dead_urls=("http://example.org/gone.zip",),
    )


def left(home: Path) -> set[str]:
    """Everything in the folder of data sets, hidden files included."""
    return {path.relative_to(home / "data").as_posix() for path in (home / "data").rglob("*")}


def assert_whole(record: Record) -> None:
    """The data set is there, all of it, and nothing else."""
    data = record.folder.parent
    assert {path.name for path in data.iterdir()} == {record.name}
    made = {path.relative_to(record.folder).as_posix(): path for path in record.folder.rglob("*") if path.is_file()}
    manifest = made.pop(fetch.MANIFEST)
    assert {name: path.read_bytes() for name, path in made.items()} == FILES
    assert store.read_json(manifest)["files"].keys() == FILES.keys()
    assert fetch.verify(record) == []

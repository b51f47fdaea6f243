"""A small sample of the album art study, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic_lib.studies.album_art import data, sample

SMALL = {"covers": 120, "side": 48}


@pytest.fixture(scope="session")
def album_art_sample(tmp_path_factory) -> Path:
    """Folder of a small sample, a folder for each genre; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("album-art"), **SMALL)


@pytest.fixture(scope="session")
def album_art_data(album_art_sample, _home_of_shared_fixtures):
    """The small sample as `Data`."""
    return data.load("sample", album_art_sample.parent, size=24, **SMALL)

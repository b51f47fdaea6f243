"""A small sample of the galaxies study, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmic_lib.studies.galaxies import data, sample

SMALL = {"galaxies": 160, "side": 48}


@pytest.fixture(scope="session")
def galaxies_sample(tmp_path_factory) -> Path:
    """Folder of a small sample in the layout of Galaxy Zoo 2; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("galaxies"), **SMALL)


@pytest.fixture(scope="session")
def galaxies_data(galaxies_sample, _home_of_shared_fixtures):
    """The small sample as `Data`, with both kinds of input."""
    return data.load("sample", galaxies_sample.parent, inputs=data.INPUTS, size=24, **SMALL)

"""A small sample of the composers study, read once, and MIDI files made by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from cosmic_lib.studies.composers import data, inputs, sample
from cosmic_lib.studies.composers.cutting import Cut

SMALL = {"pieces": 12, "seconds": 45.0}
CUT = {"shrink": 4, "most": 3}


@pytest.fixture(scope="session")
def composers_sample(tmp_path_factory) -> Path:
    """Folder of a small sample in the layout of the Kaggle set; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("composers"), **SMALL)


@pytest.fixture(scope="session")
def composers_data(composers_sample, _home_of_shared_fixtures):
    """The small sample as `Data`, three chunks of a piece at most, with every kind of input."""
    return data.load("sample", composers_sample.parent, inputs=inputs.INPUTS, **CUT, **SMALL)


@pytest.fixture(scope="session")
def composers_cut(composers_data) -> Cut:
    """How its chunks were cut."""
    return Cut.of(composers_data.settings)


@pytest.fixture(scope="session")
def note() -> Callable:
    """`note(start, end, pitch, velocity=64, channel=0)`: two messages, each with its tick."""
    return _note


def _note(start: int, end: int, pitch: int, velocity: int = 64, channel: int = 0) -> list[tuple[int, mido.Message]]:
    begun = mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)
    return [(start, begun), (end, mido.Message("note_off", note=pitch, channel=channel))]


@pytest.fixture(scope="session")
def write_midi() -> Callable:
    """`write_midi(path, *tracks, ticks_per_beat=480)`: a MIDI file; a track is a list of messages with their ticks."""
    return _write_midi


def _write_midi(path: Path, *tracks: list, ticks_per_beat: int = 480) -> Path:
    written = mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat)
    for messages in tracks:
        track, last = mido.MidiTrack(), 0
        for tick, message in sorted(messages, key=lambda one: one[0]):
            track.append(message.copy(time=tick - last))
            last = tick
        written.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    written.save(path)
    return path

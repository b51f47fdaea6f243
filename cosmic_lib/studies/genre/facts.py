"""What others found out about GTZAN's tracks: whose they are, which are faulty, and which part each is in.

`gtzan_tracks.csv` beside this file has a row per track that one of two lists names, 991 of the 1,000:

    track        as its file is named, such as `blues.00012`
    artist       number of its artist
    artist_fold  1 to 3: the fold that tests on it; no artist is in two, and repeats and distorted tracks are in none
    filtered     train, validation or test: its part of the fault-filtered split, which leaves 70 tracks out

A cell is empty where the list leaves the track out. Track names, artists and parts are facts; `SOURCES` says whose work
it was to find them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

TRACKS = 1_000
"""Tracks of the whole data set, 100 of each genre."""

SOURCES = (
    "Artists and their folds: github.com/julianofoleiss/gtzan_sturm_filter_3folds_stratified, for J. H. Foleis and "
    "T. F. Tavares, Texture selection for automatic music genre classification, Applied Soft Computing 89, 2020, "
    "doi 10.1016/j.asoc.2020.106127",
    "Fault-filtered parts: C. Kereliuk, B. L. Sturm and J. Larsen, Deep learning and music adversaries, 2015, "
    "arXiv:1507.04761; as listed by github.com/jordipons/sklearn-audio-transfer-learning",
    "The faults themselves: B. L. Sturm, The GTZAN dataset: its contents, its faults, their effects on evaluation, "
    "and its future use, 2013, arXiv:1306.1461",
)
"""Whom to cite for what the table says."""


@functools.cache
def tracks() -> pd.DataFrame:
    """All that is known about the tracks: do not write to it.

    Returns:
        Columns artist, artist_fold and filtered, as text, empty where unknown; the index is the track, in order.
    """
    return pd.read_csv(
        Path(__file__).with_name("gtzan_tracks.csv"), dtype=str, keep_default_na=False, index_col="track"
    )


def artists(tracks: Sequence[str]) -> list[str]:
    """Artist of each track, such as `artist 12`.

    Args:
        tracks: names such as `blues.00012`, in any order, as often as you like.

    Returns:
        One name per track, empty where the artist is not known or the track is none of GTZAN's.
    """
    return [f"artist {number}" if number else "" for number in _column("artist", tracks)]


def filtered_part(tracks: Sequence[str]) -> list[str]:
    """Part of each track in the fault-filtered split: `train`, `validation` or `test`.

    Args:
        tracks: as `artists` takes them.

    Returns:
        One part per track, empty where the track is left out for its faults, or is none of GTZAN's.
    """
    return _column("filtered", tracks)


def filtered_artists(tracks: Sequence[str]) -> list[str]:
    """Artist of each track that is free of faults, to split those by artist.

    The fault-filtered split keeps 43 tracks whose artist the other list does not give, and these are left out as well:
    some are the second copy of a recording of which that list has the first, so nobody knows what they share.

    Args:
        tracks: as `artists` takes them.

    Returns:
        One name per track, empty where the track is left out.
    """
    return [artist if part else "" for artist, part in zip(artists(tracks), filtered_part(tracks), strict=True)]


def _column(name: str, names: Sequence[str]) -> list[str]:
    return tracks()[name].reindex(list(names), fill_value="").tolist()

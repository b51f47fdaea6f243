"""What the audit found in the genre study, as far as it concerns the LSTM on segments.

Each entry has the audit's own id; where a fault can be measured on data, a function does it.
"""

from __future__ import annotations

import pandas as pd

from cosmic_lib import audio, leakage
from cosmic_lib.splits import PUBLISHED, fold_columns
from cosmic_lib.studies import Data, Fault


def segment_split(data: Data, table: pd.DataFrame) -> str:
    """T1: how many tracks have segments on several sides of the published split."""
    column = fold_columns(PUBLISHED)[0]
    shared = [leak for leak in leakage.find(table, split=column, group="group") if leak.kind == "shared group"]
    tracks = table["group"].iloc[list(shared[0].rows)].nunique() if shared else 0
    return f"In {column}, {tracks} of {table['group'].nunique()} tracks have segments in more than one part."


def skipped_audio(data: Data, table: pd.DataFrame) -> str:
    """T2: how much of the audio no analysis window touches."""
    settings = audio.SegmentFeatures(**data.settings)
    return (
        f"{1 - audio.coverage(settings):.0%} of the samples are never looked at: the hop of {settings.hop_length:,} "
        f"is wider than the window of {settings.n_fft:,}."
    )


def repeated_tracks(data: Data, table: pd.DataFrame) -> str:
    """T3: recordings that occur more than once."""
    repeats = data.items["source"].nunique() - data.groups
    return f"{repeats} of {data.items['track'].nunique()} tracks repeat another one; such tracks share a group here."


FAULTS = (
    Fault(
        name="T1",
        title="Segments of one track on both sides of the split",
        evidence="line 9: the segments are described before the split, and about ten times more audio items than "
        "pictures are scored",
        correction="deal out whole tracks, and keep the split table",
        grade="likely",
        measure=segment_split,
    ),
    Fault(
        name="T2",
        title="The hop is wider than the window",
        evidence="line 9: n_fft 1,024 and hop length 4,084 (a slip of the pen cannot be ruled out)",
        correction="a hop of at most half the window, and a check of the coverage",
        grade="proven",
        measure=skipped_audio,
    ),
    Fault(
        name="T3",
        title="The data set repeats and mislabels recordings",
        evidence="Sturm 2013, arXiv:1306.1461",
        correction="group repeats, and split by artist and without the faulty items",
        grade="proven",
        measure=repeated_tracks,
    ),
    Fault(
        name="T4",
        title="No validation set in the description of the split",
        evidence="line 9: 70 % training, 20 % testing and 10 % testing; lines 51 and 67 stop early on validation",
        correction="name the three parts, and open the test set once",
        grade="proven",
    ),
    Fault(
        name="T12",
        title="Settings of the LSTM unstated",
        evidence="lines 13 and 63: learning rates are given for other networks; batch size, loss, seed and feature "
        "counts are not given",
        correction="keep the settings in a diary, as data",
        grade="proven",
    ),
    Fault(
        name="T13",
        title="Patience chosen by trying four values on data that are not named",
        evidence="line 51",
        correction="choose on the validation part, and count what was tried",
        grade="proven",
    ),
)

"""What the audit's entries amount to, as far as notes and file names tell: one sentence each, of some of the pieces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cosmic_lib import midi
from cosmic_lib.studies import Data
from cosmic_lib.studies.composers import augment, features, tidy

LOOKED_AT = 20
"""Pieces that are read again for a measure, evenly spread over all of them."""


def _files(data: Data) -> list[str]:
    """Some of the files, evenly spread."""
    files = data.items["file"].drop_duplicates().tolist()
    return [files[row] for row in np.linspace(0, len(files) - 1, min(len(files), LOOKED_AT)).round().astype(int)]


def _read(data: Data) -> Iterator[midi.Piece]:
    return (midi.read(data.root / file) for file in _files(data))


def last_track(data: Data, table: pd.DataFrame) -> str:
    """C3: lengths as the study had them, and as they are."""
    pairs = [
        (found[0], midi.length(midi.read(data.root / file)))
        for file in _files(data)
        if (found := features.as_published(data.root / file)) is not None
    ]
    theirs, ours = np.array(pairs).T
    apart = np.abs(theirs - ours) > 0.1 * ours
    return (
        f"Of {len(pairs)} pieces {apart.sum()} have a length that is off by more than a tenth, and "
        f"{(theirs < 2).sum()} one of less than 2 seconds; the median is {np.median(theirs):.0f} s so measured, and "
        f"{np.median(ours):.0f} s by the end of the last note."
    )


def tempo(data: Data, table: pd.DataFrame) -> str:
    """C4: pieces that are not played at 120 beats per minute, and by how much their length is off."""
    ratios, changing = [], 0
    for piece in _read(data):
        beats = piece.notes["end_tick"].max() / piece.ticks_per_beat
        ratios.append(beats / 2 / midi.length(piece))
        changing += len(piece.tempos) > 1
    off = np.abs(np.log(ratios))
    return (
        f"{(off > 0.01).sum()} of {len(ratios)} pieces are not at 120 beats per minute, and {changing} change their "
        f"tempo; the length by 120 is off by {np.exp(np.median(off)) - 1:.0%} in the median."
    )


def substrings(data: Data, table: pd.DataFrame) -> str:
    """C5: files whose path holds the name of a composer who did not write them."""
    files = tidy.plan(data.root).files
    wrong = [
        file
        for file, composer in zip(files["file"], files["composer"], strict=True)
        if composer not in data.classes and any(name in file for name in data.classes)
    ]
    example = f", such as {wrong[0]}" if wrong else ""
    return (
        f"{len(wrong)} of {len(files)} files have one of {len(data.classes)} names in their path without being by that "
        f"composer{example}."
    )


def polyphony(data: Data, table: pd.DataFrame) -> str:
    """C10: notes that sound at a time, and notes that begin together."""
    sounding, together = [], []
    for piece in _read(data):
        sounding.append(features.of_piece(piece)[features.EIGHT.index("polyphony")])
        counts = features.published_polyphony(piece)
        together.append(sum(number * times for number, times in counts.items()) / counts.total())
    return (
        f"In {len(sounding)} pieces {np.mean(sounding):.1f} notes sound at a time, silence left out, and "
        f"{np.mean(together):.1f} begin together."
    )


def copying(data: Data, table: pd.DataFrame) -> str:
    """C14: pieces that copies play at another tempo, drums that they shift, and names that are there twice."""
    pieces = list(_read(data))
    factors = np.array([piece.ticks_per_beat / augment.TICKS for piece in pieces])
    drums = sum(any(one.drums for one in piece.instruments) for piece in pieces)
    names = data.items["file"].drop_duplicates().str.rsplit("/").str[-1]
    return (
        f"{(factors != 1).sum()} of {len(pieces)} pieces have not {augment.TICKS} ticks per beat, so that their copies "
        f"last {factors.min():.2g} to {factors.max():.2g} times as long; {drums} have drums, and "
        f"{names.duplicated().sum()} of {len(names)} files the name of another one."
    )


def moves(data: Data, table: pd.DataFrame) -> str:
    """C15: what tidying would move, and that none of it is lost."""
    files = tidy.plan(data.root).files
    moved = (files["file"] != files["moves_to"]).sum()
    return f"Tidying would move {moved} of {len(files)} files, to {files['moves_to'].nunique()} different places."


def composers(data: Data, table: pd.DataFrame) -> str:
    """C20: composers that there are, and those that are told apart here."""
    there = tidy.plan(data.root).files["composer"].nunique()
    return f"There are pieces by {there} composers here, of whom {len(data.classes)} are told apart."

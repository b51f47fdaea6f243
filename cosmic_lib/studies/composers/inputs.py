"""What the networks of the composers study are fed, all of it made from the same files.

input            one item is           shape, by default
chunks           a chunk               (128, 150, 1) uint8, velocities
chunks_two       a chunk               (128, 150, 2) uint8, where notes are (127) and velocities
piece_two        a piece               (1, 2) float64, its length and number of notes
piece_eight      a piece               (1, 8) float64, see `features.EIGHT`
windows          ten pieces in a row   (10, 2) float64, length and notes as published; the label is of the next one
all_chunks       a chunk               as `chunks`, of all composers, and shifted copies as one more composer
all_chunks_0_1   a chunk               the same, of composers above 0.1 % of the chunks; _1 above 1 %, _10 above 10 %
named_chunks     a chunk               of all composers, without copies
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import leakage, midi, store
from cosmic_lib.reproduce import LOOKED_THROUGH
from cosmic_lib.studies import Data
from cosmic_lib.studies.composers import augment, cutting, features
from cosmic_lib.studies.composers.cutting import Cut

COPIES = "augmented_pitch"
"""What the study called the folder of its shifted copies, which became a class (line 2898)."""
THRESHOLDS = {"all_chunks_0_1": 0.001, "all_chunks_1": 0.01, "all_chunks_10": 0.1}
"""Input -> share of all chunks above which a composer is kept (lines 2862, 2994 and 3067)."""
EVERYBODY = ("all_chunks", *THRESHOLDS, "named_chunks")
"""Inputs that need the pieces of all composers."""
CHANNELS = {"chunks": ("velocity",), "chunks_two": ("binary", "velocity")}
INPUTS = (*CHANNELS, "piece_two", "piece_eight", "windows", *EVERYBODY)
BEFORE = 10
"""Pieces in a window (line 853)."""
BLOCKS, SHORTEST, LONGEST = 16, 15, 50
"""Blocks that pieces in a row are cut into, if possible, and the fewest and most pieces in one."""


@dataclass(frozen=True)
class Maker:
    """Makes inputs of pieces.

    Args:
        root: folder that paths start from.
        files: columns file, composer, group and work; a row per piece.
        features: the eight of each piece.
        composers: whose pieces are told apart.
        settings: how chunks are cut.
        progress: `progress(steps, title)` wraps what is looped over.
    """

    root: Path
    files: pd.DataFrame
    features: np.ndarray
    composers: tuple[str, ...]
    settings: Cut
    progress: Callable

    def chunks(self, rows: np.ndarray, name: str = "chunks") -> tuple[pd.DataFrame, np.ndarray]:
        """Items and array of the chunks of some pieces, a boolean mask."""
        files = self.files[rows].reset_index(drop=True)
        makers = [functools.partial(midi.read, self.root / file) for file in files["file"]]
        array, table = self._cut(makers, files, self._key(files), name)
        return _joined(_chunk_items(table, files), array), array

    def _key(self, files: pd.DataFrame) -> str:
        stats = [(self.root / file).stat() for file in files["file"]]
        return store.fingerprint(
            [[file, one.st_size, one.st_mtime_ns] for file, one in zip(files["file"], stats, strict=True)]
        )

    def _cut(self, makers: list, files: pd.DataFrame, key: str, name: str) -> tuple[np.ndarray, pd.DataFrame]:
        settings = replace(self.settings, channels=CHANNELS.get(name, ("velocity",)))
        shown = functools.partial(self.progress, title=f"cutting {name}")
        return cutting.cut_all(makers, settings, key=key, progress=lambda steps: shown(steps))

    def add(self, data: Data, wanted: Iterable[str]) -> Data:
        """The data with more kinds of input.

        Args:
            data: with the chunks of the composers that are told apart.
            wanted: names, see the top of this module.
        """
        own = self.files["composer"].isin(self.composers).to_numpy()
        pieces = self.files[own].reset_index(drop=True)
        arrays = dict(data.arrays)
        if "chunks_two" in wanted:
            _, arrays["chunks_two"] = self.chunks(own, "chunks_two")
        others = self._pieces(data, pieces, self.features[own])
        if "windows" in wanted:
            others["windows"] = self._windows(data, pieces)
        if any(name in EVERYBODY for name in wanted):
            others |= self._everybody(data, set(wanted))
        return replace(data, arrays=arrays, others=others)

    def _pieces(self, data: Data, pieces: pd.DataFrame, eight: np.ndarray) -> dict[str, Data]:
        """One item per piece, with its own features."""
        known = data.items.drop_duplicates("piece").set_index("piece")[["group", "work"]]
        there = pieces["file"].isin(known.index)  # a piece may have no chunk in which anything sounds
        items = _piece_items(pieces[there].drop(columns=["group", "work"]).join(known, on="file"))
        two = [features.EIGHT.index(name) for name in features.TWO]
        both = {"piece_two": eight[there][:, np.newaxis, two], "piece_eight": eight[there][:, np.newaxis]}
        return {name: replace(data, items=items, arrays={name: array}, others={}) for name, array in both.items()}

    def _windows(self, data: Data, pieces: pd.DataFrame) -> Data:
        """Ten pieces in a row, in the order of the files; the label is the composer of the next one.

        A window belongs to the block that it lies in, or to none if it crosses from one into the next.
        """
        found = [
            features.as_published(self.root / file) for file in self.progress(pieces["file"].tolist(), "reading tracks")
        ]
        known = np.array([one is not None for one in found])
        if known.sum() <= BEFORE:
            raise ValueError(f"{known.sum()} pieces; windows of {BEFORE} and the next one need more than {BEFORE}")
        pieces, rows = pieces[known].reset_index(drop=True), np.stack([one for one in found if one is not None])
        length = int(np.clip(len(rows) // BLOCKS, SHORTEST, LONGEST))
        first, last = np.arange(len(rows) - BEFORE), np.arange(BEFORE, len(rows))
        inside = first // length == last // length
        items = _piece_items(pieces.iloc[last])
        items["group"] = np.where(inside, [f"block {number}" for number in first // length], "")
        windows = np.stack([rows[start : start + BEFORE] for start in first])
        notes = (*data.notes, f"{len(items)} windows; blocks of {length} pieces are kept whole")
        return replace(
            data,
            items=items,
            arrays={"windows": windows},
            others={},
            groupings=(),
            sealed_by="group",
            apart=True,
            unit="block",
            notes=notes,
        )

    def _everybody(self, data: Data, wanted: set[str]) -> dict[str, Data]:
        """Chunks of all composers, and of those above a threshold; where there are no others, nobody is added."""
        others = {}
        if "named_chunks" in wanted and set(self.files["composer"]) > set(self.composers):
            others["named_chunks"] = self._apart(data, "named_chunks", *self.chunks(np.full(len(self.files), True)))
        thresholds = {"all_chunks": 0.0, **THRESHOLDS}
        if not wanted & thresholds.keys():
            return others
        items, array = self._with_copies()
        shares = items["label"].value_counts(normalize=True)
        for name in sorted(wanted & thresholds.keys()):
            kept = items["label"].isin(shares.index[shares > thresholds[name]]).to_numpy()
            if items["label"][kept].nunique() > 1:  # the copies alone may be above a threshold
                some = items[kept].reset_index(drop=True)
                others[name] = self._apart(data, name, some, array if kept.all() else array[kept])
        return others

    def _apart(self, data: Data, name: str, items: pd.DataFrame, array: np.ndarray) -> Data:
        classes = tuple(sorted(items["label"].unique()))
        return replace(data, items=items, arrays={name: array}, classes=classes, others={}, apart=True)

    def _with_copies(self) -> tuple[pd.DataFrame, np.ndarray]:
        """All pieces, and the study's two copies of each by the composers that are told apart (line 464)."""
        own = self.files[self.files["composer"].isin(self.composers)]
        copies = pd.concat([own.assign(shift=shift) for shift in augment.SHIFTS])
        copies["name"] = [
            f"{COPIES}/{Path(file).stem}_pitch_{shift}.mid"
            for file, shift in zip(copies["file"], copies["shift"], strict=True)
        ]
        copies = copies.drop_duplicates("name", keep="last").assign(composer=COPIES)  # one wrote over the other
        everything = pd.concat([self.files.assign(shift=0, name=self.files["file"]), copies], ignore_index=True)
        makers = [
            functools.partial(_piece_or_copy, self.root / file, shift)
            for file, shift in zip(everything["file"], everything["shift"], strict=True)
        ]
        key = store.fingerprint(self._key(self.files), list(self.composers), store.source_fingerprint(augment.__name__))
        array, table = self._cut(makers, everything, key, "all_chunks")
        return _joined(_chunk_items(table, everything), array), array


def _piece_or_copy(path: Path, shift: int) -> midi.Piece:
    piece = midi.read(path)
    return augment.published_copy(piece, shift) if shift else piece


def _chunk_items(table: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """One row per chunk, with what is known of its piece."""
    of_piece = files.iloc[table["row"]].reset_index(drop=True)
    names = of_piece["name"] if "name" in of_piece else of_piece["file"]
    return pd.DataFrame(
        {
            "item": [f"{name}/{number}" for name, number in zip(names, table["number"], strict=True)],
            "label": of_piece["composer"],
            "group": of_piece["group"],
            "piece": names,
            "work": of_piece["work"],
            "number": table["number"],
            "padded": table["padded"],
            "file": of_piece["file"],
        }
    )


def _joined(items: pd.DataFrame, array: np.ndarray) -> pd.DataFrame:
    """Pieces that have a chunk in common share a group, and their works are one."""
    if array.size <= LOOKED_THROUGH:
        pairs = leakage.near_identical(array, items["group"])
    else:
        same = items.groupby([store.fingerprint(chunk) for chunk in array])
        pairs = [(rows[0], row) for rows in same.indices.values() for row in rows[1:]]
    groups, _ = leakage.join(items["group"].tolist(), pairs)
    works, _ = leakage.join(items["work"].tolist(), pairs)
    return items.assign(group=groups, work=works)


def _piece_items(pieces: pd.DataFrame) -> pd.DataFrame:
    """One row per piece."""
    named = pieces.rename(columns={"composer": "label"}).assign(item=pieces["file"], piece=pieces["file"])
    return named[["item", "label", "group", "piece", "work", "file"]].reset_index(drop=True)


def read(name: str, path: Path, shape: tuple[int, ...], settings: Mapping[str, Any]) -> np.ndarray:
    """The chunks of one MIDI file, as a network that was trained on these inputs wants them.

    Args:
        name: of the inputs.
        path: the file.
        shape: of one item.
        settings: `Data.settings` of what the network was trained on.

    Returns:
        uint8, shape (chunks, *shape): all chunks of the file, or for `piece_two` and `piece_eight` one item.

    Raises:
        MidiError: the file cannot be read.
    """
    piece = midi.read(path)
    if name not in CHANNELS:
        eight = features.of_piece(piece)
        chosen = features.TWO if name == "piece_two" else features.EIGHT
        return np.array([[[eight[features.EIGHT.index(one)] for one in chosen]]])
    return cutting.every_chunk(piece, replace(Cut.of(settings), channels=CHANNELS[name]))


READ = {name: functools.partial(read, name) for name in (*CHANNELS, "piece_two", "piece_eight")}
"""Input name -> `read` of it, for files of a user's own."""

"""One split table per data set: every column is a complete split, written once and read by everything.

A column gives each item a part. `test` is sealed: no fold touches it, and only `experiment.open_test` scores it.

    column          parts                                    what is kept whole
    honest          train, validation, test                  groups
    honest_foldN    train, validation, held_out, test        groups
    published_foldN train, validation, held_out, test        nothing: items are dealt out one by one
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cosmic_lib import store

TRAIN, VALIDATION, HELD_OUT, TEST = "train", "validation", "held_out", "test"
PARTS = (TRAIN, VALIDATION, HELD_OUT, TEST)
FOLDS = 5
PUBLISHED, HONEST = "published", "honest"
PROTOCOLS = (PUBLISHED, HONEST)


def deal(labels: ArrayLike, groups: ArrayLike, parts: int, *, seed: int) -> np.ndarray:
    """Deal items out into parts of about equal size and like class shares, each group whole in one part.

    Args:
        labels: class of each item.
        groups: group of each item; give every item its own to deal items out one by one.
        parts: how many parts, at least 2.
        seed: another seed deals anew.

    Returns:
        Part of each item: int64 from 0 to parts - 1, shape (items,).

    Raises:
        ValueError: fewer groups than parts, or labels and groups of unequal length.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    classes, units = np.asarray(labels), np.asarray(groups)
    if len(classes) != len(units):
        raise ValueError(f"{len(classes)} labels but {len(units)} groups; give one of each per item")
    distinct = len(np.unique(units))
    if distinct < parts:
        raise ValueError(f"{distinct} groups cannot fill {parts} parts; add data, or ask for fewer parts")
    if np.unique(classes, return_counts=True)[1].max() < parts:
        raise ValueError(f"no class has as many as {parts} items, one for each part; add data, or ask for fewer parts")
    parts_of = np.empty(len(classes), dtype=np.int64)
    if distinct == len(classes):  # every item its own group: the same, and much faster on many items
        dealt = StratifiedKFold(parts, shuffle=True, random_state=seed).split(classes, classes)
    else:
        dealt = StratifiedGroupKFold(parts, shuffle=True, random_state=seed).split(classes, classes, units)
    with warnings.catch_warnings():  # a class with fewer groups than parts is dealt out as far as it goes
        warnings.filterwarnings("ignore", message="The least populated class")
        for part, (_, rows) in enumerate(dealt):
            parts_of[rows] = part
    return parts_of


def make_table(items: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Make the split table of a data set.

    A fifth of the groups is sealed as test set. The rest is cut into five folds twice: by group (honest) and by item
    (published). Of what a fold leaves, an eighth is validation, so that each fold has the 70/10/20 shares that the
    studies state.

    Args:
        items: columns item, label, group.
        seed: of all the dealing.

    Returns:
        Columns item, label, group, honest, and published_foldN and honest_foldN for N from 0 to 4.
    """
    table = items[["item", "label", "group"]].reset_index(drop=True).astype(str)
    whole, single = table["group"].to_numpy(), np.arange(len(table))
    labels = table["label"].to_numpy()
    open_rows = np.flatnonzero(deal(labels, whole, 5, seed=seed) != 0)
    table[HONEST] = _column(labels, whole, open_rows, np.array([], dtype=int), seed)
    for protocol, unit in ((PUBLISHED, single), (HONEST, whole)):
        fold_of = deal(labels[open_rows], unit[open_rows], FOLDS, seed=seed + 1)
        for fold in range(FOLDS):
            held_out = open_rows[fold_of == fold]
            table[f"{protocol}_fold{fold}"] = _column(labels, unit, open_rows, held_out, seed + 2 + fold)
    return table


def _column(labels: np.ndarray, unit: np.ndarray, open_rows: np.ndarray, held_out: np.ndarray, seed: int) -> np.ndarray:
    """One column: rows that are not open are test, those held out are so, an eighth of the rest is validation."""
    column = np.full(len(labels), TEST, dtype=object)
    column[held_out] = HELD_OUT
    rest = np.setdiff1d(open_rows, held_out)
    validation = deal(labels[rest], unit[rest], 8, seed=seed) == 0
    column[rest[validation]] = VALIDATION
    column[rest[~validation]] = TRAIN
    return column


def columns(table: pd.DataFrame) -> list[str]:
    """Names of the columns that are splits."""
    return [column for column in table if column not in ("item", "label", "group")]


def fold_columns(protocol: str) -> list[str]:
    """Names of a protocol's fold columns."""
    if protocol not in PROTOCOLS:
        raise ValueError(f"no protocol named {protocol!r}; choose one of {', '.join(PROTOCOLS)}")
    return [f"{protocol}_fold{fold}" for fold in range(FOLDS)]


def load_or_make(items: pd.DataFrame, folder: Path, *, seed: int = 0) -> pd.DataFrame:
    """Read the saved split table of exactly these items, or make it and save it.

    Args:
        items: columns item, label, group.
        folder: where the table is kept, as `splits-<hash of the items>.csv`.
        seed: of the dealing.

    Returns:
        See `make_table`.

    Raises:
        ValueError: the saved table is of another version, or was edited so that it is of other items; the message
            says what to do.
    """
    rows = items[["item", "label", "group"]].astype(str).to_numpy().tolist()
    path = folder / f"splits-{store.fingerprint(rows, seed)}.csv"
    if not path.exists():
        table = make_table(items, seed=seed)
        store.write_bytes(path, table.to_csv(index=False, lineterminator="\n").encode())
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    expected = ["item", "label", "group", HONEST, *(name for kind in PROTOCOLS for name in fold_columns(kind))]
    if list(table.columns) != expected:
        raise ValueError(f"{path}: this split table is of another version; move it away to have a new one made")
    if table[["item", "label", "group"]].to_numpy().tolist() != rows:
        raise ValueError(f"{path}: this split table is of other items; move it away to have a new one made")
    return table


def fingerprint(table: pd.DataFrame, column: str) -> str:
    """Hash of one split: it changes when any item changes its part."""
    return store.fingerprint(table[["item", column]].to_numpy().tolist())


def counts(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """How many items and groups each part has, and how many items of each class.

    Returns:
        One row per part; columns groups, items and one per class.
    """
    by_part = table.groupby(column)
    per_class = pd.crosstab(table[column], table["label"])
    summary = pd.DataFrame({"groups": by_part["group"].nunique(), "items": by_part.size()}).join(per_class)
    return summary.reindex([part for part in PARTS if part in summary.index])

"""One split table per data set: every column is a complete split, written once and read by everything.

A column gives each item a part. `test` is sealed: no fold touches it, and only `experiment.open_test` scores it.

    column          parts                                    what is kept whole
    honest          train, validation, test                  groups, or what the data are sealed by
    honest_foldN    train, validation, held_out, test        groups
    published_foldN train, validation, held_out, test        nothing: items are dealt out one by one
    artist_foldN    as above, and left_out                   artists, or whatever else the items have a column for

Where the publisher of the data says which items are to be tested on (a column `official` of the items), no fold is cut:

    published       train, validation, held_out              nothing: the last of the training items are validation
    honest          train, validation, test, left_out        groups; one with a test item is not trained on
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cosmic_lib import store

TRAIN, VALIDATION, HELD_OUT, TEST = "train", "validation", "held_out", "test"
LEFT_OUT = "left_out"
"""Part of an item that a protocol has no group for, such as a track whose artist is not known."""
PARTS = (TRAIN, VALIDATION, HELD_OUT, TEST, LEFT_OUT)
FOLDS = 5
MANY = 20_000
"""Groups above which those of one item are dealt out by themselves."""
PUBLISHED, HONEST = "published", "honest"
PROTOCOLS = (PUBLISHED, HONEST)
OFFICIAL = "official"
"""Column of the items that says `train` or `test`, where the publisher of the data divided them."""


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
    _, of_group, sizes = np.unique(units, return_inverse=True, return_counts=True)
    distinct = len(sizes)
    if distinct < parts:
        raise ValueError(f"{distinct} groups cannot fill {parts} parts; add data, or ask for fewer parts")
    if np.unique(classes, return_counts=True)[1].max() < parts:
        raise ValueError(f"no class has as many as {parts} items, one for each part; add data, or ask for fewer parts")
    parts_of = np.empty(len(classes), dtype=np.int64)
    alone = sizes[of_group] == 1
    if distinct > MANY and min(alone.sum(), (sizes > 1).sum()) >= parts * len(np.unique(classes)):
        for some in (alone, ~alone):  # dealing by group looks at one group after the other, for minutes
            parts_of[some] = deal(classes[some], units[some], parts, seed=seed)
        return parts_of
    if distinct == len(classes):  # every item its own group: the same, and much faster on many items
        dealt = StratifiedKFold(parts, shuffle=True, random_state=seed).split(classes, classes)
    else:
        dealt = StratifiedGroupKFold(parts, shuffle=True, random_state=seed).split(classes, classes, units)
    with warnings.catch_warnings():  # a class with fewer groups than parts is dealt out as far as it goes
        warnings.filterwarnings("ignore", message="The least populated class")
        for part, (_, rows) in enumerate(dealt):
            parts_of[rows] = part
    return parts_of


def make_table(
    items: pd.DataFrame, *, groupings: Sequence[str] = (), sealed_by: str = "group", seed: int = 0
) -> pd.DataFrame:
    """Make the split table of a data set, see the top of this module.

    Without official parts, a fifth of the groups is sealed as test set. The rest is cut into five folds twice: by
    group (honest) and by item (published); and once more for each further grouping. Of what a fold leaves, an eighth
    (more, where there are fewer than eight groups) is validation, so that each fold has the 70/10/20 shares that the
    studies state. With official parts, a fifth of the training items is validation.

    Args:
        items: columns item, label, group, and one per further grouping. An item without a group (an empty cell) is
            dealt out one by one, and left out where groups are kept whole.
        groupings: columns that keep more together than a group; an empty cell leaves an item out.
        sealed_by: column that the split `honest` keeps whole, such as a grouping without empty cells.
        seed: of all the dealing.

    Returns:
        Columns item, label, group, honest, and <protocol>_foldN for N from 0 to 4: published, honest, and groupings;
        or item, label, group, published and honest.

    Raises:
        ValueError: official parts other than `train` and `test`, or but one of them.
    """
    table = items[["item", "label", "group"]].reset_index(drop=True).astype(str)
    if OFFICIAL in items:
        return _official(table, items[OFFICIAL].to_numpy(), seed)
    whole, single = table["group"].to_numpy(), np.arange(len(table))
    labels = table["label"].to_numpy()
    sealed = items[sealed_by].astype(str).to_numpy()
    known = np.flatnonzero(sealed != "")
    test = known[deal(labels[known], sealed[known], 5, seed=seed) == 0]
    open_rows = np.setdiff1d(single, test)
    table[HONEST] = _column(labels, sealed, np.intersect1d(open_rows, known), np.array([], dtype=int), seed)
    table.loc[sealed == "", HONEST] = LEFT_OUT
    further = {name: items[name].fillna("").astype(str).to_numpy() for name in groupings}
    for protocol, unit in {PUBLISHED: single, HONEST: whole, **further}.items():
        left_out = np.flatnonzero(unit.astype(str) == "")
        rows = np.setdiff1d(open_rows, left_out)
        fold_of = deal(labels[rows], unit[rows], FOLDS, seed=seed + 1)
        for fold in range(FOLDS):
            column = _column(labels, unit, rows, rows[fold_of == fold], seed + 2 + fold)
            column[np.intersect1d(open_rows, left_out)] = LEFT_OUT
            table[f"{protocol}_fold{fold}"] = column
    return table


def _official(table: pd.DataFrame, official: np.ndarray, seed: int) -> pd.DataFrame:
    """The table of a data set that its publisher divided into training and test items."""
    if set(official) != {TRAIN, TEST}:
        raise ValueError(f"official parts are {', '.join(sorted(set(official)))}; they have to be {TRAIN} and {TEST}")
    labels, whole = table["label"].to_numpy(), table["group"].to_numpy()
    test, training = np.flatnonzero(official == TEST), np.flatnonzero(official == TRAIN)
    published = np.full(len(table), TRAIN, dtype=object)
    published[test] = HELD_OUT
    published[training[len(training) * 4 // 5 :]] = VALIDATION
    honest = np.full(len(table), TEST, dtype=object)
    honest[training] = LEFT_OUT
    known = training[~np.isin(whole[training], whole[test])]
    validation = deal(labels[known], whole[known], 5, seed=seed) == 0
    honest[known] = np.where(validation, VALIDATION, TRAIN)
    return table.assign(**{PUBLISHED: published, HONEST: honest})


def of_groups(table: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The same splits for other items of the same groups, such as one picture per track.

    Args:
        table: a split table.
        items: columns item, label, group; their groups are all in the table.

    Returns:
        Columns item, label, group, and every column that keeps groups whole.

    Raises:
        ValueError: a group that the table does not have.
    """
    strangers = sorted(set(items["group"].astype(str)) - set(table["group"]))
    if strangers:
        raise ValueError(f"{len(strangers)} groups are in no part of the split, such as {strangers[0]}; leave them out")
    parts = table.groupby("group")[columns(table)].agg(["first", "nunique"])
    other = items[["item", "label", "group"]].reset_index(drop=True).astype(str)
    for column in columns(table):
        if (parts[column, "nunique"] == 1).all():
            other[column] = other["group"].map(parts[column, "first"])
    return other


def _column(labels: np.ndarray, unit: np.ndarray, open_rows: np.ndarray, held_out: np.ndarray, seed: int) -> np.ndarray:
    """One column: rows that are not open are test, those held out are so, an eighth of the rest is validation."""
    column = np.full(len(labels), TEST, dtype=object)
    column[held_out] = HELD_OUT
    rest = np.setdiff1d(open_rows, held_out)
    parts = min(8, len(np.unique(unit[rest])), np.unique(labels[rest], return_counts=True)[1].max())
    validation = deal(labels[rest], unit[rest], max(2, parts), seed=seed) == 0
    column[rest[validation]] = VALIDATION
    column[rest[~validation]] = TRAIN
    return column


def columns(table: pd.DataFrame) -> list[str]:
    """Names of the columns that are splits."""
    return [column for column in table if column not in ("item", "label", "group")]


def fold_columns(protocol: str) -> list[str]:
    """Names of a protocol's fold columns: `published`, `honest`, or a further grouping."""
    return [f"{protocol}_fold{fold}" for fold in range(FOLDS)]


def has(table: pd.DataFrame, protocol: str) -> bool:
    """Whether experiments can be run under a protocol beside the honest split: out of fold, or on official parts."""
    return f"{protocol}_fold0" in table or (protocol != HONEST and protocol in table)


def load_or_make(
    items: pd.DataFrame, folder: Path, *, groupings: Sequence[str] = (), sealed_by: str = "group", seed: int = 0
) -> pd.DataFrame:
    """Read the saved split table of exactly these items, or make it and save it.

    Args:
        items: columns item, label, group, and one per further grouping.
        folder: where the table is kept, as `splits-<hash of the items>.csv`.
        groupings, sealed_by: as `make_table` takes them.
        seed: of the dealing.

    Returns:
        See `make_table`.

    Raises:
        ValueError: the saved table is of another version, or was edited so that it is of other items; the message
            says what to do.
    """
    rows = items[["item", "label", "group"]].astype(str).to_numpy().tolist()
    official = [OFFICIAL] if OFFICIAL in items else []
    further = [[name, items[name].fillna("").astype(str).tolist()] for name in (*groupings, *official)]
    further += [["sealed by", sealed_by]] if sealed_by != "group" else []
    path = folder / f"splits-{store.fingerprint(rows, seed, *further)}.csv"
    if not path.exists():
        table = make_table(items, groupings=groupings, sealed_by=sealed_by, seed=seed)
        store.write_bytes(path, table.to_csv(index=False, lineterminator="\n").encode())
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    folds = [name for kind in (*PROTOCOLS, *groupings) for name in fold_columns(kind)]
    expected = ["item", "label", "group", *(PROTOCOLS if official else (HONEST, *folds))]
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
    groups = by_part["group"].agg(lambda group: group[group != ""].nunique())
    summary = pd.DataFrame({"groups": groups, "items": by_part.size()}).join(per_class)
    return summary.reindex([part for part in PARTS if part in summary.index])

"""Checks that fail loudly when something of the test data could be known in training.

They take any pandas table with a split column, from any project; TensorFlow is not needed.

    leakage.check(table, split="split", group="patient", content="sha256", features=array)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

CLOSENESS = 0.02
"""Two items count as near-identical below this fraction of the median distance between two items."""


class LeakageError(ValueError):
    """At least one leak was found; the message lists them all."""


@dataclass(frozen=True)
class Leak:
    """One kind of leak that was found.

    Args:
        kind: `shared group`, `identical items`, `near-identical items` or `statistics`.
        message: what was found, and what to do.
        rows: the rows of the table that are concerned (their index labels).
    """

    kind: str
    message: str
    rows: tuple = ()


def check(table: pd.DataFrame, *, split: str, **kwargs) -> None:
    """Raise if `find` finds anything.

    Args:
        table: one row per item.
        split: column that says which part an item is in.
        **kwargs: as `find` takes them.

    Raises:
        LeakageError: names every leak found, with examples and remedy.
    """
    leaks = find(table, split=split, **kwargs)
    if leaks:
        raise LeakageError(f"the split {split!r} leaks:\n" + "\n".join(f"- {leak.message}" for leak in leaks))


def find(
    table: pd.DataFrame,
    *,
    split: str,
    group: str | None = None,
    content: str | None = None,
    features: np.ndarray | None = None,
    closeness: float = CLOSENESS,
    statistics: Mapping[str, np.ndarray] | None = None,
    train: str = "train",
) -> list[Leak]:
    """Look for every leak that the given columns and arrays allow to be found.

    Args:
        table: one row per item.
        split: column that says which part an item is in; at least two parts.
        group: column of what must not be split (a track, a patient, an author).
        content: column with a hash or the text of each item, equal where the items are (see `file_hashes`).
        features: one row of numbers per row of the table, to find near-identical items; any shape, first axis the
            items.
        closeness: see `near_identical`.
        statistics: `mean` and, if you like, `std`, as used to scale `features` along their last axis; they must be
            those of the training rows.
        train: name of the training part.

    Returns:
        The leaks, none if the list is empty.

    Raises:
        ValueError: a column is missing or has gaps, or the features do not match the table.
    """
    _require(table, [column for column in (split, group, content) if column is not None])
    if table[split].nunique() < 2:
        raise ValueError(f"column {split!r} holds one part only; a split has at least two")
    leaks = []
    if group is not None:
        leaks += _shared(table, split, group, "shared group", f"deal out whole {group}s, not items")
    if content is not None:
        leaks += _shared(table, split, content, "identical items", "drop the copies, or give them one group")
    if features is not None:
        features = np.asarray(features, dtype=float)
        if len(features) != len(table):
            raise ValueError(f"{len(features)} rows of features for {len(table)} rows of the table; give one each")
        if not np.isfinite(features).all():
            raise ValueError("some features are not finite; fill or drop them before looking for leaks")
        leaks += _across_parts(table, split, features, closeness)
    if statistics is not None:
        if features is None:
            raise ValueError("statistics can only be checked against features; give those as well")
        leaks += _foreign_statistics(table, split, features, statistics, train)
    return leaks


def file_hashes(paths: Iterable[str | Path]) -> list[str]:
    """SHA-256 of each file, for the `content` column."""
    hashes = []
    for path in paths:
        with open(path, "rb") as file:
            hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashes


def _require(table: pd.DataFrame, columns: list[str]) -> None:
    for column in columns:
        if column not in table:
            raise ValueError(f"the table has no column {column!r}; it has {', '.join(map(str, table.columns))}")
        if table[column].isna().any():
            raise ValueError(f"column {column!r} has {table[column].isna().sum()} empty cells; fill or drop those rows")


def _shared(table: pd.DataFrame, split: str, column: str, kind: str, remedy: str) -> list[Leak]:
    """Values of a column that occur in more than one part."""
    parts = table.groupby(column, observed=True)[split].nunique()
    shared = parts.index[parts > 1]
    if shared.empty:
        return []
    rows = table.index[table[column].isin(shared)]
    examples = ", ".join(map(str, shared[:3]))
    message = f"{kind}: {len(shared)} of {len(parts)} values of {column!r} are in several parts ({examples}); {remedy}"
    return [Leak(kind, message, tuple(rows))]


def near_identical(features: np.ndarray, apart: Iterable, *, closeness: float = CLOSENESS) -> list[tuple[int, int]]:
    """Pairs of rows that are far closer than two rows usually are, though they should be apart.

    Args:
        features: any shape, first axis the rows.
        apart: one value per row; only pairs with two different values are looked for.
        closeness: fraction of the median distance between two rows. The default finds copies; re-encoded or noisy
            copies need more, which in tables of few columns also catches rows that are close by chance.

    Returns:
        Row numbers, the smaller first, in rising order.
    """
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import StandardScaler

    flat = np.asarray(features, dtype=float).reshape(len(features), -1)
    if len(flat) < 2:
        return []
    scaled = StandardScaler().fit_transform(flat)  # for measuring distances only; nothing is trained on it
    left, right = np.random.default_rng(0).integers(0, len(scaled), size=(2, 2000))
    typical = np.median(np.linalg.norm(scaled[left] - scaled[right], axis=1)[left != right])
    graph = NearestNeighbors(radius=closeness * typical).fit(scaled).radius_neighbors_graph()
    _, apart = np.unique(np.asarray(apart), return_inverse=True)
    first, second = graph.nonzero()
    keep = (first < second) & (apart[first] != apart[second])
    return sorted(zip(first[keep].tolist(), second[keep].tolist(), strict=True))


def join(names: Sequence[str], pairs: Iterable[tuple[int, int]]) -> tuple[list[str], list[tuple[str, str]]]:
    """Give rows that belong together one name, such as the groups of repeats.

    Args:
        names: of each row.
        pairs: row numbers, as from `near_identical`.

    Returns:
        The new name of each row: its own, or the first of those that were joined with it; and which were joined, the
        first and the other, in order.
    """
    first_of: dict[str, str] = {}

    def first(name: str) -> str:
        return first(first_of[name]) if name in first_of else name

    joined = []
    for left, right in pairs:
        one, other = sorted((first(names[left]), first(names[right])))
        if one != other:
            first_of[other] = one
            joined.append((one, other))
    return [first(name) for name in names], joined


def _across_parts(table: pd.DataFrame, split: str, features: np.ndarray, closeness: float) -> list[Leak]:
    """Near-identical items in different parts."""
    pairs = near_identical(features, table[split], closeness=closeness)
    if not pairs:
        return []
    rows = table.index[sorted({row for pair in pairs for row in pair})]
    example = " and ".join(str(table.index[row]) for row in pairs[0])
    message = (
        f"near-identical items: {len(pairs)} pair{'s' * (len(pairs) != 1)} across parts, for example rows {example}; "
        "give each pair one group, or drop one of the two"
    )
    return [Leak("near-identical items", message, tuple(rows))]


def _foreign_statistics(
    table: pd.DataFrame, split: str, features: np.ndarray, statistics: Mapping[str, np.ndarray], train: str
) -> list[Leak]:
    """Statistics that are not those of the training rows."""
    rows = (table[split] == train).to_numpy()
    if not rows.any():
        raise ValueError(f"column {split!r} has no part {train!r}; it has {', '.join(map(str, table[split].unique()))}")
    axes = tuple(range(features.ndim - 1))
    mean, std = features[rows].mean(axis=axes), features[rows].std(axis=axes)
    varies = std > 1e-9 * np.abs(mean)  # scalers put 1 for the deviation of a feature that never changes
    expected = {"mean": mean, "std": np.where(varies, std, 1)}
    wrong = []
    for name, value in statistics.items():
        if name not in expected:
            raise ValueError(f"no statistic named {name!r} can be checked; give mean, std or both")
        used = value if name == "mean" else np.where(varies, value, 1)
        if not np.allclose(used, expected[name], rtol=1e-6, atol=1e-4 * std):
            wrong.append(name)
    if not wrong:
        return []
    message = f"statistics: {' and '.join(wrong)} not of the rows in part {train!r}; fit the scaler on those alone"
    return [Leak("statistics", message)]

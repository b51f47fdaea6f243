"""Columns of a publisher's table as text, and ids of galaxies that nothing has rounded on the way."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

Columns = Mapping[str, tuple[str, ...]]
"""Our name of a column -> the names that it may have in the table; the first one that is there counts."""

Strangers = list[tuple[str, str]]
"""Name of a file or row, and why it is left out."""

_FLOAT = re.compile(r"[+-]?[0-9]+([.,][0-9]*(e[+-]?[0-9]+)?|e[+-]?[0-9]+)", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]{1,19}")
_EXACT = 2**53  # floating-point numbers hold every whole number up to here
_FEW = 3  # so many ids may look rounded by chance
_LONGEST = 100_000  # characters of a first line


class TableError(ValueError):
    """A table that cannot be used; the message names the file, what is wrong with it and what to do."""


def read(path: Path, needed: Columns, optional: Columns | None = None) -> pd.DataFrame:
    """Some columns of a table, by our names for them.

    Args:
        path: a table with commas, semicolons or tabs between its columns, in UTF-8; other columns do not matter.
        needed: columns without which the table is of no use.
        optional: columns that may be absent.

    Returns:
        Those columns that are there, as text without blanks around it.

    Raises:
        TableError: not a table, or a column is missing.
    """
    separator, there = _header(path)
    asked = {**needed, **(optional or {})}
    ours = {theirs: name for name, names in asked.items() if (theirs := next(filter(there.__contains__, names), None))}
    if missing := [" or ".join(names) for name, names in needed.items() if name not in ours.values()]:
        shown = ", ".join(there[:20]) + (f" and {len(there) - 20} more" if len(there) > 20 else "")
        raise TableError(f"{path}: has no column {', '.join(missing)}, only {shown}; give the publisher's table")
    table = parse(path, sep=separator, usecols=lambda name: name.strip() in ours, index_col=False)
    table = table.rename(columns=lambda name: ours[name.strip()])[list(ours.values())]
    return table.apply(lambda column: column.str.strip())


def parse(path: Path, **options: Any) -> pd.DataFrame:
    """A table as text, empty where it holds nothing.

    Args:
        path: the table.
        **options: as `pandas.read_csv` takes them.

    Raises:
        TableError: not a table.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", **options).fillna("")
    except ValueError as error:  # those of pandas are of this kind
        raise _no_table(path, error) from error


def read_with_ids(
    path: Path, needed: Columns, optional: Columns | None = None, *, strangers: Strangers
) -> pd.DataFrame:
    """`read` a table whose column group holds object ids of 18 digits, as text.

    Args:
        path, needed, optional: see `read`.
        strangers: rows without an id are added to it.

    Returns:
        The rows with an id, and their row numbers.

    Raises:
        TableError: not a table, a column is missing, or the ids were floating-point numbers once: these hold 16 digits,
            so that several galaxies become one.
    """
    table = read(path, needed, optional)
    ids = table["group"]
    whole = ids.str.fullmatch(_WHOLE)
    others = ids[~whole]
    if floats := others[others.str.fullmatch(_FLOAT)].tolist() or _rounded(set(map(int, ids[whole].tolist()))):
        raise TableError(
            f"{path}: its ids were floating-point numbers, such as {floats[0]}, which are rounded, so that several "
            "galaxies become one; download it again, or export that column as text or int64"
        )
    strangers += [
        (f"{path.name}: row {row + 1}", f"its id is {one!r}, not a whole number") for row, one in others.items()
    ]
    return table[whole]


def single(table: pd.DataFrame, where: str, strangers: Strangers) -> pd.DataFrame:
    """One row per galaxy: equal ones count once, and of those that contradict each other none counts.

    Args:
        table: column group, the galaxy, and next to it what is shown of rows that contradict each other.
        where: name of the table.
        strangers: what is left out is added to it.
    """
    again = table.duplicated()
    strangers += [(f"{where}: {group}", "equal rows count once") for group in table["group"][again].unique()]
    table = table[~again]
    doubtful = table["group"].duplicated(keep=False)
    for group, values in table[doubtful].groupby("group", sort=False)[table.columns[1]]:
        strangers.append((f"{where}: {group}", f"rows that contradict each other ({', '.join(values)}); none is used"))
    return table[~doubtful]


def _header(path: Path) -> tuple[str, list[str]]:
    """The separator and the columns, of the first line; pandas would look for it in all of them, which is slow."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline(_LONGEST)
    except ValueError as error:
        raise _no_table(path, error) from error
    if not line.strip() or "\0" in line:
        raise _no_table(path, "it begins with zeros" if line.strip() else "its first line is empty")
    separator = max(",;\t", key=line.count)
    return separator, [name.strip() for name in next(csv.reader([line], delimiter=separator))]


def _rounded(ids: set[int]) -> list[int]:
    """The long ids, if all of them are what is left after rounding: 53 bits of a double, 15 digits in a spreadsheet."""
    long = sorted(one for one in ids if one > _EXACT)
    rounded = all(one == int(float(one)) for one in long) or all(one % 1000 == 0 for one in long)
    return long if rounded and len(long) > _FEW else []


def _no_table(path: Path, why: object) -> TableError:
    return TableError(f"{path}: not a table of text ({why}); download it again, or export it as CSV in UTF-8")

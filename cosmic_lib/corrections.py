"""A table of items whose labels a person may correct: written for any spreadsheet, and read back."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cosmic_lib import splits, store

COLUMNS = ("item", "file", "label", "answer", "probability", "reason", "corrected", "note")
"""The last two are the person's, and empty."""
LISTED = "corrections.csv"
EXCLUDE = "exclude"
"""What is written instead of a class to leave an item out."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for the beginning of a formula; and the mark that is put before it."""


@dataclass(frozen=True)
class Corrections:
    """What a person wrote into a table of items.

    Args:
        labels: item -> its class, which may be the one that it had.
        excluded: items to leave out.
        listed: all items of the table: the person had them before their eyes, whether they wrote anything or not.
    """

    labels: Mapping[str, str]
    excluded: frozenset[str]
    listed: frozenset[str]


def write(rows: pd.DataFrame, folder: Path) -> Path:
    """Write a table to correct labels in, beside those that a person has written into.

    Args:
        rows: every column of `COLUMNS` but the person's.
        folder: for `corrections.csv`, or `corrections-2.csv` and so on where that is written into.

    Returns:
        Path of the table: UTF-8 with the mark that spreadsheets know it by; nothing in it is a formula.
    """
    path, number = folder / LISTED, 1
    while path.exists() and _is_written_into(path):
        number += 1
        path = folder / LISTED.replace(".", f"-{number}.")
    cells = rows.assign(corrected="", note="")[list(COLUMNS)].astype(str)
    cells = cells.map(lambda cell: f"'{cell}" if cell.startswith(FORMULA) else cell)
    store.write_bytes(path, cells.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))
    return path


def _is_written_into(path: Path) -> bool:
    """Whether a person wrote into a table, or made something else of it."""
    try:
        return any(row.get("corrected") or row.get("note") for _, row in _rows(path))
    except ValueError:
        return True


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their numbers in a spreadsheet; comma or semicolon, with or without a mark at the start."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            lines = csv.reader(file, delimiter=max(",;\t", key=first.count), strict=True)
            header = [name.strip().lower() for name in next(lines, [])]
            if not {"item", "corrected"} <= set(header):
                raise ValueError(f"{path}: has columns {', '.join(header)}; it needs item and corrected at least")
            for number, cells in enumerate(lines, start=2):
                if any(cells[len(header) :]):
                    raise ValueError(
                        f"{path}, row {number}: has more cells than there are columns; put a text with commas in quotes"
                    )
                yield number, dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a table ({error}); save it as CSV in UTF-8") from error


def read(path: Path, *, part_of: Mapping[str, str], label_of: Mapping[str, str], classes: Sequence[str]) -> Corrections:
    """Read what a person wrote into the column `corrected`; rows where it is empty change nothing.

    Args:
        path: the table, as `write` made it and any spreadsheet or editor saved it.
        part_of, label_of: part and label of each item of the data.
        classes: what may be written, in capitals or small letters; or `exclude`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: nothing was written into it, or something that does not fit; the message names the row.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; cosmic review writes one, without --corrections")
    entries: dict[str, str | None] = {}
    listed = set()
    for number, row in _rows(path):
        item, where = _bare(row["item"], part_of), f"{path}, row {number}"
        listed.add(item)
        if not (typed := row["corrected"].strip()):
            continue
        _refuse_sealed(item, part_of, where)
        if row.get("label") and _bare(row["label"], classes) != label_of[item]:
            raise ValueError(
                f"{where}: {item} is labelled {row['label']} here and {label_of[item]} in these data; write into the "
                "column corrected alone, and give the --data, --mode and --set that the table was made with"
            )
        entry = _entry(typed, classes, where)
        if entries.setdefault(item, entry) != entry:
            said = f"{entry or EXCLUDE} here and {entries[item] or EXCLUDE} above"
            raise ValueError(f"{where}: {item} is {said}; remove one of the two rows")
    if not entries:
        raise ValueError(f"{path}: nothing is written in the column corrected; write a class there, or {EXCLUDE}")
    labels = {item: entry for item, entry in entries.items() if entry is not None}
    return Corrections(labels, frozenset(entries.keys() - labels.keys()), frozenset(listed))


def _bare(cell: str, known: Collection[str]) -> str:
    """A cell without the mark that keeps it from being a formula; as a person may have typed it, without one."""
    bare = cell.removeprefix("'")
    return bare if bare in known or cell not in known else cell


def _refuse_sealed(item: str, part_of: Mapping[str, str], where: str) -> None:
    """Only what is trained on or scored can be corrected."""
    if item not in part_of:
        raise ValueError(
            f"{where}: no item {item!r} in these data; leave the column item as it was (spreadsheets rewrite long "
            "numbers), and give the --data, --mode and --set that the table was made with"
        )
    if part_of[item] == splits.TEST:
        raise ValueError(f"{where}: {item} is in the sealed test set, which nothing is fitted to; remove the row")
    if part_of[item] == splits.LEFT_OUT:
        raise ValueError(f"{where}: {item} is neither trained on nor scored on this split; remove the row")


def _entry(typed: str, classes: Sequence[str], where: str) -> str | None:
    """The class that was written, or None where the item is to be left out."""
    wanted = _bare(typed, classes)
    alike = [name for name in classes if _folded(name) == _folded(wanted)]
    if wanted in classes or len(alike) == 1:
        return wanted if wanted in classes else alike[0]
    if _folded(wanted) == EXCLUDE:
        return None
    raise ValueError(f"{where}: no class {typed!r}; write one of {', '.join(classes)}, or {EXCLUDE}")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

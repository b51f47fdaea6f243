"""Any folder-per-class tree of files as a table: class, group, and what does not belong.

MY_CLIPS/
  blues/first.wav               class blues, a group of its own
  blues/some_artist/one.wav     class blues, in one group with everything else in this folder
  groups.csv                    if there is one: columns file and group, for files that belong together
"""

from __future__ import annotations

import csv
import os
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

GROUPS = "groups.csv"


@dataclass(frozen=True)
class Tree:
    """What a folder-per-class tree holds.

    Args:
        files: columns file (path under the root, with slashes), label and group; sorted by file.
        strangers: for each file or folder that does not belong, its path under the root and the reason.
        notes: what the reader of a result should know about the groups.
    """

    files: pd.DataFrame
    strangers: list[tuple[str, str]]
    notes: tuple[str, ...]


def walk(root: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """All files below a folder, in name order.

    Args:
        root: the folder.

    Returns:
        The files; and, for what cannot be listed or named, its path under the root and the reason.
    """
    files: list[Path] = []
    strangers: list[tuple[str, str]] = []

    def closed(error: OSError) -> None:
        strangers.append((shown(Path(error.filename), root), f"cannot be opened ({error.strerror})"))

    for folder, below, names in os.walk(root, onerror=closed):
        shadows = 0
        for path in (Path(folder, name) for name in (*names, *below)):
            if path.name.startswith("._"):
                shadows += 1
            elif shown(path, root.parent) != _below(path, root.parent):
                strangers.append((shown(path, root), "its name is not valid Unicode; rename it"))
            elif path.name in names:
                files.append(path)
            elif path.is_symlink():
                strangers.append((shown(path, root), "a link to another folder is not followed"))
        if shadows:
            reason = f"{shadows} files that macOS keeps beside others; they hold no data"
            strangers.append((shown(Path(folder, "._*"), root), reason))
    return sorted(files), sorted(strangers)


def shown(path: Path, root: Path) -> str:
    """A path under a root with slashes, fit to be printed and stored whatever bytes are in it."""
    return os.fsencode(_below(path, root)).decode("utf-8", "replace")


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def find(root: Path, suffixes: Collection[str]) -> Tree:
    """Find the files of a folder-per-class tree.

    Args:
        root: folder that holds one folder per class.
        suffixes: endings of the files wanted, in small letters with the dot; capitals in a name do not matter.

    Returns:
        Where neither folders nor `groups.csv` say which files belong together, each is a group of its own, and the
        notes say so.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it is no such tree, it holds fewer than two classes, or `groups.csv` is not as it should be.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder; give the one that holds one folder per class")
    rows: list[tuple[str, str, str]] = []
    strangers: list[tuple[str, str]] = []
    for entry in sorted(root.iterdir()):
        if not entry.is_dir():
            if entry.name not in (GROUPS, ".manifest.json"):
                strangers.append((shown(entry, root), "not in the folder of a class"))
            continue
        paths, unusable = walk(entry)
        strangers += [(f"{shown(entry, root)}/{below}", reason) for below, reason in unusable]
        wanted = [path for path in paths if path.suffix.lower() in suffixes]
        others = sorted(set(paths) - set(wanted))
        strangers += [(shown(path, root), "not a kind of file that is read here") for path in others]
        if not wanted:
            strangers.append((f"{shown(entry, root)}/", "a folder without a file of the kind read here"))
        rows += [(shown(path, root), shown(entry, root), _group(path, root)) for path in wanted]
    files = pd.DataFrame(rows, columns=["file", "label", "group"])
    if files["label"].nunique() < 2:
        raise ValueError(
            f"{root}: {files['label'].nunique()} class folders with files ending in {', '.join(sorted(suffixes))}; "
            "put the files of each class into a folder of their own, two classes at least"
        )
    return _with_groups(files, strangers, root / GROUPS)


def _group(path: Path, root: Path) -> str:
    """The first folder below that of the class; a file right in the folder of its class is a group of its own."""
    return "/".join(path.relative_to(root).parts[:2])


def _with_groups(files: pd.DataFrame, strangers: list[tuple[str, str]], listed: Path) -> Tree:
    notes = []
    if listed.exists():
        groups = _read_groups(listed)
        known = files["file"].map(_plain).map(groups)
        notes.append(f"groups of {known.notna().sum()} of {len(files)} files are from {GROUPS}")
        missing = len(groups) - known.notna().sum()
        if missing:
            notes.append(f"{GROUPS} names {missing} files that are not there, or not read")
        files = files.assign(group=known.fillna(files["group"]))
    alone = int((~files["group"].duplicated(keep=False)).sum())
    if alone == len(files):
        notes.append(
            "no groups are given, so each file is a group of its own: what files of one source share (an artist, an "
            f"album) can leak; put such files into one folder below that of their class, or list them in {GROUPS}"
        )
    elif alone:
        notes.append(f"{alone} of {len(files)} files are groups of their own")
    return Tree(files, strangers, tuple(notes))


def _read_groups(listed: Path) -> dict[str, str]:
    """File -> group, as the user wrote them down."""
    try:  # comma or semicolon, with or without a mark at the start: spreadsheets differ
        table = pd.read_csv(listed, sep=None, engine="python", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{listed}: not a table ({error}); it needs two columns, file and group") from error
    if not {"file", "group"} <= set(table.columns):
        raise ValueError(f"{listed}: has columns {', '.join(table.columns)}; it needs two, file and group")
    names = table["file"].str.replace("\\", "/").map(_plain)
    if names.duplicated().any():
        raise ValueError(f"{listed}: names {names[names.duplicated()].iloc[0]} twice; name each file once")
    return {name: group for name, group in zip(names, table["group"], strict=True) if group}


def _plain(name: str) -> str:
    """One spelling of accented letters: macOS spells them in two characters, spreadsheets in one."""
    return unicodedata.normalize("NFC", name)

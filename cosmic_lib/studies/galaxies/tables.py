"""Catalogues of galaxies, and folders of pictures, to one table: picture, class, and how sure the volunteers were.

gz2_hart16.csv, gz2_filename_mapping.csv, images/<asset_id>.jpg   Galaxy Zoo 2, as its publishers ship it
EFIGI_attributes.txt or labels.csv or both, galaxies/PGC*.jpg     EFIGI
<class>/<picture>                                                 pictures of one's own, of two classes

A table may lie one folder deeper, and so may the pictures.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import folders, images
from cosmic_lib.studies.galaxies import columns, fits, published
from cosmic_lib.studies.galaxies.columns import Strangers

CLASSES = ("elliptical", "spiral")
HART, MAPPING = "gz2_hart16.csv", "gz2_filename_mapping.csv"
ATTRIBUTES, LABELS = "EFIGI_attributes.txt", "labels.csv"
IDS = ("dr7objid", "objid")
VOTES = {
    "voters": ("total_votes",),
    "elliptical": ("t01_smooth_or_features_a01_smooth_debiased",),
    "spiral": ("t01_smooth_or_features_a02_features_or_disk_debiased",),
}
"""Our name of a column -> its name in gz2_hart16.csv; a table without them can be used."""

TYPES = {"elliptical": -4, "lenticular": 0, "spiral": 9, "irregular": 10, "dwarf elliptical": 11}
"""The last type T of each class of EFIGI; elliptical galaxies begin at -6."""

_READ = (*images.PICTURES, *fits.ENDINGS)


@dataclass(frozen=True)
class Source:
    """What a folder holds.

    Args:
        name: of the data set, in words.
        root: the folder.
        files: in the publisher's order; columns item, file (path under the root, with slashes), label, group (the
            galaxy, as text), votes (share of the volunteers' debiased votes that its class got) and voters (how many
            votes there were); the last two are float, NaN where unknown.
        classes: of the labels; the second one is class 1.
        strangers: for each file or row that is left out, its name and the reason.
        notes: what the reader of a result should know.
    """

    name: str
    root: Path
    files: pd.DataFrame
    classes: tuple[str, ...]
    strangers: Strangers
    notes: tuple[str, ...]


def find(data: str, root: Path) -> Source:
    """Find the pictures in a folder, and what they show.

    Args:
        data: `real` (Galaxy Zoo 2 or EFIGI, whichever is there) or `folder` (one's own, a folder per class).
        root: the folder.

    Raises:
        FileNotFoundError: no such folder, or nothing in that layout in it.
        ValueError: another kind of data, or a table that cannot be used; the message says why.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder; give the one that holds the pictures, and their tables")
    if data == "folder":
        return _own(root)
    if data != "real":
        raise ValueError(f"no data named {data!r} in a folder; choose real or folder")
    if _look(root, HART) or _look(root, MAPPING):
        return read_gz2(root)
    if _look(root, ATTRIBUTES) or _look(root, LABELS):
        return read_efigi(root)
    raise FileNotFoundError(
        f"{root}: neither Galaxy Zoo 2 ({HART}, {MAPPING} and images/) nor EFIGI ({ATTRIBUTES} or {LABELS}, and "
        "galaxies/), here or one folder deeper; where to get them: cosmic data list galaxy_zoo2"
    )


def read_gz2(root: Path) -> Source:
    """Read Galaxy Zoo 2: the class of each galaxy, its votes and its picture.

    Args:
        root: the folder.

    Returns:
        In the order of gz2_hart16.csv, since the study took its head. A galaxy whose rows contradict each other, and
        one that shares its picture with another, is left out.

    Raises:
        FileNotFoundError: a table, or the folder of pictures, is missing.
        TableError: a table lacks columns, is none, holds rounded ids, or leaves no galaxy of a class.

    Source study: galaxies, lines 80 to 222.
    """
    strangers: Strangers = []
    pictures = _pictures(root, "images")
    galaxies = columns.read_with_ids(
        _needed(root, HART), {"group": IDS, "class": ("gz2_class",)}, VOTES, strangers=strangers
    )
    mapping = columns.read_with_ids(_needed(root, MAPPING), {"group": IDS, "item": ("asset_id",)}, strangers=strangers)
    mapping = mapping[mapping["item"] != ""]
    galaxies = columns.single(galaxies, HART, strangers)
    wanted = mapping["group"].isin(galaxies["group"])
    rows = galaxies.merge(columns.single(mapping[wanted], MAPPING, strangers), on="group", validate="one_to_one")
    counts = {
        f"galaxies of {HART} are not in {MAPPING}": ~galaxies["group"].isin(mapping["group"]),
        f"rows of {MAPPING} belong to no galaxy of {HART}": ~wanted,
        "rows of class A (artefacts) are left out": rows["class"].str[:1].str.upper() == "A",
    }
    notes = [f"{number:,} {what}" for what, those in counts.items() if (number := int(those.sum()))]
    if unknown := [theirs for ours, (theirs,) in VOTES.items() if ours not in galaxies]:
        notes.append(f"{HART} has no column {', '.join(unknown)}, so how sure the volunteers were is not known in full")
    files = _files(_classified(rows, strangers), pictures, "images", strangers)
    return _checked(Source("Galaxy Zoo 2", root, files, CLASSES, strangers, tuple(notes)))


def _classified(rows: pd.DataFrame, strangers: Strangers) -> pd.DataFrame:
    """Galaxies with a label and a picture that is theirs alone; artefacts are dropped."""
    shared = rows["item"].duplicated(keep=False)
    strangers += [(f"{MAPPING}: {item}", "the picture of several galaxies") for item in rows["item"][shared].unique()]
    rows = rows[~shared]
    letter = rows["class"].str[:1].str.upper()
    odd = rows[~letter.isin(["S", "E", "A"])]
    strangers += [
        (f"{HART}: {group}", f"its class is {name!r}, and only S..., E... and A are known")
        for group, name in zip(odd["group"], odd["class"], strict=True)
    ]
    label = letter.map({"S": "spiral", "E": "elliptical"})
    return rows.assign(label=label)[label.notna()]


def read_efigi(root: Path) -> Source:
    """Read EFIGI: the spiral and elliptical galaxies among its types.

    Args:
        root: the folder. Where labels.csv is there, it gives the classes; else the types T in EFIGI_attributes.txt do:
            1 to 9 is spiral, -6 to -4 elliptical.

    Returns:
        In the order of that table. Nobody voted.

    Raises:
        FileNotFoundError: the tables, or the folder of pictures, are missing.
        TableError: the table lacks columns, is none, or leaves no galaxy of a class.
    """
    strangers: Strangers = []
    pictures = _pictures(root, "galaxies")
    path = _look(root, LABELS) or _needed(root, ATTRIBUTES)
    table = _efigi_classes(path)
    classed = set(table.loc[table["class"] != "", "group"])
    if unclassed := [item for item in pictures if item not in classed]:
        shown = ", ".join(unclassed[:3])
        strangers.append((f"galaxies/: {len(unclassed)} pictures", f"without a class in {path.name}, such as {shown}"))
    table = columns.single(table, path.name, strangers)
    rows = table[table["class"].isin(CLASSES)]
    rows = rows.assign(label=rows["class"], item=rows["group"])
    files = _files(rows, pictures, "galaxies", strangers)
    others = table.loc[~table["class"].isin([*CLASSES, ""]), "class"].value_counts()
    notes = (
        f"{100 * (files['label'] == 'spiral').mean():.1f} % of the {len(files):,} galaxies are spiral; of "
        f"Galaxy Zoo 2, {100 * published.TABLE['spiral'] / sum(published.TABLE.values()):.1f} % (lines 174, 175)",
        "the classes are by experts, of near galaxies that look large; in Galaxy Zoo 2, volunteers voted on far more",
        *(f"{number:,} galaxies of class {name} are left out" for name, number in others.items()),
        "Galaxy Zoo 2 has no class for lenticular galaxies: smooth ones count with the ellipticals there",
    )
    return _checked(Source("EFIGI", root, files, CLASSES, strangers, notes))


def _efigi_classes(path: Path) -> pd.DataFrame:
    """Columns group and class, which is empty where unknown."""
    if path.name == LABELS:
        table = columns.read(path, {"group": ("filename",), "class": ("class",)})
        return table.assign(
            group=table["group"].str.replace(r"\.\w+$", "", regex=True),
            **{"class": table["class"].str.lower().str.replace("_", " ")},
        )
    table = columns.parse(path, sep=r"\s+", comment="#", header=None, usecols=[0, 1])
    kinds = pd.cut(pd.to_numeric(table[1], errors="coerce"), [-7, *TYPES.values()], labels=list(TYPES))
    return pd.DataFrame({"group": table[0], "class": kinds.astype(object).where(kinds.notna(), "").astype(str)})


def _own(root: Path) -> Source:
    """Pictures of one's own, in a folder for each of two classes."""
    last = {f".{ending.rsplit('.')[-1]}" for ending in _READ}  # folders are searched by the last ending, .gz
    tree = folders.find(root, last)
    wanted = tree.files["file"].str.lower().str.endswith(_READ)
    strangers = [
        *tree.strangers,
        *((file, "not a kind of file that is read here") for file in tree.files["file"][~wanted]),
    ]
    files = tree.files[wanted].reset_index(drop=True)
    classes = tuple(sorted(files["label"].unique()))
    if len(classes) != 2:
        raise ValueError(
            f"{root}: {len(classes)} class folders with pictures ({', '.join(classes)}); this study tells two classes "
            "apart, so give a folder that holds two"
        )
    files = _with_votes(files.assign(item=files["file"]))
    return Source(f"pictures of one's own in {root.resolve().name}", root, files, classes, strangers, tree.notes)


def _look(root: Path, name: str) -> Path | None:
    """A file of this name in the folder, or one folder deeper."""
    return next((path for path in (root / name, *sorted(root.glob(f"*/{name}"))) if path.is_file()), None)


def _needed(root: Path, name: str) -> Path:
    if found := _look(root, name):
        return found
    raise FileNotFoundError(f"{root}: no {name}, here or one folder deeper; see: cosmic data list galaxy_zoo2")


def _pictures(root: Path, name: str) -> dict[str, str]:
    """Name without ending -> path under the root; of folders that may be meant, the one with most pictures counts.

    A folder is listed once, since asking for each of 240,000 files takes minutes on some disks.
    """
    found: dict[str, str] = {}
    for folder in (root / name, *sorted(root.glob(f"*/{name}")), *sorted(root.glob(f"*/{name}/{name}"))):
        if folder.is_dir():
            below = sorted(name for name in os.listdir(folder) if name.lower().endswith(_READ) and name[0] != ".")
            above = folder.relative_to(root).as_posix()
            found = max(found, {name.split(".")[0]: f"{above}/{name}" for name in below}, key=len)
    if not found:
        raise FileNotFoundError(f"{root}: no folder {name}/ with pictures in it, here or one folder deeper")
    return found


def _files(rows: pd.DataFrame, pictures: Mapping[str, str], below: str, strangers: Strangers) -> pd.DataFrame:
    """What is in `Source.files`, of rows that have a picture."""
    files = rows["item"].map(pictures)
    strangers += [(f"{below}/{item}.jpg", "not there") for item in rows["item"][files.isna()]]
    return _with_votes(rows.assign(file=files)[files.notna()])


def _with_votes(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of `Source.files`: numbers where there are any, and of the votes those for the label."""
    numbers = {name: pd.to_numeric(rows.get(name, np.nan), errors="coerce") for name in VOTES}
    votes = np.where(rows["label"] == "spiral", numbers["spiral"], numbers["elliptical"])
    rows = rows.assign(votes=votes, voters=numbers["voters"]).astype({"votes": float, "voters": float})
    return rows[["item", "file", "label", "group", "votes", "voters"]].reset_index(drop=True)


def _checked(source: Source) -> Source:
    """The source, if it has a picture of every class."""
    if missing := [name for name in source.classes if name not in set(source.files["label"])]:
        file, reason = source.strangers[0] if source.strangers else ("none", "the tables hold no such galaxy")
        raise columns.TableError(
            f"{source.root}: no picture of class {' or '.join(missing)} can be used; {len(source.strangers)} files or "
            f"rows are left out, the first: {file} ({reason})"
        )
    return source

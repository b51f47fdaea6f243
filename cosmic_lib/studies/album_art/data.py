"""Folders of album covers by genre, the made-up sample, and archives of either, to what the networks are fed.

covers   (size, size, 3)   the whole cover, squeezed to a square if it is none

What belongs together is in one group: the folder of an artist, whatever the genre it is under; else the release that
a file is named after, as Discogs does it (`R-<release>-...`); and covers that show the same, see `duplicates`.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import archive, catalog, folders, images, leakage, store
from cosmic_lib.folders import Tree
from cosmic_lib.stack import stack
from cosmic_lib.studies import Data
from cosmic_lib.studies.album_art import duplicates, sample
from cosmic_lib.studies.album_art.duplicates import CONFLICTS, DROP, FIRST, KEEP

INPUTS = ("covers",)
STUDIED = 2000
"""Covers that the study has at least, 500 of each genre (line 57)."""
SMALLEST = 16
"""Pixels of a side below which nothing can be seen on a cover."""
LEAST = 7
"""Groups that a genre has to have, so that the sealed test part and each of the five folds gets a cover of it."""
RELEASE = r"^(R-\d+)-"
"""How Discogs begins the name of a picture of a release."""
CODE = ("cosmic_lib.images", "cosmic_lib.stack", duplicates.__name__, __name__)
"""Modules that decide what an array holds."""


def load(
    data: str = "sample",
    root: str | Path | None = None,
    *,
    inputs: Iterable[str] = INPUTS,
    size: int = 64,
    per_genre: int | None = None,
    conflicts: str = DROP,
    seed: int = 0,
    progress: Callable[[Any, str], Iterable] = lambda steps, title: steps,
    **sample_settings,
) -> Data:
    """Read album covers by genre.

    A cover that is there under several genres has no true label: whatever a network answers, it is wrong about one of
    the files, and where the split is by cover it has learnt the other answer for the same picture. The study says
    nothing of such covers. How much they matter is seen by loading the same data with `drop` and with `keep`.

    Args:
        data: `sample` (made if need be), `real`, or `folder` (pictures of one's own); both in a folder for each genre.
        root: for `real` and `folder`, the one that holds the genres, or an archive of it; for `real` by default where
            `cosmic data` looks for it. For `sample`, where samples are kept.
        inputs: which arrays to make; see the top of this module.
        size: pixels of a side, 64 in the study (line 57).
        per_genre: covers taken of each genre, by a hash of their names; all by default.
        conflicts: what is done with a cover that is there under several genres: `drop` leaves all its files out,
            `first` keeps those under the first of the genres, `keep` keeps all, in one group.
        seed: of the choice by `per_genre`, and of the sample.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        **sample_settings: for `sample`, as `sample.write_sample` takes them.

    Returns:
        One item per file, named by its path under the root. Arrays are uint8, shape (items, size, size, 3).

    Raises:
        FileNotFoundError: no such folder or archive.
        ValueError: an unknown kind of data, input or setting; fewer than two genres; or a genre with too few covers to
            be split. The message says which and what to do.

    Source study: album_art, lines 57 to 61.
    """
    _refuse(inputs, size, per_genre, conflicts)
    place, tree = _find(data, root, seed, progress, sample_settings)
    files = chosen(tree.files, per_genre, seed=seed)
    read = stack(
        [place / file for file in files["file"]],
        partial(_read, size=size),
        {"covers": (size, size, 3), "hashes": (duplicates.BYTES,), "several": (1,)},
        study="album_art",
        key=[store.source_fingerprint(*CODE)],
        progress=lambda steps: progress(steps, "reading covers"),
    )
    items = files.iloc[read.rows].reset_index(drop=True)
    same = sorted({*read.equal, *duplicates.pairs(read.arrays["hashes"])})
    items["group"], _ = leakage.join(items["group"].tolist(), same)
    found = duplicates.contradictions(items["label"].tolist(), same)
    out = duplicates.left_out(items["label"].tolist(), found, conflicts)
    rows = np.setdiff1d(np.arange(len(items)), list(out))
    unread = [(Path(path).relative_to(place).as_posix(), reason) for path, reason in read.excluded]
    excluded = [*tree.strangers, *unread, *((items["file"].iloc[row], reason) for row, reason in out.items())]
    kept = items.iloc[rows].reset_index(drop=True)
    classes, empty = _genres(files["label"], kept)
    several = items["file"][read.arrays["several"][:, 0] > 0].tolist()
    settings = {"size": size, "per_genre": per_genre, "conflicts": conflicts, "seed": seed}
    return Data(
        name=_name(data, place, classes, len(kept)),
        origin=data,
        items=kept.assign(item=kept["file"])[["item", "label", "group", "file"]],
        arrays={"covers": read.arrays["covers"] if len(rows) == len(items) else read.arrays["covers"][rows]},
        classes=classes,
        excluded=pd.DataFrame([*excluded, *empty], columns=["file", "reason"]),
        notes=(
            _count(kept, len(unread)),
            *tree.notes,
            *_chosen_note(tree.files, per_genre),
            *_twice_note(items, same, found, conflicts),
            *_several_note(several),
        ),
        settings=settings,
        root=place,
        unit="release" if items["group"].str.fullmatch(r"R-\d+").mean() > 0.5 else "",
    )


def _refuse(inputs: Iterable[str], size: int, per_genre: int | None, conflicts: str) -> None:
    if unknown := [name for name in inputs if name not in INPUTS]:
        raise ValueError(f"no inputs named {', '.join(unknown)}; there are {', '.join(INPUTS)}")
    if size < 2:
        raise ValueError(f"size is {size}; give a whole number from 2 up")
    if per_genre is not None and per_genre < LEAST:
        raise ValueError(f"per_genre is {per_genre}; give a whole number from {LEAST} up, so that each part gets some")
    if conflicts not in CONFLICTS:
        raise ValueError(f"conflicts is {conflicts!r}; choose one of {', '.join(CONFLICTS)}")


def _find(
    data: str, root: str | Path | None, seed: int, progress: Callable, sample_settings: Mapping[str, Any]
) -> tuple[Path, Tree]:
    """The folder with the genres, and what is in it, before any picture is read."""
    if data == "sample":
        place = Path(root) if root is not None else store.home() / "data"
        made = partial(sample.write_sample, seed=seed, progress=lambda steps: progress(steps, "making the sample"))
        place = made(place, **sample_settings)
        return place, _grouped(folders.find(place, images.PICTURES))
    if sample_settings:
        raise ValueError(f"{', '.join(sample_settings)}: only the sample has such a setting")
    if data not in ("real", "folder"):
        raise ValueError(f"no data named {data!r}; choose sample, real or folder")
    if data == "folder" and root is None:
        raise ValueError("data of your own need a folder: --root FOLDER, the one that holds one folder per genre")
    place = catalog.record("album_covers").folder if root is None else Path(root)
    if not place.exists():
        raise FileNotFoundError(f"{place}: no such folder or archive; see: cosmic data list album_covers")
    folder = archive.folder_of(place, progress=progress)
    if folder != place:
        folder = _inner(folder)
    return folder, _grouped(folders.find(folder, images.PICTURES))


def _inner(folder: Path) -> Path:
    """Of an unpacked archive, the one folder at its top that holds all others; or the folder itself."""
    tops = [one for one in folder.iterdir() if one.is_dir() and one.name != "__MACOSX"]
    return tops[0] if len(tops) == 1 and any(one.is_dir() for one in tops[0].iterdir()) else folder


def _grouped(tree: Tree) -> Tree:
    """The same files, by artist over all genres, and by release where nothing else says what belongs together."""
    parts = tree.files["file"].str.split("/")
    by_folder = (parts.str.len() > 2) & (tree.files["group"] == parts.str[:2].str.join("/"))
    release = parts.str[-1].str.extract(RELEASE, expand=False)
    by_release = (tree.files["group"] == tree.files["file"]) & release.notna()
    groups = tree.files["group"].where(~by_folder, parts.str[1]).where(~by_release, release)
    notes = tree.notes
    if (by_folder | by_release).any() and not tree.files["group"].duplicated(keep=False).all():
        notes = notes[:-1]  # it counts the files that nothing groups, which are fewer now
    if by_release.any():
        notes += (f"groups of {by_release.sum():,} of {len(groups):,} files are the releases in their names",)
    return Tree(tree.files.assign(group=groups), tree.strangers, notes)


def chosen(files: pd.DataFrame, per_genre: int | None, *, seed: int = 0) -> pd.DataFrame:
    """Some covers of each genre, in the order of the table; which, depends on their names and the seed alone.

    Args:
        files: columns file and label.
        per_genre: how many of each; all by default, and where there are no more.
        seed: of the choice.
    """
    if per_genre is None:
        return files
    drawn = files["file"].map(lambda file: hashlib.blake2b(f"{seed} {file}".encode(), digest_size=8).hexdigest())
    return files[drawn.groupby(files["label"]).rank(method="first") <= per_genre].reset_index(drop=True)


def read(path: Path, shape: tuple[int, ...], settings: Mapping[str, Any]) -> np.ndarray:
    """A picture file of any size as one item.

    Args:
        path: the file; any that Pillow reads.
        shape: of one item, (size, size, 3).
        settings: `Data.settings` of what the network was trained on.

    Returns:
        uint8, shape (1, size, size, 3).

    Raises:
        ImageError: it is not a picture, damaged, too small, or of absurd size.
    """
    return images.read(path, size=shape[0], smallest=SMALLEST)[np.newaxis]


READ = {"covers": read}
"""Input name -> `read` of it, for files of a user's own."""


def _read(path: Path, *, size: int) -> dict[str, np.ndarray]:
    """A cover, the hashes of what it shows, and whether its file holds more pictures than this one."""
    from PIL import Image

    cover = images.read(path, size=size, smallest=SMALLEST)
    shown = cover if size == duplicates.SIDE else images.read(path, size=duplicates.SIDE)
    several = False
    with contextlib.suppress(Exception), Image.open(path) as picture:  # the first picture is whole all the same
        several = getattr(picture, "is_animated", False)
    return {"covers": cover, "hashes": duplicates.hashes(shown), "several": np.array([several], dtype=np.uint8)}


def _genres(labels: pd.Series, kept: pd.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """The genres that there are covers of; and those of which none can be used.

    Raises:
        ValueError: fewer than two genres, or one of them cannot be dealt out to all parts of a split.
    """
    covers, groups = kept["label"].value_counts(), kept.groupby("label")["group"].nunique()
    classes = tuple(sorted(groups.index))
    if len(classes) < 2:
        raise ValueError(
            f"genres with covers that can be used: {len(classes)}; there have to be two at least: add covers"
        )
    few = [f"{name} has {covers[name]} in {groups[name]} groups" for name in classes if groups[name] < LEAST]
    if few:
        raise ValueError(
            f"too few covers to be split: {', '.join(few)}; each genre needs {LEAST} groups (covers of different "
            "artists or releases), for five folds and a sealed test part: add covers, or take the folder out"
        )
    gone = sorted(set(labels) - set(classes))
    return classes, [(f"{name}/", "a genre of which no cover can be used") for name in gone]


def _name(data: str, place: Path, classes: tuple[str, ...], covers: int) -> str:
    if data == "sample":
        return f"made-up sample {place.name}"
    if {name.lower() for name in classes} == set(sample.GENRES) and covers >= STUDIED:
        return "album covers of the study's four genres"
    counted = f"{covers:,} album covers in {len(classes)} genres"
    return f"{counted}, so no verdict on the published number" if data == "real" else counted


def _count(kept: pd.DataFrame, unread: int) -> str:
    share = kept["label"].value_counts(normalize=True)
    return (
        f"{len(kept):,} covers in {kept['group'].nunique():,} groups; {share.iloc[0]:.1%} are of the most frequent of "
        f"{len(share)} genres, {share.index[0]}; {unread} files cannot be read"
    )


def _chosen_note(files: pd.DataFrame, per_genre: int | None) -> list[str]:
    if per_genre is None:
        return []
    return [f"at most {per_genre:,} covers of each genre, by a hash of their names; there are {len(files):,} in all"]


def _twice_note(items: pd.DataFrame, same: list[tuple[int, int]], found: list[list[int]], conflicts: str) -> list[str]:
    notes = []
    if same:
        rows = {row for pair in same for row in pair}
        notes.append(f"files with a cover that is there more than once: {len(rows):,}; each such cover is in one group")
    if found:
        done = {DROP: "left out", KEEP: "kept all the same", FIRST: "kept under the first genre alone"}[conflicts]
        shown = "; ".join(" = ".join(items["file"].iloc[rows]) for rows in found[:3])
        notes.append(
            f"covers under several genres, so that they have no true label: {len(found):,}, in "
            f"{sum(map(len, found)):,} files, {done}; such as {shown}"
        )
    return notes


def _several_note(files: list[str]) -> list[str]:
    if not files:
        return []
    return [f"files with several pictures, of which the first is taken: {len(files)}, such as {', '.join(files[:3])}"]

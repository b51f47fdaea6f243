"""Galaxy Zoo 2, EFIGI, the made-up sample and pictures of one's own, to what the networks are fed.

pictures   (size, size, 3)   the whole field, squeezed to a square, as the study did
centre     (size, size, 3)   the middle half of each side, where the galaxy is
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import archive, catalog, leakage, store
from cosmic_lib.studies import Data
from cosmic_lib.studies.galaxies import pictures, sample, tables
from cosmic_lib.studies.galaxies.tables import Source

INPUTS = tuple(pictures.SHARES)
HEAD, RANDOM = CHOICES = ("head", "random")
STUDIED = 70_000
"""Rows of the table that the study took (line 222)."""


def load(
    data: str = "sample",
    root: str | Path | None = None,
    *,
    inputs: Iterable[str] = ("pictures",),
    size: int = 140,
    number: int | None = None,
    choose: str = HEAD,
    seed: int = 0,
    progress: Callable[[Sequence, str], Iterable] = lambda steps, title: steps,
    **sample_settings,
) -> Data:
    """Read pictures of galaxies as spiral or elliptical.

    Args:
        data: `sample` (made if need be), `real`, or `folder` (one's own pictures, a folder for each of two classes).
        root: for `real`, a folder or archive with Galaxy Zoo 2 or EFIGI, see `tables`, by default where
            `cosmic data get` puts it; for `folder`, the one with a folder per class; for `sample`, where samples are
            kept.
        inputs: which arrays to make; see the top of this module.
        size: pixels of a side, 140 in the study (line 296).
        number: galaxies kept; all by default.
        choose: which: `head` takes the first rows of the table, as the study did; `random` deals them out, with the
            class shares of the whole table.
        seed: of that choice, and of the sample.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        **sample_settings: for `sample`, as `sample.write_sample` takes them.

    Returns:
        One item per galaxy, in the order of the table; columns votes (share of the volunteers for its class) and
        voters. Arrays are uint8, shape (items, size, size, 3), read from disk as they are used. Equal pictures share a
        group.

    Raises:
        FileNotFoundError: no such folder or archive.
        ValueError: an unknown kind of data, input or choice, or something missing or damaged; the message says what.

    Source study: galaxies, lines 90 to 423.
    """
    names = tuple(dict.fromkeys(inputs))
    if unknown := [name for name in names if name not in INPUTS]:
        raise ValueError(f"no inputs named {', '.join(unknown)}; there are {', '.join(INPUTS)}")
    for name, value in (("size", size), ("number", number)):
        if value is not None and value < 2:
            raise ValueError(f"{name} is {value}; give a whole number from 2 up")
    if choose not in CHOICES:
        raise ValueError(f"no choice named {choose!r}; there are {', '.join(CHOICES)}")
    source = _find(data, root, seed, progress, sample_settings)
    files = chosen(source.files, number, choose=choose, seed=seed)
    read = pictures.read_all(
        [source.root / file for file in files["file"]],
        names=names,
        size=size,
        progress=lambda steps: progress(steps, "reading pictures"),
    )
    items = files.iloc[read.rows].reset_index(drop=True)
    items["group"], repeats = leakage.join(items["group"].tolist(), read.equal)
    excluded = [(str(Path(path).relative_to(source.root)), reason) for path, reason in read.excluded]
    settings = {"size": size, "number": number, "choose": choose, "seed": seed}
    return Data(
        name=_name(source, data, len(items)),
        origin=data,
        items=items[["item", "label", "group", "votes", "voters", "file"]],
        arrays=read.arrays,
        classes=source.classes,
        excluded=pd.DataFrame([*source.strangers, *excluded], columns=["file", "reason"]),
        notes=(*source.notes, *_notes(source, items, settings, len(repeats), len(excluded))),
        settings=settings,
        root=source.root,
    )


def _find(
    data: str, root: str | Path | None, seed: int, progress: Callable, sample_settings: Mapping[str, Any]
) -> Source:
    """What there is, before any picture is read."""
    if data == "sample":
        place = Path(root) if root is not None else store.home() / "data"
        return tables.find(
            "real",
            sample.write_sample(
                place, seed=seed, progress=lambda steps: progress(steps, "making the sample"), **sample_settings
            ),
        )
    if sample_settings:
        raise ValueError(f"{', '.join(sample_settings)}: only the sample has such a setting")
    if data not in ("real", "folder"):
        raise ValueError(f"no data named {data!r}; choose sample, real or folder")
    if data == "folder" and root is None:
        raise ValueError("data of your own need a folder: --root FOLDER, the one that holds one folder per class")
    place = catalog.record("galaxy_zoo2").folder if root is None else Path(root)
    if not place.exists():
        raise FileNotFoundError(f"{place}: no such folder or archive; see: cosmic data list galaxy_zoo2")
    return tables.find(data, archive.folder_of(place, progress=progress))


def chosen(files: pd.DataFrame, number: int | None, *, choose: str = HEAD, seed: int = 0) -> pd.DataFrame:
    """Some galaxies of a table, in its order.

    Args:
        files: column label; one row per galaxy.
        number: how many; all by default, and where there are no more.
        choose: `head` or `random`, see `load`.
        seed: of the choice.
    """
    if number is None or number >= len(files):
        return files
    if choose == HEAD:
        return files.head(number)
    from sklearn.model_selection import train_test_split

    rows, _ = train_test_split(np.arange(len(files)), train_size=number, stratify=files["label"], random_state=seed)
    return files.iloc[np.sort(rows)]


def _name(source: Source, data: str, items: int) -> str:
    if data == "real" and items < STUDIED * 0.99:
        return f"{source.name} ({items:,} galaxies, so no verdict on the published number)"
    return f"made-up sample {source.root.name}" if data == "sample" else source.name


def _notes(source: Source, items: pd.DataFrame, settings: Mapping[str, Any], repeats: int, unread: int) -> list[str]:
    share = (items["label"] == source.classes[1]).mean()
    notes = [f"{len(items):,} galaxies, {share:.1%} of class {source.classes[1]}; {unread} pictures cannot be used"]
    if settings["number"] is not None and len(source.files) > settings["number"]:
        how = "the first in the table" if settings["choose"] == HEAD else f"at random, seed {settings['seed']}"
        whole = (source.files["label"] == source.classes[1]).mean()
        notes.append(f"{settings['number']:,} of {len(source.files):,}, {how}; {whole:.1%} of all are of that class")
    if repeats:
        notes.append(f"{repeats} pictures repeat another one exactly: kept in one group")
    return notes


def read(name: str, path: Path, shape: tuple[int, ...], settings: Mapping[str, Any]) -> np.ndarray:
    """A picture file of any size as one item.

    Args:
        name: of the inputs.
        path: the file; any that Pillow reads, or FITS.
        shape: of one item, (size, size, 3).
        settings: `Data.settings` of what the network was trained on.

    Returns:
        uint8, shape (1, size, size, 3).

    Raises:
        ImageError: it is not a picture, damaged, or too small.
    """
    return pictures.read(path, size=shape[0], share=pictures.SHARES[name])[np.newaxis]


READ = {name: partial(read, name) for name in INPUTS}
"""Input name -> `read` of it, for files of a user's own."""

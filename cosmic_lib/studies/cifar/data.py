"""CIFAR-10 as it is found on disk, the made-up sample in the same layout, and pictures of one's own, to inputs.

    grey        (size, size, 1)   Y = 0.299 R + 0.587 G + 0.114 B, rounded, as OpenCV has it
    colour      (size, size, 3)   red, green, blue
    scrambled   (size, size, 3)   the publisher's row, which is planar, cut as if its colours lay side by side

The last is what the study trained its colour networks on (source line 9715).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import catalog, folders, images, store
from cosmic_lib.studies import Data
from cosmic_lib.studies.cifar import sample, trees
from cosmic_lib.studies.cifar.batches import CLASSES, SIDE
from cosmic_lib.studies.cifar.trees import TEST, TRAIN, Source

INPUTS = ("grey", "colour", "scrambled")
WHOLE = 60_000
TEST_SHARE = 5
"""Of `per_class` training pictures, a fifth as many test pictures are kept, as in the whole set."""


@dataclass(frozen=True)
class _Found:
    """A source with how it is told of."""

    source: Source
    name: str
    root: Path
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


def load(
    data: str = "sample",
    root: str | Path | None = None,
    *,
    inputs: Iterable[str] = ("grey",),
    size: int = SIDE,
    per_class: int | None = None,
    seed: int = 0,
    progress: Callable[[Sequence, str], Sequence] = lambda steps, title: steps,
    **sample_settings,
) -> Data:
    """Read CIFAR-10, the sample made in its layout, or pictures of one's own.

    Args:
        data: `sample` (made if need be), `real`, or `folder` (one's own pictures).
        root: for `real`, a folder or an archive, see `trees`, by default where `cosmic data get` puts it; for `folder`,
            the one with `train/<class>/` and `test/<class>/`, or with `<class>/`; for `sample`, where samples are kept.
        inputs: which arrays to make; see the top of this module.
        size: pixels of a side; smaller ones are averaged, before anything else is made of them.
        per_class: training pictures kept of each class, at random, and a fifth as many test pictures; all by default.
            Of the sample, that many are drawn.
        seed: of that choice; of the order, where pictures lie sorted by class; and of the sample.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        **sample_settings: for `sample`, as `sample.write_sample` takes them.

    Returns:
        One item per picture; column official, where there are two parts. Arrays are uint8, shape (items, size, size,
        channels). Identical pictures share one group.

    Raises:
        FileNotFoundError: nothing in that layout at the root.
        ValueError: an unknown kind of data or inputs, or something missing or damaged; the message says what.

    Source study: cifar, lines 80 to 162 and 9640 to 9715.
    """
    inputs = tuple(dict.fromkeys(inputs))
    if unknown := [name for name in inputs if name not in INPUTS]:
        raise ValueError(f"no inputs named {', '.join(unknown)}; there are {', '.join(INPUTS)}")
    for name, value in (("size", size), ("per_class", per_class)):
        if value is not None and value < 1:
            raise ValueError(f"{name} is {value}; give a whole number from 1 up")
    if data == "sample":
        found = _sample(root, per_class, seed, progress, sample_settings)
        per_class = None
    elif sample_settings:
        raise ValueError(f"{', '.join(sample_settings)}: only the sample has such a setting")
    elif data == "real":
        place = catalog.record("cifar10").folder if root is None else Path(root)
        found = _Found(trees.read(place, progress=progress), "CIFAR-10", place, CLASSES)
    elif data == "folder":
        if root is None:
            raise ValueError("data of your own need a folder: --root FOLDER, the one that holds one folder per class")
        found = _own_pictures(Path(root), size, progress)
    else:
        raise ValueError(f"no data named {data!r}; choose sample, real or folder")
    return _assemble(found, inputs, origin=data, size=size, per_class=per_class, seed=seed)


def _sample(
    root: str | Path | None, per_class: int | None, seed: int, progress: Callable, settings: Mapping[str, Any]
) -> _Found:
    place = Path(root) if root is not None else store.home() / "data"
    drawn = {} if per_class is None else {"per_class": per_class}
    folder = sample.write_sample(
        place, **drawn, seed=seed, progress=lambda steps: progress(steps, "making the sample"), **settings
    )
    return _Found(trees.read(folder, progress=progress), f"made-up sample {folder.name}", folder, CLASSES)


def _own_pictures(root: Path, size: int, progress: Callable) -> _Found:
    """Pictures in a folder per class, or in two parts of such folders."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder; give the one that holds one folder per class")
    below = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")}
    parts = sorted(below, reverse=True) if below and below <= {TRAIN, TEST} else []
    if len(parts) == 1:
        raise ValueError(f"{root}: holds {parts[0]} alone; put pictures into {TRAIN}/<class>/ and {TEST}/<class>/")
    tables, strangers, notes = [], [], []
    for part in parts or [""]:
        tree = folders.find(root / part, images.PICTURES)
        above = f"{part}/" if part else ""
        tables.append(tree.files.assign(file=above + tree.files["file"], group=above + tree.files["group"]))
        tables[-1]["official"] = part
        strangers += [(above + file, reason) for file, reason in tree.strangers]
        notes += [f"{above}{': ' if part else ''}{note}" for note in tree.notes]
    files = pd.concat(tables, ignore_index=True)
    paths = [root / file for file in files["file"]]
    key = trees.fingerprint(paths, root, size)
    if (kept := trees.recall(key)) is None:
        members = progress(list(zip(files["file"], paths, strict=True)), "reading pictures")
        kept = trees.keep(key, trees.decode(members, side=size))
    if not len(kept.items):
        raise ValueError(f"{root}: none of {len(files)} pictures could be used; the first: {kept.excluded[0][1]}")
    items = kept.items.assign(row=range(len(kept.items))).merge(files, on="file", validate="one_to_one")
    _check_parts(items, root)
    items = (items if parts else items.drop(columns="official")).assign(item=items["file"])
    source = Source(kept.pictures, items, [*kept.excluded, *strangers], by_class=bool(parts))
    name = f"pictures of one's own in {root.resolve().name}"
    return _Found(source, name, root, tuple(sorted(items["label"].unique())), tuple(notes))


def _check_parts(items: pd.DataFrame, root: Path) -> None:
    """Every part has every class."""
    classes = set(items["label"])
    for part, labels in items.groupby("official")["label"]:
        if missing := sorted(classes - set(labels)):
            there = ", ".join(sorted(set(labels)))
            raise ValueError(f"{root}: no usable picture of {', '.join(missing)} in {part}/; there are {there}")


def _assemble(
    found: _Found, inputs: tuple[str, ...], *, origin: str, size: int, per_class: int | None, seed: int
) -> Data:
    """Choose and order the pictures, group them, and make the inputs."""
    source, name = found.source, found.name
    if source.pictures.shape[-1] == 1 and (wanted := set(inputs) - {"grey"}):
        raise ValueError(
            f"{found.root}: holds grey pictures, so no inputs {', '.join(sorted(wanted))}; for these give the "
            "publisher's batches or coloured pictures"
        )
    rows = _chosen(_ordered(source, seed), per_class, seed)
    items = source.items.iloc[rows].reset_index(drop=True)
    pictures = _rows(source.pictures, items.pop("row").to_numpy())
    items["group"], repeats = _grouped(items, pictures)
    if origin == "real" and len(items) < WHOLE:
        name = f"{name} ({len(items):,} of its {WHOLE:,} pictures, so no verdict on the published number)"
    notes = [*found.notes, *_notes(source, items, size, per_class, seed), *repeats]
    columns = ["item", "label", "group", *(["official"] if "official" in items else []), "file"]
    return Data(
        name=name,
        origin=origin,
        items=items[columns],
        arrays=_arrays(pictures, inputs, size),
        classes=found.classes,
        excluded=pd.DataFrame(source.excluded, columns=["file", "reason"]),
        notes=tuple(notes),
        settings={"size": size, "per_class": per_class, "seed": seed},
        root=found.root,
    )


def _ordered(source: Source, seed: int) -> pd.DataFrame:
    """Label and part of each picture, training pictures first; parts that lie sorted by class are permuted."""
    items = source.items[["label"]].assign(official=source.items.get("official", TRAIN))
    if not source.by_class:
        return items
    rng = np.random.default_rng(seed)
    parts = [np.flatnonzero(items["official"] == part) for part in (TRAIN, TEST)]
    return items.iloc[np.concatenate([rng.permutation(part) for part in parts])]


def _chosen(ordered: pd.DataFrame, per_class: int | None, seed: int) -> np.ndarray:
    """Which pictures are kept, in order: row numbers of the source."""
    if per_class is None:
        return ordered.index.to_numpy()
    rng = np.random.default_rng([seed, per_class])
    kept = []
    for (part, _), places in sorted(ordered.groupby(["official", "label"]).indices.items()):
        count = per_class if part == TRAIN else max(1, round(per_class / TEST_SHARE))
        kept.append(rng.permutation(places)[:count])
    return ordered.index.to_numpy()[np.sort(np.concatenate(kept))]


def _rows(pictures: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """These pictures; where they are all of them in order, without a copy."""
    if isinstance(pictures, np.memmap) or not np.array_equal(rows, np.arange(len(pictures))):
        return np.asarray(pictures[rows])
    return pictures


def _grouped(items: pd.DataFrame, pictures: np.ndarray) -> tuple[list[str], list[str]]:
    """Group of each item, which identical pictures share; and what is to be said of them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    looks = pd.Series([hashlib.blake2b(picture.tobytes(), digest_size=16).digest() for picture in pictures])
    given = pd.factorize(items["group"] if "group" in items else items["item"])[0]
    alike = pd.factorize(looks)[0] + len(items)
    pairs = (np.concatenate([given, alike]), np.concatenate([np.arange(len(items))] * 2) + 2 * len(items))
    graph = coo_array((np.ones(len(pairs[0]), dtype=bool), pairs), shape=(3 * len(items),) * 2)
    group = pd.Series(connected_components(graph, directed=False)[1][2 * len(items) :])
    names = items["group"] if "group" in items else items["item"]
    notes = []
    if repeated := int(looks.duplicated().sum()):
        notes.append(f"{repeated} pictures repeat another one exactly: kept in one group")
    if "official" in items:
        test = items["official"] == TEST
        if copies := int(looks[test].isin(set(looks[~test])).sum()):
            notes.append(f"{copies} test pictures are also in training")
    return names.groupby(group.to_numpy()).transform("first").tolist(), notes


def _notes(source: Source, items: pd.DataFrame, size: int, per_class: int | None, seed: int) -> list[str]:
    notes = [f"excluded files: {len(source.excluded)}"]
    if "official" in items:
        counts = items["official"].value_counts()
        notes.insert(0, f"{counts[TRAIN]:,} training and {counts[TEST]:,} test pictures")
    if source.by_class:
        notes.append(f"the pictures lie sorted by class, so each part was first permuted, with seed {seed}")
    if per_class is not None:
        notes.append(f"{len(items):,} of {len(source.items):,} pictures, chosen at random with seed {seed}")
    if size != SIDE:
        notes.append(f"each picture is squeezed to {size} x {size} pixels; shrinking averages areas")
    if source.pictures.shape[-1] == 1:
        notes.append("grey as they were found; how they were made is not stated")
    return notes


def _arrays(pictures: np.ndarray, inputs: tuple[str, ...], size: int) -> dict[str, np.ndarray]:
    """The inputs asked for, of whole pictures in RGB or grey."""
    if pictures.shape[1:3] != (size, size):
        pictures = np.stack([trees.squeeze(picture, size) for picture in pictures])
    return {name: _as(name, pictures) for name in inputs}


def _as(name: str, pictures: np.ndarray) -> np.ndarray:
    """One kind of input of square pictures."""
    import cv2

    items, size, _, channels = pictures.shape
    if name == "colour" or channels == 1:
        return pictures
    if name == "scrambled":
        return pictures.transpose(0, 3, 1, 2).reshape(pictures.shape)
    tall = np.ascontiguousarray(pictures).reshape(items * size, size, 3)  # one call for all
    return cv2.cvtColor(tall, cv2.COLOR_RGB2GRAY).reshape(items, size, size, 1)


def read(name: str, path: Path, shape: tuple[int, ...], settings: Mapping[str, Any]) -> np.ndarray:
    """A picture file of any size as one item; the whole picture is squeezed to the square, whatever its shape.

    Args:
        name: of the inputs.
        path: the file.
        shape: of one item, (size, size, channels).
        settings: `Data.settings` of what the network was trained on.

    Returns:
        uint8, shape (1, size, size, channels).

    Raises:
        ImageError: it is not a picture, or damaged.
    """
    return _as(name, trees.squeeze(images.read(path), shape[0])[np.newaxis])


READ = {name: partial(read, name) for name in INPUTS}
"""Input name -> `read` of it, for files of a user's own."""

"""CIFAR-10 on disk, in any of its layouts and packed or not, to pictures and a table of them.

cifar-10-batches-py/data_batch_1 to 5, test_batch     as its publisher ships it
train/<class>/*.jpg, test/<class>/*.jpg               as picture files of 32 x 32, of any format
train_batch1.pkl to 5, test_batch1.pkl                in grey, as the study had it
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import archive, folders, images, parallel, store
from cosmic_lib.studies.cifar import batches
from cosmic_lib.studies.cifar.batches import CLASSES, SIDE, Batch

TRAIN, TEST = "train", "test"
_PICTURE = re.compile(r"(?:.*/)?(?P<item>(?P<part>train|test)/(?P<label>[^/]+)/[^/]+)")
_LAYOUTS = (
    "cifar-10-batches-py/ with its batches, train/<class>/ and test/<class>/ with pictures, or train_batch1.pkl to "
    "train_batch5.pkl and test_batch1.pkl"
)
_REMEDY = "get the whole set: cosmic data get cifar10"


@dataclass(frozen=True)
class Source:
    """What was found.

    Args:
        pictures: uint8, shape (pictures, height, width, 3), RGB; or (pictures, 32, 32, 1), grey.
        items: item, label, official (`train` or `test`, where there are such parts), file, and row in `pictures`.
        excluded: file and reason.
        by_class: whether the pictures of a part lie sorted by class.
    """

    pictures: np.ndarray
    items: pd.DataFrame
    excluded: list[tuple[str, str]]
    by_class: bool = False


def read(root: Path, *, progress: Callable = lambda steps, title: steps) -> Source:
    """Read CIFAR-10 from a folder or an archive.

    Args:
        root: the folder of the publisher's batches, or the one that it is in; the one with `train` and `test`, or with
            grey batches; or a .tar, .tar.gz or .zip of any of these.
        progress: `progress(steps, title)` wraps what is looped over.

    Raises:
        FileNotFoundError: there is nothing, or no layout of CIFAR-10.
        BatchError, ArchiveError: a batch or the archive is damaged or not to be trusted.
        ValueError: a batch, a part or a class is missing; the message says which, and what is there.
    """
    if root.is_dir():
        paths, strange = _listed(root)
        key = fingerprint(paths, root)
        members: Iterable = progress([(folders.shown(path, root), path) for path in paths], "reading pictures")
    elif root.is_file():
        key, strange = _hash(root), []
        members = _of_archive(progress([root], f"reading {root.name}"))
    else:
        raise FileNotFoundError(f"{root}: no such file or folder; give one that holds {_LAYOUTS}")
    if (kept := recall(key)) is not None:
        return _as_tree(kept, root)
    tables: dict[str, tuple[str, Batch]] = {}
    made = decode(_sorted_out(members, root, tables, strange), side=None)
    found = replace(made, excluded=[*made.excluded, *strange])
    if tables and len(found.items):
        raise ValueError(f"{root}: holds both batches and picture files; give a folder with one of them")
    if tables:
        return _as_batches(tables, root, found.excluded)
    if not len(found.items):
        first = f"; the first of {len(found.excluded)} files: {', '.join(found.excluded[0])}" if found.excluded else ""
        raise FileNotFoundError(f"{root}: no pictures of CIFAR-10 in it{first}; give {_LAYOUTS}")
    return _as_tree(keep(key, found), root)


def _listed(root: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """The files of a folder where CIFAR-10 lies, and what cannot be one."""
    paths, strange = [], []
    for place in _places(root):
        found, strangers = folders.walk(place)
        paths += found
        strange += [(folders.shown(place / file, root), reason) for file, reason in strangers]
    return paths, strange


def _places(root: Path) -> list[Path]:
    """The folders in which CIFAR-10 lies; others are not searched."""
    if (root / "cifar-10-batches-py").is_dir():
        return [root / "cifar-10-batches-py"]
    if any((root / name).exists() for name in (*batches.TRAINING, batches.TEST, *_grey())):
        return [root]
    places = [root / part for part in (TRAIN, TEST) if (root / part).is_dir()]
    if not places:
        raise FileNotFoundError(f"{root}: not CIFAR-10; give a folder that holds {_LAYOUTS}, or {_REMEDY}")
    return places


def _grey() -> tuple[str, ...]:
    return (*batches.GREY_TRAINING, batches.GREY_TEST)


def _of_archive(files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        yield from archive.read(file, largest=batches.LARGEST)


def _sorted_out(
    members: Iterable[tuple[str, Path | bytes]], root: Path, tables: dict, strange: list
) -> Iterator[tuple[str, Path | bytes]]:
    """The pictures among the files; batches are read on the way, and what is neither is listed."""
    for file, source in members:
        name = file.rsplit("/", 1)[-1]
        picture = _PICTURE.fullmatch(file)
        if name in (*batches.TRAINING, batches.TEST, *_grey()):
            if name in tables:
                raise ValueError(f"{root}: holds {tables[name][0]} and {file}; give a folder with one of them")
            reader = batches.read_grey if name in _grey() else batches.read
            tables[name] = (file, reader(_content(source), _where(file, source, root)))
        elif name == batches.META:
            batches.check_names(_content(source), _where(file, source, root))
        elif picture is None or not name.lower().endswith(images.PICTURES):
            strange.append((file, "neither a batch nor a picture in the folder of a class"))
        elif picture["label"] not in CLASSES:
            strange.append((file, f"{picture['label']} is no class of CIFAR-10"))
        else:
            yield file, source


def _content(source: Path | bytes) -> bytes:
    """What is in a file; one beyond the limit is not read to its end."""
    if isinstance(source, bytes):
        return source
    with source.open("rb") as file:
        return file.read(batches.LARGEST + 1)


def _where(file: str, source: Path | bytes, root: Path) -> str:
    return f"{root}: {file}" if isinstance(source, bytes) else str(source)


def decode(members: Iterable[tuple[str, Path | bytes]], *, side: int | None) -> Source:
    """Decode pictures in threads, as they are read.

    Args:
        members: name, and path or content, of each.
        side: pixels of the square that each is squeezed to; None takes only those of 32 x 32.

    Returns:
        `items` has only the column file; those that cannot be used are in `excluded`.
    """
    pixels, files, excluded = bytearray(), [], []
    for (file, _), future in parallel.ahead(partial(_decoded, side=side), members, workers=store.threads()):
        if isinstance(picture := future.result(), str):
            excluded.append((file, picture))
        else:
            files.append(file)
            pixels += picture.tobytes()
    height = side or SIDE
    pictures = np.frombuffer(pixels, dtype=np.uint8).reshape(len(files), height, height, 3)
    return Source(pictures, pd.DataFrame({"file": files}), excluded)


def _decoded(member: tuple[str, Path | bytes], *, side: int | None) -> np.ndarray | str:
    """A picture, or why there is none."""
    source = member[1]
    try:
        picture = images.read(source)
    except images.ImageError as error:
        return str(error).removeprefix(f"{'the picture' if isinstance(source, bytes) else source}: ")
    if side is not None:
        return squeeze(picture, side)
    if picture.shape != (SIDE, SIDE, 3):
        return f"is {picture.shape[1]} x {picture.shape[0]} pixels, and those of CIFAR-10 are {SIDE} x {SIDE}"
    return picture


def squeeze(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture as a square, whole, whatever its shape was: shrinking averages areas.

    Args:
        picture: uint8, shape (height, width, 3) or (height, width, 1).
        side: pixels.
    """
    import cv2

    if picture.shape[:2] == (side, side):
        return picture
    way = cv2.INTER_AREA if side <= min(picture.shape[:2]) else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(picture), (side, side), interpolation=way).reshape(side, side, -1)


def _cache() -> Path:
    return store.home() / "cache" / "cifar"


def recall(key: str) -> Source | None:
    """Decoded pictures that were kept, as `decode` gave them; not read into memory before they are used."""
    folder = _cache() / key
    if not folder.is_dir():
        return None
    known = store.read_json(folder / "files.json")
    pictures = np.load(folder / "pictures.npy", mmap_mode="r")
    return Source(pictures, pd.DataFrame({"file": known["files"]}), [tuple(pair) for pair in known["excluded"]])


def keep(key: str, found: Source) -> Source:
    """Keep decoded pictures for `recall`: all of them, or none."""
    store.sweep(_cache())
    with store.unfinished(_cache() / key) as part:
        part.mkdir()
        np.save(part / "pictures.npy", found.pictures, allow_pickle=False)
        store.write_json(part / "files.json", {"files": found.items["file"].tolist(), "excluded": found.excluded})
        try:
            part.rename(_cache() / key)
        except OSError:  # another process kept the same meanwhile
            if not (_cache() / key).is_dir():
                raise
    return recall(key) or found


def fingerprint(paths: list[Path], root: Path, *more: Any) -> str:
    """Hash of the names, sizes and times of files."""
    stats = [(folders.shown(path, root), os.stat(path) if path.exists() else os.lstat(path)) for path in paths]
    return store.fingerprint([[name, one.st_size, one.st_mtime_ns] for name, one in stats], *more)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return store.fingerprint(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _as_tree(found: Source, root: Path) -> Source:
    """The pictures with what their paths say, in the order of their paths."""
    order = np.argsort(found.items["file"].to_numpy(), kind="stable")
    items = found.items["file"].iloc[order].reset_index(drop=True).to_frame()
    items = pd.concat([items["file"].str.extract(_PICTURE).rename(columns={"part": "official"}), items], axis=1)
    if items["item"].duplicated().any():
        raise ValueError(f"{root}: holds {items['item'][items['item'].duplicated()].iloc[0]} twice; give one tree")
    _check_whole(items, root)
    return Source(found.pictures, items.assign(row=order), found.excluded, by_class=True)


def _as_batches(tables: dict[str, tuple[str, Batch]], root: Path, excluded: list[tuple[str, str]]) -> Source:
    """Pictures of all batches, in the order of the batches; each batch is let go once it is copied."""
    names = _grey() if tables.keys() & set(_grey()) else (*batches.TRAINING, batches.TEST)
    if missing := [name for name in names if name not in tables]:
        there = ", ".join(sorted(tables))
        raise ValueError(f"{root}: {', '.join(missing)} missing; there are {there}; {_REMEDY}")
    if tables.keys() - set(names):
        raise ValueError(f"{root}: holds batches in colour and in grey; give a folder with one of them")
    counts = [len(tables[name][1].labels) for name in names]
    pictures = np.empty((sum(counts), *tables[names[0]][1].pictures.shape[1:]), dtype=np.uint8)
    rows, start = [], 0
    for name, count in zip(names, counts, strict=True):
        file, batch = tables.pop(name)
        pictures[start : start + count] = batch.pictures
        start += count
        part, short = TEST if name == names[-1] else TRAIN, name.removesuffix(".pkl")
        rows += [(f"{short}/{row}", CLASSES[label], part, file) for row, label in enumerate(batch.labels)]
    items = pd.DataFrame(rows, columns=["item", "label", "official", "file"])
    _check_whole(items, root)
    return Source(pictures, items.assign(row=range(len(items))), excluded)


def _check_whole(items: pd.DataFrame, root: Path) -> None:
    for part in (TRAIN, TEST):
        there = set(items.loc[items["official"] == part, "label"])
        if not there:
            raise ValueError(f"{root}: has no {part} pictures, only those of {items['official'].iloc[0]}; {_REMEDY}")
        if missing := [name for name in CLASSES if name not in there]:
            shown = ", ".join(name for name in CLASSES if name in there)
            raise ValueError(f"{root}: no {part} picture of {', '.join(missing)}; there are {shown}; {_REMEDY}")

"""Picture files to arrays that are read from disk as they are used: of the whole field, and of its centre."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import images, parallel, store
from cosmic_lib.studies.galaxies import fits

SHARES = {"pictures": 1.0, "centre": 0.5}
"""Input -> share of each side of the field that is kept, around the galaxy in its middle."""
SMALLEST = 16
"""Pixels of a side below which nothing of a galaxy's form can be seen."""
CODE = ("cosmic_lib.images", "cosmic_lib.studies.galaxies.fits", __name__)
"""Modules that decide what an array holds."""


@dataclass(frozen=True)
class Read:
    """Pictures that could be read.

    Args:
        rows: their places among the paths that were given.
        looks: a hash of each; equal pictures have equal ones.
        arrays: input name -> uint8, shape (pictures, size, size, 3), read from disk as it is used.
        excluded: (path, reason) of the others.
    """

    rows: np.ndarray
    looks: list[str]
    arrays: dict[str, np.ndarray]
    excluded: list[tuple[str, str]]


def read(path: Path, *, size: int, share: float = 1.0) -> np.ndarray:
    """Read one picture, of any format that Pillow knows, or FITS.

    Args:
        path: the file.
        size: pixels of a side; the picture is squeezed to that square.
        share: see `SHARES`.

    Returns:
        uint8, shape (size, size, 3): red, green, blue.

    Raises:
        images.ImageError: it is no picture, damaged, or smaller than `SMALLEST`.

    Source study: galaxies, lines 288 to 300; OpenCV gives blue first there.
    """
    if not path.name.lower().endswith(fits.ENDINGS):
        return images.read(path, size=size, share=share, smallest=SMALLEST)
    from PIL import Image

    picture = Image.fromarray(fits.read(path))
    images.refuse_small(path, picture.size, SMALLEST)
    return images.fitted(picture, (size, size), share)


def read_all(
    paths: Sequence[Path], *, names: Sequence[str], size: int, progress: Callable = lambda steps: steps
) -> Read:
    """Read many pictures, several at a time and once for ever; memory holds a few of them.

    Args:
        paths: the files.
        names: inputs to make.
        size: pixels of a side.
        progress: wraps what is looped over.

    Raises:
        ValueError: none of them can be read.
    """
    stats = [path.stat() for path in paths]
    files = [[path.name, one.st_size, one.st_mtime_ns] for path, one in zip(paths, stats, strict=True)]
    key = store.fingerprint(files, list(names), size, store.source_fingerprint(*CODE))
    folder = store.once(
        store.home() / "cache" / "galaxies" / key, lambda part: _write(part, paths, names, size, progress)
    )
    table, excluded = (pd.read_csv(folder / f"{name}.csv", keep_default_na=False) for name in ("read", "excluded"))
    if table.empty:
        reason = f"; the first: {excluded['reason'].iloc[0]}" if len(excluded) else ""
        raise ValueError(f"none of {len(paths)} pictures could be used{reason}")
    shape = (len(table), size, size, 3)
    return Read(
        rows=table["row"].to_numpy(),
        looks=table["look"].tolist(),
        arrays={name: store.open_array(folder, name, shape) for name in names},
        excluded=[(str(paths[row]), reason) for row, reason in excluded.itertuples(index=False, name=None)],
    )


def _write(folder: Path, paths: Sequence[Path], names: Sequence[str], size: int, progress: Callable) -> None:
    """One file per input, picture after picture; and tables of what was read and what was not."""
    folder.mkdir()
    kept, excluded = [], []
    with ExitStack() as stack:
        files = [stack.enter_context(store.ArrayFile(folder, name)) for name in names]
        for row, pictures in enumerate(_in_order(paths, names, size, progress)):
            if isinstance(pictures, str):
                excluded.append((row, pictures))
                continue
            for file, picture in zip(files, pictures, strict=True):
                file.write(picture)
            kept.append((row, hashlib.blake2b(pictures[0].tobytes(), digest_size=12).hexdigest()))
    pd.DataFrame(kept, columns=["row", "look"]).to_csv(folder / "read.csv", index=False)
    pd.DataFrame(excluded, columns=["row", "reason"]).to_csv(folder / "excluded.csv", index=False)


def _in_order(
    paths: Sequence[Path], names: Sequence[str], size: int, progress: Callable
) -> Iterator[list[np.ndarray] | str]:
    """The pictures of each path, one per input, or the reason why there are none."""
    several = functools.partial(_each, names=names, size=size)
    waiting = parallel.ahead(several, paths, workers=store.threads())
    for path in progress(paths):
        try:
            yield next(waiting)[1].result()
        except images.ImageError as error:
            yield str(error).removeprefix(f"{path}: ")


def _each(path: Path, *, names: Sequence[str], size: int) -> list[np.ndarray]:
    return [read(path, size=size, share=SHARES[name]) for name in names]

"""Many picture files to arrays that are read from disk as they are used, each file decoded once for ever."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import parallel, store
from cosmic_lib.images import ImageError

Reader = Callable[[Path], Mapping[str, np.ndarray]]
One = Mapping[str, tuple[bytes, bytes]] | str
"""Of each array of a file, its content and the hash of that; or the reason why there are none."""

BATCH = 16
"""Files that a thread reads in one go, since to hand over each by itself takes time too."""


@dataclass(frozen=True)
class Stacked:
    """Pictures that could be read.

    Args:
        rows: their places among the paths that were given.
        looks: a hash of each; equal pictures have equal ones.
        arrays: name -> uint8, shape (pictures, height, width, channels), read from disk as it is used.
        excluded: (path, reason) of the others.
    """

    rows: np.ndarray
    looks: list[str]
    arrays: dict[str, np.ndarray]
    excluded: list[tuple[str, str]]

    @property
    def equal(self) -> list[tuple[int, int]]:
        """Pairs of rows with equal pictures, each with the first of its kind; for `leakage.join`."""
        first: dict[str, int] = {}
        return [(first[look], row) for row, look in enumerate(self.looks) if first.setdefault(look, row) != row]


def stack(
    paths: Sequence[Path],
    read: Reader,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    study: str,
    key: Sequence,
    progress: Callable = lambda steps: steps,
) -> Stacked:
    """Read many pictures, several at a time; memory holds a few of them.

    Args:
        paths: the files.
        read: gives the arrays of a file, by name; raises ImageError for one that cannot be used.
        shapes: name -> shape of one picture.
        study: whose cache they are kept in.
        key: all that decides what `read` gives, beside the files: plain values.
        progress: wraps what is looped over.

    Raises:
        ValueError: none of the files can be read.
    """
    stats = [path.stat() for path in paths]
    files = [[path.name, one.st_size, one.st_mtime_ns] for path, one in zip(paths, stats, strict=True)]
    name = store.fingerprint(files, {one: list(shape) for one, shape in shapes.items()}, list(key))
    folder = store.once(
        store.home() / "cache" / study / name, lambda part: _write(part, paths, read, list(shapes), progress)
    )
    table, excluded = (pd.read_csv(folder / f"{one}.csv", keep_default_na=False) for one in ("read", "excluded"))
    if table.empty:
        reason = f"; the first: {excluded['reason'].iloc[0]}" if len(excluded) else ""
        raise ValueError(f"none of {len(paths)} pictures could be used{reason}")
    return Stacked(
        rows=table["row"].to_numpy(),
        looks=table["look"].tolist(),
        arrays={one: store.open_array(folder, one, (len(table), *shape)) for one, shape in shapes.items()},
        excluded=[(str(paths[row]), reason) for row, reason in excluded.itertuples(index=False, name=None)],
    )


def _write(folder: Path, paths: Sequence[Path], read: Reader, names: Sequence[str], progress: Callable) -> None:
    """One file per array, batch after batch; and tables of what was read and what was not."""
    folder.mkdir()
    kept, excluded = [], []
    with ExitStack() as opened:
        files = {name: opened.enter_context(store.ArrayFile(folder, name)) for name in names}
        rows = iter(progress(range(len(paths))))
        for batch in _in_order(paths, read):
            told = list(zip(itertools.islice(rows, len(batch)), batch, strict=True))
            excluded += [(row, one) for row, one in told if isinstance(one, str)]
            usable = [(row, one) for row, one in told if not isinstance(one, str)]
            kept += [(row, one[names[0]][1].hex()) for row, one in usable]
            for name, file in files.items() if usable else ():
                contents, digests = zip(*(one[name] for _, one in usable), strict=True)
                file.write(b"".join(contents), digest=b"".join(digests))
        next(rows, None)  # so that a bar of progress knows the end
    pd.DataFrame(kept, columns=["row", "look"]).to_csv(folder / "read.csv", index=False)
    pd.DataFrame(excluded, columns=["row", "reason"]).to_csv(folder / "excluded.csv", index=False)


def _one(read: Reader, path: Path) -> One:
    try:
        contents = {name: picture.tobytes() for name, picture in read(path).items()}
    except ImageError as error:
        return str(error).removeprefix(f"{path}: ")
    return {name: (content, hashlib.sha256(content).digest()) for name, content in contents.items()}


def _in_order(paths: Sequence[Path], read: Reader) -> Iterator[list[One]]:
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    for _, batch in parallel.ahead(
        lambda batch: [_one(read, path) for path in batch], batches, workers=store.threads()
    ):
        yield batch.result()

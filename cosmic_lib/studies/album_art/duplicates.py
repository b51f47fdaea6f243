"""Covers that are there twice: the same picture, or one that was packed anew, by the hashes of what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cosmic_lib import leakage

SIDE = 64
"""Pixels of a side at which covers are hashed, whatever size a network is fed."""
BYTES = 16
"""Of the hashes of a cover: 8 of its perceptual hash, and 8 of its difference hash."""
DISTANCES = (10, 12)
"""Bits of 64 in which the two hashes of one cover may differ.

Seen on 1,000 real covers: packed anew with a quality of 30, or with a third of the side, none differs more; pairs
within these distances show one album, some in another pressing; the first that show two are at (14, 14).
"""
DROP, KEEP, FIRST = CONFLICTS = ("drop", "keep", "first")
"""What may be done with a cover that is there under several genres: leave out all its files, none, or all but those
under the first of the genres."""


def hashes(picture: np.ndarray) -> np.ndarray:
    """Hashes of what a cover shows: its coarse light and dark, and where it grows brighter to the right.

    Args:
        picture: uint8, RGB, shape (`SIDE`, `SIDE`, 3).

    Returns:
        uint8, shape (`BYTES`,).
    """
    import imagehash
    from PIL import Image

    shown = Image.fromarray(picture)
    return np.packbits(np.concatenate([imagehash.phash(shown).hash.ravel(), imagehash.dhash(shown).hash.ravel()]))


def pairs(hashed: np.ndarray, *, distances: tuple[int, int] = DISTANCES) -> list[tuple[int, int]]:
    """Covers that show the same, as far as their hashes tell.

    Covers of one colour have nothing that a hash could hold; they are in no pair.

    Args:
        hashed: uint8, shape (covers, `BYTES`), as `hashes` gives each.
        distances: see `DISTANCES`.

    Returns:
        Row numbers, the smaller first, in rising order; for `leakage.join`.
    """
    words = np.ascontiguousarray(hashed).view(np.uint64).reshape(-1, 2)
    rows = np.flatnonzero(words[:, 1])
    return [(first, second) for close in _blocks(words[rows], distances) for first, second in rows[close].tolist()]


def _blocks(words: np.ndarray, distances: tuple[int, int], rows: int = 256) -> Iterator[np.ndarray]:
    """Places of two each, shape (pairs, 2), for some rows at a time: all of them at once would fill the memory."""
    for start in range(0, len(words), rows):
        block = np.bitwise_count(words[start : start + rows, np.newaxis] ^ words[np.newaxis, start:])
        close = np.argwhere((block <= np.array(distances, dtype=np.uint8)).all(axis=2)) + start
        yield close[close[:, 0] < close[:, 1]]


def contradictions(labels: Sequence[str], same: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Covers that are there under several labels.

    Args:
        labels: of each row.
        same: pairs of rows that show the same, as from `pairs`.

    Returns:
        For each such cover, its rows, in rising order.
    """
    first, _ = leakage.join([f"{row:012d}" for row in range(len(labels))], same)
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(first):
        rows_of.setdefault(name, []).append(row)
    return [rows for rows in rows_of.values() if len({labels[row] for row in rows}) > 1]


def left_out(labels: Sequence[str], found: Iterable[list[int]], conflicts: str = DROP) -> dict[int, str]:
    """Which files of covers under several labels are left out.

    Args:
        labels: of each row.
        found: rows of each such cover, as from `contradictions`.
        conflicts: one of `CONFLICTS`.

    Returns:
        Row -> reason, in rising order.
    """
    out: dict[int, str] = {}
    for rows in found if conflicts != KEEP else ():
        names = [labels[row] for row in rows]
        for row, name in zip(rows, names, strict=True):
            if conflicts == DROP or name != names[0]:
                out[row] = f"the same cover is also under {' and '.join(sorted({*names} - {name}))}"
    return dict(sorted(out.items()))

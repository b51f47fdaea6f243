"""Pieces to chunks of piano roll, and the chunks of many pieces to one array that is read from disk as it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import midi, parallel, rolls, store

CODE = (*midi.MODULES, "cosmic_lib.rolls", __name__)
"""Modules that decide what a chunk looks like."""
PITCHES = 128
"""Of MIDI."""


@dataclass(frozen=True)
class Cut:
    """How chunks are cut.

    Args:
        fps: frames per second, 10 by default (source line 1244; on line 1235 the text had found 8 good enough).
        frames: in one chunk, 150 by default, which are 15 seconds.
        shrink: that many pitches and frames become one, the loudest of them.
        most: chunks of one piece at most, evenly spread over it; all by default.
        channels: see `rolls.CHANNELS`; the study fed the velocity alone.

    Source study: composers, lines 1244 to 1290.
    """

    fps: float = 10
    frames: int = 150
    shrink: int = 1
    most: int | None = None
    channels: tuple[str, ...] = ("velocity",)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Cut:
        """As `Data.settings` have it."""
        return cls(**{one.name: settings[one.name] for one in fields(cls) if one.name in settings})

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one chunk: (pitches, frames, channels)."""
        return PITCHES // self.shrink, self.frames // self.shrink, len(self.channels)


def cut(piece: midi.Piece, settings: Cut = Cut()) -> tuple[np.ndarray, pd.DataFrame]:
    """Cut one piece; chunks in which nothing sounds are left out, as they name nobody.

    Args:
        piece: from `midi.read`, copied in another key or tempo perhaps.
        settings: how.

    Returns:
        uint8, shape (chunks, pitches, frames, channels); and for each its number in the piece, from 0, and whether it
        is padded with silence to the full length.
    """
    chunks, padded = rolls.chunks(_roll(piece, settings), frames=settings.frames)
    numbers = np.flatnonzero(chunks.any(axis=(1, 2, 3)))
    if settings.most is not None and len(numbers) > settings.most:
        numbers = numbers[((np.arange(settings.most) + 0.5) * len(numbers) / settings.most).astype(int)]
    table = pd.DataFrame({"number": numbers, "padded": padded[numbers]})
    return rolls.shrink(chunks[numbers], settings.shrink), table


def every_chunk(piece: midi.Piece, settings: Cut) -> np.ndarray:
    """All chunks of a piece from its beginning to its end, silent ones too, whatever `most` says: as `cut`."""
    chunks, _ = rolls.chunks(_roll(piece, settings), frames=settings.frames)
    return rolls.shrink(chunks, settings.shrink)


def _roll(piece: midi.Piece, settings: Cut) -> np.ndarray:
    return rolls.roll(piece, fps=settings.fps, channels=settings.channels)


def cut_all(
    makers: Sequence[Callable[[], midi.Piece]], settings: Cut, *, key: str, progress: Callable = lambda steps: steps
) -> tuple[np.ndarray, pd.DataFrame]:
    """Cut many pieces in threads; memory holds a few of them at a time.

    Args:
        makers: each gives a piece when it is called.
        settings: how.
        key: hash of all that decides what the makers give; chunks that were cut under it before are used again.
        progress: wraps what is looped over.

    Returns:
        As `cut`, of all pieces; the array is read from disk as it is used, and the table also has the maker's row.

    Raises:
        ValueError: no chunk of any piece has a sound.
    """
    folder = (
        store.home()
        / "cache"
        / "composers"
        / store.fingerprint(
            key,
            {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()},
            store.source_fingerprint(*CODE),
        )
    )
    store.once(folder, lambda part: _write(part, makers, settings, progress))
    table = pd.read_csv(folder / "chunks.csv")
    if table.empty:
        raise ValueError(f"nothing sounds in any of {len(makers)} pieces, drums left aside; give pieces with pitches")
    array = store.open_array(folder, "chunks", (len(table), *settings.shape))
    return array, table


def _write(folder: Path, makers: Sequence[Callable[[], midi.Piece]], settings: Cut, progress: Callable) -> None:
    """Chunk after chunk into one file, and a table of them beside it."""
    folder.mkdir()
    tables = []
    with store.ArrayFile(folder, "chunks") as file:
        for row, (chunks, table) in enumerate(_in_order(makers, settings, progress)):
            file.write(chunks.tobytes())
            tables.append(table.assign(row=row))
    pd.concat(tables).to_csv(folder / "chunks.csv", index=False)


def _in_order(
    makers: Sequence[Callable[[], midi.Piece]], settings: Cut, progress: Callable
) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    one: Callable = partial(_made_and_cut, settings=settings)
    done: Iterable = parallel.ahead(one, makers, workers=store.threads())
    waiting = iter(done)
    for _ in progress(makers):
        yield next(waiting)[1].result()


def _made_and_cut(maker: Callable[[], midi.Piece], settings: Cut) -> tuple[np.ndarray, pd.DataFrame]:
    return cut(maker(), settings)

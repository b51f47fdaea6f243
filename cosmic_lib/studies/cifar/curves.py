"""What the source printed after each epoch of its 51 fits; the numbers are in `curves.csv` beside this file."""

from __future__ import annotations

import functools
from importlib import resources

import pandas as pd


@functools.cache
def _every_fit() -> dict[str, pd.DataFrame]:
    """Name of an experiment -> its curves, in the order of the source."""
    with resources.files(__package__).joinpath("curves.csv").open(encoding="utf-8") as file:
        rows = pd.read_csv(file)
    return {name: fit.drop(columns="run").set_index("epoch") for name, fit in rows.groupby("run", sort=False)}


def names() -> tuple[str, ...]:
    """The experiments whose curves were printed, in the order of the source."""
    return tuple(_every_fit())


def published(name: str) -> pd.DataFrame:
    """The curves of one experiment as printed.

    Args:
        name: of the experiment in the diary.

    Returns:
        Columns loss, accuracy, val_loss, val_accuracy (fractions) and line, of the source; index epoch, from 1.

    Raises:
        ValueError: the source has no experiment of that name.
    """
    if name not in _every_fit():
        raise ValueError(f"no published curves of {name!r}; there are those of {', '.join(_every_fit())}")
    return _every_fit()[name].copy()


def best_epoch(history: pd.DataFrame) -> int:
    """The epoch whose weights are restored where the best ones are: that of the lowest validation loss.

    Args:
        history: with a column val_loss; index epoch.
    """
    return int(history["val_loss"].idxmin())

"""What the source of the composers study printed beside its scores: learning curves, and the folds of its search."""

from __future__ import annotations

from importlib import resources

import pandas as pd

PARTS = {"chunks": 41_353, "pieces": 1_633, "windows to train on": 1_298, "windows to test on": 325}
"""Lines 1403, 1371 and 871."""
COPIES, CHUNKS_OF_ALL, ABOVE_TEN = 59_638, 164_247, 76_328
"""Chunks of shifted copies (line 2898), of everybody (the one number that gives all printed shares, lines 2867 to 2903,
and 4,380 steps of 30 are four fifths of it, line 2772), and of the two classes above 10 % (line 3087)."""
FILES = {"Bach": 1_024, "Beethoven": 212, "Chopin": 136, "Mozart": 256}
"""Files of each composer (line 424)."""


def curves() -> dict[str, pd.DataFrame]:
    """The learning curves that were printed.

    Returns:
        Experiment -> accuracy, val_loss and val_accuracy (fractions) and line of the source; index epoch, from 1.
    """
    rows = _table("curves.csv")
    return {name: fit.drop(columns="run").set_index("epoch") for name, fit in rows.groupby("run", sort=False)}


def trials() -> pd.DataFrame:
    """The ten trials of the random search, a row per fold.

    Returns:
        Columns trial, epochs, batch_size (from the number of steps), fold, training_accuracy, accuracy and line. The
        other settings of nine of them were not printed.

    Source study: composers, lines 1541 to 2603.
    """
    return _table("trials.csv")


def _table(name: str) -> pd.DataFrame:
    with resources.files(__package__).joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file)

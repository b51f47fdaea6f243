"""What the galaxies study printed: its counts, and the curves of its eleven networks from `curves.csv`."""

from __future__ import annotations

import functools
from importlib import resources

import pandas as pd

from cosmic_lib.experiment import Published

TABLE = {"spiral": 141_430, "elliptical": 97_670}
"""Galaxies of each class in the whole table (lines 174 and 175)."""
ARTEFACTS = 595
"""Rows of class A, which are dropped (line 185)."""
HEAD = {"spiral": 40_959, "elliptical": 29_041}
"""Galaxies of each class among the first 70,000 rows, which the study took for a sample (lines 260 and 261)."""
VALIDATED = 10_000
"""Pictures that validation accuracy is measured on (line 436)."""
TESTED = 13_999
"""Test pictures (line 1881)."""
TEST_ACCURACY = 0.8093435168266296
"""Of Model 10 on them (line 1882), measured once."""

CONCLUDED: dict[str, str] = {
    "base": "77 % is above a baseline of 50 %, and the curve swings because the learning rate is too high (line 416)",
    "model_1": "one more layer does not raise accuracy (line 666)",
    "model_2": "32 units are notably better than 16, and vary less (line 666)",
    "model_3": "64 units are worse and vary more, so 32 stay (line 666)",
    "model_4": "more epochs do not raise accuracy notably (line 666)",
    "model_5": "a smaller learning rate is much better and steadier (line 1182)",
    "model_6": "L1 overfits slightly, by the validation loss, but raises accuracy notably (line 1182)",
    "model_7": "L2 prevents overfitting but is worse; L1 is preferred (line 1182)",
    "model_8": "dropout of 0.2 is slightly worse (line 1184)",
    "model_9": "dropout of 0.5 is slightly better, not notably; no dropout is used (line 1184)",
    "model_10": "about 81 % on the test pictures, 4 points more than the first; a CNN is needed (line 1873)",
}
"""In our words."""


@functools.cache
def _every_fit() -> dict[str, pd.DataFrame]:
    """Name of an experiment -> its curves, in the order of the source."""
    with resources.files(__package__).joinpath("curves.csv").open(encoding="utf-8") as file:
        rows = pd.read_csv(file)
    return {name: fit.drop(columns="run").set_index("epoch") for name, fit in rows.groupby("run", sort=False)}


def names() -> tuple[str, ...]:
    """The experiments whose curves were printed, in the order of the source."""
    return tuple(_every_fit())


def curves(name: str) -> pd.DataFrame:
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


def scores() -> pd.DataFrame:
    """Validation accuracy of every network, read in three ways: at its last epoch, its best, and over its last ten.

    Returns:
        Columns last, best, mean and spread (of the last ten epochs), fractions; index the experiment.
    """
    fits = {name: fit["val_accuracy"] for name, fit in _every_fit().items()}
    read = {
        name: {"last": fit.iloc[-1], "best": fit.max(), "mean": fit.tail(10).mean(), "spread": fit.tail(10).std()}
        for name, fit in fits.items()
    }
    return pd.DataFrame(read).T


def published(name: str) -> Published:
    """What was printed for one network: validation accuracy at the last epoch; of Model 10, test accuracy."""
    last = curves(name).iloc[-1]
    accuracy, line = (TEST_ACCURACY, 1882) if name == "model_10" else (float(last["val_accuracy"]), int(last["line"]))
    return Published(line, accuracy, epochs=len(curves(name)), concluded=CONCLUDED[name])

"""What the album art study printed: its scores, two confusion matrices with reports, and the rows of two searches.

Every accuracy is binary accuracy on one-hot labels, as `arithmetic.py` shows; the text calls it accuracy. The
confusion matrices are of the four classes.
"""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
import pandas as pd

from cosmic_lib.experiment import Published

CLASSES = ("Country", "Metal", "Rap", "Trance")
"""In the order of the reports (lines 142 to 145)."""
COUNTS = {"Country": 181, "Metal": 103, "Rap": 126, "Trance": 110}
"""Test covers of each class (lines 142 to 145)."""
CLAIMED = 2500
"""Covers, at least (line 95): the 520 of the test are a fifth of 2,600, where the text has 30 % of them."""
SEARCHED = 500
"""Covers in each step of the random search, by the text (line 113)."""
FULL_DATA = {(5, 113): 0.72, (5, 130): 0.7538, (10, 130): 0.7751}
"""Accuracy on all covers, by epochs and line; of 5 epochs there are two."""

ACCURACY = {
    "initial": (137, 0.7519),
    "best_weights_10": (164, 0.77),
    "best_weights_20": (171, 0.8173),
    "best_weights_20_dropout_04": (188, 0.7712),
}
"""Experiment -> line, and validation accuracy."""
VAL_LOSS = {
    "initial": 0.55,
    "best_weights_10": 0.51,
    "best_weights_20": 0.48,
    "best_weights_20_dropout_04": 0.50,
}
"""Validation loss, in the same lines."""

CONFUSION = {
    "initial": ((97, 9, 58, 17), (66, 2, 28, 7), (66, 9, 39, 12), (65, 8, 30, 7)),
    "best_weights_20": ((62, 55, 34, 30), (33, 35, 18, 17), (53, 32, 21, 20), (49, 27, 15, 19)),
}
"""Experiment -> confusion matrix: rows are true classes, columns predicted ones (lines 149 and 179)."""
_REPORTS = {
    "initial": (142, ((0.33, 0.54, 0.41), (0.07, 0.02, 0.03), (0.25, 0.31, 0.28), (0.16, 0.06, 0.09))),
    "best_weights_20": (174, ((0.31, 0.34, 0.33), (0.23, 0.34, 0.28), (0.24, 0.17, 0.20), (0.22, 0.17, 0.19))),
}
# Line of the first class; then precision, recall and F1 of each.

CONCLUDED: dict[str, str] = {
    "initial": "few epochs leave a high bias and a low variance, more than 8 overfit (line 137); Country and Rap have "
    "high precision and recall, Metal and Trance very low ones (lines 153 and 155)",
    "best_weights_10": "starting from the best weights raises accuracy and lowers the loss; the training loss falls "
    "much further, a hint of overfitting (line 164)",
    "best_weights_20": "accuracy jumps, with clear overfitting that more dropout may cure (line 171); Metal and Trance "
    "improve significantly (line 181)",
    "best_weights_20_dropout_04": "less accurate but more general, for the gap to training is smaller (line 188)",
    "grid_b30_d0.2_e10_nadam": "the best of the grid, and the same as the best of the random search but for the "
    "epochs (line 130)",
    "random_4": "the best of the random search (line 113)",
}
"""In our words."""


def published(name: str) -> Published:
    """What was printed for one of the four networks; its accuracy is binary accuracy on validation.

    Raises:
        ValueError: the source reports no network of that name.
    """
    if name not in ACCURACY:
        raise ValueError(f"nothing was printed of {name!r}; there are {', '.join(ACCURACY)}")
    line, accuracy = ACCURACY[name]
    return Published(line, accuracy, concluded=CONCLUDED[name])


def report(name: str) -> pd.DataFrame:
    """The report per class as printed.

    Args:
        name: of a network in `CONFUSION`.

    Returns:
        Columns precision, recall, f1 (fractions, two digits), items and line, of the source; index the class.

    Raises:
        ValueError: the source has no report on it.
    """
    if name not in _REPORTS:
        raise ValueError(f"no report on {name!r}; there are those on {', '.join(_REPORTS)}")
    line, scores = _REPORTS[name]
    table = pd.DataFrame(scores, index=list(CLASSES), columns=["precision", "recall", "f1"])
    return table.assign(items=COUNTS, line=line + np.arange(len(CLASSES)))


@functools.cache
def _table(name: str) -> pd.DataFrame:
    with resources.files(__package__).joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"line": "Int64"})


def _printed() -> pd.DataFrame:
    """All rows of the grid, with those that the scan has twice, and once misread."""
    return _table("grid.csv").fillna({"printed_as": ""}).astype({"misread": bool})


def grid() -> pd.DataFrame:
    """The 80 combinations of the grid search, in the order in which it went through them.

    Returns:
        Columns batch_size, dropout, epochs, optimizer, mean and std (binary accuracy over three folds, fractions), line
        of the source, and printed_as: the optimizer as printed, which is not its own where the place of the row tells
        against the label. One combination was not printed at all: no mean, std and line, and an empty printed_as.

    Source study: album_art, lines 225 to 283.
    """
    rows = _printed()
    return rows[~rows["misread"]].drop(columns="misread").reset_index(drop=True)


def pairs() -> pd.DataFrame:
    """Every distinct mean and standard deviation that stands beside a label, those that the scan misread included.

    Returns:
        Columns mean, std, misread (bool) and line; 81 rows.
    """
    told = ["batch_size", "dropout", "epochs", "printed_as", "mean", "std"]
    rows = _printed().loc[lambda table: table["mean"].notna()].drop_duplicates(told)
    return rows[["mean", "std", "misread", "line"]].reset_index(drop=True)


def random_rows() -> pd.DataFrame:
    """The ten rows of the random search.

    Returns:
        Columns batch_size, dropout, epochs, optimizer, mean (binary accuracy, a fraction), std, which was not printed,
        and line of the source.

    Source study: album_art, lines 117 to 126.
    """
    return _table("random.csv").copy()

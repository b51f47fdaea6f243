"""What the faults of the album art study amount to: each function tells it, of these data or of the source."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cosmic_lib import compare
from cosmic_lib.splits import HONEST, TRAIN
from cosmic_lib.studies import Data
from cosmic_lib.studies.album_art import arithmetic, losses, published

CONSTANT = 0.75
"""Binary accuracy of "no" to each of four classes."""


def binary_accuracy(data: Data, table: pd.DataFrame) -> str:
    """A1: what "no" to everything scores, and what the printed deviations can be counts of."""
    pairs = published.pairs()
    explained = sum(arithmetic.explained(pairs[["mean", "std"]].itertuples(index=False, name=None)))
    rows = published.grid()
    at_rest = int(((rows["mean"] == CONSTANT) & (rows["std"] == 0)).sum())
    classes = len(data.classes)
    nothing = losses.binary_accuracy(np.full((len(data.items), classes), 1 / classes), data.y)
    return (
        f"Answering 'no' to each of {classes} classes scores {nothing:.3f} here; {at_rest} of {len(rows)} settings of "
        f"the grid have exactly {CONSTANT}. Whole counts of right decisions on 100 covers explain {explained} of "
        f"{len(pairs)} printed pairs of mean and deviation."
    )


def independence(data: Data, table: pd.DataFrame) -> str:
    """A2: whether the printed confusion matrices depend on the truth at all."""
    from scipy.stats import chi2_contingency

    told = []
    for name, matrix in published.CONFUSION.items():
        right, chance = np.trace(np.array(matrix)) / np.sum(matrix), chi2_contingency(np.array(matrix)).pvalue
        told.append(f"{name}: {right:.1%} right, and p = {chance:.2f} for answers that are strangers to the truth")
    commonest = max(published.COUNTS, key=lambda name: published.COUNTS[name])
    share = published.COUNTS[commonest] / sum(published.COUNTS.values())
    return f"{'; '.join(told)}; always answering {commonest} is right about {share:.1%}."


def least_right(score: float, classes: int = 4) -> float:
    """Share of items that must be right where a softmax has a binary accuracy above that of all "no".

    A softmax says yes at most once: each item adds one right decision for a right yes, takes one off for a wrong one.
    """
    return max(0.0, classes * (score - (1 - 1 / classes)))


def contradiction(data: Data, table: pd.DataFrame) -> str:
    """A3: what a binary accuracy implies for the diagonal, and what is printed there."""
    score = published.ACCURACY["best_weights_20"][1]
    counts = np.array(published.CONFUSION["best_weights_20"])
    return (
        f"A binary accuracy of {score:.2%} needs at least {least_right(score):.1%} of the covers right; the matrix has "
        f"{np.trace(counts) / counts.sum():.1%}."
    )


def restarts(data: Data, table: pd.DataFrame) -> str:
    """A4: how much of a validation part was trained on, if it is drawn anew for each training."""
    validated = 0.3  # line 95
    seen = [1 - validated**times for times in (1, 2)]
    return (
        f"Where each training draws its own {validated:.0%} to validate on, {seen[0]:.0%} of those of the second were "
        f"trained on in the first, and {seen[1]:.0%} of those of the third in one of two."
    )


def loss_constants(data: Data, table: pd.DataFrame) -> str:
    """A5: the loss of a network that knows the shares of the classes alone, by five losses."""
    known = losses.constants(list(published.COUNTS.values()))["class_prior"]
    printed = published.VAL_LOSS["initial"]
    nearest = (known - printed).abs().idxmin()
    told = ", ".join(f"{name} {value:.3f}" for name, value in known.items())
    return f"Knowing the shares of the classes alone gives: {told}. Printed is {printed}, nearest to {nearest}."


def counts(data: Data, table: pd.DataFrame) -> str:
    """A6: how many covers there would have to be."""
    tested = sum(published.COUNTS.values())
    here = ", ".join(f"{number} {name}" for name, number in data.items["label"].value_counts().items())
    return (
        f"{tested} test covers are 30% of {tested / 0.3:,.0f} and 20% of {tested / 0.2:,.0f}; the text has four times "
        f"500, and more than {published.CLAIMED:,}. Here: {here}."
    )


def winner(data: Data, table: pd.DataFrame) -> str:
    """A7: how far the winner of the grid is ahead, and how far its settings swing from fold to fold."""
    rows = published.grid().loc[lambda rows: rows["mean"].notna()]
    best = rows.loc[rows["mean"].idxmax()]
    ahead = round((best["mean"] - CONSTANT) * sum(arithmetic.FOLDS) * arithmetic.CLASSES)
    return (
        f"The winner of {len(rows)} settings has {best['mean']:.4f}: {ahead} right decisions of "
        f"{sum(arithmetic.FOLDS) * arithmetic.CLASSES} more than 'no' to everything. Its folds have a deviation of "
        f"{best['std']:.4f}; the largest of all is {rows['std'].max():.4f}."
    )


def dropout_scaling(data: Data, table: pd.DataFrame) -> str:
    """A8: how far an output is off where it is scaled by the wrong rate."""
    dropped = 0.2  # line 97
    rng = np.random.default_rng(0)
    outputs = rng.random(100_000)
    trained = (outputs * (rng.random(len(outputs)) >= dropped)).mean()
    wrong, right = ((outputs * rate).mean() / trained for rate in (dropped, 1 - dropped))
    return f"Scaled by {dropped} outputs have {wrong:.2f} of what they had in training, by {1 - dropped} {right:.2f}."


def fewer_right(data: Data, table: pd.DataFrame) -> str:
    """A9: what the two matrices say of the step between them."""
    before, after = (np.trace(np.array(published.CONFUSION[name])) for name in ("initial", "best_weights_20"))
    tested = sum(published.COUNTS.values())
    first, second = (compare.wilson(int(right), tested, unit="cover") for right in (before, after))
    return (
        f"{before} of {tested} right before [{first.low:.3f}, {first.high:.3f}], {after} after [{second.low:.3f}, "
        f"{second.high:.3f}]: fewer, and no difference that could be told."
    )


def groups(data: Data, table: pd.DataFrame) -> str:
    """A10: how many covers have others of their group, which a split by cover tears apart."""
    sizes = data.items["group"].map(data.items["group"].value_counts())
    split = table[table["group"].map(table["group"].value_counts()) > 1]
    column = "published_fold0"
    torn = split.groupby("group")[column].nunique().gt(1).mean() if len(split) and column in split else 0.0
    return (
        f"Of {len(sizes):,} covers {int((sizes > 1).sum()):,} share a group with another one; dealt out cover by "
        f"cover, {torn:.0%} of these groups lie in several parts."
    )


def repeats(data: Data, table: pd.DataFrame) -> str:
    """A11: how far two results of one setting lie apart."""
    full, (line, first) = published.FULL_DATA, published.ACCURACY["initial"]
    five = [full[5, 113], full[5, 130]]
    ten = [full[10, 130], first]
    return (
        f"Five epochs on all covers: {five[0]:.2%} and {five[1]:.2%}; ten: {ten[0]:.2%} and {ten[1]:.2%} (line "
        f"{line}): {100 * abs(five[0] - five[1]):.1f} and {100 * abs(ten[0] - ten[1]):.1f} points by chance, where the "
        "winner of the grid leads by half a point."
    )


def precision(data: Data, table: pd.DataFrame) -> str:
    """A13: printed precisions beside the shares of their classes."""
    report = published.report("initial")
    shares = report["items"] / report["items"].sum()
    told = ", ".join(f"{name} {report.loc[name, 'precision']:.0%} of {shares[name]:.0%}" for name in report.index)
    below = int((report["precision"] < shares).sum())
    return f"Precision beside the share of the class: {told}: {below} of {len(report)} are below what guessing gives."


def majority(data: Data, table: pd.DataFrame) -> float:
    """Share of the commonest class in the training part."""
    return float(data.items["label"][(table[HONEST] == TRAIN).to_numpy()].value_counts(normalize=True).iloc[0])

"""How much a cover tells of its genre: macro F1 beside the majority, the colours alone, and labels dealt out anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cosmic_lib import compare, plots, splits
from cosmic_lib.compare import Estimate
from cosmic_lib.studies import Data
from cosmic_lib.summary import out_of_fold

DRAWS = 999


def histogram(covers: np.ndarray, bins: int = 4) -> np.ndarray:
    """Which colours a cover has, wherever on it: the share of its pixels in each box of red, green and blue.

    Args:
        covers: uint8, shape (items, height, width, 3); one that is read from disk is read a cover at a time.
        bins: equal steps of each channel.

    Returns:
        float32, shape (items, bins ** 3); each row adds up to one.

    Raises:
        ValueError: fewer than one or more than 256 bins.
    """
    if not 1 <= bins <= 256:
        raise ValueError(f"bins is {bins}; choose 1 to 256")
    step_of = np.arange(256) * bins // 256
    counted = [
        np.bincount(step_of[cover].reshape(-1, 3) @ [bins**2, bins, 1], minlength=bins**3) / cover[..., 0].size
        for cover in covers
    ]
    return np.array(counted, dtype=np.float32).reshape(len(covers), bins**3)


def majority(data: Data, table: pd.DataFrame, protocol: str = splits.HONEST) -> pd.DataFrame:
    """What one answers who has seen no cover: the shares of the classes in the training part, for each fold.

    Args:
        data, table, protocol: see `baseline`.

    Returns:
        See `baseline`.
    """
    from sklearn.dummy import DummyClassifier

    blank = np.zeros((len(data.items), 1), dtype=np.float32)
    return _asked(lambda: DummyClassifier(strategy="prior"), blank, data, table, protocol)


def baseline(data: Data, table: pd.DataFrame, protocol: str = splits.HONEST) -> pd.DataFrame:
    """What the colours alone tell: logistic regression on the histogram, fitted to the training part of each fold.

    Histograms are scaled by the mean and deviation of the same rows. The validation part is left alone.

    Args:
        data: from `load`, with `covers`.
        table: split table of these data.
        protocol: whose folds.

    Returns:
        As `summary.out_of_fold`: item, label, group, right, and a column of probabilities per class; a row per cover
        held out.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def make() -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))

    return _asked(make, histogram(data.arrays["covers"]), data, table, protocol)


def nearest(data: Data, table: pd.DataFrame, protocol: str = splits.HONEST) -> pd.DataFrame:
    """What memory tells: the label of the cover in the training part of each fold whose colours are most alike.

    Args:
        data, table, protocol: see `baseline`.

    Returns:
        See `baseline`.
    """
    from sklearn.neighbors import KNeighborsClassifier

    return _asked(lambda: KNeighborsClassifier(1), histogram(data.arrays["covers"]), data, table, protocol)


def _asked(
    make: Callable[[], Any], features: np.ndarray, data: Data, table: pd.DataFrame, protocol: str
) -> pd.DataFrame:
    """Predictions of a classifier that is made anew for each fold, beside the truth."""
    results: list[dict[str, Any]] = []
    for column in splits.fold_columns(protocol):
        training, held_out = ((table[column] == part).to_numpy() for part in (splits.TRAIN, splits.HELD_OUT))
        fitted = make().fit(features[training], data.y[training])
        probabilities = np.zeros((held_out.sum(), len(data.classes)))  # a class that is not in training gets none
        probabilities[:, fitted.classes_] = fitted.predict_proba(features[held_out])
        found = {"items": table["item"][held_out].tolist(), "probabilities": probabilities}
        results.append({"column": column, "predictions": {splits.HELD_OUT: found}})
    return out_of_fold(results, protocol, data)


def answers(frame: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    """The likeliest class of each item.

    Args:
        frame: with a column of probabilities per class.
        classes: class names.

    Returns:
        Names, shape (items,).
    """
    return np.asarray(classes)[frame[list(classes)].to_numpy().argmax(axis=1)]


def macro_f1(frame: pd.DataFrame, classes: Sequence[str], *, unit: str = "group") -> Estimate:
    """Macro F1 of predictions, with an interval that counts groups.

    Args:
        frame: as `baseline` gives it.
        classes: class names.
        unit: what a group is called, singular.
    """
    return compare.macro_f1(frame["label"], answers(frame, classes), frame["group"], unit=unit)


def permutation(
    labels: ArrayLike, answered: ArrayLike, groups: ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> tuple[np.ndarray, float]:
    """Macro F1 of the same answers where labels are dealt out anew among the groups, and how often it is as high.

    Groups with one label exchange these; a group with several keeps as many, and exchanges all of them with another
    one of its size. Nothing is trained anew: it is asked whether the answers have to do with the labels at all.

    Args:
        labels, answered: true and predicted class of each item.
        groups: group of each item.
        draws: how often labels are dealt out.
        seed: of the dealing.

    Returns:
        Scores, float, shape (draws,); and p: one, and those at least as high as the true score, of one and all draws.

    Raises:
        ValueError: unequal lengths, no items, or no draws.
    """
    names, number = np.unique(np.concatenate([np.asarray(labels), np.asarray(answered)]), return_inverse=True)
    _, unit = np.unique(np.asarray(groups), return_inverse=True)
    count = len(unit)
    if not count or draws < 1 or not len(np.asarray(labels)) == len(np.asarray(answered)) == count:
        raise ValueError(
            f"{len(np.asarray(labels))} labels, {len(np.asarray(answered))} answers and {count} groups for {draws} "
            "draws; give one of each per item, and at least one draw"
        )
    true, predicted = number[:count], number[count:]
    deal = _dealer(true, unit, np.random.default_rng(seed))
    null = np.array([_f1(deal(), predicted, len(names)) for _ in range(draws)])
    higher = int((null >= _f1(true, predicted, len(names)) - 1e-12).sum())  # rounding must not decide between equals
    return null, (1 + higher) / (1 + draws)


def _dealer(true: np.ndarray, unit: np.ndarray, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    """`deal()` gives the labels dealt out anew; true and unit are numbers of each item's label and group."""
    sizes, order = np.bincount(unit), np.argsort(unit, kind="stable")
    first = order[np.cumsum(sizes) - sizes]  # a row of each group
    several = np.zeros(len(sizes), dtype=bool)
    several[unit[true != true[first[unit]]]] = True
    single, alone = np.flatnonzero(~several), ~several[unit]
    by_size = [order[several[unit[order]] & (sizes[unit[order]] == size)].reshape(-1, size) for size in set(sizes)]

    def deal() -> np.ndarray:
        dealt, label = np.empty_like(true), true[first]
        label[single] = rng.permutation(label[single])
        dealt[alone] = label[unit[alone]]
        for rows in by_size:
            dealt[rows] = true[rng.permutation(rows)]
        return dealt

    return deal


def _f1(true: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Macro F1 over classes that occur in either, as `compare.macro_f1` has it, and without its interval."""
    matrix = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
    return float((2 * np.diag(matrix) / (matrix.sum(axis=0) + matrix.sum(axis=1))).mean())


def sentence(score: Estimate, null: np.ndarray, p: float) -> str:
    """How much a cover tells those who answered, in plain words.

    Args:
        score: macro F1 of the answers.
        null, p: from `permutation` of the same answers.
    """
    low, high = np.quantile(null, compare.TAILS)
    told = f"macro F1 is {score}; labels dealt out anew give {null.mean():.3f} [{low:.3f}, {high:.3f}], p = {p:.3f}"
    if p > 1 - compare.CONFIDENCE:
        return f"{told}: it cannot be told from answers that have nothing to do with the genre"
    share = (score.value - null.mean()) / (1 - null.mean())
    return f"{told}: a cover tells something, {share:.0%} of the way from chance to every cover right"


def picture(scores: Mapping[str, Estimate], null: np.ndarray, p: float, *, title: str = "") -> plots.Picture:
    """Scores with their intervals, above what the last one would be if it had nothing to do with the labels.

    Args:
        scores: name -> macro F1, of which the last is asked about.
        null, p: of the last score, from `permutation`.
        title: names the data.
    """
    asked = list(scores)[-1]
    figure, (top, bottom) = plots.subplots(height=2.2 + 0.4 * len(scores), nrows=2, sharex=True)
    for row, (name, score) in enumerate(scores.items()):
        colour = plots.BLUE if name == asked else plots.GREY
        top.plot([score.low, score.high], [row, row], color=colour, linewidth=2)
        top.plot(score.value, row, "o", color=colour)
    top.set_yticks(range(len(scores)), list(scores))
    top.set(ylim=(len(scores) - 0.4, -0.6), title=title)
    bottom.hist(null, bins=30, color="#BBBBBB")
    for ax in (top, bottom):
        ax.axvline(scores[asked].value, color=plots.BLUE, linewidth=1, linestyle="--")
    bottom.set(xlabel="macro F1, 95 % over groups", ylabel="draws", title=f"{asked}, if labels are dealt out anew")
    bottom.set_xlim(0, 1)
    rows = {name: (score.value, score.low, score.high) for name, score in scores.items()}
    rows["labels dealt out anew"] = (null.mean(), *np.quantile(null, compare.TAILS))
    table = pd.DataFrame(rows, index=["macro F1", "low", "high"]).T
    return plots.Picture(figure, f"{asked}: {sentence(scores[asked], null, p)}.", table)

"""Scores with their uncertainty, paired differences, and the verdict on a difference.

The rule of the verdict, for a difference with a 95 % interval:

    helped         the whole interval is above zero
    hurt           the whole interval is below zero
    no difference  the whole interval is within the margin, so nothing that matters can hide in it
    cannot tell    anything else: more groups or more seeds are needed

An interval within the margin is `no difference` even where it does not touch zero: it is too small to act on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

HELPED, HURT, NO_DIFFERENCE, CANNOT_TELL = "helped", "hurt", "no difference", "cannot tell"
CONFIDENCE = 0.95
TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
DRAWS = 9_999
MARGIN = 0.01
"""Differences below one point are not worth a change."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Args:
        value: the number itself.
        low, high: ends of the interval; both nan where there is too little to give one.
        counted: what the interval counts, such as `56 tracks`.
        method: how the interval was made.
    """

    value: float
    low: float
    high: float
    counted: str
    method: str

    def __str__(self) -> str:
        if np.isnan(self.low):
            return f"{self.value:.3f} [no interval], {self.counted}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}], {self.counted}"


def plural(unit: str) -> str:
    """More than one of a unit: tracks, galaxies."""
    return f"{unit.removesuffix('y')}ies" if unit.endswith("y") else f"{unit}s"


def count_of(number: int, unit: str) -> str:
    """How many of a unit, in words: 1 track, 2 tracks."""
    return f"{number} {unit if number == 1 else plural(unit)}"


def over_groups(values: ArrayLike, groups: ArrayLike, *, unit: str = "group", seed: int = 0) -> Estimate:
    """Mean over items, with an interval that counts groups: whole groups are drawn with replacement.

    Args:
        values: one per item: right or wrong, or a difference of two such.
        groups: group of each item.
        unit: what a group is called, singular.
        seed: of the bootstrap.

    Returns:
        The mean over items and its percentile interval from 9,999 draws.

    Raises:
        ValueError: unequal lengths, or no items.
    """
    scores, units = np.asarray(values, dtype=float), np.asarray(groups)
    if len(scores) != len(units):
        raise ValueError(f"{len(scores)} values but {len(units)} groups; give one of each per item")
    if not len(scores):
        raise ValueError("no items to estimate from; look at what was excluded and at the split")
    _, number = np.unique(units, return_inverse=True)
    sums, sizes = np.bincount(number, weights=scores), np.bincount(number)
    counted = count_of(len(sums), unit)
    mean = float(scores.mean())
    if len(sums) < 2:
        return Estimate(mean, np.nan, np.nan, counted, "one group gives no interval")
    drawn = _redrawn(np.column_stack([sums, sizes]), seed)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], TAILS)
    return Estimate(mean, float(low), float(high), counted, "bootstrap over groups")


def _redrawn(groups: np.ndarray, seed: int) -> np.ndarray:
    """Sums over as many groups as there are, drawn with replacement: shape (9,999, numbers of a group).

    Groups with the same numbers are drawn together, as only how often each kind comes matters: so 50,000 of them take
    no longer than 50.
    """
    kinds, count = np.unique(groups, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    return rng.multinomial(len(groups), count / len(groups), size=DRAWS) @ kinds


def macro_f1(
    labels: ArrayLike, predicted: ArrayLike, groups: ArrayLike, *, unit: str = "group", seed: int = 0
) -> Estimate:
    """Mean of the F1 of each class, with an interval that counts groups: whole groups are drawn with replacement.

    Args:
        labels, predicted: true and predicted class of each item.
        groups: group of each item.
        unit: what a group is called, singular.
        seed: of the bootstrap.

    Returns:
        Macro F1 over the classes that occur in either, and its percentile interval from 9,999 draws.

    Raises:
        ValueError: unequal lengths, or no items.
    """
    true, answered, units = np.asarray(labels), np.asarray(predicted), np.asarray(groups)
    if not len(true) == len(answered) == len(units):
        raise ValueError(f"{len(true)} labels, {len(answered)} predictions and {len(units)} groups; give one per item")
    if not len(true):
        raise ValueError("no items to estimate from; look at what was excluded and at the split")
    classes, number = np.unique(np.concatenate([true, answered]), return_inverse=True)
    _, group = np.unique(units, return_inverse=True)
    count, kinds = int(group.max()) + 1, len(classes)
    true_number, answered_number = np.split(number, 2)

    def tally(numbers: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        cells = (group * kinds + numbers)[rows]
        return np.bincount(cells, minlength=count * kinds).reshape(count, kinds)

    # Three counts of each group and class are all that F1 needs: right ones, true ones and predicted ones.
    counts = np.stack([tally(true_number, true == answered), tally(true_number), tally(answered_number)], axis=1)

    def f1(sums: np.ndarray) -> np.ndarray:
        hits, true_ones, predicted_ones = np.moveaxis(sums, -2, 0)
        either = true_ones + predicted_ones
        return np.divide(2 * hits, either, out=np.zeros(hits.shape), where=either > 0).mean(axis=-1)

    value, counted = float(f1(counts.sum(axis=0))), count_of(count, unit)
    if count < 2:
        return Estimate(value, np.nan, np.nan, counted, "one group gives no interval")
    drawn = f1(_redrawn(counts.reshape(count, -1), seed).reshape(-1, 3, kinds))
    low, high = np.quantile(drawn, TAILS)
    return Estimate(value, float(low), float(high), counted, "bootstrap over groups")


def wilson(right: int, items: int, *, unit: str = "item") -> Estimate:
    """Share of items that are right, where every item is its own group.

    Args:
        right: how many are.
        items: how many there are.
        unit: what an item is called, singular.

    Raises:
        ValueError: no items, or more right than there are.
    """
    from scipy.stats import binomtest

    if not 0 <= right <= items or items == 0:
        raise ValueError(f"{right} right of {items} items is not a share")
    low, high = binomtest(right, items).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(right / items, float(low), float(high), count_of(items, unit), "Wilson")


def protocol_gap(
    published: Mapping[str, bool], honest: Mapping[str, bool], groups: Mapping[str, str], **kwargs
) -> Estimate:
    """How much higher a network scores under one protocol than under the other, paired by item and group.

    Args:
        published, honest: item -> whether it was classified rightly when it was held out.
        groups: item -> group.
        **kwargs: as `over_groups` takes them.

    Returns:
        Estimate of published minus honest.

    Raises:
        ValueError: the two do not hold the same items.
    """
    published, honest = dict(published), dict(honest)
    if published.keys() != honest.keys():
        raise ValueError(
            f"{len(published.keys() ^ honest.keys())} items were held out under one protocol only; "
            "compare out-of-fold predictions of the same folds"
        )
    items = sorted(published)
    difference = [float(published[item]) - float(honest[item]) for item in items]
    return over_groups(difference, [groups[item] for item in items], **kwargs)


def pooled_spread(scores: Mapping[str, Sequence[float]]) -> tuple[float, int]:
    """Standard deviation between repeats of one configuration, pooled over configurations.

    Args:
        scores: configuration -> scores of its repeats; those with one repeat say nothing.

    Returns:
        The deviation and its degrees of freedom; nan and 0 when nothing was repeated.
    """
    repeated = [np.asarray(repeats, dtype=float) for repeats in scores.values() if len(repeats) > 1]
    freedom = sum(len(repeats) - 1 for repeats in repeated)
    if not freedom:
        return float("nan"), 0
    squares = sum(((repeats - repeats.mean()) ** 2).sum() for repeats in repeated)
    return float(np.sqrt(squares / freedom)), freedom


def step(child: Mapping[int, float], parent: Mapping[int, float], spread: tuple[float, int]) -> Estimate:
    """What one step of a diary changed, over the seeds that both were trained with.

    Args:
        child, parent: seed -> score.
        spread: from `pooled_spread` over the whole diary.

    Returns:
        Estimate of child minus parent, with a t interval that counts training runs: it says whether another seed
        could have turned the result round, not whether other test items could.

    Raises:
        ValueError: no seed in common.
    """
    seeds = sorted(child.keys() & parent.keys())
    if not seeds:
        raise ValueError("no seed in common; train both with the same seeds")
    difference = float(np.mean([child[seed] - parent[seed] for seed in seeds]))
    counted = f"{len(seeds)} seed{'s' * (len(seeds) != 1)}"
    if not spread[1]:
        return Estimate(difference, np.nan, np.nan, counted, "one run each gives no interval")
    half = by_chance(spread, seeds=len(seeds))
    return Estimate(difference, difference - half, difference + half, counted, "t interval, pooled spread")


def by_chance(spread: tuple[float, int], *, seeds: int = 1) -> float:
    """How far the means of some runs each, of two equally good configurations, lie apart in 95 of 100 cases at most.

    Args:
        spread: from `pooled_spread`.
        seeds: runs of each.
    """
    from scipy.stats import t

    deviation, freedom = spread
    return float(t.ppf((1 + CONFIDENCE) / 2, freedom)) * deviation * float(np.sqrt(2 / seeds))


def verdict(difference: Estimate, *, margin: float = MARGIN) -> str:
    """Helped, hurt, no difference or cannot tell; the rule stands at the top of this module.

    Args:
        difference: with its interval.
        margin: the largest difference that does not matter.
    """
    if np.isnan(difference.low):
        return CANNOT_TELL
    if -margin <= difference.low and difference.high <= margin:
        return NO_DIFFERENCE
    if difference.low > 0:
        return HELPED
    if difference.high < 0:
        return HURT
    return CANNOT_TELL

"""The rules that answers to the exercises are checked by: properties, not values, so that any right answer passes.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib import compare

# An interval from the scores of several runs: `interval(scores) -> (low, high)`.


def contains_the_mean(interval: Callable) -> str | None:
    """The mean of the scores lies inside."""
    scores = [0.71, 0.74, 0.69, 0.78]
    low, high = interval(scores)
    return None if low < np.mean(scores) < high else f"for {scores} it runs from {low:.3f} to {high:.3f}"


def narrows_with_more_runs(interval: Callable) -> str | None:
    """Sixteen times the runs make it far narrower."""
    few, many = np.resize([0.7, 0.8], 4), np.resize([0.7, 0.8], 64)
    widths = [float(np.diff(interval(scores))[0]) for scores in (few, many)]
    if widths[1] < widths[0] / 3:
        return None
    return f"{widths[0]:.3f} wide for 4 runs, {widths[1]:.3f} for 64; divide by the square root of the number of runs"


def holds_the_truth(interval: Callable) -> str | None:
    """In 1,000 made-up experiments of four runs each, it holds the true mean about 95 times in 100."""
    truth, rng = 0.8, np.random.default_rng(0)
    ends = np.array([interval(scores) for scores in rng.normal(truth, 0.03, size=(1000, 4))])
    share = np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))
    if share < 0.93:
        return f"it held it {share:.0%} of the time: too narrow. Four runs need Student's t, and ddof=1"
    return None if share < 0.97 else f"it held it {share:.0%} of the time: too wide. Is it divided by sqrt(runs)?"


# How many runs it takes: `runs_needed(deviation, half_width) -> int`.


def _half_width(deviation: float, runs: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + compare.CONFIDENCE) / 2, runs - 1) * deviation / np.sqrt(runs))


QUESTIONS = ((0.03, 0.05), (0.03, 0.01), (0.01, 0.004))


def counts_runs(runs_needed: Callable) -> str | None:
    """The answer is a whole number of at least 2."""
    for question in QUESTIONS:
        runs = runs_needed(*question)
        if not isinstance(runs, int | np.integer) or runs < 2:
            return f"for a deviation of {question[0]} and a half width of {question[1]} it is {runs!r}"
    return None


def is_enough(runs_needed: Callable) -> str | None:
    """With that many runs the interval is as narrow as was asked."""
    for deviation, wanted in QUESTIONS:
        runs = runs_needed(deviation, wanted)
        if _half_width(deviation, runs) > wanted:
            return f"{runs} runs that differ by {deviation} give a half width of {_half_width(deviation, runs):.4f}"
    return None


def is_no_more_than_needed(runs_needed: Callable) -> str | None:
    """One run fewer would not be enough."""
    for deviation, wanted in QUESTIONS:
        runs = runs_needed(deviation, wanted)
        if runs > 2 and _half_width(deviation, runs - 1) <= wanted:
            return f"for a half width of {wanted}, {runs - 1} runs that differ by {deviation} are enough"
    return None


# A split that keeps groups whole: `split(groups, share, seed) -> bool per item, True where it is held out`.

GROUPS = np.repeat([f"track{number:02d}" for number in range(40)], 10)


def marks_every_item(split: Callable) -> str | None:
    """There is one True or False per item."""
    held_out = np.asarray(split(GROUPS, 0.25, seed=0))
    if held_out.shape == GROUPS.shape and held_out.dtype == bool:
        return None
    return f"for {len(GROUPS)} items it is {held_out.dtype} of shape {held_out.shape}"


def keeps_groups_whole(split: Callable) -> str | None:
    """No group is on both sides."""
    held_out = np.asarray(split(GROUPS, 0.25, seed=0), dtype=bool)
    shared = set(GROUPS[held_out]) & set(GROUPS[~held_out])
    return f"{len(shared)} of 40 are, such as {min(shared)}; choose groups, not items" if shared else None


def takes_the_share(split: Callable) -> str | None:
    """About the share asked for is held out."""
    found = {share: np.mean(split(GROUPS, share, seed=0)) for share in (0.1, 0.25, 0.5)}
    wrong = [share for share, got in found.items() if abs(got - share) > 0.05]
    return f"asked for {wrong[0]:.0%}, it holds out {found[wrong[0]]:.0%}" if wrong else None


def obeys_the_seed(split: Callable) -> str | None:
    """The same seed gives the same split, another seed another one."""
    first, again, other = (np.asarray(split(GROUPS, 0.25, seed=seed)) for seed in (0, 0, 1))
    if not np.array_equal(first, again):
        return "the same seed gave two splits; draw from np.random.default_rng(seed)"
    return "two seeds gave one split; draw the groups at random" if np.array_equal(first, other) else None


# An interval that counts groups: `interval(differences, groups) -> (low, high)`.


def _differences(copies: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """One difference per item: groups differ, and the items of a group are alike."""
    of_group = np.random.default_rng(0).normal(0.2, 0.3, size=30)
    return np.repeat(of_group, 2 * copies), np.repeat(np.arange(30), 2 * copies)


def contains_the_mean_difference(interval: Callable) -> str | None:
    """The mean difference lies inside."""
    differences, groups = _differences()
    low, high = interval(differences, groups)
    return None if low < differences.mean() < high else f"{differences.mean():.3f} is not in {low:.3f} to {high:.3f}"


def ignores_copies(interval: Callable) -> str | None:
    """Copying every item ten times makes it no narrower: there are no more groups than before."""
    once, copied = (float(np.diff(interval(*_differences(copies)))[0]) for copies in (1, 10))
    if copied > 0.8 * once:
        return None
    return f"{once:.3f} wide, {copied:.3f} with copies; draw whole groups, not items"


def agrees_with_the_library(interval: Callable) -> str | None:
    """It is about as wide as that of compare.over_groups."""
    differences, groups = _differences()
    width, expected = float(np.diff(interval(differences, groups))[0]), compare.over_groups(differences, groups)
    ratio = width / (expected.high - expected.low)
    return None if 0.85 < ratio < 1.15 else f"it is {ratio:.2f} times as wide; take the 2.5 % and 97.5 % quantiles"

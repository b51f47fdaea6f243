"""The rules for the exercises on noise and on who chose the test set: properties, not values, as in `exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib import compare

# How far repeats lie apart: `pooled(scores) -> deviation`; scores: configuration -> the scores of its runs.

REPEATED = {"a": [0.80, 0.83], "b": [0.70, 0.71, 0.75], "c": [0.78, 0.74, 0.77, 0.79]}


def ignores_what_ran_once(pooled: Callable) -> str | None:
    """A configuration that was trained once changes nothing: it cannot tell how far repeats lie apart."""
    without, with_one = pooled(REPEATED), pooled({**REPEATED, "once": [0.2]})
    if np.isclose(without, with_one):
        return None
    return f"{without:.4f}, and {with_one:.4f} with one more that ran once; leave those out"


def ignores_the_level(pooled: Callable) -> str | None:
    """It does not matter how good a configuration is: each is held against its own mean."""
    lifted = {**REPEATED, "a": [score + 0.1 for score in REPEATED["a"]]}
    before, after = pooled(REPEATED), pooled(lifted)
    if np.isclose(before, after):
        return None
    return f"{before:.4f}, and {after:.4f} when both runs of one score 0.1 more; take off the mean of each"


def is_right_on_average(pooled: Callable) -> str | None:
    """Over 1,000 made-up diaries of pairs, its square is that of the true deviation."""
    truth, rng = 0.015, np.random.default_rng(0)
    diaries = rng.normal(0.8, truth, size=(1000, 8, 2))
    found = np.sqrt(np.mean([pooled(dict(enumerate(runs.tolist()))) ** 2 for runs in diaries]))
    if abs(found - truth) < 0.05 * truth:
        return None
    return f"it is {found:.4f}, the truth {truth}; n runs that share a mean count as n - 1"


def agrees_with_the_library(pooled: Callable) -> str | None:
    """It is what compare.pooled_spread says, also where configurations have different numbers of runs."""
    found, expected = pooled(REPEATED), compare.pooled_spread(REPEATED)[0]
    if np.isclose(found, expected):
        return None
    return f"{found:.4f}, not {expected:.4f}; add up all squares, and divide by all degrees of freedom together"


# How many seeds it takes: `seeds_needed(spread, difference) -> seeds of either configuration`.

QUESTIONS = ((0.015, 0.01), (0.015, 0.03), (0.004, 0.01), (0.03, 0.05))


def _by_chance(spread: float, seeds: int) -> float:
    """The interval of a difference reaches so far to either side; the spread is known from those runs alone."""
    return compare.by_chance((spread, 2 * (seeds - 1)), seeds=seeds)


def counts_seeds(seeds_needed: Callable) -> str | None:
    """The answer is a whole number of at least 2: one run of each has no spread."""
    for spread, difference in QUESTIONS:
        seeds = seeds_needed(spread, difference)
        if not isinstance(seeds, int | np.integer) or seeds < 2:
            return f"for a spread of {spread} and a difference of {difference} it is {seeds!r}"
    return None


def is_enough(seeds_needed: Callable) -> str | None:
    """With that many seeds of either, the interval around the difference no longer holds zero."""
    for spread, difference in QUESTIONS:
        seeds = seeds_needed(spread, difference)
        if (half := _by_chance(spread, seeds)) > difference:
            return f"with {seeds} seeds, a spread of {spread} gives {half:.4f} to either side of {difference}"
    return None


def is_no_more_than_needed(seeds_needed: Callable) -> str | None:
    """One seed fewer would not be enough."""
    for spread, difference in QUESTIONS:
        seeds = seeds_needed(spread, difference)
        if seeds > 2 and _by_chance(spread, seeds - 1) <= difference:
            return f"for a spread of {spread} and a difference of {difference}, {seeds - 1} seeds are enough"
    return None


# Two scores of one network: `deviations(validation, test, pictures) -> how many standard errors they lie apart`.


def says_which_is_higher(deviations: Callable) -> str | None:
    """It is positive where validation is higher, negative where test is, and zero where they are equal."""
    found = [deviations(*scores, 1000) for scores in ((0.8, 0.7), (0.7, 0.8), (0.75, 0.75))]
    return None if found[0] > 0 > found[1] and abs(found[2]) < 1e-9 else f"for 0.8/0.7, 0.7/0.8, 0.75/0.75: {found}"


def counts_pictures(deviations: Callable) -> str | None:
    """Four times the pictures make the same difference twice as many standard errors."""
    few, many = (deviations(0.8, 0.78, pictures) for pictures in (2500, 10_000))
    if np.isclose(many, 2 * few, rtol=0.01):
        return None
    return f"{few:.2f} for 2,500 pictures, {many:.2f} for 10,000; divide by the root of the number"


def knows_what_chance_does(deviations: Callable) -> str | None:
    """Of 2,000 made-up networks, each scored on two sets of pictures, about 95 in 100 are within two."""
    pictures, accuracy = 10_000, 0.8
    scores = np.random.default_rng(0).binomial(pictures, accuracy, size=(2000, 2)) / pictures
    share = float(np.mean([abs(deviations(*pair, pictures)) < 1.96 for pair in scores]))
    if 0.93 < share < 0.97:
        return None
    return f"{share:.0%} are; both scores are measured, so the variances of both add up"


# What the best of many owes to luck: `lead(networks, accuracy, pictures) -> share by which the best looks better`.


def one_has_no_lead(lead: Callable) -> str | None:
    """One network has nothing to be chosen from, so nothing flatters it."""
    found = lead(1, 0.8, 10_000)
    return None if abs(found) < 0.0005 else f"for one network it is {found:.4f}"


def grows_with_the_number(lead: Callable) -> str | None:
    """The more networks there are to choose from, the luckier the best one is."""
    found = [lead(networks, 0.8, 10_000) for networks in (2, 10, 50)]
    return None if found == sorted(set(found)) else f"for 2, 10 and 50 networks it is {np.round(found, 4).tolist()}"


def shrinks_with_the_pictures(lead: Callable) -> str | None:
    """Four times the pictures halve it."""
    few, many = lead(50, 0.8, 2500), lead(50, 0.8, 10_000)
    return None if 0.45 < many / few < 0.55 else f"{few:.4f} for 2,500 pictures, {many:.4f} for 10,000"


def agrees_with_drawn_scores(lead: Callable) -> str | None:
    """It is what 20,000 draws of so many equal networks give."""
    networks, accuracy, pictures = 50, 0.8, 10_000
    scores = np.random.default_rng(1).binomial(pictures, accuracy, size=(20_000, networks)) / pictures
    expected, found = scores.max(axis=1).mean() - accuracy, lead(networks, accuracy, pictures)
    if abs(found - expected) < 0.04 * expected:
        return None
    return f"for {networks} networks of {accuracy} on {pictures:,} pictures it is {found:.5f}, drawn {expected:.5f}"

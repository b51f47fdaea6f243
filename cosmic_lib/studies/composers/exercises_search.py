"""The rules for the exercises on folds and on comparing scores: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Folds that keep groups whole: `folds(groups, k, seed) -> number of the fold of each item, from 0 to k - 1`.

PIECES, FOLDS = 40, 4
GROUPS = np.random.default_rng(0).permutation(
    np.repeat([f"piece{number:02d}" for number in range(PIECES)], np.resize(range(2, 13), PIECES))
)
"""Chunks of pieces of unequal length, in no order."""


def _fold_of(folds: Callable, seed: int = 0, k: int = FOLDS) -> np.ndarray:
    return np.asarray(folds(GROUPS, k, seed))


def numbers_every_item(folds: Callable) -> str | None:
    """Every item has the number of one fold, a whole one from 0 to k - 1, and no fold is empty."""
    for k in (2, FOLDS):
        found = _fold_of(folds, k=k)
        if found.shape != GROUPS.shape or found.dtype.kind not in "iu":
            return f"for {len(GROUPS)} items it is {found.dtype} of shape {found.shape}"
        if set(found.tolist()) != set(range(k)):
            return f"asked for {k} folds, it gives the numbers {sorted(set(found.tolist()))}"
    return None


def keeps_groups_whole(folds: Callable) -> str | None:
    """All items of a group are in one fold."""
    found = _fold_of(folds)
    torn = [name for name in np.unique(GROUPS) if len(np.unique(found[name == GROUPS])) > 1]
    return f"{len(torn)} of {PIECES} groups are torn, such as {torn[0]}; deal out groups, not items" if torn else None


def are_of_like_size(folds: Callable) -> str | None:
    """Folds are of like size: each has about as many items as the others."""
    for seed in range(5):
        found = _fold_of(folds, seed)
        shares = [np.mean(found == fold) for fold in range(FOLDS)]
        if min(shares) < 0.5 / FOLDS or max(shares) > 1.6 / FOLDS:
            return f"with seed {seed}, {FOLDS} folds hold {', '.join(f'{share:.0%}' for share in shares)} of the items"
    return None


def obeys_the_seed(folds: Callable) -> str | None:
    """The same seed gives the same folds, another seed others."""
    first, again, other = (_fold_of(folds, seed) for seed in (0, 0, 1))
    if not np.array_equal(first, again):
        return "one seed gave two divisions; draw from np.random.default_rng(seed)"
    return "two seeds gave one division; draw the groups at random" if np.array_equal(first, other) else None


# What may be compared: `comparable(runs) -> pairs of names`; a run has name, network, metric and what it is scored on.

HELD_OUT, TRAINED_ON = "held out", "trained on"
RUNS = tuple(
    {"name": f"run {number}", "network": network, "metric": metric, "scored on": scored_on}
    for number, (network, metric, scored_on) in enumerate(
        (
            ("first", "accuracy", HELD_OUT),
            ("first", "accuracy", HELD_OUT),  # with another seed
            ("first", "accuracy", TRAINED_ON),
            ("first", "loss", HELD_OUT),
            ("second", "accuracy", HELD_OUT),
            ("second", "accuracy", TRAINED_ON),
            ("second", "loss", TRAINED_ON),
            ("third", "loss", HELD_OUT),
            ("third", "accuracy", HELD_OUT),
        )
    )
)
OF_ONE_NETWORK = RUNS[:4]
BY_NAME = {run["name"]: run for run in RUNS}


def _pairs(comparable: Callable) -> list[tuple[dict, dict]]:
    return [(BY_NAME[one], BY_NAME[other]) for one, other in comparable(RUNS)]


def _said(pair: tuple[dict, dict]) -> str:
    return " with ".join(f"{run['metric']} of the {run['network']}, {run['scored on']}" for run in pair)


def compares_two_networks(comparable: Callable) -> str | None:
    """The two runs of a pair are of two networks."""
    wrong = [pair for pair in _pairs(comparable) if pair[0]["network"] == pair[1]["network"]]
    return f"it compares {_said(wrong[0])}" if wrong else None


def compares_one_metric(comparable: Callable) -> str | None:
    """Accuracy is compared with accuracy, and loss with loss."""
    wrong = [pair for pair in _pairs(comparable) if pair[0]["metric"] != pair[1]["metric"]]
    return f"it compares {_said(wrong[0])}" if wrong else None


def asks_about_unseen_chunks(comparable: Callable) -> str | None:
    """Both are scored on chunks that were held out."""
    wrong = [pair for pair in _pairs(comparable) if TRAINED_ON in (pair[0]["scored on"], pair[1]["scored on"])]
    return f"it compares {_said(wrong[0])}" if wrong else None


def finds_every_pair(comparable: Callable) -> str | None:
    """Every such pair is found, each of them once, and none where there is none."""
    found = [frozenset(run["name"] for run in pair) for pair in _pairs(comparable)]
    if len(found) != len(set(found)):
        return "a pair comes twice; which of the two comes first does not matter"
    expected = {
        frozenset((one["name"], other["name"]))
        for one in RUNS
        for other in RUNS
        if one["network"] != other["network"]
        and one["metric"] == other["metric"]
        and one["scored on"] == other["scored on"] == HELD_OUT
    }
    if missed := expected - set(found):
        one, other = sorted(min(missed, key=sorted))
        return f"it misses {_said((BY_NAME[one], BY_NAME[other]))}"
    alone = list(comparable(OF_ONE_NETWORK))
    return f"in runs of one network it finds {alone}" if alone else None

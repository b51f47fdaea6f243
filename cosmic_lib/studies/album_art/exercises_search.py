"""The rules for the exercises on the luck of a search: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cosmic_lib.studies.album_art import arithmetic, published

# How often luck gives such a winner: `p_value(winner, shuffled) -> share`.


def counts_the_search_itself(p_value: Callable) -> str | None:
    """It is never zero: a winner above all of n shuffled ones gives 1 of n + 1."""
    for n in (4, 19):
        found = p_value(0.8, [0.75] * n)
        if not np.isclose(found, 1 / (n + 1)):
            return f"0.8 against {n} shuffled winners with 0.75 gives {found:.4f}; count the true search among them"
    return None


def counts_ties(p_value: Callable) -> str | None:
    """A shuffled winner with the same score counts: luck has reached it."""
    found = p_value(0.76, [0.75, 0.76, 0.76, 0.74])
    return None if np.isclose(found, 3 / 5) else f"0.76 against 0.75, 0.76, 0.76 and 0.74 gives {found:.4f}"


def is_one_where_luck_does_better(p_value: Callable) -> str | None:
    """Where every shuffled winner is better, it is 1."""
    found = p_value(0.7, [0.75, 0.76, 0.77])
    return None if np.isclose(found, 1) else f"0.7 against 0.75, 0.76 and 0.77 gives {found:.4f}"


def is_fair_on_pure_luck(p_value: Callable) -> str | None:
    """Where nothing but luck is at work, one in ten searches has a p-value of 0.1 or less."""
    draws = np.random.default_rng(0).normal(size=(4000, 20))
    found = np.mean([p_value(row[0], row[1:].tolist()) <= 0.1 + 1e-9 for row in draws])
    return None if 0.08 < found < 0.12 else f"of 4,000 such searches {found:.1%} have one"


# How many decisions lie between two scores: `decisions_ahead(score, other, items, classes) -> int`.


def is_a_whole_number(decisions_ahead: Callable) -> str | None:
    """It is a whole number, although the scores are rounded."""
    found = decisions_ahead(0.666667, 0.333333, 3, 1), decisions_ahead(0.583333, 0.5, 3, 4)
    if found == (1, 1) and all(isinstance(one, int | np.integer) for one in found):
        return None
    return f"two of three items and one of three, then 7 of 12 decisions and 6, give {found}; round to whole ones"


def reads_the_printed_grid(decisions_ahead: Callable) -> str | None:
    """Each row of the printed grid is as far from the first one as its fold counts say."""
    rows = published.grid().loc[lambda rows: rows["mean"].notna()]
    nothing = sum(arithmetic.decisions(rows["mean"].iloc[0], rows["std"].iloc[0])[0])
    for row in rows.to_dict("records"):
        if counts := arithmetic.decisions(row["mean"], row["std"]):
            found = decisions_ahead(row["mean"], rows["mean"].iloc[0], sum(arithmetic.FOLDS), arithmetic.CLASSES)
            if found != sum(counts[0]) - nothing:
                return f"line {row['line']}: {row['mean']} is {found} ahead; its folds have {sum(counts[0]) - nothing}"
    return None


def knows_who_is_ahead(decisions_ahead: Callable) -> str | None:
    """The other way round it has the other sign, and against itself a score is 0 ahead."""
    found = [decisions_ahead(*pair, 50, 4) for pair in ((0.78, 0.75), (0.75, 0.78), (0.75, 0.75))]
    return None if found == [6, -6, 0] else f"0.78 and 0.75 on 50 items, the other way round, and 0.75 twice: {found}"


def takes_items_and_classes(decisions_ahead: Callable) -> str | None:
    """Twice the items or twice the classes are twice the decisions."""
    found = [decisions_ahead(0.8, 0.75, *size) for size in ((100, 2), (200, 2), (100, 4))]
    return None if found == [10, 20, 20] else f"0.8 against 0.75 on 100 items of 2 classes, 200 of 2, 100 of 4: {found}"

"""Rules for the exercises of the notebook on all five studies; each docstring is the line that is printed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

SHARES = ((0.5, 0.6), (0.8, 0.82), (0.3, 0.31))


def _stands_out(items: int, first: float, second: float) -> bool:
    error = np.sqrt((first * (1 - first) + second * (1 - second)) / items)
    return bool(2 * error < abs(first - second))


def is_enough_and_not_too_many(items_needed: Callable[[float, float], int]) -> str | None:
    """So many items are enough, and one fewer is not."""
    for first, second in SHARES:
        items = items_needed(first, second)
        if items < 2 or not _stands_out(items, first, second):
            return f"with {items} items each, {first} and {second} cannot be told apart."
        if _stands_out(items - 1, first, second):
            return f"{first} and {second} can be told apart with fewer than {items} items each."
    return None


def grows_as_the_gap_shrinks(items_needed: Callable[[float, float], int]) -> str | None:
    """Half the gap takes about four times as many items."""
    ratio = items_needed(0.5, 0.51) / items_needed(0.5, 0.52)
    return None if 3.8 < ratio < 4.2 else f"from two points to one, yours grow by a factor of {ratio:.1f}."


def does_not_care_which_comes_first(items_needed: Callable[[float, float], int]) -> str | None:
    """It is the same whichever network is named first."""
    same = items_needed(0.7, 0.6) == items_needed(0.6, 0.7)
    return None if same else "a gap has no sign here; take its size."


def _predictions() -> pd.DataFrame:
    labels = ["jazz"] * 6 + ["rock"] * 3 + ["folk"]
    return pd.DataFrame({"group": list("aabbccddee"), "label": labels, "answer": ["rock"] * 10})


def names_the_baseline(ask_first: Callable[[pd.DataFrame], tuple[float, int]]) -> str | None:
    """The first number is what always answering with the commonest label scores."""
    share = float(ask_first(_predictions())[0])
    if np.isclose(share, 0.6):
        return None
    return (
        "it is of the labels, not of the answers." if np.isclose(share, 1) else f"yours is {share:.2f}; it is a share."
    )


def counts_groups_and_not_items(ask_first: Callable[[pd.DataFrame], tuple[float, int]]) -> str | None:
    """The second number is what an interval counts."""
    number = int(ask_first(_predictions())[1])
    return None if number == 5 else f"yours is {number}; items of one group are no independent witnesses."

"""The rules for the exercises on who is sure: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cosmic_lib import review

# The least certain answers: `least_certain(probabilities, number) -> row numbers`; probabilities: (items, classes).

TWO = np.random.default_rng(0).dirichlet((1, 1), size=40)
THREE = np.random.default_rng(1).dirichlet((1, 1, 1), size=40)


def _rows(least_certain: Callable, probabilities: np.ndarray = TWO, number: int = 7) -> np.ndarray:
    return np.asarray(least_certain(probabilities.copy(), number))


def _lead(probabilities: np.ndarray) -> np.ndarray:
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def lists_so_many(least_certain: Callable) -> str | None:
    """There are as many row numbers as were asked for, none of them twice; all rows where there are no more."""
    for number, expected in ((7, 7), (1, 1), (1000, len(TWO))):
        rows = _rows(least_certain, number=number)
        if (
            rows.shape != (expected,)
            or not np.issubdtype(rows.dtype, np.integer)
            or len(set(rows.tolist())) != expected
        ):
            return f"asked for {number} of {len(TWO)}, it gives {rows.dtype} of shape {rows.shape}"
    return None


def puts_the_closest_first(least_certain: Callable) -> str | None:
    """Those whose two classes are closest together come first."""
    leads = _lead(TWO)[_rows(least_certain)]
    if (np.diff(leads) >= 0).all():
        return None
    return f"one class leads the other by {', '.join(f'{lead:.2f}' for lead in leads)}, in your order"


def leaves_none_out(least_certain: Callable) -> str | None:
    """Every answer that is not listed is surer than those that are."""
    rows, leads = _rows(least_certain), _lead(TWO)
    forgotten = int((np.delete(leads, rows) < leads[rows].max()).sum())
    return f"{forgotten} of the others are less certain than the surest that is listed" if forgotten else None


def looks_at_the_two_likeliest(least_certain: Callable) -> str | None:
    """Of three classes it holds the two likeliest against each other, however unlikely the third."""
    torn = np.array([[0.40, 0.30, 0.30], [0.49, 0.50, 0.01], [0.05, 0.05, 0.90]])
    rows = _rows(least_certain, torn, 3).tolist()
    if rows == [1, 0, 2]:
        return None
    return f"of {torn.tolist()} the second is torn most, by 0.01, and then the first; your order is {rows}"


def agrees_with_the_tool(least_certain: Callable) -> str | None:
    """They are those that `cosmic review` lists as least certain, in its order."""
    frame = pd.DataFrame({"item": np.arange(len(THREE)), "answer": "a", "label": "a", "probability": THREE.max(axis=1)})
    listed = review.doubtful(frame.assign(lead=_lead(THREE)), number=9)
    expected = listed["item"][listed["reason"] == review.LEAST_CERTAIN].tolist()
    rows = _rows(least_certain, THREE, 9).tolist()
    return None if rows == expected else f"of 40 rows with three classes it lists {expected}, and yours are {rows}"


# A second panel: `agreement(share, voters) -> chance` that so many other volunteers, of whom each says spiral with the
# chance `share`, name the class that the share speaks for; where they are divided equally, a coin decides.


def is_sure_where_all_agree(agreement: Callable) -> str | None:
    """Where every volunteer says the same, a second panel does so too."""
    found = [float(agreement(share, 40)) for share in (0.0, 1.0)]
    return None if np.allclose(found, 1) else f"for shares of 0 and 1 the chance is {found[0]:.3f} and {found[1]:.3f}"


def tosses_a_coin_at_a_half(agreement: Callable) -> str | None:
    """Where one half says spiral, the chance is a half, for even and odd numbers of volunteers."""
    found = [float(agreement(0.5, voters)) for voters in (1, 10, 41)]
    if np.allclose(found, 0.5):
        return None
    return f"for 1, 10 and 41 volunteers it is {np.round(found, 3).tolist()}; when ten are divided, a coin decides"


def treats_both_classes_alike(agreement: Callable) -> str | None:
    """It is the same for 0.3 as for 0.7: the class that is likelier is asked for, whichever it is."""
    low, high = float(agreement(0.3, 21)), float(agreement(0.7, 21))
    return None if np.isclose(low, high) else f"for 0.3 it is {low:.3f}, for 0.7 {high:.3f}"


def is_the_share_of_one(agreement: Callable) -> str | None:
    """A single volunteer agrees as often as the share says."""
    found = [float(agreement(share, 1)) for share in (0.6, 0.8, 0.95)]
    return (
        None if np.allclose(found, [0.6, 0.8, 0.95]) else f"for 0.6, 0.8 and 0.95 it is {np.round(found, 3).tolist()}"
    )


def grows_with_the_panel(agreement: Callable) -> str | None:
    """The more volunteers there are, the surer is their majority."""
    found = [float(agreement(0.6, voters)) for voters in (1, 11, 101)]
    return None if found[0] < found[1] < found[2] < 1 else f"for 1, 11 and 101 it is {np.round(found, 3).tolist()}"


def agrees_with_drawn_panels(agreement: Callable) -> str | None:
    """It is what 20,000 drawn panels say."""
    rng = np.random.default_rng(0)
    for share, voters in ((0.55, 10), (0.7, 5), (0.45, 40), (0.9, 2)):
        said = rng.binomial(voters, max(share, 1 - share), size=20_000)
        drawn = float(np.mean((said > voters / 2) + 0.5 * (said == voters / 2)))
        if abs((found := float(agreement(share, voters))) - drawn) > 0.015:
            return f"for a share of {share} and {voters} volunteers it is {found:.3f}, drawn {drawn:.3f}"
    return None

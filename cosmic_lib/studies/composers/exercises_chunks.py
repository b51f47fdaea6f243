"""The rules for the exercises on chunks, pieces and works: properties, not values, as in `cosmic_lib.exercises`.

Each rule takes the student's function and returns None where it is kept, else a hint; see `lesson.check`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cosmic_lib import evaluation

# A split that keeps works whole: `hold_out(table, share, seed) -> bool per row, True where it is held out`.

WORKS = [
    *(f"Mozart/K{number} Sonata" for number in range(279, 299)),
    *(f"Beethoven/Sonata n{number:02d}" for number in range(1, 17)),
    *(f"Chopin/Sonata op{number}" for number in (4, 35, 58, 65)),
]
TABLE = pd.DataFrame({"file": [f"{work} {movement}mov.mid" for work in WORKS for movement in (1, 2, 3)]})
WORK = np.repeat(WORKS, 3)


def _held_out(hold_out: Callable, share: float = 0.25, seed: int = 0) -> np.ndarray:
    return np.asarray(hold_out(TABLE.copy(), share, seed=seed), dtype=bool)


def marks_every_piece(hold_out: Callable) -> str | None:
    """There is one True or False per row of the table."""
    found = np.asarray(hold_out(TABLE.copy(), 0.25, seed=0))
    if found.shape == (len(TABLE),) and found.dtype == bool:
        return None
    return f"for {len(TABLE)} rows it is {found.dtype} of shape {found.shape}"


def keeps_works_whole(hold_out: Callable) -> str | None:
    """No work has movements on both sides."""
    held_out = _held_out(hold_out)
    torn = sorted(set(WORK[held_out]) & set(WORK[~held_out]))
    return f"{len(torn)} of {len(WORKS)} have, such as {torn[0]}; choose works, not files" if torn else None


def tells_works_apart(hold_out: Callable) -> str | None:
    """Two works by one composer can be on different sides."""
    sides = np.stack([_held_out(hold_out, 0.5, seed) for seed in range(20)])[:, ::3]
    composer = np.array([work.split("/")[0] for work in WORKS])
    together = [name for name in np.unique(composer) if (sides[:, composer == name].std(axis=1) == 0).all()]
    if together:
        return f"those by {together[0]} never are, with 20 seeds; cut off the movement, and nothing before it"
    return None


def takes_the_share(hold_out: Callable) -> str | None:
    """About the share asked for is held out."""
    found = {share: _held_out(hold_out, share).mean() for share in (0.1, 0.25, 0.5)}
    wrong = [share for share, got in found.items() if abs(got - share) > 0.05]
    return f"asked for {wrong[0]:.0%}, it holds out {found[wrong[0]]:.0%}" if wrong else None


def obeys_the_seed(hold_out: Callable) -> str | None:
    """The same seed gives the same split, another seed another one."""
    first, again, other = (_held_out(hold_out, 0.25, seed) for seed in (0, 0, 1))
    if not np.array_equal(first, again):
        return "the same seed gave two splits; draw from np.random.default_rng(seed)"
    return "two seeds gave one split; draw the works at random" if np.array_equal(first, other) else None


# One answer per piece: `answer(frame, classes) -> {piece: composer}`.

CLASSES = ("Bach", "Chopin", "Liszt")


def _frame(pieces: dict[str, list[tuple[float, float, float]]]) -> pd.DataFrame:
    """A row per chunk, pieces mixed."""
    rows = [(name, *probabilities) for name, chunks in pieces.items() for probabilities in chunks]
    mixed = pd.DataFrame(rows, columns=["group", *CLASSES]).sample(frac=1, random_state=0)
    return mixed.assign(label="Bach", right=False)


def _said(answer: Callable, pieces: dict[str, list[tuple[float, float, float]]]) -> dict[str, str]:
    return dict(answer(_frame(pieces), CLASSES))


def answers_for_every_piece(answer: Callable) -> str | None:
    """There is one answer for each piece, a name among the classes."""
    pieces = {f"piece {number}": [(0.2, 0.5, 0.3)] * (number + 1) for number in range(4)}
    said = _said(answer, pieces)
    if said.keys() != pieces.keys():
        return f"for {', '.join(pieces)} it answers for {', '.join(map(str, said)) or 'none'}"
    strange = [name for name in said.values() if name not in CLASSES]
    return f"one answer is {strange[0]!r}; choose among {', '.join(CLASSES)}" if strange else None


def goes_by_all_chunks(answer: Callable) -> str | None:
    """One chunk does not speak for the others of its piece."""
    said = _said(answer, {"a": [(0.0, 0.9, 0.1), (0.8, 0.0, 0.2), (0.7, 0.1, 0.2), (0.8, 0.1, 0.1)]})
    if said["a"] == "Bach":
        return None
    return (
        f"three of four chunks are sure of Bach, and the answer is {said['a']}; take the mean over the piece's chunks"
    )


def weighs_how_sure_a_chunk_is(answer: Callable) -> str | None:
    """A sure chunk counts for more than two that hesitate."""
    said = _said(answer, {"a": [(0.50, 0.48, 0.02), (0.51, 0.47, 0.02), (0.02, 0.95, 0.03)]})
    if said["a"] == "Chopin":
        return None
    return f"two hesitate between Bach and Chopin, one is sure of Chopin, and the answer is {said['a']}; average first"


def agrees_with_the_library(answer: Callable) -> str | None:
    """It is what evaluation.vote says, for 60 pieces of 1 to 9 chunks."""
    rng = np.random.default_rng(0)
    pieces = {
        f"piece {number}": [tuple(row) for row in rng.dirichlet((1, 1, 1), size=number % 9 + 1)] for number in range(60)
    }
    voted = evaluation.vote(_frame(pieces), CLASSES).set_index("group")[list(CLASSES)].idxmax(axis=1)
    said = _said(answer, pieces)
    wrong = [name for name, composer in voted.items() if said.get(str(name)) != composer]
    return f"{len(wrong)} of 60 differ, such as {wrong[0]}" if wrong else None

"""What the best of many owes to luck, simulated with networks that are identical but for their seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cosmic_lib import compare, experiment, memory, plots, splits
from cosmic_lib.compare import CONFIDENCE, Estimate
from cosmic_lib.reproduce import Progress

if TYPE_CHECKING:
    from cosmic_lib.experiment import Experiment
    from cosmic_lib.studies import Data

TAILS = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))
"""Percentiles at the ends of an interval."""


def repeats(
    row: Experiment,
    data: Data,
    table: pd.DataFrame,
    *,
    seeds: int,
    columns: Sequence[str] = (splits.HONEST,),
    progress: Progress | None = None,
    **settings,
) -> np.ndarray:
    """Train one experiment with several seeds: networks that differ by luck alone.

    Args:
        row: the experiment, as the mode trains it.
        data: its view of the data.
        table: split table of these data.
        seeds: how many networks.
        columns: splits of the table: `honest`, or folds of it.
        progress: shows it.
        **settings: `runs`, `mode` and `epochs`, as `experiment.run` takes them.

    Returns:
        Whether each network is right about each item of the validation part, or of those that the folds hold out:
        bool, shape (seeds, items).
    """
    progress = progress or Progress()
    answers = []
    for seed in progress.track(range(seeds), "identical networks"):
        found = []
        for column in columns:
            shown = progress.callbacks(f"{row.name}, seed {seed}", row.on(column).fit.epochs)
            result = experiment.run(row, data, table, column, seed=seed, callbacks=shown, **settings)
            part = splits.VALIDATION if column == splits.HONEST else splits.HELD_OUT
            found.append(experiment.predictions(result, data, part)["right"].to_numpy())
            memory.release()
        answers.append(np.concatenate(found))
    return np.array(answers)


def optimism(
    right: ArrayLike, n: int, *, groups: ArrayLike | None = None, seed: int = 0, draws: int = 2000
) -> Estimate:
    """How much the score by which the best of n networks was picked is above its score on other items.

    In each draw n of the networks are taken and the items are split into two halves; the network that is best on one
    half is scored on the other. The networks being identical, there is nothing to find, and all of the difference is
    optimism. Picking on all items instead of half of them makes it smaller, by up to a factor of 1.4.

    Args:
        right: whether each network is right about each item; shape (networks, items).
        n: how many networks there are to pick from; at most as many as were trained.
        groups: group of each item, none of which is split; each item is its own by default.
        seed: of the draws.
        draws: how many.

    Returns:
        The mean over the draws, and the range of 95 % of them: what may happen to one who picks once.

    Raises:
        ValueError: more networks to pick from than there are, or fewer than two groups.
    """
    answers = np.asarray(right, dtype=float)
    networks, items = answers.shape
    if not 1 <= n <= networks:
        raise ValueError(f"cannot pick the best of {n} among {networks} networks; train more of them, or pick fewer")
    _, number = np.unique(np.arange(items) if groups is None else np.asarray(groups), return_inverse=True)
    sizes = np.bincount(number)
    if len(sizes) < 2:
        raise ValueError(f"{items} items in {len(sizes)} group cannot be split; score the networks on more groups")
    sums = np.array([np.bincount(number, weights=row) for row in answers])
    rng = np.random.default_rng(seed)
    differences = np.empty(draws)
    for draw in range(draws):
        half = rng.permutation(len(sizes))[: len(sizes) // 2]
        chosen = sums[rng.choice(networks, n, replace=False)]
        here, size = chosen[:, half].sum(axis=1), sizes[half].sum()
        best = here.argmax()
        differences[draw] = here[best] / size - (chosen[best].sum() - here[best]) / (items - size)
    low, high = np.percentile(differences, TAILS)
    unit = "item" if groups is None else "group"
    counted = f"best of {n} among {networks} identical networks, {compare.count_of(len(sizes), unit)}"
    return Estimate(float(differences.mean()), float(low), float(high), counted, "simulated choices")


def best_of(scores: Sequence[float], n: int, *, seed: int = 0, draws: int = 4000) -> pd.DataFrame:
    """What the best of 1, 2, ... n more networks like these would score: more of the same, and nothing found.

    Args:
        scores: of identical networks; their spread is taken for normal.
        n: how many more.
        seed: of the simulation.
        draws: how many.

    Returns:
        Columns low, expected and high (95 % of the draws are between low and high); index 1 to n. All nan where
        there are fewer than two scores.
    """
    spread, freedom = compare.pooled_spread({"all": scores})
    if not freedom:
        return pd.DataFrame(np.nan, index=range(1, n + 1), columns=["low", "expected", "high"])
    rng = np.random.default_rng(seed)
    best = np.maximum.accumulate(rng.normal(size=(draws, n)), axis=1)
    # Of a few networks neither the mean nor the spread is known well, and the range says so.
    unknown = np.sqrt(freedom / rng.chisquare(freedom, size=(draws, 1)))
    drawn = unknown * (best + rng.normal(size=(draws, 1)) / np.sqrt(len(scores)))
    low, high = np.percentile(drawn, TAILS, axis=0)
    frame = pd.DataFrame({"low": low, "expected": best.mean(axis=0), "high": high}, index=range(1, n + 1))
    return (np.mean(scores) + spread * frame).clip(0, 1)


def best_so_far(rows: Sequence[Mapping[str, Any]], scores: Sequence[float], *, title: str = "") -> plots.Picture:
    """The score of each trial of a search, the best so far, and what the best of as many identical networks scores.

    Args:
        rows: from `tuning.search`.
        scores: on the same items, of the experiment that the search starts from, one per seed.
        title: names the search.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    numbers = np.array([row["number"] for row in rows])
    accuracy, best = (np.array([row[name] for row in rows], dtype=float) for name in ("accuracy", "best"))
    luck = best_of(scores, len(rows))
    figure = Figure(figsize=(7.5, 3.6), layout="constrained")
    ax = figure.subplots()
    ax.spines[["top", "right"]].set_visible(False)
    ax.plot(numbers, accuracy, "o", color=plots.GREY, markersize=5, label="one trial")
    ax.step(numbers, best, where="post", color=plots.BLUE, linewidth=2, label="best so far")
    if luck.notna().all(axis=None):
        ax.fill_between(luck.index, luck["low"], luck["high"], color=plots.ORANGE, alpha=0.2, linewidth=0)
        ax.plot(luck.index, luck["expected"], "--", color=plots.ORANGE, label="best of identical networks, 95 %")
    ax.set(xlabel="trials", ylabel="accuracy that is chosen by", title=title)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    table = pd.DataFrame({"accuracy": accuracy, "best so far": best}, index=pd.Index(numbers, name="number"))
    table = table.join(luck.add_prefix("identical networks, "))
    found = f"{title}: the best of {len(rows)} is number {numbers[accuracy.argmax()]} with {best[-1]:.3f}"
    return plots.Picture(figure, f"{found}; {_compared(best[-1], luck.iloc[-1], len(rows))}.", table)


def _compared(best: float, luck: pd.Series, n: int) -> str:
    if luck.isna().any():
        return "one network alone does not tell what luck gives"
    said = "more than luck gives" if best > luck["high"] else "luck alone gives as much"
    return (
        f"the best of {n} identical networks scores {luck['expected']:.3f}, "
        f"from {luck['low']:.3f} to {luck['high']:.3f}: {said}"
    )

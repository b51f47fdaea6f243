"""Figures of the galaxies study: its pictures, its networks by the epoch that is read, and scores by the votes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, plots, tiles
from cosmic_lib.studies import Data
from cosmic_lib.studies.galaxies import published

FIRST = 400
"""Galaxies that a report looks at."""
WAYS = {"last": ("o", plots.ORANGE), "best": ("^", plots.BLUE), "mean": ("s", plots.GREY)}
"""How a curve is read, and how that is drawn."""
EDGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of votes between which scores are taken together."""


def figures(data: Data, summary: Mapping[str, Any]) -> list[plots.Picture]:
    """What the report of the study opens with.

    Args:
        data: from `load`.
        summary: what the runs say, see `cosmic_lib.summary`.
    """
    labels = data.items["label"].iloc[:FIRST].tolist()
    drawn = [
        tiles.grid(np.asarray(array[:FIRST]), labels, f"{name}: the first in the table")
        for name, array in data.arrays.items()
    ]
    return [*drawn, which_epoch()]


def which_epoch() -> plots.Picture:
    """Validation accuracy of the eleven networks as printed, read in three ways."""
    scores = published.scores()
    figure, ax = plots.subplots(8, 4)
    for place, (name, row) in enumerate(scores.iterrows()):
        fit = published.curves(str(name))["val_accuracy"].tail(10)
        ax.plot(np.full(len(fit), place), fit, "_", color=plots.GREY, alpha=0.6, markersize=9)
        for way, (marker, colour) in WAYS.items():
            ax.plot(place, row[way], marker, color=colour, markersize=6)
    words = {"last": "last epoch", "best": "best epoch", "mean": "mean of the last ten"}
    for way, (marker, colour) in WAYS.items():
        ax.plot([], [], marker, color=colour, label=words[way])
    ax.plot([], [], "_", color=plots.GREY, label="one of the last ten epochs")
    ax.set_xticks(range(len(scores)), [str(name).replace("model_", "") for name in scores.index])
    ax.set(xlabel="network", ylabel="validation accuracy", title="Eleven networks as printed, read in three ways")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    moved = int((scores["last"].rank() != scores["best"].rank()).sum())
    told = (
        f"Of {len(scores)} networks {moved} change their place when the best epoch is read instead of the last; "
        f"between both lie {100 * (scores['best'] - scores['last']).median():.1f} points in the median."
    )
    return plots.Picture(figure, told, scores)


def by_consensus(frame: pd.DataFrame, votes: pd.Series, title: str) -> plots.Picture:
    """Accuracy by how sure the volunteers were of the label.

    Args:
        frame: predictions, columns item, group and right; several rows per item are several networks.
        votes: share of the votes for its label, by item.
        title: names what was asked.
    """
    table = consensus(frame, votes)
    figure, ax = plots.subplots(7, 3.8)
    places = np.arange(len(table))
    bounds = np.abs(table[["low", "high"]].to_numpy().T - table["accuracy"].to_numpy())
    ax.errorbar(places, table["accuracy"], bounds, fmt="o", color=plots.BLUE, capsize=3)
    for place, count in zip(places, table["galaxies"], strict=True):
        ax.annotate(f"n = {count:,}", (place, 0.02), xycoords=("data", "axes fraction"), ha="center", fontsize=8)
    ax.axhline(0.5, color=plots.GREY, linewidth=0.8, linestyle=":")
    ax.set_xticks(places, table.index)
    ax.set(xlabel="share of the votes for the label", ylabel="accuracy", title=title)
    told = (
        f"{title}: {table['accuracy'].iloc[0]:.2f} right where {table.index[0]} of the votes agree, "
        f"{table['accuracy'].iloc[-1]:.2f} where {table.index[-1]} do; bars are 95 % intervals over galaxies."
    )
    return plots.Picture(figure, told, table)


def consensus(frame: pd.DataFrame, votes: pd.Series) -> pd.DataFrame:
    """Accuracy with its interval in each range of votes that has galaxies; see `by_consensus`.

    Returns:
        Columns galaxies, accuracy, low and high; index the range.
    """
    share = frame["item"].map(votes)
    edges = [0, *EDGES[1:-1], EDGES[-1]]
    named = [
        f"below {EDGES[1]:.0%}",
        *(f"{low:.0%} to {high:.0%}" for low, high in itertools.pairwise(EDGES[1:])),
    ]
    rows = {}
    for name, part in frame.groupby(pd.cut(share, edges, labels=named, include_lowest=True), observed=True):
        found = compare.over_groups(part["right"], part["group"], unit="galaxy")
        rows[name] = {
            "galaxies": part["group"].nunique(),
            "accuracy": found.value,
            "low": found.low,
            "high": found.high,
        }
    return pd.DataFrame(rows).T.astype({"galaxies": int})

"""Figures of the album art study: its covers, its grid beside all "no", and its confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import plots, tiles
from cosmic_lib.studies import Data
from cosmic_lib.studies.album_art import measures, published

OPTIMIZERS = {"SGD": plots.GREY, "Adam": plots.BLUE, "Adamax": plots.GREEN, "Nadam": plots.ORANGE}


def figures(data: Data, summary: Mapping[str, Any]) -> list[plots.Picture]:
    """What the report of the study opens with.

    Args:
        data: from `load`.
        summary: what the runs say, see `cosmic_lib.summary`.
    """
    covers, labels = data.arrays["covers"], data.items["label"].tolist()
    return [tiles.grid(np.asarray(covers), labels, "Covers, by genre"), grid(), *map(confusion, published.CONFUSION)]


def grid() -> plots.Picture:
    """The settings of the grid as printed, in their order, beside what "no" to everything scores."""
    rows = published.grid().loc[lambda rows: rows["mean"].notna()].reset_index(drop=True)
    figure, ax = plots.subplots(8, 3.8)
    for optimizer, colour in OPTIMIZERS.items():
        part = rows[rows["optimizer"] == optimizer]
        ax.errorbar(
            part.index, part["mean"], part["std"], fmt="o", markersize=3, linewidth=0.8, color=colour, label=optimizer
        )
    ax.axhline(measures.CONSTANT, color="black", linewidth=0.8, linestyle=":", label="'no' to every class")
    ax.set(xlabel="setting, in the order of the grid", ylabel="accuracy as printed", title="The grid search as printed")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    above = int((rows["mean"] > measures.CONSTANT).sum())
    alt = (
        f"Of {len(rows)} settings of the grid {above} score above 'no' to every class; the best by "
        f"{100 * (rows['mean'].max() - measures.CONSTANT):.1f} points, with bars of one deviation between folds."
    )
    return plots.Picture(figure, alt, rows.set_index(["batch_size", "dropout", "epochs", "optimizer"]))


def confusion(name: str) -> plots.Picture:
    """A confusion matrix as printed, in shares of each true class, beside the one that a stranger to the truth has.

    Args:
        name: of an experiment in `published.CONFUSION`.
    """
    counts = np.array(published.CONFUSION[name])
    totals = counts.sum(axis=1, keepdims=True)
    stranger = np.tile(counts.sum(axis=0) / counts.sum(), (len(counts), 1))
    figure, axes = plots.subplots(7.5, 3.4, ncols=2)
    for ax, shares, title in zip(
        axes, (counts / totals, stranger), ("as printed", "if answers ignored the cover"), strict=True
    ):
        ax.imshow(shares, cmap="cividis", vmin=0, vmax=1)
        for row, column in np.ndindex(shares.shape):
            ax.text(
                column,
                row,
                f"{shares[row, column]:.2f}",
                ha="center",
                va="center",
                color="white" if shares[row, column] < 0.6 else "black",
            )
        ax.set_xticks(range(len(counts)), published.CLASSES, rotation=45, ha="right")
        ax.set_yticks(range(len(counts)), published.CLASSES)
        ax.set(xlabel="answer", ylabel="true class", title=title)
    figure.suptitle(name)
    apart = float(np.abs(counts / totals - stranger).mean())
    alt = (
        f"{name}: each row of the printed matrix is nearly the same as every other; on average its shares are "
        f"{apart:.2f} from those of answers that ignore the cover."
    )
    return plots.Picture(figure, alt, pd.DataFrame(counts, index=published.CLASSES, columns=published.CLASSES))

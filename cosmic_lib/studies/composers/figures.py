"""Figures that only the composers study draws: its pieces, its search and its thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, midi, plots
from cosmic_lib.splits import HONEST
from cosmic_lib.studies import Data
from cosmic_lib.studies.composers import features, published
from cosmic_lib.studies.composers.diary import DIARY
from cosmic_lib.studies.composers.roll_figures import channels, grid

__all__ = ["by_composer", "channels", "figures", "grid", "in_order", "search", "thresholds", "votes"]

THRESHOLDS = {"cnn_all_145": 0.0, "cnn_threshold_0_1": 0.1, "cnn_threshold_1": 1.0, "cnn_threshold_10": 10.0}
"""Experiment -> percent of all chunks that a composer has to pass (lines 3141 to 3144)."""


def figures(data: Data, summary: Mapping[str, Any]) -> list[plots.Picture]:
    """What the report of the study opens with.

    Args:
        data: from `load`.
        summary: what the runs say, see `cosmic_lib.summary`.
    """
    first = data.items.iloc[0]
    chunks = next(iter(data.arrays.values()))
    drawn = [
        channels(midi.read(data.root / first["file"]), str(first["piece"])),
        grid(chunks, data.items["label"].tolist(), f"Chunks of the {data.name}"),
        in_order(data.items.drop_duplicates("piece")["label"].tolist(), "Pieces in the order of their files"),
    ]
    if "piece_eight" in data.others:
        drawn.append(by_composer(data, ("length", "polyphony")))
    drawn += [votes(row) for row in summary["rows"] if "vote_f1" in row.get("work", row.get(HONEST, {}))]
    return [*drawn, search(), thresholds()]


def by_composer(data: Data, names: Sequence[str]) -> plots.Picture:
    """Features of the pieces of each composer: a dot per piece, and the middle half of them as a bar.

    Args:
        data: with `piece_eight` among its inputs.
        names: of the features, see `features.EIGHT`.
    """
    view = data.view("piece_eight")
    labels, rows = view.items["label"], view.arrays["piece_eight"][:, 0]
    figure, axes = plots.subplots(height=1.2 + 0.5 * len(data.classes), ncols=len(names), sharey=True, squeeze=False)
    rng = np.random.default_rng(0)
    quartiles = {}
    for ax, name in zip(axes[0], names, strict=True):
        for row, composer in enumerate(data.classes):
            values = rows[(labels == composer).to_numpy(), features.EIGHT.index(name)]
            ax.plot(values, row + rng.uniform(-0.25, 0.25, len(values)), ".", color=plots.GREY, alpha=0.5, markersize=3)
            low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
            ax.plot([low, high], [row, row], color=plots.BLUE, linewidth=5, alpha=0.7)
            ax.plot(middle, row, "o", color=plots.ORANGE)
            quartiles[composer, name] = {
                "pieces": len(values),
                "quarter": low,
                "median": middle,
                "three quarters": high,
            }
        ax.set(xlabel=UNITS.get(name, name))
    axes[0][0].set_yticks(range(len(data.classes)), data.classes)
    axes[0][0].invert_yaxis()
    table = pd.DataFrame.from_dict(quartiles, orient="index")
    said = "; ".join(
        f"{name} from {found.min():.3g} ({found.idxmin()[0]}) to {found.max():.3g} ({found.idxmax()[0]})"
        for name in names
        for found in [table["median"].xs(name, level=1, drop_level=False)]
    )
    return plots.Picture(figure, f"Medians over the pieces of each composer: {said}.", table)


UNITS = {"length": "length in seconds", "polyphony": "notes that sound at a time", "notes": "number of notes"}


def in_order(labels: Sequence[str], title: str) -> plots.Picture:
    """Who wrote each piece, in the order in which windows were cut.

    Args:
        labels: composer of each piece.
        title: names the order.
    """
    column = pd.Series(list(labels))
    classes = sorted(column.unique())
    figure, ax = plots.subplots(height=1.2 + 0.35 * len(classes))
    ax.plot(column.index, column.map(classes.index), "|", color=plots.BLUE)
    ax.set_yticks(range(len(classes)), classes)
    ax.set(xlabel="piece", title=title, ylim=(len(classes) - 0.5, -0.5))
    same = float((column == column.shift()).iloc[1:].mean())
    table = pd.DataFrame({"pieces": column.value_counts().reindex(classes)})
    alt = f"{title}: of {len(column)} pieces by {len(classes)} composers {same:.1%} are by that of the piece before."
    return plots.Picture(figure, alt, table)


def votes(row: Mapping[str, Any]) -> plots.Picture:
    """How one answer per piece does under each protocol: share right, macro F1, and the majority beside them.

    Args:
        row: of a summary, of an experiment that was run out of fold.
    """
    protocols = [name for name in ("published", HONEST, "work") if "vote_f1" in row.get(name, {})]
    scores = {
        "vote, share right": [row[name]["vote"] for name in protocols],
        "vote, macro F1": [row[name]["vote_f1"] for name in protocols],
        "majority": [row[name]["baselines"]["majority"] for name in protocols],
    }
    figure, ax = plots.subplots(height=3.2)
    colours = (plots.BLUE, plots.ORANGE, plots.GREY)
    for offset, (colour, (name, found)) in enumerate(zip(colours, scores.items(), strict=True)):
        places = np.arange(len(protocols)) + 0.2 * (offset - 1)
        middle = np.array([one["value"] for one in found])
        ends = np.array([[one["value"] - one["low"], one["high"] - one["value"]] for one in found]).T
        ax.errorbar(places, middle, yerr=ends, fmt="o", capsize=4, color=colour, label=name)
    ax.set_xticks(range(len(protocols)), protocols)
    ax.set(ylabel="score", ylim=(0, 1), title=row["title"])
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    table = pd.DataFrame(
        {name: [compare_text(one) for one in found] for name, found in scores.items()},
        index=pd.Index(protocols, name="protocol"),
    )
    strict = protocols[-1]
    alt = (
        f"{row['title']}: with one answer per piece and the {strict} protocol, macro F1 is "
        f"{table['vote, macro F1'][strict]}, and the majority is right for {table['majority'][strict]}."
    )
    return plots.Picture(figure, alt, table)


def compare_text(stored: Mapping[str, Any]) -> str:
    """An estimate that was kept, in words."""
    return str(compare.Estimate(**stored))


def search() -> plots.Picture:
    """The random search as printed: every fold of every trial, the best mean first, and what chance does to a mean."""
    trials = published.trials()
    means = trials.groupby("trial")["accuracy"].mean().sort_values(ascending=False)
    spread = compare.pooled_spread({str(name): rows["accuracy"].tolist() for name, rows in trials.groupby("trial")})
    apart = compare.by_chance(spread, seeds=3)
    close = int((means.iloc[0] - means < apart).sum()) - 1
    figure, ax = plots.subplots(height=3.2)
    for place, (number, mean) in enumerate(means.items()):
        folds = trials.loc[trials["trial"] == number, "accuracy"]
        ax.plot([place] * len(folds), folds, "o", color=plots.BLUE, alpha=0.6, label=None if place else "one fold")
        ax.plot([place - 0.3, place + 0.3], [mean, mean], color=plots.ORANGE, label=None if place else "mean of three")
    before = DIARY["cnn_4"].published.accuracy
    ax.axhline(before, color=plots.GREY, linestyle="--", label="before the search, held out")
    ax.axhspan(means.iloc[0] - apart, means.iloc[0], color=plots.GREY, alpha=0.2, label="too close to the best to tell")
    ax.set_xticks(range(len(means)), means.index)
    ax.set(xlabel="trial, the best first", ylabel="accuracy in cross-validation", title="The search as printed")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    table = trials.groupby("trial")["accuracy"].agg(["mean", "min", "max"]).loc[means.index]
    alt = (
        f"The search as printed: trial {means.index[0]} is best with {means.iloc[0]:.4f}, below the {before:.4f} from "
        f"before the search; {close} of the {len(means) - 1} others are too close to it to tell."
    )
    return plots.Picture(figure, alt, table)


def thresholds() -> plots.Picture:
    """The study of thresholds as printed, beside what always answering with the copies would score at each."""
    scores = {percent: DIARY[name].published.accuracy for name, percent in THRESHOLDS.items()}
    copies = {0.0: published.COPIES / published.CHUNKS_OF_ALL, 10.0: published.COPIES / published.ABOVE_TEN}
    summary_row = 0.4289  # of another run than the log (line 2810)
    figure, ax = plots.subplots(height=3.2)
    places = {percent: place for place, percent in enumerate(scores)}
    ax.plot(list(places.values()), list(scores.values()), "o", color=plots.BLUE, label="printed, at the end of the log")
    ax.plot(0, summary_row, "x", color=plots.ORANGE, label="in the source's table, of another run")
    of_copies = [places[percent] for percent in copies]
    ax.plot(of_copies, list(copies.values()), "s", color=plots.GREY, label="always 'copy', as meant")
    ax.set_xticks(list(places.values()), [f"{percent:g} %" for percent in scores])
    ax.set(xlabel="threshold", ylabel="accuracy", ylim=(0, 1), title="Thresholds as printed")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    table = pd.DataFrame({"printed": scores, "always copy": copies})
    alt = (
        f"Thresholds as printed: {', '.join(f'{score:.3f}' for score in scores.values())}, the last three of one "
        f"experiment; at 10 % the copies alone, left with one composer, would have given {copies[10.0]:.3f}."
    )
    return plots.Picture(figure, alt, table)

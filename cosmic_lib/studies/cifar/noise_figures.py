"""Figures of the lessons on noise and on who chose the test set."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cosmic_lib import compare, plots

REACH = 20.0
"""Points to either side that are drawn of a step; a larger one stands at the edge, as a number."""


def steps(estimates: Mapping[str, compare.Estimate], *, title: str) -> plots.Picture:
    """Steps of a diary, the largest gain first, against what chance alone does.

    Args:
        estimates: step -> its difference with an interval, as a fraction; all intervals are of one width.
        title: names them.
    """
    rows = [(100 * one.value, 100 * (one.high - one.value), compare.verdict(one)) for one in estimates.values()]
    table = pd.DataFrame(rows, columns=["points", "by chance", "verdict"], index=pd.Index(list(estimates), name="step"))
    table = table.sort_values("points", ascending=False)
    chance = float(table["by chance"].max())
    figure, ax = plots.subplots(8.0, 1.3 + 0.16 * len(table))
    ax.axvspan(-chance, chance, color=plots.ORANGE, alpha=0.15, linewidth=0, label="chance alone, 95 % of pairs")
    ax.axvline(0, color="black", linewidth=0.8)
    for place, (points, verdict) in enumerate(zip(table["points"], table["verdict"], strict=True)):
        known = verdict != compare.CANNOT_TELL
        drawn = float(np.clip(points, -REACH, REACH))
        ax.plot([0, drawn], [place] * 2, color="#BBBBBB", linewidth=1)
        ax.plot(drawn, place, "o", markersize=5, color=plots.BLUE if known else plots.GREY)
        if drawn != points:
            beside = {"va": "center", "fontsize": 7, "bbox": {"color": "white", "pad": 0.5}}
            ax.text(drawn + 0.6 * np.sign(-drawn), place, f"{points:.0f}", **beside)
    for verdict, colour in (("stands out", plots.BLUE), (compare.CANNOT_TELL, plots.GREY)):
        ax.plot([], [], "o", color=colour, markersize=5, label=verdict)
    ax.set_yticks(range(len(table)), table.index, fontsize=7)
    ax.set(xlabel="points of macro F1", title=title, ylim=(len(table) - 0.3, -0.7))
    ax.tick_params("y", length=0)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    counts = table["verdict"].value_counts()
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in counts.index)
    alt = f"{title}: of {len(table)}, {said}; two single runs differ by up to {chance:.1f} points by chance."
    return plots.Picture(figure, alt, table)


def lead(measured: Mapping[int, compare.Estimate], theory: Mapping[int, float], *, title: str) -> plots.Picture:
    """By how much the best of some equal networks looks better than it is.

    Args:
        measured: number of networks -> the difference, from `luck.optimism`.
        theory: number of networks -> what it would be if they erred independently; fractions.
        title: names them.
    """
    rows = [(100 * one.value, 100 * one.low, 100 * one.high) for one in measured.values()]
    table = pd.DataFrame(rows, columns=["points", "low", "high"], index=pd.Index(list(measured), name="networks"))
    table["if they erred independently"] = [100 * theory[number] for number in measured]
    figure, ax = plots.subplots(height=3.4)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.fill_between(
        table.index, table["low"], table["high"], color=plots.BLUE, alpha=0.15, linewidth=0, label="95 % of the draws"
    )
    ax.plot(table.index, table["points"], "o-", color=plots.BLUE, label="our networks, mean of the draws")
    ax.plot(table.index, table["if they erred independently"], "s--", color=plots.ORANGE, label="erring independently")
    ax.set(xlabel="networks to choose from", ylabel="points too good", title=title)
    ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    last = table.iloc[-1]
    alt = (
        f"{title}: the best of {table.index[-1]} looks {last['points']:.1f} points better than it is, on average; from "
        f"{last['low']:.1f} to {last['high']:.1f} in 95 % of the draws."
    )
    return plots.Picture(figure, alt, table)


def agreement(scores: pd.DataFrame, *, beyond: float, title: str) -> plots.Picture:
    """Validation and test accuracy of networks, and how many standard errors lie between the two.

    Args:
        scores: index name; columns validation, test (fractions) and deviations.
        beyond: deviations from which a network is named.
        title: names them.
    """
    figure, (left, right) = plots.subplots(8.5, 3.8, ncols=2)
    odd = scores[scores["deviations"].abs() > beyond]
    low, high = scores[["validation", "test"]].min().min(), scores[["validation", "test"]].max().max()
    left.plot([low, high], [low, high], color=plots.GREY, linewidth=0.8)
    left.plot(scores["test"], scores["validation"], "o", markersize=4, color=plots.BLUE)
    left.set(xlabel="test accuracy, as printed", ylabel="last validation accuracy, as printed")
    places = np.arange(len(scores))
    right.axhspan(-beyond, beyond, color=plots.ORANGE, alpha=0.15, linewidth=0)
    right.plot(places, scores["deviations"], "o", markersize=4, color=plots.BLUE)
    right.set(xlabel="networks, in the order of the source", ylabel="standard errors apart")
    for name, row in odd.iterrows():
        left.plot(row["test"], row["validation"], "o", color=plots.ORANGE)
        left.annotate(f" {name}", (row["test"], row["validation"]), fontsize=8, va="bottom")
        place = scores.index.get_loc(name)
        right.plot(place, row["deviations"], "o", color=plots.ORANGE)
        right.annotate(f" {name}", (place, row["deviations"]), fontsize=8, va="center")
    figure.suptitle(title)
    named = ", ".join(f"{name} ({value:+.1f})" for name, value in odd["deviations"].items()) or "none"
    alt = f"{title}: of {len(scores)} networks, {len(odd)} differ by more than {beyond:g} standard errors: {named}."
    return plots.Picture(figure, alt, scores)

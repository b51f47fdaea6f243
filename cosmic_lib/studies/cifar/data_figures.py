"""Figures of the lessons on what a network is fed and on what a step changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cosmic_lib import compare, plots


def steps(estimates: Mapping[str, compare.Estimate], *, title: str) -> plots.Picture:
    """Differences with their intervals and verdicts; the grey band is too small to matter.

    Args:
        estimates: what was changed -> difference with its interval.
        title: names what was trained.
    """
    figure, ax = plots.subplots(8, 1.4 + 0.36 * len(estimates))
    ax.axvspan(-compare.MARGIN, compare.MARGIN, color="#DDDDDD", linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8)
    verdicts = [compare.verdict(estimate) for estimate in estimates.values()]
    for row, (estimate, verdict) in enumerate(zip(estimates.values(), verdicts, strict=True)):
        if not np.isnan(estimate.low):
            ax.hlines(row, estimate.low, estimate.high, color=plots.BLUE, linewidth=2)
        ax.plot(estimate.value, row, "o", color=plots.BLUE)
        ax.annotate(f"  {verdict}", (1, row), xycoords=("axes fraction", "data"), va="center")
    ax.set_yticks(range(len(estimates)), list(estimates))
    ax.set(xlabel="difference in accuracy, 95 % interval", title=title, ylim=(len(estimates) - 0.4, -0.6))
    table = pd.DataFrame(
        [(one.value, one.low, one.high, one.counted) for one in estimates.values()],
        index=pd.Index(list(estimates), name="what was changed"),
        columns=["difference", "low", "high", "counted"],
    ).assign(verdict=verdicts)
    said = "; ".join(
        f"{name} {estimate}: {verdict}" for (name, estimate), verdict in zip(estimates.items(), verdicts, strict=True)
    )
    return plots.Picture(figure, f"{title}. {said}.", table)


def at_rest(histories: Mapping[str, Mapping[str, Sequence[float]]], plateau: float, *, title: str) -> plots.Picture:
    """Training loss per epoch with each kind of labels, and where the first rests when nothing can be learnt.

    Args:
        histories: kind of labels -> metric -> one value per epoch; two kinds.
        plateau: the loss at rest of the first kind.
        title: names what was trained.
    """
    figure, axes = plots.subplots(8.5, 3.4, ncols=2)
    rows = []
    for ax, (labels, history), colour in zip(axes, histories.items(), (plots.ORANGE, plots.BLUE), strict=True):
        losses = history["loss"]
        ax.plot(np.arange(1, len(losses) + 1), losses, color=colour, marker=".")
        ax.set(xlabel="epoch", ylabel="training loss", title=labels)
        ax.xaxis.get_major_locator().set_params(integer=True)
        rows.append((labels, len(losses), losses[0], losses[-1], history["val_accuracy"][-1]))
    axes[0].axhline(plateau, color=plots.GREY, linestyle="--", label="at rest, worked out")
    axes[0].set_ylim(0.9 * plateau, 1.1 * plateau)
    axes[0].legend(frameon=False)
    axes[1].set_ylim(0, None)
    figure.suptitle(title)
    columns = ["labels", "epochs", "first loss", "last loss", "last validation accuracy"]
    table = pd.DataFrame(rows, columns=columns).set_index("labels")
    said = "; ".join(f"with {labels} from {first:.4g} to {last:.4g}" for labels, _, first, last, _ in rows)
    alt = f"{title}: training loss goes {said}. Equal outputs for every class give {plateau:.4g} with the first."
    return plots.Picture(figure, alt, table)

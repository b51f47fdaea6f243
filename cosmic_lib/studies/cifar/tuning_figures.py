"""Figures of the lesson on searches: which values were tried, and the learning rates of optimizers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cosmic_lib import plots

LOOKS = ((plots.BLUE, "o"), (plots.ORANGE, "s"))
"""Colour and marker of the first and of the second of two things compared."""


def tried(searches: Mapping[str, pd.DataFrame], *, title: str) -> plots.Picture:
    """The values of two settings that searches tried, side by side, with each value marked along its axis.

    Args:
        searches: name -> a row per network, two columns of values; the first is drawn on a logarithmic scale.
        title: names what was searched.
    """
    figure, axes = plots.subplots(7.5, 3.4, ncols=len(searches), sharex=True, sharey=True)
    searches = {name: values.rename(columns=lambda text: text.replace("_", " ")) for name, values in searches.items()}
    across, up = next(iter(searches.values())).columns
    for ax, (name, values), (colour, marker) in zip(axes, searches.items(), LOOKS, strict=True):
        ax.plot(values[across], values[up], marker, color=colour)
        ax.plot(values[across], np.full(len(values), 0.02), "|", transform=ax.get_xaxis_transform(), color=colour)
        ax.plot(np.full(len(values), 0.02), values[up], "_", transform=ax.get_yaxis_transform(), color=colour)
        ax.set(xscale="log", xlabel=across, title=name)
    axes[0].set_ylabel(up)
    figure.suptitle(title)
    table = pd.DataFrame({name: values.nunique() for name, values in searches.items()}).T.add_prefix("different: ")
    table.insert(0, "networks", [len(values) for values in searches.values()])
    said = "; ".join(
        f"{name} tries {values[across].nunique()} values of {across} and {values[up].nunique()} of {up} with "
        f"{len(values)} networks"
        for name, values in searches.items()
    )
    return plots.Picture(figure, f"{title}: {said}.", table.rename_axis("search"))


def learning_rates(
    scores: Mapping[str, Mapping[float, Sequence[float]]], chance: float, *, title: str
) -> plots.Picture:
    """Validation accuracy by learning rate: a dot per seed, and a line through the means of each optimizer.

    Args:
        scores: optimizer -> learning rate -> accuracy of each seed; one optimizer or two.
        chance: accuracy of the commonest class.
        title: names the networks.
    """
    figure, ax = plots.subplots()
    for (name, rates), (colour, marker) in zip(scores.items(), LOOKS, strict=False):
        for rate, values in rates.items():
            ax.plot(np.full(len(values), rate), values, marker, color=colour, markerfacecolor="none")
        ax.plot(list(rates), [np.mean(values) for values in rates.values()], color=colour, label=name)
    ax.axhline(chance, color=plots.GREY, linestyle="--", label="the commonest class")
    ax.set(xscale="log", xlabel="learning rate", ylabel="accuracy on validation", title=title, ylim=(0, 1))
    figure.legend(loc="outside right upper", frameon=False)
    rows = [
        (name, f"{rate:g}", len(values), np.mean(values), min(values), max(values))
        for name, rates in scores.items()
        for rate, values in rates.items()
    ]
    columns = ["optimizer", "learning rate", "n", "mean", "lowest", "highest"]
    table = pd.DataFrame(rows, columns=columns).set_index(["optimizer", "learning rate"])
    best = {
        name: max((float(np.mean(values)), rate) for rate, values in rates.items()) for name, rates in scores.items()
    }
    said = "; ".join(f"{name} is best at {rate:g}, with {mean:.3f}" for name, (mean, rate) in best.items())
    return plots.Picture(figure, f"{title}: {said}; always the commonest class scores {chance:.3f}.", table)

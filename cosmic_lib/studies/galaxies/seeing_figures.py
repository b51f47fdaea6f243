"""Figures of what a network looks at in galaxies, of the weights of a dense one, and of answers to turned pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cosmic_lib import plots
from cosmic_lib.studies.galaxies import rotations, seeing

MOST = 8
"""Pictures side by side."""
INCHES = 1.3
"""Side of a picture."""


def maps(
    pictures: np.ndarray, maps: np.ndarray, answers: Sequence[str], title: str, *, beside: np.ndarray | None = None
) -> plots.Picture:
    """Galaxies, and below each where the network found what speaks for its answer: the brighter, the more.

    Args:
        pictures: shape (items, height, width, 1 or 3), uint8 or from 0 to 1; the first eight are drawn.
        maps: from `seeing.grad_cam`, shape (items, height, width).
        answers: what the network says of each.
        title: names the network.
        beside: maps of the same pictures by a network that learnt nothing, from `seeing.randomised`.
    """
    layers = {"trained": maps} if beside is None else {"trained": maps, "randomised": beside}
    shown = min(len(pictures), MOST)
    figure, axes = _grid(1 + len(layers), shown)
    for picture, answer, column in zip(pictures, answers, axes.T, strict=False):
        column[0].imshow(picture, cmap="gray")
        column[0].set_title(answer, fontsize=8)
    for row, (name, marked) in zip(axes[1:], layers.items(), strict=True):
        row[0].set_ylabel(name)
        for ax, picture, places in zip(row, pictures, marked, strict=False):
            ax.imshow(picture.mean(axis=2), cmap="gray")
            ax.imshow(places, cmap="inferno", vmin=0, vmax=1, alpha=0.6)
    figure.suptitle(title)
    columns = {f"in the middle, {name}": _in_the_middle(marked) for name, marked in layers.items()}
    table = pd.DataFrame({"answer": list(answers), **columns}, index=pd.RangeIndex(1, len(maps) + 1, name="picture"))
    found = [f"{table[f'in the middle, {name}'].mean():.0%} ({name})" for name in layers]
    alt = f"{title}: the middle quarter of the picture holds {' and '.join(found)} of what is marked, {_evenly(maps)}"
    if beside is not None:
        table["likeness"] = seeing.likeness(maps, beside)
        for ax, alike in zip(axes[-1], table["likeness"], strict=False):
            ax.set_xlabel(f"likeness {alike:.2f}", fontsize=8)
        alt += f"; the likeness of the two maps of a picture is {table['likeness'].median():.2f} (median)"
    return plots.Picture(figure, f"{alt}, over {len(maps)} pictures.", table)


def weights(pictures_of_units: np.ndarray, title: str) -> plots.Picture:
    """What light at each place adds to a unit (orange) or takes from it (blue), on one scale for all units.

    Args:
        pictures_of_units: from `seeing.weight_pictures`, shape (units, height, width, channels), or
            `seeing.total_weight(...)[np.newaxis]`; the weights of the channels are summed up.
        title: names the network.
    """
    from matplotlib.colors import LinearSegmentedColormap

    grey = pictures_of_units.sum(axis=3)  # what white light of equal strength in all channels would do
    # Single weights may be far larger than the rest; they are drawn as the end of the scale.
    most = float(np.quantile(np.abs(grey), 0.995)) or 1.0
    colours = LinearSegmentedColormap.from_list("weights", [plots.BLUE, "white", plots.ORANGE])
    columns = min(len(grey), MOST)
    figure, axes = _grid(-(-len(grey) // columns), columns)
    for number, (ax, unit) in enumerate(zip(axes.flat, grey, strict=False), 1):
        drawn = ax.imshow(unit, cmap=colours, vmin=-most, vmax=most)
        if len(grey) > 1:
            ax.set_title(f"unit {number}", fontsize=8)
    for ax in axes.flat[len(grey) :]:
        ax.set_visible(False)
    figure.colorbar(drawn, ax=axes, extend="both", shrink=0.8, label="weight of light")
    figure.suptitle(title)
    table = pd.DataFrame(
        {
            "lowest": grey.min(axis=(1, 2)),
            "highest": grey.max(axis=(1, 2)),
            "in the middle": _in_the_middle(np.abs(grey)),
            "neighbours": [_neighbours(unit) for unit in grey],
        },
        index=pd.RangeIndex(1, len(grey) + 1, name="unit"),
    )
    alike = f"{table['neighbours'].mean():.2f}"
    if len(grey) > 1:
        alike += f" on average over {len(grey)} units and {table['neighbours'].max():.2f} at most"
    alt = (
        f"{title}: the middle quarter of the picture holds {table['in the middle'].mean():.0%} of the weights' "
        f"strength, {_evenly(grey)}; weights side by side correlate with {alike}, those of noise with 0."
    )
    return plots.Picture(figure, alt, table)


def turned(probabilities_by_way: np.ndarray, labels: Sequence[str]) -> plots.Picture:
    """How far the answer for one and the same picture moves as it is turned and mirrored.

    Args:
        probabilities_by_way: from `rotations.by_way`, shape (8, items, outputs); the last output is drawn.
        labels: what to call each picture.
    """
    ways = probabilities_by_way[..., -1]
    figure, ax = plots.subplots(height=1.5 + 0.4 * len(labels))
    rows = np.arange(len(labels))
    ax.axvline(0.5, color=plots.GREY, linewidth=0.8)
    ax.hlines(rows, ways.min(axis=0), ways.max(axis=0), color="#BBBBBB", linewidth=1)
    for number, answers in enumerate(ways[1:]):
        ax.plot(answers, rows, "o", color=plots.BLUE, alpha=0.6, label=None if number else "turned or mirrored")
    ax.plot(ways[0], rows, "o", color="black", markerfacecolor="none", markersize=9, label="as it is")
    ax.plot(ways.mean(axis=0), rows, "|", color=plots.ORANGE, markersize=16, markeredgewidth=2.5, label="mean")
    ax.set_yticks(rows, list(labels))
    ax.set(xlabel="probability of a spiral", xlim=(-0.02, 1.02), ylim=(len(labels) - 0.5, -0.5))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    table = pd.DataFrame(ways.T, index=pd.Index(list(labels), name="picture"), columns=list(rotations.WAYS))
    spread = np.ptp(ways, axis=0)
    both = int(((ways > 0.5).any(axis=0) & (ways <= 0.5).any(axis=0)).sum())
    alt = (
        f"Turned and mirrored, the answer for one picture moves by up to {spread.max():.2f} "
        f"({labels[int(spread.argmax())]}; {np.median(spread):.2f} at the median), and {both} of {len(labels)} "
        "pictures are answered with either class."
    )
    return plots.Picture(figure, alt, table.assign(mean=ways.mean(axis=0)))


def _grid(rows: int, columns: int):
    """A figure of pictures side by side, and its axes, shape (rows, columns)."""
    figure, axes = plots.subplots(
        max(1 + INCHES * columns, 4), 0.9 + (INCHES + 0.1) * rows, nrows=rows, ncols=columns, squeeze=False
    )
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return figure, axes


def _in_the_middle(strengths: np.ndarray) -> np.ndarray:
    """Share of each map that lies in the middle half of each side, shape (items,); NaN for an empty map."""
    height, width = strengths.shape[1:]
    middle = strengths[:, height // 4 : height - height // 4, width // 4 : width - width // 4]
    total = strengths.sum(axis=(1, 2))
    return np.where(total > 0, middle.sum(axis=(1, 2)) / np.where(total > 0, total, 1), np.nan)


def _evenly(strengths: np.ndarray) -> str:
    """What the share in the middle would be by chance."""
    return f"{_in_the_middle(np.ones_like(strengths[:1]))[0]:.0%} if spread evenly"


def _neighbours(unit: np.ndarray) -> float:
    """Correlation of values that lie side by side in a row; NaN where all are equal."""
    if not np.ptp(unit):
        return float("nan")
    return float(np.corrcoef(unit[:, :-1].ravel(), unit[:, 1:].ravel())[0, 1])

"""Figures of pictures side by side, pixel by pixel: class by class, and before and after a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cosmic_lib import plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 10
"""Pictures side by side."""
GAP = 2
"""White pixels between two pictures."""


def grid(pictures: np.ndarray, labels: Sequence[str], title: str) -> plots.Picture:
    """Some pictures of each class, a row per class.

    Args:
        pictures: uint8, shape (pictures, height, width, 1 or 3); the first ten of each class are drawn.
        labels: class of each.
        title: names them.
    """
    column = pd.Series(list(labels))
    first = {name: rows[:MOST] for name, rows in sorted(column.groupby(column).indices.items())}
    table = pd.DataFrame(
        {
            "pictures": column.value_counts().reindex(list(first)),
            "drawn": [len(rows) for rows in first.values()],
            "mean value": [float(pictures[column.to_numpy() == name].mean()) for name in first],
        },
        index=pd.Index(list(first), name="class"),
    )
    height, width, channels = pictures.shape[1:]
    dark, light = table["mean value"].idxmin(), table["mean value"].idxmax()
    counts = " to ".join(f"{count:,}" for count in sorted({table["pictures"].min(), table["pictures"].max()}))
    alt = (
        f"{title}: {len(pictures):,} {'colour' if channels == 3 else 'grey'} pictures of {width} x {height} pixels in "
        f"{len(first)} classes, {counts} each; {dark} is darkest and {light} lightest."
    )
    return plots.Picture(tiled({name: pictures[rows] for name, rows in first.items()}, title), alt, table)


def before_after(pictures: np.ndarray, augmented: np.ndarray, title: str) -> plots.Picture:
    """Pictures as they are, and below each what augmentation made of it.

    Args:
        pictures, augmented: of one shape, (pictures, height, width, 1 or 3), values 0 to 255; the first ten are drawn.
        title: names the augmentation.
    """
    changed = [float(np.mean(after != before)) for before, after in zip(pictures, augmented, strict=True)]
    table = pd.DataFrame({"share of values changed": changed}, index=pd.RangeIndex(1, len(changed) + 1, name="picture"))
    alt = (
        f"{title}: {sum(share > 0 for share in changed)} of {len(changed)} pictures are no longer what they were; "
        f"{np.mean(changed):.0%} of all values changed."
    )
    return plots.Picture(tiled({"before": pictures[:MOST], "after": augmented[:MOST]}, title), alt, table)


def tiled(rows: Mapping[str, np.ndarray], title: str) -> Figure:
    """Rows of pictures, each row with its name, pixel by pixel.

    Args:
        rows: name -> uint8, shape (pictures, height, width, 1 or 3).
        title: of the figure.
    """
    most = max(map(len, rows.values()))
    height, width = next(iter(rows.values())).shape[1:3]
    canvas = np.full((len(rows) * (height + GAP), most * (width + GAP), 3), 255, dtype=np.uint8)
    for row, pictures in enumerate(rows.values()):
        for place, picture in enumerate(pictures):
            down, right = row * (height + GAP), place * (width + GAP)
            canvas[down : down + height, right : right + width] = picture  # grey fills all three colours
    figure, ax = plots.subplots(1.6 + 0.6 * most, 0.5 + 0.6 * len(rows) * height / width)
    ax.imshow(canvas[:-GAP, :-GAP], interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks(np.arange(len(rows)) * (height + GAP) + height / 2, list(rows))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    return figure

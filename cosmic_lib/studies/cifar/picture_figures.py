"""Pictures of CIFAR-10 with their colours in place, and out of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cosmic_lib import plots, tiles
from cosmic_lib.studies.cifar.colours import neighbours


def side_by_side(right: np.ndarray, scrambled: np.ndarray, labels: Sequence[str]) -> plots.Picture:
    """Colour pictures with their colours in place, and below each what the study trained on.

    Args:
        right, scrambled: uint8, shape (pictures, height, width, 3); the first of each class is drawn.
        labels: class of each.
    """
    column = pd.Series(list(labels))
    first = column.drop_duplicates().sort_values()
    rows = first.index[: tiles.MOST].to_numpy()
    table = pd.DataFrame(
        {
            name: [neighbours(pictures[(column == label).to_numpy()]) for label in first]
            for name, pictures in (("in place", right), ("scrambled", scrambled))
        },
        index=pd.Index(first, name="class"),
    )
    alt = (
        f"The same pictures with their colours in place and scrambled: neighbouring pixels correlate with "
        f"{neighbours(right):.2f} and with {neighbours(scrambled):.2f}, over {len(right):,} pictures."
    )
    figure = tiles.tiled({"in place": right[rows], "scrambled": scrambled[rows]}, "Colours in place and scrambled")
    return plots.Picture(figure, alt, table)

"""Piano rolls: the channels of a piece, and chunks as a network gets them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cosmic_lib import plots, rolls
from cosmic_lib.midi import Piece

SECONDS = 30.0
"""Drawn of a piece."""
ACROSS = 5
"""Chunks of each composer side by side."""
MEANING = {
    "velocity": "how loud, added up over instruments",
    "binary": "whether a note sounds",
    "instruments": "how many instruments sound it",
    "timing": "from its key down to its key up, without the pedal",
}


def channels(piece: Piece, title: str, *, fps: float = rolls.FPS, seconds: float = SECONDS) -> plots.Picture:
    """The four channels that the study names, of the beginning of a piece.

    Args:
        piece: from `midi.read`.
        title: names it.
        fps: frames per second.
        seconds: how much to draw.

    Source study: composers, lines 1150 to 1156.
    """
    roll = rolls.roll(piece, fps=fps, channels=rolls.CHANNELS)[:, : int(fps * seconds)]
    low, high = _reach(roll[..., 0])
    figure, axes = plots.subplots(height=7.5, nrows=4, sharex=True)
    for ax, name, channel in zip(axes, rolls.CHANNELS, np.moveaxis(roll, -1, 0), strict=True):
        extent = (0, roll.shape[1] / fps, low, high)
        image = ax.imshow(channel[low:high], origin="lower", aspect="auto", cmap="cividis", extent=extent)
        ax.set(ylabel="pitch", title=f"{name}: {MEANING[name]}")
        figure.colorbar(image, ax=ax)
    axes[-1].set_xlabel("seconds")
    figure.suptitle(title, wrap=True)
    sounding = roll > 0
    table = pd.DataFrame(
        {"cells that sound": sounding.mean(axis=(0, 1)), "highest value": roll.max(axis=(0, 1))},
        index=pd.Index(rolls.CHANNELS, name="channel"),
    )
    same = (sounding[..., 0] == sounding[..., 3]).mean()
    alt = (
        f"{title}: {table['cells that sound'].iloc[0]:.1%} of the cells sound in the first {seconds:g} seconds; "
        f"velocity and timing agree on {same:.1%} of all cells about whether something sounds."
    )
    return plots.Picture(figure, alt, table)


def grid(chunks: np.ndarray, labels: Sequence[str], title: str) -> plots.Picture:
    """Some chunks of each composer, a row per composer, low pitches at the bottom.

    Args:
        chunks: uint8, shape (chunks, pitches, frames, channels); the first channel is drawn.
        labels: composer of each.
        title: names them.
    """
    column = pd.Series(list(labels))
    rows = {name: _spread(found, ACROSS) for name, found in sorted(column.groupby(column).indices.items())}
    figure, axes = plots.subplots(height=1.1 + 1.2 * len(rows), nrows=len(rows), ncols=ACROSS, squeeze=False)
    drawn = np.concatenate([chunks[found, :, :, 0] for found in rows.values()])
    low, high = _reach(drawn.max(axis=0))
    shares = {}
    for line, (name, found) in zip(axes, rows.items(), strict=True):
        for ax in line:
            ax.axis("off")
        for ax, row in zip(line, found, strict=False):
            ax.imshow(chunks[row, low:high, :, 0], origin="lower", aspect="auto", cmap="cividis", vmax=127)
        line[0].set_title(name, loc="left")
        shares[name] = float((chunks[found] > 0).mean())
    figure.suptitle(title, wrap=True)
    table = pd.DataFrame({"chunks": column.value_counts().reindex(list(rows)), "cells that sound": shares})
    dense, thin = table["cells that sound"].idxmax(), table["cells that sound"].idxmin()
    alt = (
        f"{title}: {len(column):,} chunks of {chunks.shape[1]} x {chunks.shape[2]} by {len(rows)} composers; of those "
        f"drawn, {dense} is the densest ({table['cells that sound'][dense]:.1%} of the cells sound) and {thin} the "
        f"thinnest ({table['cells that sound'][thin]:.1%})."
    )
    return plots.Picture(figure, alt, table)


def _spread(rows: np.ndarray, number: int) -> np.ndarray:
    """Some rows, evenly spread."""
    return rows[((np.arange(min(number, len(rows))) + 0.5) * len(rows) / min(number, len(rows))).astype(int)]


def _reach(roll: np.ndarray) -> tuple[int, int]:
    """Lowest and highest pitch that sounds, with a little room."""
    pitches = np.flatnonzero(roll.any(axis=1))
    if not len(pitches):
        return 0, len(roll)
    return max(pitches[0] - 2, 0), min(pitches[-1] + 3, len(roll))

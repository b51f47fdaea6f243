"""Figures that only the genre study draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import audio, plots
from cosmic_lib.studies import Data


def figures(data: Data, summary: Mapping[str, Any]) -> list[plots.Picture]:
    """What the report of the study opens with: one clip, and how much of it is looked at.

    Args:
        data: from `load`.
        summary: what the runs say; not looked at.
    """
    first = data.items.iloc[0]
    settings = audio.SegmentFeatures(**data.settings)
    clip = audio.read_clip(data.root / first["file"], max_samples=settings.clip_samples)
    return [
        plots.waveform_and_spectrogram(clip, audio.SAMPLE_RATE, first["track"]),
        coverage(clip, settings),
    ]


def coverage(clip: np.ndarray, settings: audio.SegmentFeatures, *, seconds: float = 1.0) -> plots.Picture:
    """Which samples fall inside an analysis window, and which are skipped.

    Args:
        clip: mono samples at 22,050 Hz, at least `seconds` long.
        settings: window and hop.
        seconds: how much of the clip to draw.
    """
    from matplotlib.figure import Figure

    seen = audio.coverage_mask(settings)
    drawn = round(seconds * audio.SAMPLE_RATE)
    times, part = np.arange(drawn) / audio.SAMPLE_RATE, clip[:drawn]
    inside = np.resize(seen[:drawn], drawn)
    figure = Figure(figsize=(7.5, 2.6), layout="constrained")
    ax = figure.subplots()
    ax.plot(times, part, color="#BBBBBB", linewidth=0.5, label="skipped")
    ax.plot(times, np.where(inside, part, np.nan), color=plots.BLUE, linewidth=0.6, label="analysed")
    ax.set(xlabel="seconds", ylabel="amplitude", title=f"n_fft {settings.n_fft}, hop_length {settings.hop_length}")
    ax.spines[["top", "right"]].set_visible(False)
    legend = figure.legend(loc="outside right upper", frameon=False)
    for line in legend.get_lines():
        line.set_linewidth(3)
    share = audio.coverage(settings)
    table = pd.DataFrame(
        {
            "n_fft": [settings.n_fft],
            "hop_length": [settings.hop_length],
            "frames per segment": [settings.shape[0]],
            "share analysed": [share],
        }
    )
    alt = (
        f"With a window of {settings.n_fft} samples every {settings.hop_length}, {share:.0%} of the audio is analysed."
    )
    return plots.Picture(figure, alt, table)

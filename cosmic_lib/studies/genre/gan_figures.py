"""Figures of the lesson on the conditional GAN: how it learnt, what it made, and how far that is from real segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import plots
from cosmic_lib.sound import SAMPLE_RATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNDECIDED = float(np.log(2))
"""Loss of a discriminator that gives one chance in two to everything."""
COLOURS = {"real": plots.BLUE, "made": plots.ORANGE}


def losses(history: Mapping[str, Sequence[float]], *, title: str) -> plots.Picture:
    """Loss of both halves, epoch by epoch.

    Args:
        history: `discriminator_loss` and `generator_loss`, one value per epoch, as `ConditionalGAN.fit` returns them.
        title: names the GAN.
    """
    figure, axes = _figure(7.5, 3.4, [["losses"]])
    ax = axes["losses"]
    table = pd.DataFrame(history, index=pd.RangeIndex(1, len(history["generator_loss"]) + 1, name="epoch"))
    looks = {"discriminator_loss": (plots.BLUE, "o"), "generator_loss": (plots.ORANGE, "s")}
    for name, (colour, marker) in looks.items():
        label = name.replace("_loss", "")
        ax.plot(table.index, table[name], color=colour, marker=marker, markersize=4, label=label)
    ax.axhline(UNDECIDED, color=plots.GREY, linestyle="--", label="an undecided discriminator")
    ax.set(xlabel="epoch", ylabel="loss", title=title, ylim=(0, None))
    ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside right upper", frameon=False)
    judge, maker = table.iloc[-1][["discriminator_loss", "generator_loss"]]
    better = "better" if judge < UNDECIDED else "no better"
    alt = (
        f"{title}: after epoch {len(table)} the loss of the discriminator is {judge:.3f} and that of the generator "
        f"{maker:.3f}; undecided would be {UNDECIDED:.3f}, so the discriminator does {better} than guessing."
    )
    return plots.Picture(figure, alt, table)


def sounds(real: np.ndarray, made: np.ndarray, *, title: str, seconds: float = 0.02) -> plots.Picture:
    """A real and a made-up sound: a moment of each, and how strong each frequency is in all of it.

    Args:
        real, made: samples at 22,050 Hz, shape (n,).
        title: names what both are meant to be.
        seconds: length of the moment, from the middle.
    """
    from scipy.signal import welch

    figure, axes = _figure(8.5, 4.4, [["real", "spectrum"], ["made", "spectrum"]])
    rows = []
    for kind, samples in {"real": real, "made": made}.items():
        middle, drawn = len(samples) // 2, round(seconds * SAMPLE_RATE)
        moment = samples[middle : middle + drawn]
        axes[kind].plot(1000 * np.arange(len(moment)) / SAMPLE_RATE, moment, color=COLOURS[kind], linewidth=0.8)
        axes[kind].set(title=kind, xlabel="milliseconds", ylabel="amplitude")
        frequencies, power = welch(samples, SAMPLE_RATE, nperseg=2048)
        frequencies, power = frequencies[1:], np.maximum(power[1:], 1e-20)  # without what does not swing at all
        axes["spectrum"].plot(frequencies, 10 * np.log10(power), color=COLOURS[kind], linewidth=1, label=kind)
        rows.append((kind, float(np.sqrt(np.mean(samples**2))), _half_below(frequencies, power), _flatness(power)))
    axes["spectrum"].set(xscale="log", xlabel="frequency in Hz", ylabel="power in decibels", title="spectrum")
    axes["spectrum"].legend(frameon=False)
    figure.suptitle(title)
    columns = ["kind", "root mean square", "half the energy below, Hz", "flatness"]
    table = pd.DataFrame(rows, columns=columns).set_index("kind")
    said = "; ".join(
        f"{kind}: half the energy lies below {half:.0f} Hz, flatness {flat:.3f}" for kind, _, half, flat in rows
    )
    return plots.Picture(figure, f"{title}. {said}. White noise has a flatness of 1, a single tone of 0.", table)


def _half_below(frequencies: np.ndarray, power: np.ndarray) -> float:
    """The frequency below which half of the energy lies."""
    return float(frequencies[np.searchsorted(np.cumsum(power), power.sum() / 2)])


def _flatness(power: np.ndarray) -> float:
    """Geometric over arithmetic mean."""
    return float(np.exp(np.mean(np.log(power))) / np.mean(power))


def distances(frame: pd.DataFrame, *, title: str) -> plots.Picture:
    """How far made-up items and real ones that the GAN never saw are from what it saw, and from what it did not.

    Args:
        frame: from `gan.nearest`.
        title: names the GAN.
    """
    shown = {"to_real": "to the nearest item it saw", "to_others": "to the nearest item it never saw"}
    kinds = {"made": "made up", "others": "real, never seen"}
    figure, axes = _figure(8.5, 2.6, [list(shown)], share=True)
    for (column, words), ax in zip(shown.items(), axes.values(), strict=True):
        values = [frame.loc[frame["kind"] == kind, column] for kind in kinds]
        boxes = ax.boxplot(values, orientation="horizontal", patch_artist=True, widths=0.6, sym=".")
        for box, colour in zip(boxes["boxes"], (plots.ORANGE, plots.BLUE), strict=True):
            box.set(facecolor=colour, alpha=0.5)
        for median in boxes["medians"]:
            median.set_color("black")
        ax.set_yticks([1, 2], kinds.values())
        ax.set(xlabel="distance", title=words)
    axes["to_real"].invert_yaxis()
    figure.suptitle(title)
    table = frame.groupby("kind")[list(shown)].median().rename(index=kinds, columns=shown)
    said = "; ".join(
        f"{words}: {table.loc[kinds['made'], words]:.1f} for made-up items, "
        f"{table.loc[kinds['others'], words]:.1f} for real ones never seen"
        for words in shown.values()
    )
    return plots.Picture(figure, f"{title}, median distance {said}.", table)


def _figure(width: float, height: float, mosaic: list, *, share: bool = False) -> tuple[Figure, dict[str, Any]]:
    """A figure without frames, and its axes by name."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplot_mosaic(mosaic, sharex=share, sharey=share)
    for ax in axes.values():
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes

"""Figures of the lessons on tuning, and on what the network hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import audio, compare, plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = ((plots.BLUE, "o"), (plots.ORANGE, "s"))
"""Colour and marker of the first and of the second of two things compared."""


def pairs(rows: pd.DataFrame, *, title: str) -> plots.Picture:
    """Two scores of each row, joined by a line.

    Args:
        rows: index what is compared; two columns of scores.
        title: names what differs.
    """
    figure, ax = _figure(1.4 + 0.32 * len(rows))
    first, second = rows.columns
    places = np.arange(len(rows))
    ax.hlines(places, rows[first], rows[second], color="#BBBBBB")
    (colour, marker), (other_colour, other_marker) = LOOKS
    ax.plot(rows[first], places, marker, label=first, **_ring(colour))  # of two equal scores, both are seen
    ax.plot(rows[second], places, other_marker, color=other_colour, markersize=4, label=second)
    ax.set_yticks(places, rows.index)
    ax.set(xlabel="accuracy as printed", title=title, ylim=(len(rows) - 0.5, -0.5))
    figure.legend(loc="outside right upper", frameon=False)
    up, down = int((rows[second] > rows[first]).sum()), int((rows[second] < rows[first]).sum())
    alt = f"{title}: of {len(rows)} pairs, {down} score higher with {first}, {up} with {second}."
    return plots.Picture(figure, alt, rows)


def stops(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """Where early stopping ends a run of which the validation losses are known, counted from 1.

    Args:
        losses: of each epoch.
        patience: epochs without a lower loss before it stops.

    Returns:
        The last epoch trained, and the one whose weights are restored.
    """
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


def stopping(history: Mapping[str, Sequence[float]], tried: Sequence[int], *, title: str) -> plots.Picture:
    """Validation loss of one run, and where each patience would have stopped it.

    Args:
        history: metric -> one value per epoch, of a run with at least the largest patience tried.
        tried: values of patience.
        title: names the run.
    """
    losses = history["val_loss"]
    ends = {value: stops(losses, value) for value in tried}
    rows = [
        (value, last, best, losses[best - 1], history["val_accuracy"][best - 1]) for value, (last, best) in ends.items()
    ]
    columns = ["patience", "last epoch", "restored epoch", "validation loss", "validation accuracy"]
    table = pd.DataFrame(rows, columns=columns).set_index("patience")
    figure, ax = _figure(3.4)
    epochs = np.arange(1, len(losses) + 1)
    ax.plot(epochs, losses, color=plots.BLUE, marker="o", markersize=4, label="validation loss")
    restored = sorted(set(table["restored epoch"]))
    ax.plot(restored, np.asarray(losses)[np.array(restored) - 1], "o", **_ring(plots.ORANGE), label="weights restored")
    used_up = table[table["last epoch"] - table["restored epoch"] >= table.index]
    for last, values in used_up.reset_index().groupby("last epoch")["patience"]:
        ax.axvline(last, color=plots.GREY, linestyle=":")
        ax.text(last, 1, f" {', '.join(map(str, values))}", transform=ax.get_xaxis_transform(), va="top")
    ax.plot([], [], color=plots.GREY, linestyle=":", label="this patience stops")
    ax.set(xlabel="epoch", ylabel="loss", title=title)
    ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside right upper", frameon=False)
    verbs = {value: "stops" if value in used_up.index else "is not used up" for value in tried}
    said = "; ".join(
        f"patience {value} {verbs[value]} after epoch {last}, restores {best}" for value, (last, best) in ends.items()
    )
    return plots.Picture(figure, f"{title}: {said}.", table)


def sweep(scores: Mapping[str, Mapping[float, Sequence[float]]], spread: float, *, title: str) -> plots.Picture:
    """Validation accuracy by learning rate: a dot per seed, the mean, and one deviation between seeds to each side.

    Args:
        scores: optimizer -> learning rate -> accuracy of each seed; two optimizers.
        spread: deviation between seeds, pooled.
        title: names the network.
    """
    figure, ax = _figure(3.8)
    for (name, rates), (colour, marker), place in zip(scores.items(), LOOKS, (0.9, 1.1), strict=True):
        means = [np.mean(values) for values in rates.values()]
        at = np.array(list(rates)) * place  # beside one another, so that no dot hides another one
        for rate, values in zip(at, rates.values(), strict=True):
            ax.plot(np.full(len(values), rate), values, marker, markersize=4, alpha=0.5, color=colour)
        ax.errorbar(at, means, spread, fmt=f"{marker}-", capsize=4, label=f"{name}: mean", **_ring(colour))
    every_rate = sorted({rate for of_rates in scores.values() for rate in of_rates})
    ax.set_xscale("log")
    ax.set_xticks(every_rate, [f"{rate:g}" for rate in every_rate])
    ax.minorticks_off()
    ax.set(xlabel="learning rate", ylabel="validation accuracy", title=title, ylim=(0, 1))
    figure.legend(loc="outside right upper", frameon=False)
    table = pd.DataFrame(
        [(name, f"{rate:g}", *_summary(of)) for name, of_rates in scores.items() for rate, of in of_rates.items()],
        columns=["optimizer", "learning rate", "n", "mean", "lowest", "highest"],
    ).set_index(["optimizer", "learning rate"])
    ends = (
        f"{name} has its best mean, {of['mean'].max():.3f}, at {of['mean'].idxmax()[1]} and its worst, "
        f"{of['mean'].min():.3f}, at {of['mean'].idxmin()[1]}"
        for name, of in table.groupby(level="optimizer", sort=False)
    )
    return plots.Picture(figure, f"{title}: {'; '.join(ends)}; seeds differ by {spread:.3f}.", table)


def noise(draws: Mapping[str, np.ndarray], found: float, *, title: str) -> plots.Picture:
    """What chance alone gives, and what was found.

    Args:
        draws: what was drawn -> simulated values, in points; two kinds.
        found: the value found, in points.
        title: names the value.
    """
    figure, ax = _figure(3.2)
    edges = np.linspace(min(0, found), max(found, *(values.max() for values in draws.values())), 60)
    for (name, values), (colour, _) in zip(draws.items(), LOOKS, strict=False):
        ax.hist(values, bins=edges, density=True, alpha=0.5, color=colour, label=name)
    ax.axvline(found, color="black", label="found")
    ax.set(xlabel="points", ylabel="density", title=title, yticks=[])
    figure.legend(loc="outside right upper", frameon=False)
    rows = {
        name: (values.mean(), np.quantile(values, 0.95), (values >= found).mean()) for name, values in draws.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "95 % below", "share at or above the found"])
    said = "; ".join(
        f"{name}: {mean:.1f} points on average, as much as was found in {above:.0%} of the draws"
        for name, (mean, _, above) in rows.items()
    )
    return plots.Picture(figure, f"{title}: {found:.1f} points were found. {said}.", table)


def differences(estimates: Mapping[str, compare.Estimate], *, title: str) -> plots.Picture:
    """Differences with their intervals and verdicts; the grey band is too small to matter.

    Args:
        estimates: what was changed -> difference with its interval.
        title: names what is compared.
    """
    figure, ax = _figure(1.5 + 0.4 * len(estimates))
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
    rows = [(one.value, one.low, one.high, one.counted) for one in estimates.values()]
    table = pd.DataFrame(rows, index=list(estimates), columns=["difference", "low", "high", "counted"])
    said = "; ".join(
        f"{name} {estimate}: {verdict}" for (name, estimate), verdict in zip(estimates.items(), verdicts, strict=True)
    )
    return plots.Picture(figure, f"{title}. {said}.", table.assign(verdict=verdicts))


def hops(clip: np.ndarray, settings: Sequence[audio.SegmentFeatures], *, seconds: float = 1.0) -> plots.Picture:
    """Which samples fall inside a window, for several hops.

    Args:
        clip: mono samples at 22,050 Hz, at least `seconds` long.
        settings: one for each row.
        seconds: how much of the clip to draw; at most a segment.
    """
    figure, axes = _figure(1.2 + 1.5 * len(settings), nrows=len(settings), sharex=True, squeeze=False)
    drawn = round(seconds * audio.SAMPLE_RATE)
    times, part = np.arange(drawn) / audio.SAMPLE_RATE, clip[:drawn]
    for ax, one in zip(axes[:, 0], settings, strict=True):
        inside = audio.coverage_mask(one)[:drawn]
        ax.plot(times, part, color="#BBBBBB", linewidth=0.5, label="outside every window")
        ax.plot(times, np.where(inside, part, np.nan), color=plots.BLUE, linewidth=0.6, label="inside a window")
        ax.set(ylabel="amplitude", title=f"hop_length {one.hop_length:,}: {audio.coverage(one):.0%} inside")
    axes[-1, 0].set_xlabel("seconds")
    legend = figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    for line in legend.get_lines():
        line.set_linewidth(3)
    rows = [(one.n_fft, one.hop_length, one.shape[0], audio.coverage(one)) for one in settings]
    table = pd.DataFrame(rows, columns=["n_fft", "hop_length", "frames", "share inside"]).set_index("hop_length")
    said = "; ".join(f"{one.hop_length:,} leaves {1 - audio.coverage(one):.0%} of it out" for one in settings)
    return plots.Picture(figure, f"Audio that no window touches, by hop length: {said}.", table)


def frames(versions: Mapping[str, np.ndarray], *, title: str) -> plots.Picture:
    """The frames of one segment, as the network is given them, in several orders.

    Args:
        versions: name of the order -> features of the segment, shape (frames, features), scaled.
        title: names the segment.
    """
    figure, axes = _figure(3.4, ncols=len(versions), sharey=True, squeeze=False)
    for ax, (name, features) in zip(axes[0], versions.items(), strict=True):
        image = ax.imshow(features.T, aspect="auto", cmap="cividis", vmin=-2.5, vmax=2.5, interpolation="nearest")
        ax.set(xlabel="frame", title=name)
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[0, 0].set_ylabel("feature")
    figure.colorbar(image, ax=axes[0, -1], label="deviations from the mean")
    figure.suptitle(title)
    first = next(iter(versions.values()))
    rows = {name: (len(one), float(one.mean()), _change(one)) for name, one in versions.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["frames", "mean", "change from frame to frame"])
    said = "; ".join(f"{name}: neighbours differ by {change:.2f}" for name, (_, _, change) in rows.items())
    return plots.Picture(figure, f"{title}, {len(first)} frames of {first.shape[1]} features. {said}.", table)


def _change(features: np.ndarray) -> float:
    return float(np.abs(np.diff(features, axis=0)).mean()) if len(features) > 1 else 0.0


def _summary(values: Sequence[float]) -> tuple[int, float, float, float]:
    return len(values), float(np.mean(values)), min(values), max(values)


def _ring(colour: str) -> dict[str, Any]:
    return {"markersize": 9, "markerfacecolor": "none", "color": colour}


def _figure(height: float, **subplots) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, height), layout="constrained")
    axes = figure.subplots(**subplots)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes

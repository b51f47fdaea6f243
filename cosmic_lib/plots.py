"""Figures that more than one study draws; each carries its finding in words and its numbers in a table."""

from __future__ import annotations

import base64
import html
import io
import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import calibration, compare, sound

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from cosmic_lib.compare import Estimate

# Okabe and Ito's colours: told apart by people with any kind of colour vision.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#666666"
PUBLISHED_COLOUR, HONEST_COLOUR = ORANGE, BLUE


@dataclass(frozen=True)
class Picture:
    """A figure, what it shows in one sentence, and its numbers.

    Args:
        figure: a matplotlib figure or a PIL image.
        alt: the finding, for those who cannot see the figure; also its caption.
        table: the numbers that were drawn.
    """

    figure: Any
    alt: str
    table: pd.DataFrame

    def png(self) -> bytes:
        """The figure as a PNG file."""
        buffer = io.BytesIO()
        if hasattr(self.figure, "savefig"):
            self.figure.savefig(buffer, format="png", dpi=110)
        else:
            self.figure.save(buffer, format="png")
        return buffer.getvalue()

    def html(self) -> str:
        """The figure with its caption, and its numbers folded away under it."""
        alt = html.escape(self.alt, quote=True)
        data = base64.b64encode(self.png()).decode()
        numbers = self.table.to_html(float_format="{:.3f}".format, border=0)
        return (
            f'<figure style="margin:1em 0"><img style="max-width:100%" src="data:image/png;base64,{data}" alt="{alt}">'
            f"<figcaption>{alt}</figcaption></figure>"
            f"<details><summary>The numbers in this figure</summary>{numbers}</details>"
        )

    _repr_html_ = html


def subplots(width: float = 7.5, height: float = 3.6, **settings) -> tuple[Figure, Any]:
    """A figure as all of ours are, and its axes.

    Args:
        width, height: in inches.
        **settings: as `Figure.subplots` takes them.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(**settings)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def waveform_and_spectrogram(clip: np.ndarray, sample_rate: int, title: str) -> Picture:
    """A clip as samples over time, and as strength over time and frequency.

    Args:
        clip: mono samples, shape (n,).
        sample_rate: in hertz.
        title: names the clip.
    """
    librosa = sound.librosa()
    figure, (top, bottom) = subplots(height=5, nrows=2, sharex=True)
    seconds = np.arange(len(clip)) / sample_rate
    step = max(len(clip) // 20_000, 1)  # more points than that cannot be told apart
    top.plot(seconds[::step], clip[::step], color=BLUE, linewidth=0.4)
    top.set(title=title, ylabel="amplitude", ylim=(-1.05, 1.05))
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=clip, sr=sample_rate, hop_length=1024), ref=np.max)
    edges = librosa.mel_frequencies(n_mels=len(mel) + 1, fmax=sample_rate / 2)
    times = np.linspace(0, len(clip) / sample_rate, mel.shape[1] + 1)
    image = bottom.pcolormesh(times, edges, mel, cmap="cividis", rasterized=True)
    bottom.set(xlabel="seconds", ylabel="frequency in Hz")
    bottom.set_yscale("symlog", linthresh=1000, linscale=1.5)  # like the mel scale: even below 1 kHz, then by octaves
    bottom.set_yticks([0, 500, 1000, 2000, 4000, 8000], ["0", "500", "1k", "2k", "4k", "8k"])
    figure.colorbar(image, ax=bottom, label="decibels below the loudest")
    power = np.abs(np.fft.rfft(clip)) ** 2
    middle = np.searchsorted(np.cumsum(power), power.sum() / 2) * sample_rate / len(clip)
    seconds_long, loudness = len(clip) / sample_rate, float(np.sqrt(np.mean(clip**2)))
    table = pd.DataFrame(
        {"seconds": [seconds_long], "root mean square": [loudness], "half the energy below, Hz": [middle]}
    )
    alt = f"{title}: {seconds_long:.0f} seconds, half of whose energy lies below {middle:.0f} Hz."
    return Picture(figure, alt, table)


def history(history: Mapping[str, Sequence[float]], title: str) -> Picture:
    """Loss and accuracy per epoch, on the training and on the validation part.

    Args:
        history: as `model.fit` returns it in `.history`: loss, accuracy, val_loss and val_accuracy.
        title: names the run.
    """
    figure, axes = subplots(ncols=2)
    epochs = np.arange(1, len(history["loss"]) + 1)
    best = int(np.argmin(history["val_loss"])) + 1
    for ax, metric in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(epochs, history[metric], color=GREY, linestyle="--", marker=".", label="training")
        ax.plot(epochs, history[f"val_{metric}"], color=BLUE, marker="o", markersize=4, label="validation")
        ax.axvline(best, color=ORANGE, linewidth=1, label="lowest validation loss")
        ax.set(xlabel="epoch", ylabel=metric)
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[1].set_ylim(0, 1.02)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title)
    table = pd.DataFrame({"epoch": epochs, **{name: list(values) for name, values in history.items()}})
    alt = (
        f"{title}: validation loss is lowest at epoch {best} of {len(epochs)}, where validation accuracy is "
        f"{history['val_accuracy'][best - 1]:.3f} and training accuracy {history['accuracy'][best - 1]:.3f}."
    )
    return Picture(figure, alt, table.set_index("epoch"))


def confusion(score: Mapping[str, Any], title: str) -> Picture:
    """Which class is taken for which.

    Args:
        score: from `evaluation.score`.
        title: names what was scored.
    """
    matrix = np.asarray(score["confusion"])
    classes = [row["class"] for row in score["per_class"]]
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.45 * len(classes)
    figure, ax = subplots(side + 0.8, side)
    image = ax.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            ax.text(
                column, row, count, ha="center", va="center", color="black" if shares[row, column] > 0.5 else "white"
            )
    ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    ax.set_yticks(range(len(classes)), classes)
    ax.set(xlabel="predicted", ylabel="true", title=title)
    ax.spines[:].set_visible(False)
    figure.colorbar(image, ax=ax, label="share of the true class", shrink=0.8)
    wrong = shares * (1 - np.eye(len(classes)))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    alt = f"{title}: {score['accuracy']:.3f} of {score['items']} are right"
    if wrong.max() > 0:
        alt += f"; most often mistaken is {classes[row]} for {classes[column]} ({wrong.max():.0%})"
    return Picture(figure, alt + ".", pd.DataFrame(score["per_class"]).set_index("class"))


def reliability(table: pd.DataFrame, title: str) -> Picture:
    """How often a network is right, by how sure it is.

    Args:
        table: from `calibration.reliability`.
        title: names what was asked.
    """
    figure, ax = subplots(5, 4.4)
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="as sure as right")
    ends = (table["right"] - table["right_low"], table["right_high"] - table["right"])
    ax.errorbar(table["confidence"], table["right"], ends, fmt="o", color=BLUE, capsize=3, label="items, and 95 %")
    for row in table.itertuples():
        ax.annotate(f"{row.items}", (row.confidence, row.right), (5, -11), textcoords="offset points", fontsize=8)
    ax.set(xlabel="probability of the likeliest class", ylabel="share right", title=title, xlim=(0, 1), ylim=(0, 1.02))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    shares = table["items"] / table["items"].sum()
    sure, right = shares @ table["confidence"], shares @ table["right"]
    chance = np.sqrt(np.nansum((shares * (table["right_high"] - table["right_low"]) / 2) ** 2))
    finding = "too sure" if sure > right + chance else "not sure enough" if sure < right - chance else "about right"
    alt = (
        f"{title}: {finding}. It says {sure:.3f} on average and is right on {right:.3f} of {table['items'].sum()} items"
    )
    alt += f"; its expected calibration error is {calibration.expected_error(table):.3f}."
    return Picture(figure, alt, table)


def gap_by_group(frame: pd.DataFrame, estimate: Estimate, *, unit: str = "group", title: str = "") -> Picture:
    """How much better each group is recognised under the published protocol than under the honest one.

    Args:
        frame: one row per group: columns group, label, published and honest (share of its items that were right).
        estimate: the gap with its interval, from `compare.protocol_gap`.
        unit: what a group is called, singular.
        title: names the experiment.
    """
    ordered = (
        frame.assign(gap=frame["published"] - frame["honest"]).sort_values(["label", "gap"]).reset_index(drop=True)
    )
    figure, (left, right) = subplots(8.5, 4.4, ncols=2, gridspec_kw={"width_ratios": [3, 1.5]})
    units, shown, whose = compare.plural(unit), ordered, f"a {unit}'s items"
    if ordered[["published", "honest"]].isin([0, 1]).all(axis=None):  # of groups of one item, a class has a share
        shown, whose = ordered.groupby("label", as_index=False)[["published", "honest"]].mean(), f"a class's {units}"
    rows = np.arange(len(shown))
    left.vlines(rows, shown["honest"], shown["published"], color="#BBBBBB", linewidth=1)
    ring = {"markersize": 7, "markerfacecolor": "none"}  # where both agree, the ring is seen around the square
    left.plot(rows, shown["published"], "o", color=PUBLISHED_COLOUR, label="published", **ring)
    left.plot(rows, shown["honest"], "s", color=HONEST_COLOUR, markersize=3, label="honest")
    middles = pd.Series(rows).groupby(shown["label"]).mean()
    left.set_xticks(middles, middles.index, rotation=45, ha="right")
    left.margins(x=0.1)
    title_left = f"each {unit}, by class" if shown is ordered else "each class"
    left.set(ylabel=f"share of {whose} that are right", ylim=(-0.05, 1.05), title=title_left)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False)
    right.hist(ordered["gap"], bins=np.linspace(-1.1, 1.1, 12), orientation="horizontal", color="#BBBBBB")
    right.axhline(0, color="black", linewidth=0.8)
    right.axhspan(estimate.low, estimate.high, color=GREEN, alpha=0.35, linewidth=0)
    right.axhline(estimate.value, color=GREEN, linewidth=2)
    right.set(xlabel=units, ylabel="published minus honest", title="mean gap, 95 %")
    figure.suptitle(title)
    better = int((ordered["gap"] > 0).sum())
    alt = (
        f"{title}: published minus honest is {estimate}; {better} of {len(ordered)} {units} are recognised better "
        "under the published protocol."
    )
    return Picture(figure, alt, ordered.set_index("group"))


def strip(
    scores: Mapping[str, Sequence[float]], *, title: str = "", axis: str = "accuracy", guess: float | None = None
) -> Picture:
    """One dot per run, with the mean of each row.

    Args:
        scores: name -> scores of its repeats.
        title: names what was repeated.
        axis: what the score is.
        guess: a guess made beforehand, drawn as a line.
    """
    figure, ax = subplots(height=1.5 + 0.55 * len(scores))
    for row, values in enumerate(scores.values()):
        offsets = 0.12 * np.resize([0, 1, -1], len(values))  # apart enough that equal scores stay two dots
        ax.plot(values, row + offsets, "o", color=BLUE, alpha=0.7, label="one run" if not row else None)
        ax.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color=ORANGE, linewidth=2, label=None if row else "mean")
    if guess is not None:
        ax.axvline(guess, color=GREY, linestyle="--", label="the guess")
    ax.set_yticks(range(len(scores)), list(scores))
    ax.set(xlabel=axis, title=title, ylim=(len(scores) - 0.4, -0.6))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", frameon=False)
    table = pd.DataFrame(
        [(len(values), np.mean(values), min(values), max(values)) for values in scores.values()],
        columns=["n", "mean", "lowest", "highest"],
        index=list(scores),
    )
    spans = "; ".join(
        f"{name}: {row['mean']:.3f} from {row['lowest']:.3f} to {row['highest']:.3f} (n = {row['n']:.0f})"
        for name, row in table.iterrows()
    )
    return Picture(figure, f"{title or axis}. {spans}.", table)


def model_diagram(model: keras.Model) -> Picture:
    """The layers of a network in order, drawn by visualkeras.

    Args:
        model: a built Keras model.
    """
    import visualkeras
    from PIL import ImageFont

    kinds = list(dict.fromkeys(type(layer) for layer in model.layers))
    fills = itertools.cycle((GREY, BLUE, "#F0E442", ORANGE, GREEN, PURPLE, "#56B4E9", "#E69F00"))
    with warnings.catch_warnings():  # visualkeras warns about an option of its own that nobody set
        warnings.simplefilter("ignore", UserWarning)
        image = visualkeras.layered_view(
            model,
            legend=True,
            draw_volume=False,
            spacing=40,
            min_z=40,
            max_xy=260,
            color_map={kind: {"fill": fill} for kind, fill in zip(kinds, fills, strict=False)},
            font=ImageFont.load_default(16),
        )
    layers = pd.DataFrame(
        [(layer.name, type(layer).__name__, str(layer.output.shape), layer.count_params()) for layer in model.layers],
        columns=["layer", "kind", "output shape", "parameters"],
    ).set_index("layer")
    largest = layers["parameters"].idxmax()
    alt = (
        f"{model.name}: {len(layers)} layers, {model.count_params():,} parameters, "
        f"{layers['parameters'].max() / max(model.count_params(), 1):.0%} of them in {largest}."
    )
    return Picture(image, alt, layers)

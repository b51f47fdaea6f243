"""Figures that only the CIFAR-10 diary draws: its ranking, its repeats, its networks, and its curves beside ours."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, plots
from cosmic_lib.diary import Diary, published_score
from cosmic_lib.studies import Data
from cosmic_lib.studies.cifar import colours
from cosmic_lib.studies.cifar import curves as printed_curves
from cosmic_lib.studies.cifar.diary import DIARY
from cosmic_lib.studies.cifar.picture_figures import side_by_side
from cosmic_lib.tiles import before_after, grid

if TYPE_CHECKING:
    import keras

__all__ = ["before_after", "curves", "families", "figures", "grid", "ranking", "repeats", "side_by_side"]

FAMILIES = {"cnn_1": "CNN_1", "cnn_2": "CNN_2", "cnn_4_v1": "CNN_4", "cnn_5_v1": "CNN_5", "cnn_7_v4": "CNN_7 to CNN_9"}
"""One network of each family, and what the family is called."""
FIRST = 1000
"""Training pictures that a report looks at."""
MOST_CURVES = 3
"""Fits whose curves are drawn in a report."""
REACH = 0.22
"""How far below the best printed score the ranking reaches; a lower one stands at its edge, as a number."""


def figures(data: Data, summary: Mapping[str, Any]) -> list[plots.Picture]:
    """What the report of the study opens with.

    Args:
        data: from `load`.
        summary: what the runs say, see `cosmic_lib.summary`.
    """
    name = "colour" if "colour" in data.arrays else next(iter(data.arrays))
    training = data.items["official"] == "train" if "official" in data.items else np.ones(len(data.items), dtype=bool)
    rows = np.flatnonzero(training)[:FIRST]
    pictures, labels = data.arrays[name][rows], data.items["label"].iloc[rows].tolist()
    drawn = [grid(pictures, labels, "The first training pictures")]
    if name == "colour":
        drawn.append(side_by_side(pictures, colours.scramble(pictures), labels))
    drawn += [ranking(summary), repeats(DIARY), *families(DIARY)]
    published = {row["experiment"]: row.get("published") or {} for row in summary["rows"]}
    fits = [name for name, found in published.items() if "history" in found and name in printed_curves.names()]
    return drawn + [curves(name, published[name]["history"]) for name in fits[:MOST_CURVES]]


def ranking(summary: Mapping[str, Any]) -> plots.Picture:
    """Every configuration: each of its runs that the source printed, and ours, the best printed first.

    Args:
        summary: what the runs say. Ours are of the test pictures, or of validation where the test set is not opened.
    """
    rows = _configurations(summary)
    best = max(score for scores in rows["printed"] for score in scores)
    chance = compare.by_chance(DIARY.published_spread)
    ours = rows["ours"].dropna()
    edge = min([best - REACH, *(ours.quantile([0.5]) - REACH / 2)])
    figure, ax = plots.subplots(8.5, 1.8 + 0.19 * len(rows))
    ax.axvspan(best - chance, best, color=plots.ORANGE, alpha=0.15, linewidth=0, label="within chance of the best run")
    for place, row in enumerate(rows.itertuples()):
        ax.axhline(place, color="#EEEEEE", linewidth=0.8, zorder=0)
        _draw_row(ax, place, row, edge)
    ax.plot([], [], "o", **_RING, label="printed, one run (macro F1)")
    if len(ours):
        ax.plot([], [], "s-", **_DOT, label=f"ours, mean of seeds, 95 % ({_scored_on(summary)} accuracy)")
    ax.set_yticks(range(len(rows)), rows.index, fontsize=7)
    ax.set(xlim=(edge, None), ylim=(len(rows) - 0.4, -0.6))
    _part_off_ours(ax, rows)
    ax.tick_params("x", top=True, labeltop=True)
    ax.tick_params("y", length=0)
    ax.spines[:].set_visible(False)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    table = rows.assign(printed=[", ".join(f"{score:.4f}" for score in scores) for scores in rows["printed"]])
    return plots.Picture(figure, _ranked(rows, best, chance, summary), table.rename_axis("configuration"))


_RING = {"markerfacecolor": "none", "markersize": 6, "color": plots.PUBLISHED_COLOUR}
_SMALL = {"ha": "right", "va": "top", "fontsize": 7, "color": plots.GREY}
_DOT = {"markersize": 4, "linewidth": 1.5, "color": plots.HONEST_COLOUR}


def _part_off_ours(ax, rows: pd.DataFrame) -> None:
    """A line above the experiments that the source does not have."""
    printed = int((rows["printed"].str.len() > 0).sum())
    if printed < len(rows):
        ax.axhline(printed - 0.5, color=plots.GREY, linewidth=0.8)
        ax.text(1, printed - 0.35, "not in the source ", transform=ax.get_yaxis_transform(), **_SMALL)


def _draw_row(ax, place: int, row: Any, edge: float) -> None:
    """The scores of one configuration; those beyond the edge as numbers."""
    seen = [score for score in row.printed if score >= edge]
    ax.plot(seen, [place] * len(seen), "o", **_RING)
    beyond = [f"{score:.2f}" for score in row.printed if score < edge]
    if row.ours >= edge:
        ax.plot([max(row.low, edge), row.high], [place] * 2, "-", **_DOT)
        ax.plot(row.ours, place, "s", **_DOT)
    elif not np.isnan(row.ours):
        beyond.append(f"ours {row.ours:.2f}")
    if beyond:
        ax.text(edge, place, f" < {', '.join(beyond)}", va="center", fontsize=7, color=plots.GREY)


def _configurations(summary: Mapping[str, Any]) -> pd.DataFrame:
    """A row per configuration that has a score: its names, printed scores, and ours with its interval."""
    estimates = {row["experiment"]: row.get("validation") for row in summary["rows"]}
    estimates |= (summary.get("test") or {}).get("accuracy") or {}
    found: dict[str, dict[str, Any]] = {}
    for row in DIARY:
        empty = {"names": [], "printed": [], "ours": np.nan, "low": np.nan, "high": np.nan}
        one = found.setdefault(DIARY.kinds[row.name], empty)
        if (score := published_score(row)) is not None:
            one["printed"].append(score)
        one["names"].append(row.name)
        if estimate := estimates.get(row.name):
            one |= {"ours": estimate["value"], "low": estimate["low"], "high": estimate["high"]}
    rows = pd.DataFrame(list(found.values()), index=[_times(name, one["names"]) for name, one in found.items()])
    rows["mean"] = [np.mean(scores) if scores else np.nan for scores in rows["printed"]]
    rows = rows[rows["mean"].notna() | rows["ours"].notna()].sort_values(["mean", "ours"], ascending=False)
    return rows.drop(columns="mean").assign(names=rows["names"].str.join(", "))


def _times(name: str, names: Sequence[str]) -> str:
    return name if len(names) == 1 else f"{name} (×{len(names)})"


def _scored_on(summary: Mapping[str, Any]) -> str:
    return "test" if (summary.get("test") or {}).get("accuracy") else "validation"


def _ranked(rows: pd.DataFrame, best: float, chance: float, summary: Mapping[str, Any]) -> str:
    """The finding of the ranking."""
    near = sum(any(score >= best - chance for score in scores) for scores in rows["printed"])
    printed = int((rows["printed"].str.len() > 0).sum())
    said = (
        f"Single runs of one configuration differ by up to {100 * chance:.1f} points by chance; {near} of {printed} "
        f"configurations have a printed run that is no further than that from the best one, {best:.3f}."
    )
    ours = rows["ours"].dropna()
    if not len(ours):
        return said
    first = rows.loc[ours.idxmax()]
    tied = int((rows["high"].drop(ours.idxmax()) >= first["low"]).sum())
    said += (
        f" Of the {len(ours)} that ran here, on {summary['data']['name']}, {ours.idxmax()} scores highest, "
        f"{first['ours']:.3f}; the intervals of {tied} of the others reach into its own."
    )
    if any(row.get("scaled") for row in summary["rows"]):
        said += " Ours are scaled: compare them with each other alone."
    return said


def repeats(diary: Diary) -> plots.Picture:
    """Configurations that the source trained more than once without knowing it: a dot per run.

    Args:
        diary: of the study.
    """
    scores: dict[str, dict[str, float]] = {}
    for row in diary:
        if (score := published_score(row)) is not None:
            scores.setdefault(diary.kinds[row.name], {})[row.name] = score
    runs = {_times(name, list(found)): found for name, found in scores.items() if len(found) > 1}
    repeated = {name: list(found.values()) for name, found in runs.items()}
    spread, freedom = diary.published_spread
    chance = compare.by_chance((spread, freedom))
    figure, ax = plots.subplots(7.5, 1.4 + 0.42 * len(repeated))
    for place, found in enumerate(repeated.values()):
        mean = float(np.mean(found))
        ax.plot([mean - spread, mean + spread], [place] * 2, color="#BBBBBB", linewidth=7, solid_capstyle="butt")
        ax.plot([mean] * 2, [place - 0.25, place + 0.25], color=plots.ORANGE, linewidth=2)
        ax.plot(found, [place] * len(found), "o", color=plots.BLUE)
    ax.plot([], [], "o", color=plots.BLUE, label="one run")
    ax.plot([], [], color=plots.ORANGE, linewidth=2, label="mean")
    ax.plot([], [], color="#BBBBBB", linewidth=7, label=f"pooled deviation, {spread:.3f} either way")
    ax.set_yticks(range(len(repeated)), list(repeated))
    ax.set(xlabel="macro F1, as printed", ylim=(len(repeated) - 0.5, -0.5))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    table = pd.DataFrame(
        [(len(found), np.mean(found), min(found), max(found), max(found) - min(found)) for found in repeated.values()],
        columns=["runs", "mean", "lowest", "highest", "range"],
        index=pd.Index(list(repeated), name="configuration"),
    )
    table["names"] = [", ".join(found) for found in runs.values()]
    alt = (
        f"{len(repeated)} configurations were trained {table['runs'].min()} to {table['runs'].max()} times: their runs "
        f"lie {100 * table['range'].min():.1f} to {100 * table['range'].max():.1f} points apart, a pooled deviation of "
        f"{100 * spread:.2f} points ({freedom} degrees of freedom). Two single runs differ by up to "
        f"{100 * chance:.1f} points by chance."
    )
    return plots.Picture(figure, alt, table)


def families(diary: Diary) -> list[plots.Picture]:
    """One network of each family at its published size, drawn by visualkeras; a kind of layer keeps its colour.

    Args:
        diary: of the study.
    """
    drawn = []
    for name, family in FAMILIES.items():
        model = diary[name].model()
        picture = plots.model_diagram(model)
        drawn.append(plots.Picture(_blocks(model), f"{family}, {picture.alt}", picture.table))
    return drawn


def _blocks(model: keras.Model):
    """The layers of a network, narrow enough for two dozen of them to be read on a page."""
    import visualkeras
    from keras import layers
    from PIL import ImageFont

    fills = {
        layers.InputLayer: plots.GREY, layers.Conv2D: plots.BLUE, layers.MaxPooling2D: "#F0E442",
        layers.Dropout: "#56B4E9", layers.BatchNormalization: plots.GREEN, layers.Flatten: plots.PURPLE,
        layers.Dense: plots.ORANGE,
    }  # fmt: skip
    with warnings.catch_warnings():  # visualkeras warns about an option of its own that nobody set
        warnings.simplefilter("ignore", UserWarning)
        return visualkeras.layered_view(
            model,
            legend=True,
            spacing=12,
            scale_xy=5,
            min_z=12,
            max_z=60,
            color_map={kind: {"fill": fill} for kind, fill in fills.items()},
            font=ImageFont.load_default(14),
        )


def curves(name: str, history: Mapping[str, Sequence[float]]) -> plots.Picture:
    """Validation accuracy and loss per epoch, as the source printed them and in a run of ours.

    Args:
        name: of an experiment of the source.
        history: of our run, as `model.fit` returns it in `.history`.
    """
    ours = pd.DataFrame({column: list(history[column]) for column in ("val_loss", "val_accuracy")})
    ours.index = pd.RangeIndex(1, len(ours) + 1, name="epoch")
    fits = {"source": printed_curves.published(name), "ours": ours}
    figure, axes = plots.subplots(8.5, 3.4, ncols=2)
    said = []
    for (whose, fit), colour, marker in zip(
        fits.items(), (plots.PUBLISHED_COLOUR, plots.HONEST_COLOUR), "os", strict=True
    ):
        best = printed_curves.best_epoch(fit)
        for ax, column in zip(axes, ("val_accuracy", "val_loss"), strict=True):
            ax.plot(fit.index, fit[column], color=colour, linewidth=1.5, label=whose)
            ax.plot(best, fit.loc[best, column], marker, color=colour, markersize=8, label=f"{whose}, lowest loss")
            ax.set(xlabel="epoch", ylabel=column.replace("val_", "validation "))
            ax.xaxis.get_major_locator().set_params(integer=True)
        accuracy = fit["val_accuracy"]
        said.append(
            f"{whose}: validation loss is lowest at epoch {best} of {len(fit)}, where validation accuracy is "
            f"{accuracy.loc[best]:.3f}, and {accuracy.iloc[-1]:.3f} at the end"
        )
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(name)
    table = pd.concat({whose: fit[["val_accuracy", "val_loss"]] for whose, fit in fits.items()}, axis=1)
    table.columns = [f"{column}, {whose}" for whose, column in table.columns]
    return plots.Picture(figure, f"{name}; {'; '.join(said)}.", table)

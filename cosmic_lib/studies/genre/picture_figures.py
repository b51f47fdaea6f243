"""Figures of the lessons on pictures and on the faults of GTZAN, and a picture as ready-made sets have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cosmic_lib import audio, compare, plots
from cosmic_lib.studies.genre import facts, measures, pictures

if TYPE_CHECKING:
    from IPython.display import HTML

READY_SECONDS = 5
"""How much of its clip a picture of `ready_made` shows, whatever its name says."""
HEARD = 6
"""Seconds that a player plays."""
COLOURS = (plots.ORANGE, plots.BLUE, plots.GREEN, plots.PURPLE, plots.GREY)


def _figure(width: float, height: float, **subplots):
    """A figure without frames, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(**subplots)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def beside_sound(clips: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> HTML:
    """Each picture of a track with a player below it.

    Args:
        clips: name -> samples at 22,050 Hz; the first six seconds can be heard.
        drawn: name -> picture of the whole clip, uint8 of shape (size, size, 3).
    """
    from IPython.display import HTML, Audio

    panels = []
    for name, clip in clips.items():
        player = Audio(clip[: HEARD * audio.SAMPLE_RATE], rate=audio.SAMPLE_RATE)._repr_html_()
        panels.append(f'<div style="width:230px">{track_picture(drawn[name], name, len(clip)).html()}{player}</div>')
    return HTML(f'<div style="display:flex;flex-wrap:wrap;gap:1.5em">{"".join(panels)}</div>')


def track_picture(picture: np.ndarray, name: str, samples: int) -> plots.Picture:
    """The picture of one track, enlarged pixel by pixel.

    Args:
        picture: uint8, shape (size, size, 3).
        name: of the track.
        samples: of its clip.
    """
    from PIL import Image

    size, seconds = len(picture), samples / audio.SAMPLE_RATE
    light = picture.mean(axis=2)
    low = light[size // 2 :].sum() / max(light.sum(), 1)
    numbers = {"pixels": [size], "seconds": [seconds], "seconds per pixel": [seconds / size], "light below": [low]}
    alt = (
        f"{name}: {seconds:.0f} seconds from left to right in {size} columns; {low:.0%} of the light is in the lower "
        "half, where the low tones are."
    )
    enlarged = Image.fromarray(picture).resize((220, 220), Image.Resampling.NEAREST)
    return plots.Picture(enlarged, alt, pd.DataFrame(numbers, index=[name]))


def after_a_move(stays: Mapping[str, np.ndarray], seconds: Sequence[float], groups: Sequence[str]) -> plots.Picture:
    """How many tracks get the same answer once their picture has been moved to the right.

    Args:
        stays: network -> whether the answer stays, bool, shape (moves, tracks).
        seconds: by how much the music was moved, one number per move.
        groups: group of each track, for the intervals.
    """
    figure, ax = _figure(7, 3.4)
    rows = []
    for (name, same), colour, marker in zip(stays.items(), COLOURS, "os^Dv", strict=False):
        estimates = [compare.over_groups(row, groups, unit="track") for row in same]
        values = [one.value for one in estimates]
        ax.plot(seconds, values, marker=marker, color=colour, label=name)
        ax.fill_between(seconds, [e.low for e in estimates], [e.high for e in estimates], color=colour, alpha=0.15)
        rows += [(name, moved, one.value, one.low, one.high) for moved, one in zip(seconds, estimates, strict=True)]
    ax.set(xlabel="music moved by, in seconds", ylabel="share of answers that stay", ylim=(-0.02, 1.05))
    figure.legend(loc="outside right upper", frameon=False)
    table = pd.DataFrame(rows, columns=["network", "seconds", "answers that stay", "low", "high"])
    worst = table.loc[table.groupby("network", sort=False)["answers that stay"].idxmin()]
    found = "; ".join(
        f"{row['network']} keeps {row['answers that stay']:.0%} of its answers after {row['seconds']:.1f} s"
        for row in worst.to_dict("records")
    )
    return plots.Picture(figure, f"At worst, {found}. Bands: 95 %, over tracks.", table.set_index("network"))


def printed_rows(test_pictures: int) -> plots.Picture:
    """The rows on pictures that the source printed (lines 89 to 103), each with the interval of its test set.

    Args:
        test_pictures: how many there were; the source leaves open which of two parts it was (line 9).
    """
    rows = measures.printed()
    rows = rows[rows.index.str.match("net[1-4]")].sort_values("accuracy")
    estimates = [compare.wilson(round(share * test_pictures), test_pictures) for share in rows["accuracy"]]
    low, high = np.array([(one.low, one.high) for one in estimates]).T
    figure, ax = _figure(7, 4)
    places = np.arange(len(rows))
    ax.hlines(places, low, high, color=plots.GREY)
    ax.plot(rows["accuracy"], places, "o", color=plots.ORANGE)
    ax.set_yticks(places, rows.index)
    ax.set(xlabel="accuracy, as printed", title=f"95 % intervals of {test_pictures} test pictures")
    best = estimates[-1]
    reached = int((high >= best.low).sum() - 1)
    alt = (
        f"The best row printed, {rows['accuracy'].max():.0%}, has an interval from {best.low:.0%} to {best.high:.0%}; "
        f"the intervals of {reached} of the {len(rows) - 1} other rows reach into it."
    )
    table = pd.DataFrame({"accuracy": rows["accuracy"], "low": low, "high": high, "line": rows["line"]})
    return plots.Picture(figure, alt, table)


def artists_by_genre() -> plots.Picture:
    """How many tracks each artist of GTZAN has, genre by genre: a bar per genre, a piece of it per artist."""
    known = facts.tracks()["artist"]
    genres = known.index.str.split(".").str[0]
    sizes = known[known != ""].groupby([genres[known != ""], known[known != ""]]).size()
    figure, ax = _figure(8, 4.2)
    rows = []
    for place, genre in enumerate(sizes.index.unique(0)):
        tracks = sizes[genre].sort_values(ascending=False)
        start = tracks.cumsum() - tracks
        shades = np.where(np.arange(len(tracks)) % 2, "#9CC9E3", plots.BLUE)
        ax.barh(place, tracks, left=start, color=shades, edgecolor="white", linewidth=0.4)
        ax.text(tracks.sum() + 1, place, f"{len(tracks)} artists", va="center", fontsize=8)
        half = int((tracks.cumsum() < tracks.sum() / 2).sum() + 1)
        rows.append((genre, int(tracks.sum()), len(tracks), int(tracks.iloc[0]), half))
    table = pd.DataFrame(
        rows, columns=["genre", "tracks of known artist", "artists", "most by one", "artists of half the tracks"]
    ).set_index("genre")
    ax.set_yticks(range(len(table)), table.index)
    ax.invert_yaxis()
    ax.set(xlabel="tracks of known artist, the largest artist first", xlim=(0, 118), title="One piece per artist")
    most, fewest = table["most by one"].idxmax(), table["artists"].idxmin()
    alt = (
        f"One artist has {table.loc[most, 'most by one']} of the {table.loc[most, 'tracks of known artist']} {most} "
        f"tracks of known artist; all of {fewest} is by {table.loc[fewest, 'artists']} artists."
    )
    return plots.Picture(figure, alt, table)


def levels(scores: Mapping[str, Mapping[str, compare.Estimate]]) -> plots.Picture:
    """What a classifier scores when more and more is kept together, one panel per data set.

    Args:
        scores: data set -> protocol -> accuracy with its interval; the same protocols for each.
    """
    figure, axes = _figure(8.5, 3.2, ncols=len(scores), sharey=True, squeeze=False)
    rows = []
    for ax, (name, by_protocol) in zip(axes[0], scores.items(), strict=True):
        for place, ((protocol, one), colour) in enumerate(zip(by_protocol.items(), COLOURS, strict=False)):
            ax.plot([one.low, one.high], [place, place], color=colour, linewidth=2)
            ax.plot(one.value, place, "o", color=colour)
            rows.append((name, protocol, one.value, one.low, one.high))
        ax.set_yticks(range(len(by_protocol)), list(by_protocol))
        ax.set(xlabel="accuracy, out of fold", title=name, xlim=(0, 1.02))
    axes[0, 0].invert_yaxis()
    table = pd.DataFrame(rows, columns=["data", "protocol", "accuracy", "low", "high"])
    found = "; ".join(
        f"{name}: " + ", ".join(f"{protocol} {one.value:.3f}" for protocol, one in by_protocol.items())
        for name, by_protocol in scores.items()
    )
    return plots.Picture(figure, f"{found}. Lines: 95 % intervals over artists.", table.set_index("data"))


def ready_made(clip: np.ndarray, path: Path) -> Path:
    """Save a picture of a clip as ready-made sets have it: a plotting library's own margin around, RGBA.

    Args:
        clip: samples at 22,050 Hz.
        path: the file to write, a .png.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), dpi=72)
    ax = figure.add_subplot()
    ax.imshow(pictures.render(clip[: READY_SECONDS * audio.SAMPLE_RATE]), aspect="auto")
    ax.axis("off")
    figure.savefig(path)
    return path


def likeness(clip: np.ndarray, path: Path) -> pd.Series:
    """How much a picture looks like ours of the first second of a clip, of the first two, and so on.

    Args:
        clip: samples at 22,050 Hz.
        path: the picture; its margin is cut off.

    Returns:
        Correlation of the brightness of their pixels; the index is the seconds.
    """
    ready = pictures.read(path).mean(axis=2).ravel()
    seconds = np.arange(1, len(clip) // audio.SAMPLE_RATE + 1)
    drawn = (pictures.render(clip[: second * audio.SAMPLE_RATE]).mean(axis=2).ravel() for second in seconds)
    return pd.Series([float(np.corrcoef(ready, one)[0, 1]) for one in drawn], index=seconds, name="likeness")


def with_and_without_margin(path: Path, alike: pd.Series) -> plots.Picture:
    """A ready-made picture as it is and with its margin cut off, and how much of the clip it shows.

    Args:
        path: the picture.
        alike: from `likeness`.
    """
    figure, axes = _figure(9, 3, ncols=3)
    for ax, crop, title in zip(axes, (False, True), ("as it is fed in", "margin cut off"), strict=False):
        ax.imshow(pictures.read(path, crop=crop))
        ax.set(title=title, xticks=[], yticks=[])
        ax.spines[:].set_visible(True)  # without a frame, nobody sees a white margin on a white page
    axes[2].plot(alike.index, alike, marker=".", color=plots.BLUE)
    axes[2].set(xlabel="first seconds of the clip", ylabel="likeness", ylim=(min(0, alike.min()), 1.05), title="shows")
    alt = (
        f"{pictures.margin(path):.0%} of the pixels are margin; the rest is most like our picture of the first "
        f"{alike.idxmax()} of {alike.index[-1]} seconds ({alike.max():.2f})."
    )
    return plots.Picture(figure, alt, alike.rename_axis("seconds").to_frame())

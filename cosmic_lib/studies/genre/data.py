"""GTZAN as it is found on disk, the made-up sample in the same layout, and clips of one's own, to inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import audio, catalog, folders, leakage, sound, store
from cosmic_lib.studies import Data
from cosmic_lib.studies.genre import facts, pictures, sample
from cosmic_lib.studies.genre import inputs as more

LAYOUTS = ("genres_original", "genres", "Data/genres_original")
WHOLE = 990
"""Tracks from which on a folder counts as all of GTZAN; the study had 999 (source line 9)."""
COPY = 0.1
"""Segments closer than this are of one recording: a copy saved anew is, two tracks of one band are not."""
ARTISTS = 20
"""Fewer cannot fill five folds and the validation part of each."""
NAME = re.compile(r"(?P<genre>[a-z]+)\.(?P<number>\d{5})\.(wav|au)")


def load(
    data: str = "sample",
    root: str | Path | None = None,
    *,
    inputs: Iterable[str] = ("segment_features",),
    picture_size: int = pictures.SIZE,
    features: audio.SegmentFeatures = audio.SegmentFeatures(),
    progress: Callable[[Sequence, str], Sequence] = lambda steps, title: steps,
    **sample_settings,
) -> Data:
    """Read GTZAN, the sample made in its layout, or clips of one's own, as labelled and grouped segments.

    Args:
        data: `sample` (made if need be), `real`, or `folder` (one's own clips, see `folders`).
        root: for `real`, the folder with `genres_original/` or `genres/` in it, by default where `cosmic data get`
            puts it; for `folder`, the one with a folder per class; for `sample`, where samples are kept.
        inputs: what to make beside `segment_features`, which are always there; see the top of `inputs`. Ready-made
            pictures are left out where there are none.
        picture_size: pixels of the picture of a track; the study had 180 (source line 9).
        features: how segments are cut and described.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        **sample_settings: for `sample`, as `write_sample` takes them.

    Returns:
        One item per segment, id `<track>/<segment>`, grouped by track, or as the folder says; inputs of which a
        track is one item are in `others`. Tracks that repeat one another (identical files, or near-identical
        segments) share one group, and are named in the notes. Columns `artist` and `artist_filtered` are groupings
        where artists are known: of the sample, and of GTZAN from `facts`.

    Raises:
        FileNotFoundError: no folder in that layout at the root.
        ValueError: an unknown kind of data or of input, or no file that can be used.

    Source study: gtzan, line 9.
    """
    if data == "sample":
        place = Path(root) if root is not None else store.home() / "data"
        root = sample.write_sample(
            place, progress=lambda steps: progress(steps, "making the sample"), **sample_settings
        )
        name = f"made-up sample {root.name}"
    elif data == "real":
        root = catalog.record("gtzan").folder if root is None else Path(root)
        name = "GTZAN"
    elif data == "folder":
        if root is None:
            raise ValueError("data of your own need a folder: --root FOLDER, the one that holds one folder per class")
        root = Path(root)
        name = f"clips of one's own in {root.resolve().name}"
    else:
        raise ValueError(f"no data named {data!r}; choose sample, real or folder")
    files, strangers, notes = _own_clips(root) if data == "folder" else (*find_clips(root), ())
    extracted = audio.extract([root / file for file in files["file"]], settings=features, cache=more.cache())
    found = [next(extracted)[1] for _ in progress(files["file"].tolist(), "reading and computing features")]
    loaded = _assemble(files, found, strangers, name=name, origin=data, root=root, features=features, notes=notes)
    return more.add(_with_artists(loaded), inputs, picture_size=picture_size, progress=progress)


def find_clips(root: Path) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Clips of a GTZAN folder in name order, and the files that are none.

    Args:
        root: folder with `genres_original/` or `genres/` in it.

    Returns:
        Table of the clips, columns file (path under the root), label, track and group; and, for each file that does
        not belong, its path under the root and the reason.

    Raises:
        FileNotFoundError: neither folder is there.
        ValueError: there, but without a single clip.
    """
    tree = next((root / layout for layout in LAYOUTS if (root / layout).is_dir()), None)
    if tree is None:
        raise FileNotFoundError(
            f"{root}: holds neither genres_original/ nor genres/; give the folder that GTZAN was unpacked into "
            "(--root FOLDER), or get it: cosmic data get gtzan"
        )
    paths, unusable = folders.walk(tree)
    strangers = [(f"{folders.shown(tree, root)}/{file}", reason) for file, reason in unusable]
    clips: list[Path] = []
    for path in paths:
        match = NAME.fullmatch(path.name)
        file = folders.shown(path, root)
        if match is None:
            strangers.append((file, "not named <genre>.NNNNN.wav or .au"))
        elif match["genre"] != path.parent.name:
            strangers.append((file, f"named {match['genre']} in folder {path.parent.name}"))
        elif clips and clips[-1].stem == path.stem:  # sorted, so that the two formats of a clip are neighbours
            strangers.append((file, f"the same track as {clips[-1].name}"))
        else:
            clips.append(path)
    if not clips:
        raise ValueError(f"{tree}: no file <genre>/<genre>.NNNNN.wav or .au in it; check the folder")
    rows = [(folders.shown(path, root), path.parent.name, path.stem, path.stem) for path in clips]
    return pd.DataFrame(rows, columns=["file", "label", "track", "group"]), strangers


def _own_clips(root: Path) -> tuple[pd.DataFrame, list[tuple[str, str]], tuple[str, ...]]:
    """Clips of a folder-per-class tree; each file is a track, named by its path."""
    tree = folders.find(root, sound.SOUNDS)
    return tree.files.assign(track=tree.files["file"]), tree.strangers, tree.notes


def _with_artists(data: Data) -> Data:
    """The data with who plays each track, where that is known; a repeat counts with the track that it repeats."""
    tracks = data.items["track"]
    if data.origin == "real":
        artists, filtered = facts.artists(tracks), facts.filtered_artists(tracks)
    elif data.origin == "sample":
        genres, numbers = tracks.str[:-6], tracks.str[-5:].astype(int)
        artists = [f"{genre} artist {sample.artist_of(number)}" for genre, number in zip(genres, numbers, strict=True)]
        filtered = ["" if track == Path(sample.REPEAT).stem else "kept" for track in tracks]
    else:
        return data
    items = data.items.assign(artist=artists)
    items["artist"] = items.groupby("group")["artist"].transform("first")
    items["artist_filtered"] = items["artist"].where(np.asarray(filtered) != "", "")
    if items["artist"].nunique() < ARTISTS:
        return data
    alone = items[items["artist"] != ""].groupby("label")["artist"].nunique()
    alone = alone[alone == 1].index.tolist()
    notes = (f"{', '.join(alone)}: all of one artist, so a split by artist leaves none to train on",) if alone else ()
    return replace(data, items=items, groupings=("artist", "artist_filtered"), notes=(*data.notes, *notes))


def _assemble(
    files: pd.DataFrame,
    found: list[np.ndarray | str],
    strangers: list[tuple[str, str]],
    *,
    name: str,
    origin: str,
    root: Path,
    features: audio.SegmentFeatures,
    notes: tuple[str, ...],
) -> Data:
    """Put the features of all clips into one table and one array; what has none goes to `excluded`."""
    rows, arrays = [], []
    excluded = list(strangers)
    for clip, result in zip(files.itertuples(index=False), found, strict=True):
        if isinstance(result, str):
            excluded.append((clip.file, result.removeprefix(f"{root / clip.file}: ")))
            continue
        for segment in range(len(result)):
            rows.append((f"{clip.track}/{segment}", clip.label, clip.group, clip.track, segment, clip.file))
        arrays.append(result)
    if not arrays:
        raise ValueError(f"{root}: none of {len(found)} files could be used; the first: {found[0]}")
    array = np.concatenate(arrays)
    items = pd.DataFrame(rows, columns=["item", "label", "source", "track", "segment", "file"])
    near = leakage.near_identical(array, items["source"], closeness=COPY)
    groups, repeats = leakage.join(items["source"].tolist(), near)
    lengths = items.groupby("track").size()
    if origin == "real" and len(lengths) < WHOLE:
        name = f"{name} ({len(lengths)} of its 1,000 tracks, so no verdict on the published number)"
    return Data(
        name=name,
        origin=origin,
        items=items.assign(group=groups),
        arrays={"segment_features": array},
        classes=tuple(sorted(items["label"].unique())),
        excluded=pd.DataFrame(excluded, columns=["file", "reason"]),
        notes=(
            f"{len(lengths)} tracks of {' to '.join(map(str, sorted({lengths.min(), lengths.max()})))} segments",
            f"excluded files: {len(excluded)}",
            *notes,
            *(f"{second} repeats {first}: kept in one group" for first, second in repeats),
            f"{audio.coverage(features):.0%} of the audio falls inside an analysis window",
        ),
        settings=asdict(features),
        root=root,
    )

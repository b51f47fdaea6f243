"""GTZAN as it is found on disk, and the made-up sample in the same layout, to segments with features."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from cosmic_lib import audio, leakage, store
from cosmic_lib.studies import Data
from cosmic_lib.studies.genre import sample

LAYOUTS = ("genres_original", "genres")
WHOLE = 990
"""Tracks from which on a folder counts as all of GTZAN; the study had 999 (source line 9)."""
COPY = 0.1
"""Segments closer than this are of one recording: a copy saved anew is, two tracks of one band are not."""
NAME = re.compile(r"(?P<genre>[a-z]+)\.(?P<number>\d{5})\.(wav|au)")


def load(
    data: str = "sample",
    root: str | Path | None = None,
    *,
    features: audio.SegmentFeatures = audio.SegmentFeatures(),
    progress: Callable[[Sequence, str], Sequence] = lambda steps, title: steps,
    **sample_settings,
) -> Data:
    """Read GTZAN, or the sample made in its layout, as labelled and grouped segments.

    Args:
        data: `sample` (made if need be) or `real`.
        root: for `real`, the folder with `genres_original/` or `genres/` in it; for `sample`, where samples are kept.
        features: how segments are cut and described.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        **sample_settings: for `sample`, as `write_sample` takes them.

    Returns:
        One item per segment, id `<genre>.<number>/<segment>`, grouped by track; array `segment_features` is float32 of
        shape (items, 16, 33). Tracks that repeat one another (identical files, or near-identical segments) share one
        group, and are named in the notes.

    Raises:
        FileNotFoundError: no folder in GTZAN's layout at the root.
        ValueError: an unknown kind of data, or no file that can be used.

    Source study: gtzan, line 9.
    """
    if data == "sample":
        place = Path(root) if root is not None else store.home() / "data"
        root = sample.write_sample(
            place, progress=lambda steps: progress(steps, "making the sample"), **sample_settings
        )
        name = f"made-up sample {root.name}"
    elif data == "real":
        if root is None:
            raise ValueError("real data need a folder: --root FOLDER, the one that holds genres_original/ or genres/")
        name = "GTZAN"
    else:
        raise ValueError(f"no data named {data!r}; choose sample or real")
    paths, strangers = find_clips(Path(root))
    extracted = audio.extract(paths, settings=features, cache=_cache())
    found = [next(extracted) for _ in progress(paths, "reading and computing features")]
    return _assemble(found, strangers, name=name, origin=data, root=Path(root), features=features)


def find_clips(root: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """Clips of a GTZAN folder in name order, and the files that are none.

    Args:
        root: folder with `genres_original/` or `genres/` in it.

    Returns:
        Paths of the clips; and, for each file that does not belong, its path under the root and the reason.

    Raises:
        FileNotFoundError: neither folder is there.
        ValueError: there, but without a single clip.
    """
    tree = next((root / layout for layout in LAYOUTS if (root / layout).is_dir()), None)
    if tree is None:
        raise FileNotFoundError(
            f"{root}: holds neither genres_original/ nor genres/; give the folder that GTZAN was unpacked into"
        )
    clips: list[Path] = []
    strangers: list[tuple[str, str]] = []
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        match = NAME.fullmatch(path.name)
        if match is None:
            strangers.append((str(path.relative_to(root)), "not named <genre>.NNNNN.wav or .au"))
        elif match["genre"] != path.parent.name:
            strangers.append((str(path.relative_to(root)), f"named {match['genre']} in folder {path.parent.name}"))
        elif clips and clips[-1].stem == path.stem:  # sorted, so that the two formats of a clip are neighbours
            strangers.append((str(path.relative_to(root)), f"the same track as {clips[-1].name}"))
        else:
            clips.append(path)
    if not clips:
        raise ValueError(f"{tree}: no file <genre>/<genre>.NNNNN.wav or .au in it; check the folder")
    return clips, strangers


def _cache() -> Path:
    return store.home() / "cache" / "segment_features"


def _assemble(
    found: list[tuple[Path, np.ndarray | str]],
    strangers: list[tuple[str, str]],
    *,
    name: str,
    origin: str,
    root: Path,
    features: audio.SegmentFeatures,
) -> Data:
    """Put the features of all clips into one table and one array; what has none goes to `excluded`."""
    rows, arrays = [], []
    excluded = list(strangers)
    for path, result in found:
        if isinstance(result, str):
            excluded.append((str(path.relative_to(root)), result.removeprefix(f"{path}: ")))
            continue
        for segment in range(len(result)):
            rows.append((f"{path.stem}/{segment}", path.parent.name, path.stem, segment, str(path.relative_to(root))))
        arrays.append(result)
    if not arrays:
        raise ValueError(f"{root}: none of {len(found)} files could be used; the first: {found[0][1]}")
    array = np.concatenate(arrays)
    items = pd.DataFrame(rows, columns=["item", "label", "track", "segment", "file"])
    groups, repeats = _join_repeats(items["track"], array)
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
            *(f"{second} repeats {first}: kept in one group" for first, second in repeats),
            f"{audio.coverage(features):.0%} of the audio falls inside an analysis window",
        ),
        settings=asdict(features),
        root=root,
    )


def _join_repeats(tracks: pd.Series, array: np.ndarray) -> tuple[list[str], list[tuple[str, str]]]:
    """Group of each item: its track, or the first of the tracks that repeat one another."""
    first_of: dict[str, str] = {}

    def first(track: str) -> str:
        return first(first_of[track]) if track in first_of else track

    repeats = []
    for left, right in leakage.near_identical(array, tracks, closeness=COPY):
        one, other = sorted((first(tracks[left]), first(tracks[right])))
        if one != other:
            first_of[other] = one
            repeats.append((one, other))
    return [first(track) for track in tracks], repeats

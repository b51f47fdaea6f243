"""MIDI files of any folder-per-composer tree, or of the scores that music21 brings, to what the networks are fed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import archive, catalog, folders, midi, parallel, store
from cosmic_lib.studies import Data, mode_name
from cosmic_lib.studies.composers import features, sample, scores, tidy, works
from cosmic_lib.studies.composers.cutting import Cut
from cosmic_lib.studies.composers.inputs import EVERYBODY, INPUTS, Maker

FOUR = ("Bach", "Beethoven", "Chopin", "Mozart")
"""Those of the study (line 424)."""
WHOLE = 1_600
"""Pieces of the four from which on a folder counts as all of the study's data set."""


@dataclass(frozen=True)
class Source:
    """What was found, before any file is read.

    Args:
        name: in words.
        root: folder that paths start from.
        files: columns file, composer, and work where somebody has written that down.
        composers: whose pieces are told apart.
        strangers: file and reason of what is left out.
        notes: what a reader of results should know.
    """

    name: str
    root: Path
    files: pd.DataFrame
    composers: tuple[str, ...]
    strangers: list[tuple[str, str]]
    notes: tuple[str, ...] = ()


def load(
    data: str = "sample",
    root: str | Path | None = None,
    *,
    inputs: Iterable[str] = ("chunks",),
    composers: Sequence[str] = (),
    per_composer: int | None = None,
    most: int | None = None,
    fps: float = 10,
    frames: int = 150,
    shrink: int = 1,
    progress: Callable[[Sequence, str], Iterable] = lambda steps, title: steps,
    **sample_settings,
) -> Data:
    """Read pieces by composers as labelled and grouped chunks of piano roll.

    Args:
        data: `sample` (made if need be), `scores` (what music21 brings), `real`, or `folder` (one's own, see
            `folders`).
        root: for `real`, the folder or archive of midi_classic_music, or of any tree of composers, by default where
            `cosmic data get` puts it; for `folder`, the one with a folder per composer; for the others, where they
            are kept.
        inputs: what to make beside `chunks`, `piece_two` and `piece_eight`, which are always there; see the top of
            `inputs`.
        composers: whose pieces to tell apart; by default the study's four, those whom music21 has, or all of a folder.
        per_composer: pieces of each at most, the same ones every time; all by default, and 40 scores.
        most, fps, frames, shrink: how chunks are cut, see `cutting.Cut`.
        progress: `progress(steps, title)` wraps what is looped over, to draw a bar.
        **sample_settings: for `sample`, as `write_sample` takes them.

    Returns:
        One item per chunk, id `<file>/<number>`, grouped by piece; pieces with the same music share a group. The column
        `work` is a grouping, and the sealed test set keeps works whole. Pieces and windows of pieces are in `others`.

    Raises:
        FileNotFoundError: no such folder or archive.
        ValueError: an unknown kind of data or of input, a composer who is not there, or no file that can be used.

    Source study: composers, lines 115 to 330 (files), 844 to 871 (windows) and 1244 to 1403 (chunks).
    """
    inputs = tuple(inputs)
    if unknown := set(inputs) - set(INPUTS):
        raise ValueError(f"no inputs named {', '.join(sorted(unknown))}; there are: {', '.join(INPUTS)}")
    source = _find(data, root, composers, per_composer, sample_settings, progress)
    everybody = any(name in EVERYBODY for name in inputs)
    wanted = source.files if everybody else source.files[source.files["composer"].isin(source.composers)]
    chosen = wanted if per_composer is None else _some(wanted, per_composer)
    read = _read(source.root, chosen.reset_index(drop=True), progress)
    read = _with_works(read)
    settings = {"fps": fps, "frames": frames, "shrink": shrink, "most": most}
    return _assemble(source, read, data, settings, inputs, progress)


def usual_data(mode: str | None = None) -> str:
    """Real scores where music21 is installed; but smoke mode, which takes seconds, has the sample.

    Args:
        mode: see `studies.mode_name`.
    """
    return "scores" if scores.available() and mode_name(mode) != "smoke" else "sample"


def _find(
    data: str,
    root: str | Path | None,
    composers: Sequence[str],
    per_composer: int | None,
    sample_settings: Mapping[str, Any],
    progress: Callable,
) -> Source:
    kept = Path(root) if root is not None else store.home() / "data"
    if data == "sample":
        folder = sample.write_sample(
            kept, progress=lambda steps: progress(steps, "making the sample"), **sample_settings
        )
        return _tidied(f"made-up sample {folder.name}", folder, composers or FOUR)
    if data == "scores":
        folder = scores.write_scores(
            kept, pieces=per_composer or scores.PIECES, progress=lambda steps: progress(steps, "writing scores as MIDI")
        )
        return _own(
            f"scores that music21 brings, by {', '.join(scores.COMPOSERS)}, not by those of the study",
            folder,
            composers,
        )
    if data == "real":
        place = catalog.record("midi_classic_music").folder if root is None else Path(root)
        if not place.exists():
            raise FileNotFoundError(
                f"{place}: no such folder or archive; give the one of midi_classic_music (--root PLACE), or see how to "
                "get it: cosmic data list midi_classic_music"
            )
        return _tidied("midi_classic_music", archive.folder_of(place, progress=progress), composers or FOUR)
    if data == "folder":
        if root is None:
            raise ValueError("pieces of your own need a folder: --root FOLDER, the one that holds one per composer")
        return _own(f"pieces of one's own in {Path(root).resolve().name}", Path(root), composers)
    raise ValueError(f"no data named {data!r}; choose sample, scores, real or folder")


def _tidied(name: str, root: Path, composers: Sequence[str]) -> Source:
    """The layout of midi_classic_music, read where it stands, under the names that tidying would give."""
    plan = tidy.plan(root)
    tidy.composers(plan.files, composers)
    strangers = list(plan.strangers.itertuples(index=False, name=None))
    return Source(name, root, plan.files[["file", "composer"]], tuple(sorted(composers)), strangers)


def _own(name: str, root: Path, composers: Sequence[str]) -> Source:
    """A folder per composer; those of one folder below it, or listed in groups.csv, are of one work."""
    tree = folders.find(root, midi.FILES)
    files = tree.files.rename(columns={"label": "composer", "group": "work"})
    tidy.composers(files, composers)
    chosen = tuple(sorted(composers or files["composer"].unique()))
    return Source(name, root, files, chosen, tree.strangers, tree.notes)


def _some(files: pd.DataFrame, per_composer: int) -> pd.DataFrame:
    """At most so many files of each composer, in their order; which, is decided by their names alone."""
    shuffled = files.iloc[np.argsort([store.fingerprint(file) for file in files["file"]])]
    return files.loc[sorted(shuffled.groupby("composer").head(per_composer).index)]


@dataclass(frozen=True)
class Read:
    """Pieces that could be read, in the order of their files.

    Args:
        files: columns file and composer, then group and work.
        features: the eight of each, float64, shape (pieces, 8).
        pairs: which share music, see `works.shared`.
        excluded: file and reason.
        notes: what a reader of results should know.
    """

    files: pd.DataFrame
    features: np.ndarray
    pairs: pd.DataFrame
    excluded: list[tuple[str, str]]
    notes: tuple[str, ...] = ()


def _read(root: Path, files: pd.DataFrame, progress: Callable) -> Read:
    """Read each piece once; its notes are not kept."""
    kept, eight, excluded = [], [], []

    def pieces():
        waiting = parallel.ahead(lambda file: midi.read(root / file), files["file"], workers=store.threads())
        for row in progress(range(len(files)), "reading pieces"):
            file, future = next(waiting)
            try:
                piece = future.result()
            except midi.MidiError as error:
                excluded.append((file, str(error).removeprefix(f"{root / file}: ")))
                continue
            kept.append(row)
            eight.append(features.of_piece(piece))
            yield piece

    pairs = works.shared(pieces())
    if not kept:
        first = f"; the first: {': '.join(excluded[0])}" if excluded else ""
        raise ValueError(f"{root}: none of {len(files)} files could be used{first}")
    return Read(files.iloc[kept].reset_index(drop=True), np.stack(eight), pairs, excluded)


def _with_works(read: Read) -> Read:
    """What repeats a piece is in its group, and what belongs to a work in that."""
    names, composers = read.files["file"].tolist(), read.files["composer"].tolist()
    files = read.files.assign(group=works.repeats(names, read.pairs))
    if "work" not in files:
        files["work"] = works.works(names, composers, pairs=read.pairs)
    # A group lies in one work, whatever names say: that of its first piece.
    files["work"] = files.groupby("group")["work"].transform("first")
    repeated = (files["group"] != files["file"]).sum()
    notes = [f"{len(files)} pieces of {files['work'].nunique()} works; {repeated} repeat another and share its group"]
    notes += [f"{one} and {other} hold the same music" for one, other in works.conflicts(names, composers, read.pairs)]
    return Read(files, read.features, read.pairs, read.excluded, tuple(notes))


def _assemble(
    source: Source, read: Read, origin: str, settings: dict[str, Any], wanted: tuple[str, ...], progress: Callable
) -> Data:
    excluded = pd.DataFrame([*source.strangers, *read.excluded], columns=["file", "reason"])
    own = read.files["composer"].isin(source.composers).to_numpy()
    name = source.name
    if origin == "real" and own.sum() < WHOLE:
        name = f"{name} ({own.sum()} pieces of {', '.join(source.composers)}, so no verdict on the published number)"
    maker = Maker(source.root, read.files, read.features, source.composers, Cut.of(settings), progress)
    items, array = maker.chunks(own)
    padded = items["padded"].mean()
    data = Data(
        name=name,
        origin="real" if origin == "scores" else origin,
        items=items,
        arrays={"chunks": array},
        classes=source.composers,
        excluded=excluded,
        notes=(
            *read.notes,
            f"{len(items)} chunks of {frames_in_words(settings)}, {padded:.1%} of them padded with silence",
            f"excluded files: {len(excluded)}",
            *source.notes,
        ),
        settings=settings,
        root=source.root,
        groupings=("work",),
        sealed_by="work",
    )
    return maker.add(data, wanted)


def frames_in_words(settings: Mapping[str, Any]) -> str:
    """Length and size of a chunk."""
    shape = " x ".join(map(str, Cut.of(settings).shape[:2]))
    return f"{settings['frames'] / settings['fps']:g} s ({shape})"

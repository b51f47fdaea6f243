"""The pictures that a network is unsure or surely wrong about, in a page to look at and a table to correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, corrections, experiment, memory, plots, report, splits, store
from cosmic_lib.corrections import Corrections
from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Experiment
from cosmic_lib.reproduce import Material, Progress, Settings
from cosmic_lib.studies import Data, Study
from cosmic_lib.summary import out_of_fold

LEAST_CERTAIN, WRONG = "least certain", "confidently wrong"
MEANING = {
    LEAST_CERTAIN: "The two likeliest classes are closest together; the closest come first.",
    WRONG: "Of the other pictures, those whose label is not the answer; the surest answers come first.",
}
MARK = "--corrections FILE"
"""Stands in every page that is written here, so that no other page is overwritten."""
SIDE = 160
"""Pixels of a side that pictures are enlarged to, at most."""


@dataclass(frozen=True)
class Asked:
    """An experiment, and the pictures that it is asked about.

    Args:
        settings: of the study, with this one experiment.
        row: the experiment, as the mode trains it.
        data: its view of the data.
        table: split table of these data.
    """

    settings: Settings
    row: Experiment
    data: Data
    table: pd.DataFrame

    @classmethod
    def of(cls, settings: Settings, data: Data) -> Asked:
        """What the one experiment of the settings is asked about.

        Raises:
            ValueError: its inputs are no pictures.
        """
        (row,) = settings.chosen
        alone = Diary([replace(row, parent=None)])  # else the networks of all the others are built to be compared
        material = Material.of(replace(settings, study=replace(settings.study, diary=alone)), data)
        (row,) = material.rows
        view = material.views[row.inputs.name]
        array = view.arrays[row.inputs.name]
        if array.dtype != np.uint8 or not _is_picture(array.shape[1:]):
            raise _no_pictures(settings.study, row)
        return cls(settings, row, view, material.tables[row.inputs.name])

    @property
    def folded(self) -> bool:
        """Whether every open picture is asked about, out of fold; else those of the validation part are."""
        return splits.has(self.table, splits.HONEST)

    @property
    def plan(self) -> list[tuple[str, int]]:
        """Column and seed of each run, as `cosmic reproduce` has them."""
        if self.folded:
            return [(column, fold) for fold, column in enumerate(splits.fold_columns(splits.HONEST))]
        mode = self.settings.study.modes[self.settings.mode]
        return [(splits.HONEST, seed) for seed in range(1 if self.row.name in mode.once else mode.seeds)]

    def part_of(self) -> dict[str, str]:
        """Item -> the part that it has in the first run."""
        return dict(zip(self.table["item"], self.table[self.plan[0][0]], strict=True))

    @property
    def unit(self) -> str:
        """What a group is called."""
        return self.data.unit or self.settings.study.group


def _is_picture(shape: Sequence[int]) -> bool:
    return len(shape) == 3 and shape[-1] in (1, 3)


def _no_pictures(study: Study, row: Experiment) -> ValueError:
    others = ", ".join(one.name for one in study.diary if one.name != row.name and _is_picture(one.inputs.shape))
    remedy = f"others may have some, see --experiment: {others}" if others else "no experiment of this study has any"
    return ValueError(f"{study.name}: {row.name} is fed {row.inputs.name}, which are no pictures to look at; {remedy}")


def settings_of(study: Study, mode: str, runs: Path, *, experiment: str | None = None) -> Settings:
    """The settings that ask one experiment, without loading anything.

    Args:
        study, mode, runs: see `reproduce.Settings`.
        experiment: of the diary; the one that the study names by default.

    Raises:
        ValueError: no such experiment, or its inputs cannot be pictures.
    """
    if not (name := experiment or study.asked):
        raise ValueError(f"{study.name}: names no experiment to ask; choose one with --experiment")
    settings = Settings(study, mode, runs, only=(name,))
    (row,) = settings.chosen
    if not _is_picture(row.inputs.shape):
        raise _no_pictures(study, row)
    return settings


def answers(asked: Asked, progress: Progress | None = None) -> pd.DataFrame:
    """What networks answer for pictures that they were not trained on; never for those of the sealed test set.

    Runs that are stored are read, the others trained. Where several networks answer for a picture, the mean counts.

    Args:
        asked: the experiment, and what it is asked about.
        progress: shows it.

    Returns:
        One row per picture: item, file (empty where unknown), label, group, row (its number in the data), answer (a
        class), probability (of the answer), lead (over the next class) and probabilities (float, shape (classes,)).
    """
    progress = progress or Progress()
    results = []
    for column, seed in progress.track(asked.plan, "asking"):
        shown = progress.callbacks(f"{asked.row.name}, {column}, seed {seed}", asked.row.on(column).fit.epochs)
        kept: dict[str, Any] = {"runs": asked.settings.runs, "mode": asked.settings.mode}
        results.append(experiment.run(asked.row, asked.data, asked.table, column, seed=seed, callbacks=shown, **kept))
        memory.release()
    if asked.folded:
        frame = out_of_fold(results, splits.HONEST, asked.data)
    else:
        frame = pd.concat([experiment.predictions(one, asked.data, splits.VALIDATION) for one in results])
    means = frame.groupby("item", sort=False)[list(asked.data.classes)].mean()
    probabilities, ordered = means.to_numpy(), np.sort(means.to_numpy())
    rows = pd.Index(asked.data.items["item"]).get_indexer(means.index)
    items = asked.data.items.iloc[rows].reset_index(drop=True).reindex(columns=["item", "file", "label", "group"])
    return items.fillna("").assign(
        row=rows,
        answer=np.asarray(asked.data.classes)[probabilities.argmax(axis=1)],
        probability=ordered[:, -1],
        lead=ordered[:, -1] - ordered[:, -2],
        probabilities=list(probabilities),
    )


def doubtful(frame: pd.DataFrame, *, number: int = 24) -> pd.DataFrame:
    """The least certain answers, and of the others the wrong ones with the highest probabilities.

    Args:
        frame: from `answers`.
        number: of each kind, at most.

    Returns:
        Rows of the frame with their reason; of each kind the most doubtful come first, and no picture comes twice.
    """
    least = frame.sort_values("lead", kind="stable").head(number)
    others = frame.drop(least.index)
    wrong = others[others["answer"] != others["label"]]
    wrong = wrong.sort_values("probability", ascending=False, kind="stable").head(number)
    return pd.concat([least.assign(reason=LEAST_CERTAIN), wrong.assign(reason=WRONG)], ignore_index=True)


def write(asked: Asked, frame: pd.DataFrame, folder: Path, *, command: str, number: int = 24) -> tuple[Path, Path]:
    """Write the page of doubtful pictures, and the table to correct their labels in.

    Args:
        asked: what was asked.
        frame: what was answered, from `answers`.
        folder: for both; what a person wrote there stays.
        command: what the reader types to make them again.
        number: see `doubtful`.

    Returns:
        Paths of `index.html` and of the table.

    Raises:
        FileExistsError: there is another page of that name.
    """
    page = folder / "index.html"
    if page.is_file() and MARK.encode() not in page.read_bytes():
        raise FileExistsError(f"{page}: a page of something else, which stays; name another folder with --out")
    chosen = doubtful(frame, number=number)
    listed = corrections.write(chosen.assign(probability=chosen["probability"].map("{:.3f}".format)), folder)
    content = {
        "title": f"{asked.settings.study.title}: pictures to look at again",
        "lines": _heading(asked, frame),
        "parts": {
            reason: (meaning, [_picture(asked, row) for row in chosen[chosen["reason"] == reason].itertuples()])
            for reason, meaning in MEANING.items()
        },
        "listed": listed.name,
        "classes": asked.data.classes,
        "exclude": corrections.EXCLUDE,
        "study": asked.settings.study.name,
        "mark": MARK,
        "command": command,
    }
    store.write_bytes(page, report.rendered("review.html", content))
    return page, listed


def _heading(asked: Asked, frame: pd.DataFrame) -> list[str]:
    """Who answers for what, and how often rightly."""
    right = compare.over_groups(frame["answer"] == frame["label"], frame["group"], unit=asked.unit)
    what = "open" if asked.folded else "validation"
    who = "the network of the fold that holds it out" if asked.folded else f"{len(asked.plan)} networks together"
    lines = [
        f"{asked.row.name}, {asked.settings.mode} mode, on {asked.data.name}: {len(frame)} {what} pictures, each "
        f"answered for by {who}. No network is asked about what it was trained on, and none about the sealed "
        f"test set. Right: {report.estimate(asdict(right))}."
    ]
    if asked.data.origin == "sample":
        lines.append("Made-up sample: it teaches the method, and nobody has looked at these pictures.")
    return lines


def _picture(asked: Asked, row: Any) -> plots.Picture:
    """A picture as the network gets it, enlarged without smoothing, and what is said of it."""
    from PIL import Image

    pixels = np.asarray(asked.data.arrays[asked.row.inputs.name][row.row])
    times = max(1, SIDE // max(pixels.shape))
    drawn = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    drawn = drawn.resize((drawn.width * times, drawn.height * times), Image.Resampling.NEAREST)
    name = row.item if row.file in ("", row.item) else f"{row.item} ({row.file})"
    alt = f"{name}: label {row.label}, answer {row.answer} ({row.probability:.2f})"
    numbers = pd.DataFrame({"probability": row.probabilities}, index=pd.Index(asked.data.classes, name="class"))
    return plots.Picture(drawn, alt, numbers)


def read(path: Path, asked: Asked) -> Corrections:
    """Read the table that a person has written into, see `corrections.read`."""
    label_of = dict(zip(asked.table["item"], asked.table["label"], strict=True))
    return corrections.read(path, part_of=asked.part_of(), label_of=label_of, classes=asked.data.classes)

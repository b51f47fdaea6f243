"""What corrected labels change: the same experiment trained on them on the same split, beside what it was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd

from cosmic_lib import compare, report, splits
from cosmic_lib.compare import Estimate
from cosmic_lib.corrections import Corrections
from cosmic_lib.reproduce import Progress
from cosmic_lib.review import Asked, answers


def corrected(asked: Asked, found: Corrections) -> Asked:
    """The same experiment on the same split with corrected labels; what is excluded is in no part of it."""
    items, table = asked.data.items, asked.table.copy()
    labels = items["item"].map(found.labels).fillna(items["label"])
    changed = int((labels != items["label"]).sum())
    name = f"{asked.data.name}, {changed} labels corrected"
    table.loc[table["item"].isin(found.excluded), splits.columns(table)] = splits.LEFT_OUT
    data = replace(asked.data, name=name, items=items.assign(label=labels))
    return replace(asked, data=data, table=table.assign(label=labels.to_numpy()))


@dataclass(frozen=True)
class Difference:
    """How often networks are right before and after labels were corrected.

    Args:
        what: which pictures, judged by which labels.
        before, after: share that is right.
        difference: after minus before, paired by picture.
        verdict: on the difference.
    """

    what: str
    before: Estimate
    after: Estimate
    difference: Estimate
    verdict: str


ALONE = "relabelling alone: all, before, by the original and by the corrected labels"


def differences(asked: Asked, found: Corrections, progress: Progress | None = None) -> list[Difference]:
    """Train on corrected labels, and score before and after on the same pictures.

    Args:
        asked: the experiment with the original labels.
        found: the corrections.
        progress: shows it.

    Returns:
        On pictures that are not in the table, if there are any; on all, by corrected and by original labels; and what
        the corrections change while the network stays. Excluded pictures are in none of them.
    """
    before, after = answers(asked, progress), answers(corrected(asked, found), progress)
    both = before.merge(after, on="item", suffixes=("", "_after"), validate="one_to_one")
    old, new = (
        {name: both[column] == both[label] for name, label in (("old", "label"), ("new", "label_after"))}
        for column in ("answer", "answer_after")
    )
    others = ~both["item"].isin(found.listed)

    def judged(what: str, first: pd.Series, second: pd.Series, rows: pd.Series) -> Difference:
        def estimate(values: pd.Series) -> Estimate:
            return compare.over_groups(values[rows], both["group"][rows], unit=asked.unit)

        gained = estimate(second.astype(float) - first)
        return Difference(what, estimate(first), estimate(second), gained, compare.verdict(gained))

    every = pd.Series(True, index=both.index)
    found_on = [judged("pictures that were not listed", old["new"], new["new"], others)] if others.any() else []
    return [
        *found_on,
        judged("all, by the corrected labels", old["new"], new["new"], every),
        judged("all, by the original labels", old["old"], new["old"], every),
        replace(judged(ALONE, old["old"], old["new"], every), verdict="no network changed"),
    ]


def table(found: Sequence[Difference]) -> pd.DataFrame:
    """Differences as text, for a terminal."""
    rows = [
        {
            "right": one.what,
            "before": report.estimate(asdict(one.before)),
            "after": report.estimate(asdict(one.after)),
            "difference": report.estimate(asdict(one.difference), points=True),
            "verdict": one.verdict,
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def heading(asked: Asked, found: Corrections) -> list[str]:
    """What was corrected, and how to read the differences: a sentence or two each."""
    label_of = dict(zip(asked.table["item"], asked.table["label"], strict=True))
    changed = [item for item, label in found.labels.items() if label != label_of[item]]
    silent = len(found.listed & label_of.keys()) - len(found.labels) - len(found.excluded)
    return [
        f"{asked.row.name}, {asked.settings.mode} mode, on {asked.data.name}: "
        f"{compare.count_of(len(changed), 'picture')} relabelled, {len(found.labels) - len(changed)} confirmed, "
        f"{len(found.excluded)} left out of training and of every score below; {silent} more listed and as before.",
        *_not_trained_on(asked, changed),
        "Pictures are listed because the network was wrong or unsure, so that any other network looks better on them. "
        "The first row, without them, is the one to go by; it is a cautious one, since among the rest the network "
        "before was seldom wrong. Wrong labels that it agreed with are not found in this way.",
        f"Intervals are 95 %, count {compare.plural(asked.unit)} and are paired; they do not count the luck of "
        "training, so that another seed may turn a small difference round.",
    ]


def _not_trained_on(asked: Asked, changed: Sequence[str]) -> list[str]:
    """Where the publisher of the data gives the test part, what is asked about is in no training part."""
    if asked.folded:
        return []
    part_of = asked.part_of()
    trained_on = sum(part_of[item] == splits.TRAIN for item in changed)
    return [
        "These data have a test part of their own and no folds: validation pictures alone are asked about, and their "
        f"labels decide when training stops, not what is learned. Of the relabelled ones, {trained_on} are trained on; "
        "rows of training pictures, added to the table, change what is learned."
    ]

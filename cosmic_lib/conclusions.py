"""What a source concluded from each step of its diary, what its own repeats say of that, and what ours say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cosmic_lib import compare
from cosmic_lib.diary import Diary, differences, published_score

if TYPE_CHECKING:
    from cosmic_lib.experiment import Experiment


def conclusions(
    diary: Diary,
    run: Sequence[Experiment],
    scores: Mapping[str, Mapping[int, float]],
    asked: Mapping[str, str],
) -> dict[str, Any]:
    """Every step of a diary whose source tells what it concluded and repeated some configurations unknowingly.

    Args:
        diary: of the study.
        run: the experiments that were run here; one of each configuration.
        scores: experiment -> seed -> our score, of those that were run.
        asked: experiment -> hash of the split it was scored on; scores on different items are not compared.

    Returns:
        `spread` and `freedom`: of the source's repeats. `steps`, one per published experiment with a parent: its
        settings that differ, what was printed, the difference with an interval that counts single runs, and ours
        where both were run. Nothing where the source repeated nothing.
    """
    spread, freedom = diary.published_spread
    if not freedom:
        return {}
    stand_in = {diary.kinds[row.name]: row.name for row in run}
    ours_spread = compare.pooled_spread({name: list(seeds.values()) for name, seeds in scores.items()})
    steps = []
    for row in diary:
        if row.parent is None or row.published is None:
            continue
        parent = diary[row.parent]
        step: dict[str, Any] = {
            "experiment": row.name,
            "parent": parent.name,
            "differences": differences(row, parent),
            "line": row.published.line,
            "concluded": row.published.concluded,
            "score": published_score(row),
        }
        before, after = published_score(parent), published_score(row)
        if before is not None and after is not None and row.inputs.classes == parent.inputs.classes:
            theirs = compare.step({0: after}, {0: before}, (spread, freedom))
            step["theirs"] = asdict(theirs) | {"verdict": compare.verdict(theirs)}
        child_run, parent_run = (stand_in.get(diary.kinds[name]) for name in (row.name, parent.name))
        if child_run and parent_run and child_run != parent_run and asked[child_run] == asked[parent_run]:
            ours = compare.step(scores[child_run], scores[parent_run], ours_spread)
            step["ours"] = asdict(ours) | {"verdict": compare.verdict(ours)}
        steps.append(step)
    return {
        "spread": spread,
        "freedom": freedom,
        "ours": dict(zip(("spread", "freedom"), ours_spread, strict=True)),
        "steps": steps,
    }

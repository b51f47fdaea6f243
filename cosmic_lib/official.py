"""Both protocols on a test part that the publisher of the data gives: each picture is asked about by every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from cosmic_lib import compare, evaluation, experiment, splits

if TYPE_CHECKING:
    import pandas as pd

    from cosmic_lib.experiment import Experiment
    from cosmic_lib.studies import Data, Study

Scores = Mapping[tuple[str, str], Mapping[int, float]]


def test_scores(results: Sequence[dict[str, Any]], opening: Mapping[str, Any]) -> Scores:
    """Test accuracy of every run that has one.

    Args:
        results: of every run; those under the published protocol score the test part themselves.
        opening: what opening the test set gave, see `sealed.open_test`.

    Returns:
        (experiment, protocol) -> seed -> accuracy.
    """
    scores: dict[tuple[str, str], dict[int, float]] = {}
    for one in results:
        if one["column"] == splits.PUBLISHED:
            accuracy = one["metrics"][splits.HELD_OUT]["accuracy"]
            scores.setdefault((one["experiment"], splits.PUBLISHED), {})[one["seed"]] = accuracy
    for name, seeds in opening["scores"].items():
        scores[name, splits.HONEST] = {one["seed"]: one["accuracy"] for one in seeds}
    return scores


def protocols_of(
    row: Experiment, results: Sequence[dict[str, Any]], scores: Scores, data: Data, table: pd.DataFrame, study: Study
) -> dict[str, Any]:
    """An experiment under the published protocol, beside the honest one on the same test items.

    Args:
        row: the experiment.
        results: of its runs.
        scores: from `test_scores`, of the whole diary.
        data, table: what it was run on.
        study: says what a group is called.

    Returns:
        Nothing for an experiment that was not run under the published protocol; else `published` and `honest` with
        the accuracy of each seed, and the gap between them with an interval that counts seeds.
    """
    repeats = [one for one in results if one["column"] == splits.PUBLISHED]
    if not repeats:
        return {}
    published, honest = (scores[row.name, protocol] for protocol in splits.PROTOCOLS)
    gap = compare.step(
        published, honest, compare.pooled_spread({str(name): list(one.values()) for name, one in scores.items()})
    )
    frames = [experiment.predictions(one, data, splits.HELD_OUT) for one in repeats]
    right = np.mean([frame["right"] for frame in frames], axis=0)
    array, training, held_out = (
        data.arrays[row.inputs.name],
        *((table[splits.PUBLISHED] == part).to_numpy() for part in (splits.TRAIN, splits.HELD_OUT)),
    )
    baselines = evaluation.baselines(array[training], data.y[training], array[held_out], data.y[held_out])
    groups = frames[0]["group"]
    return {
        splits.PUBLISHED: {
            "accuracy": asdict(compare.over_groups(right, groups, unit=study.group)),
            "by_seed": [published[seed] for seed in sorted(published)],
            "baselines": {
                name: asdict(compare.over_groups(values, groups, unit=study.group))
                for name, values in baselines.items()
            },
            "score": repeats[0]["metrics"][splits.HELD_OUT],
            "history": repeats[0]["history"],
        },
        "gap": asdict(gap),
        "verdict": compare.verdict(gap),
        "seeds": len(repeats),
    }

"""The sealed test set, and the log of its openings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cosmic_lib import evaluation, splits, store
from cosmic_lib.experiment import beside_truth

if TYPE_CHECKING:
    from cosmic_lib.studies import Data, Study


def open_test(study: Study, results: Sequence[dict[str, Any]], data: Data, runs: Path) -> dict[str, Any]:
    """Score a frozen diary on the sealed test set, in one call that is written down.

    Args:
        study: whose diary it is.
        results: all runs of the diary on the `honest` split.
        data: what they were run on.
        runs: folder of the results; the openings are listed in its `test_openings.json`.

    Returns:
        `opening` (how often the test set of these data was opened so far), `time` (UTC), and `scores`: experiment ->
        list of scores, one per seed. The same runs again are the same opening; a changed diary is another one.

    Raises:
        ValueError: no runs, or runs that are not of this diary.
    """
    if not results:
        raise ValueError(f"no runs on the split {splits.HONEST!r} to open the test set for; run the diary first")
    inputs = {row.name: row.inputs.name for row in study.diary}
    strangers = {result["experiment"] for result in results} - inputs.keys()
    if strangers:
        raise ValueError(f"{', '.join(sorted(strangers))}: not in the diary of {study.name}; enter it there first")
    log = runs / "test_openings.json"
    openings = store.read_json(log) if log.exists() else []
    frozen = store.fingerprint(sorted(result["key"] for result in results))
    for opening in openings:
        if opening["diary"] == frozen:
            return opening
    scores: dict[str, list] = {}
    for result in results:
        view = data.view(inputs[result["experiment"]])
        frame, classes = beside_truth(result, view, splits.TEST), list(view.classes)
        labels = pd.Categorical(frame["label"], categories=classes).codes
        entry = {"seed": result["seed"], **evaluation.score(frame[classes].to_numpy(), labels, classes)}
        answers = {"items": frame["item"].tolist(), "groups": frame["group"].tolist(), "right": frame["right"].tolist()}
        scores.setdefault(result["experiment"], []).append(entry | {"answers": answers})
    identity = store.fingerprint(data.items[["item", "label", "group"]].astype(str).to_numpy().tolist())
    opening = {
        "study": study.name,
        "opening": 1 + sum(one["data"] == identity for one in openings),
        "time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
        "data": identity,
        "diary": frozen,
        "scores": scores,
    }
    store.write_json(log, [*openings, opening])
    return opening

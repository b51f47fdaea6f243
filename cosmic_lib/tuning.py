"""A search over the settings of one experiment, by keras-tuner and on validation alone.

keras-tuner proposes, `experiment.run` trains, and every trial is kept. A search goes on by beginning again: keras-tuner
proposes the same settings in the same order, results that are stored are read, and only what is missing is trained.
(Its own saved state is not used: from it, version 1.4.8 cannot continue a grid search.)
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import experiment, memory, plots, splits, store
from cosmic_lib.compare import Estimate
from cosmic_lib.experiment import Experiment
from cosmic_lib.luck import best_so_far, optimism, repeats
from cosmic_lib.reproduce import Material, Progress, Settings
from cosmic_lib.space import Space, text, variant

if TYPE_CHECKING:
    import keras_tuner

    from cosmic_lib.studies import Data, Study

SEARCHES = ("random", "hyperband", "grid")
WORKER = "one"  # keras-tuner's name for whoever trains; there is one


def search(
    space: Space,
    parent: Experiment,
    data: Data,
    table: pd.DataFrame,
    *,
    trials: int,
    runs: Path,
    how: str = "random",
    seed: int = 0,
    mode: str = "laptop",
    epochs: int | None = None,
    scale: Callable[[Experiment], Experiment] = lambda row: row,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Train one network after another with settings that keras-tuner proposes, and score each without the test set:
    on validation, or on what some folds hold out.

    A search that was killed, or is asked for more trials, goes on. What is trained is not trained again; the network
    that was in training when it was killed begins again, or in full mode at its last checkpoint.

    Args:
        space: what to choose from.
        parent: the experiment whose settings are varied.
        data: its view of the data.
        table: split table of these data; `honest` or its folds are used, the test set stays sealed.
        trials: how many networks at most; random and grid search end when all combinations are tried.
        runs: folder of result files, and of `tuning-HOW-KEY.json`, which lists the trials.
        how: `random`, `grid`, or `hyperband`: many networks for few epochs, the best of them again for more. Each of
            its rounds trains afresh; with the same seed it passes through the same epochs.
        seed: of the search and of the training.
        mode: as `experiment.run` takes it.
        epochs: at most; the experiment's own number by default.
        scale: what the mode makes of an experiment, see `Mode.scale`.
        progress: shows it.

    Returns:
        One entry per trial, in order: number, values (setting -> label), accuracy (on validation, or the mean over
        folds), folds (accuracy of each), epochs (at most), seconds, best (accuracy so far) and key of the first result.

    Raises:
        ValueError: no such search, no trials, or a setting that the parent does not have.
    """
    progress = progress or Progress()
    if how not in SEARCHES or trials < 1:
        raise ValueError(f"no {how!r} search of {trials} trials; choose one of {', '.join(SEARCHES)}, and one at least")
    variant(parent, space, {setting: next(iter(labels)) for setting, labels in space.choices.items()})  # refuses early
    most = epochs or scale(parent).on(splits.HONEST).fit.epochs
    path = _path(space, scale(parent), data, table, how=how, seed=seed, mode=mode, epochs=most, runs=runs)
    wanted = trials if how == "hyperband" else min(trials, space.combinations)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        oracle = _oracle(space, how, trials=wanted, seed=seed, epochs=most, folder=folder)
        for number in progress.track(range(1, wanted + 1), f"{how} search"):
            asked = _ask(oracle, space, rows)
            if asked.status == "STOPPED":
                break
            labels = {setting: asked.hyperparameters.values[setting] for setting in space.choices}
            row = scale(variant(parent, space, labels))
            limit = asked.hyperparameters.values.get("tuner/epochs") or epochs or row.on(splits.HONEST).fit.epochs
            shown = progress.callbacks(f"{number}: {row.change}", limit)
            results = [
                experiment.run(row, data, table, column, seed=seed, runs=runs, mode=mode, epochs=limit, callbacks=shown)
                for column in scored_on(space)
            ]
            rows.append(_entry(labels, results, rows))
            _write(path, space, how, rows)
            oracle.update_trial(asked.trial_id, {"accuracy": rows[-1]["accuracy"]})
            asked.status = "COMPLETED"
            oracle.end_trial(asked)
            memory.release()
    if len(rows) < trials:
        progress.say(f"{how} search: ends after {len(rows)}; all {space.combinations} combinations are tried")
    return rows


def _oracle(space: Space, how: str, *, trials: int, seed: int, epochs: int, folder: str) -> keras_tuner.Oracle:
    """What proposes settings; its folder is of no use afterwards."""
    if how == "hyperband" and "epochs" in space.choices:
        raise ValueError("hyperband sets the epochs itself; take them out of the space, or search another way")
    import keras_tuner
    from keras_tuner import oracles
    from keras_tuner.engine.base_tuner import BaseTuner

    hyperparameters = keras_tuner.HyperParameters()
    for setting, labels in space.choices.items():
        hyperparameters.Choice(setting, list(labels))
    common = {
        "objective": keras_tuner.Objective("accuracy", "max"),
        "hyperparameters": hyperparameters,
        "seed": seed + 1,  # it takes 0 for none, and draws one
    }
    oracle = {
        "random": lambda: oracles.RandomSearchOracle(max_trials=trials, **common),
        "grid": lambda: oracles.GridSearchOracle(max_trials=trials, **common),
        "hyperband": lambda: oracles.HyperbandOracle(max_epochs=epochs, hyperband_iterations=None, **common),
    }[how]()
    oracle.max_trials = trials  # which the oracle of Hyperband does not ask for
    oracle.verbose = 0
    BaseTuner(oracle, None, folder)  # which tells the oracle its folder
    return oracle


def _ask(oracle: keras_tuner.Oracle, space: Space, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The next proposal; keras-tuner gives up after twenty draws of what was tried before, though some may be left."""
    tried = {tuple(row["values"].values()) for row in rows}
    asked = oracle.create_trial(WORKER)
    while asked.status == "STOPPED" and len(tried) < space.combinations:
        asked = oracle.create_trial(WORKER)
    return asked


def scored_on(space: Space) -> list[str]:
    """Columns of the split table that each choice is trained and scored on."""
    return splits.fold_columns(splits.HONEST)[: space.folds] or [splits.HONEST]


def _entry(
    labels: dict[str, str], results: Sequence[dict[str, Any]], before: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    scores = [
        one["metrics"][splits.VALIDATION if one["column"] == splits.HONEST else splits.HELD_OUT]["accuracy"]
        for one in results
    ]
    accuracy = float(np.mean(scores))
    best = max([accuracy, *(row["accuracy"] for row in before)])
    kept = {name: results[0][name] for name in ("epochs", "key")}
    seconds = round(sum(one["seconds"] for one in results), 2)
    found = {"accuracy": accuracy, "best": best} | ({"folds": scores} if len(scores) > 1 else {})
    return {"number": len(before) + 1, "values": labels, **found, "seconds": seconds, **kept}


def _path(
    space: Space, parent: Experiment, data: Data, table: pd.DataFrame, *, how: str, runs: Path, **settings
) -> Path:
    """File of a search: another for other data, settings or code, so that none overwrites another's trials."""
    key = experiment.key(parent, data, table, splits.HONEST, **settings)
    choices = [[setting, list(labels.items())] for setting, labels in space.choices.items()]
    folds = [space.folds] if space.folds else []
    return runs / f"tuning-{how}-{store.fingerprint(key, choices, *folds)}.json"


def _write(path: Path, space: Space, how: str, rows: list[dict[str, Any]]) -> None:
    """Write the trials, unless the file has these and more: a search that goes on passes through its old ones first."""
    if path.exists() and store.read_json(path)["trials"][: len(rows)] == rows:
        return
    store.write_json(path, {"parent": space.parent, "how": how, "combinations": space.combinations, "trials": rows})


def trials_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The trials of a search, in order.

    Args:
        rows: from `search`.

    Returns:
        Columns number, values, accuracy (it is chosen by), best so far, epochs (at most), seconds, key of the result.
    """
    frame = pd.DataFrame(rows, columns=["number", "values", "accuracy", "best", "epochs", "seconds", "key"])
    frame["values"] = [text(row["values"]) for row in rows]
    return frame.rename(columns={"best": "best so far"})


@dataclass(frozen=True)
class Tuned:
    """A search, and what the choice of its best network is worth.

    Args:
        rows: the trials, from `search`.
        right: what the identical networks answered, from `repeats`.
        picture: the best so far, beside what luck alone would give.
        optimism: how much the score of the best of as many identical networks flatters it.
    """

    rows: Sequence[Mapping[str, Any]]
    right: np.ndarray
    picture: plots.Picture
    optimism: Estimate

    def lines(self, space: Space) -> list[str]:
        """What was found, in words: how much was tried, the best of it, what luck gives, and what picking costs."""
        best = max(self.rows, key=lambda row: row["accuracy"])
        tried = len({tuple(row["values"].values()) for row in self.rows})
        return [
            f"{len(self.rows)} trial{'s' * (len(self.rows) != 1)}, {tried} of {space.combinations} combinations",
            f"best {'over the folds' if space.folds else 'on validation'}: {text(best['values'])}",
            self.picture.alt,
            f"among identical networks, the best scores higher on the items it was picked by: {self.optimism}",
        ]


def space_of(study: Study) -> Space:
    """What there is to search in a study.

    Raises:
        ValueError: nothing.
    """
    if study.space is None:
        raise ValueError(f"{study.name}: has no space to search; give its Study one, see cosmic_lib/tuning.py")
    return study.space


def tune(
    study: Study,
    data: Data,
    *,
    trials: int,
    runs: Path,
    how: str = "random",
    mode: str = "laptop",
    seeds: int | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Search the space of a study, and measure on repeats of the experiment it starts from what luck gives.

    Args:
        study: whose space.
        data: as its loader gives them.
        trials, runs, how, mode, progress: see `search`.
        seeds: repeats of the experiment that the space starts from; the mode's number by default.

    Raises:
        ValueError: the study has no space, or `search` refuses it.
    """
    space = space_of(study)
    material = Material.of(Settings(study, mode, runs, only=(space.parent,)), data)
    (row,) = material.rows
    view, table = material.views[row.inputs.name], material.tables[row.inputs.name]
    scale, seeds = study.modes[mode].scale, seeds or study.modes[mode].seeds
    settings: dict[str, Any] = {"runs": runs, "mode": mode, "progress": progress}
    parent = study.diary[space.parent]
    rows = search(space, parent, view, table, trials=trials, how=how, scale=scale, **settings)
    right = repeats(row, view, table, seeds=seeds, columns=scored_on(space), **settings)
    title = f"{how} search from {row.name}, {data.name}, {mode} mode"
    among = min(len(rows), seeds)
    return Tuned(rows, right, best_so_far(rows, right.mean(axis=1), title=title), optimism(right, among))

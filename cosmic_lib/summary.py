"""What the runs of a study say together: plain values, ready for JSON, that reports are made of."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, evaluation, experiment, official, sealed, splits
from cosmic_lib.conclusions import conclusions

if TYPE_CHECKING:
    from cosmic_lib.experiment import Experiment
    from cosmic_lib.reproduce import Material, Settings
    from cosmic_lib.studies import Data, Study


def summarise(settings: Settings, material: Material, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the runs say together; the test set is opened here, once for these runs.

    Args:
        settings, material: what was run.
        results: of every run.
    """
    study, data = settings.study, material.data
    repeats = [result for result in results if result["column"] == splits.HONEST]
    opening = sealed.open_test(study, repeats, data, settings.runs)
    items = {name: splits.fingerprint(table, splits.HONEST) for name, table in material.tables.items()}
    asked = {row.name: items[row.inputs.name] for row in material.rows}
    scores: dict[str, dict[int, float]] = {}
    for result in repeats:
        accuracy = result["metrics"][splits.VALIDATION]["accuracy"]
        scores.setdefault(result["experiment"], {})[result["seed"]] = accuracy
    return {
        "study": study.name,
        "mode": settings.mode,
        "control": settings.control,
        "data": {
            "name": data.name,
            "origin": data.origin,
            "items": len(data.items),
            "groups": data.groups,
            "fingerprint": data.fingerprint,
            "notes": list(data.notes),
            "excluded": data.excluded.to_dict("records"),
        },
        "counts": splits.counts(material.table, splits.HONEST).reset_index(names="part").to_dict("records"),
        "official": splits.PUBLISHED in material.table,
        "rows": [_row(settings, row, material, results, opening) for row in study.diary],
        "steps": _steps(settings, material, results, scores, asked),
        "conclusions": conclusions(study.diary, material.rows, scores, asked),
        "test": _test(settings, material, opening),
        "faults": [
            {"name": fault.name, "measured": fault.measure(data, material.table) if fault.measure else None}
            for fault in study.faults
        ],
        "versions": experiment.versions(),
        "device": experiment.device(),
        "seconds": round(sum(result["seconds"] for result in results), 1),
        "resumed": sum(result["resumed"] for result in results),
        "made": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _row(
    settings: Settings,
    published: Experiment,
    material: Material,
    results: Sequence[dict[str, Any]],
    opening: Mapping[str, Any],
) -> dict[str, Any]:
    """One experiment: what the source printed, and what was run of it here."""
    row = next((row for row in material.rows if row.name == published.name), None)
    summary: dict[str, Any] = {
        "experiment": published.name,
        "title": published.title,
        "source": published.published
        and {name: getattr(published.published, name) for name in ("accuracy", "f1", "line")},
        "run": row is not None,
    }
    if row is None:
        kinds = settings.study.diary.kinds
        twin = next((one.name for one in material.rows if kinds[one.name] == kinds[published.name]), None)
        if twin is not None:
            return summary | {"why": f"the same network, trained the same way, as {twin}"}
        if published in settings.chosen:
            return summary | {"why": "these data have no such inputs"}
        return summary | {"why": "not asked for" if settings.only else "not run in this mode"}
    view, table = material.views[row.inputs.name], material.tables[row.inputs.name]
    own = [one for one in results if one["experiment"] == row.name]
    summary |= {
        "whole": splits.PUBLISHED in table or not splits.has(table, splits.PUBLISHED),
        "scaled": _scaled(row, published, view),
        "epochs": [len(one["history"]["loss"]) for one in own],
        "seconds": [one["seconds"] for one in own],
        "validation": _over_seeds(own, view, settings.study),
    }
    if splits.PUBLISHED in table:
        scores = official.test_scores(results, opening)
        return summary | official.protocols_of(row, own, scores, view, table, settings.study)
    frames = {protocol: out_of_fold(own, protocol, view) for protocol in material.protocols[row.name]}
    for protocol, frame in frames.items():
        summary[protocol] = _protocol_scores(row, protocol, frame, view, table, settings.study)
        first = next(one for one in own if one["column"] == splits.fold_columns(protocol)[0])
        summary[protocol] |= {"history": first["history"], "made_up": _made_up(own, protocol)}
    return summary | _gaps(frames, view, table, settings.study)


def _scaled(row: Experiment, published: Experiment, view: Data) -> list[str]:
    """In what an experiment was made smaller than the source has it."""
    shape = view.arrays[row.inputs.name].shape[1:]
    changes = []
    if shape != published.inputs.shape:
        changes.append(f"inputs {' x '.join(map(str, shape))}")
    if row.fit.epochs != published.fit.epochs:
        changes.append(f"at most {row.fit.epochs} epochs")
    if row.fit.batch_size != published.fit.batch_size:
        changes.append(f"batches of {row.fit.batch_size}")
    if row.augment != published.augment:
        changes.append("a smaller augmentation")
    if row.build is not published.build:
        changes.append("a smaller network")
    return changes


def _over_seeds(own: Sequence[dict[str, Any]], view: Data, study: Study) -> dict[str, Any]:
    """Validation accuracy on the sealed split: mean over seeds, with an interval over groups."""
    repeats = [one for one in own if one["column"] == splits.HONEST]
    frames = [experiment.predictions(one, view, splits.VALIDATION) for one in repeats]
    right = np.mean([frame["right"] for frame in frames], axis=0)
    estimate = compare.over_groups(right, frames[0]["group"], unit=view.unit or study.group)
    return asdict(estimate) | {"seeds": len(repeats)}


def _made_up(own: Sequence[dict[str, Any]], protocol: str) -> dict[str, float] | None:
    """How well the made-up items among those held out are recognised, where an augmentation has dealt some there."""
    pairs = [
        (one["metrics"][splits.HELD_OUT], one["metrics"][f"{splits.HELD_OUT}_made"])
        for one in own
        if one["column"] in splits.fold_columns(protocol) and f"{splits.HELD_OUT}_made" in one["metrics"]
    ]
    if not pairs:
        return None

    def mean(scores: Iterable[dict[str, Any]]) -> float:
        rights, items = zip(*((one["accuracy"] * one["items"], one["items"]) for one in scores), strict=True)
        return sum(rights) / sum(items)

    real, made = zip(*pairs, strict=True)
    return {"real": mean(real), "made_up": mean(made), "together": mean((*real, *made))}


def _gaps(frames: Mapping[str, pd.DataFrame], view: Data, table: pd.DataFrame, study: Study) -> dict[str, Any]:
    """What each protocol scores above the next stricter one: published above honest, honest above the others."""
    if splits.HONEST not in frames:
        return {}
    groups = dict(zip(view.items["item"], view.items["group"], strict=True))
    right = {name: dict(zip(frame["item"], frame["right"], strict=True)) for name, frame in frames.items()}
    gaps: dict[str, Any] = {"folds": splits.FOLDS}
    if splits.PUBLISHED in frames:
        unit = view.unit or study.group
        gap = compare.protocol_gap(right[splits.PUBLISHED], right[splits.HONEST], groups, unit=unit)
        by_group = pd.DataFrame({name: frames[name].groupby("group")["right"].mean() for name in splits.PROTOCOLS})
        labels = view.items.groupby("group")["label"].first().rename("label")
        by_group = by_group.join(labels).reset_index()
        gaps |= {"gap": asdict(gap), "verdict": compare.verdict(gap), "by_group": by_group.to_dict("records")}
    stricter = {}
    for name in [name for name in frames if name not in splits.PROTOCOLS]:
        both = _answerable(table, name) & right[splits.HONEST].keys()
        unit_of = dict(zip(view.items["item"], view.items[name], strict=True))
        honest, strict = ({item: answers[item] for item in both} for answers in (right[splits.HONEST], right[name]))
        gap_unit = _unit(name)
        gap = compare.protocol_gap(honest, strict, unit_of, unit=gap_unit)
        accuracy = compare.over_groups(list(strict.values()), [unit_of[item] for item in strict], unit=gap_unit)
        stricter[name] = {
            "accuracy": asdict(accuracy),
            "gap": asdict(gap),
            "verdict": compare.verdict(gap),
            "groups": len({groups[item] for item in both}),
        }
    return gaps | ({"stricter": stricter} if stricter else {})


def _unit(protocol: str) -> str:
    """What a further grouping keeps whole: `artist_filtered` keeps artists so."""
    return protocol.split("_")[0]


def _answerable(table: pd.DataFrame, protocol: str) -> set[str]:
    """Items held out in a fold that has their class in training: no network can name a class it has never seen."""
    items: set[str] = set()
    for column in splits.fold_columns(protocol):
        known = table["label"].isin(table["label"][table[column] == splits.TRAIN])
        items |= set(table["item"][known & (table[column] == splits.HELD_OUT)])
    return items


def out_of_fold(results: Iterable[dict[str, Any]], protocol: str, data: Data) -> pd.DataFrame:
    """Predictions of all folds of a protocol, each by a network that did not see the item.

    Args:
        results: runs of one experiment.
        protocol: `published` or `honest`.
        data: what they were run on.

    Returns:
        As `experiment.predictions`, one row per item held out; those without a group are not scored.
    """
    folds = [one for one in results if one["column"].startswith(f"{protocol}_fold")]
    frame = pd.concat([experiment.predictions(one, data, splits.HELD_OUT) for one in folds])
    return frame[frame["group"] != ""].reset_index(drop=True)


def _protocol_scores(
    row: Experiment, protocol: str, frame: pd.DataFrame, data: Data, table: pd.DataFrame, study: Study
) -> dict[str, Any]:
    """Score, vote per group and baselines of one protocol, out of fold; what is kept whole is what intervals count."""
    classes = list(data.classes)
    voted = evaluation.vote(frame, classes)
    answers = np.asarray(classes)[voted[classes].to_numpy().argmax(axis=1)]
    unit, unit_of = data.unit or study.group, dict(zip(data.items["group"], data.items["group"], strict=True))
    if protocol not in splits.PROTOCOLS:
        unit, unit_of = _unit(protocol), dict(zip(data.items["group"], data.items[protocol], strict=True))
    inputs = evaluation.averages(data.arrays[row.inputs.name])
    baselines: dict[str, list] = {}
    for column in splits.fold_columns(protocol):
        training, held_out = (table[column] == part for part in (splits.TRAIN, splits.HELD_OUT))
        held_out &= table["group"] != ""
        found = evaluation.baselines(inputs[training], data.y[training], inputs[held_out], data.y[held_out])
        for name, values in found.items():
            baselines.setdefault(name, []).append(pd.Series(values, index=table["group"][held_out]))
    joined = {name: pd.concat(values) for name, values in baselines.items()}
    return {
        "accuracy": asdict(compare.over_groups(frame["right"], frame["group"].map(unit_of), unit=unit)),
        "vote": asdict(_share_right(answers == voted["label"], voted["group"].map(unit_of), unit=unit)),
        "vote_f1": asdict(compare.macro_f1(voted["label"], answers, voted["group"].map(unit_of), unit=unit)),
        "baselines": {
            name: asdict(compare.over_groups(values, values.index.map(unit_of), unit=unit))
            for name, values in joined.items()
        },
        "score": evaluation.score(frame[classes].to_numpy(), _numbers(frame, data), classes),
    }


def _share_right(right: pd.Series, units: pd.Series, *, unit: str) -> compare.Estimate:
    """Share of votes that are right: by Wilson where each is its own unit, and else by drawing units."""
    if units.is_unique:
        return compare.wilson(int(right.sum()), len(right), unit=unit)
    return compare.over_groups(right, units, unit=unit)


def _numbers(frame: pd.DataFrame, data: Data) -> np.ndarray:
    return pd.Categorical(frame["label"], categories=list(data.classes)).codes


def _steps(
    settings: Settings,
    material: Material,
    results: Sequence[dict[str, Any]],
    scores: Mapping[str, Mapping[int, float]],
    asked: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Every step of the diary, child minus parent: over the same seeds on validation, and out of fold by group."""
    frames = {
        row.name: out_of_fold(
            [one for one in results if one["experiment"] == row.name], splits.HONEST, material.views[row.inputs.name]
        )
        for row in material.rows
        if splits.HONEST in material.protocols[row.name]
    }
    kinds = settings.study.diary.kinds
    stand_in = {kinds[row.name]: row.name for row in material.rows}
    steps = []
    for row in material.rows:
        step: dict[str, Any] = {"experiment": row.name, "parent": row.parent, "change": row.change}
        step["validation"] = [scores[row.name][seed] for seed in sorted(scores[row.name])]
        parent = stand_in.get(kinds[row.parent]) if row.parent else None
        if parent is not None and asked[parent] == asked[row.name]:
            # Scores of a few tracks scatter more than those of many segments: each kind has a spread of its own.
            alike = {name: list(found.values()) for name, found in scores.items() if asked[name] == asked[row.name]}
            spread = compare.pooled_spread(alike)
            difference = compare.step(scores[row.name], scores[parent], spread)
            step |= {"difference": asdict(difference), "verdict": compare.verdict(difference)}
        if row.name in frames and parent in frames:
            both = frames[row.name].merge(frames[parent], on="item", suffixes=("", "_parent"), validate="one_to_one")
            if len(both):
                step["out_of_fold"] = _out_of_fold_step(both, settings.study)
        steps.append(step)
    return steps


def _out_of_fold_step(both: pd.DataFrame, study: Study) -> dict[str, Any]:
    """Child minus parent on the items that both were asked about, with an interval over groups."""
    difference = compare.over_groups(
        both["right"].astype(float) - both["right_parent"], both["group"], unit=study.group
    )
    return asdict(difference) | {"verdict": compare.verdict(difference)}


def _test(settings: Settings, material: Material, opening: Mapping[str, Any]) -> dict[str, Any]:
    """The sealed test set: mean over seeds for each experiment, with an interval over groups."""
    scores = {}
    for name, seeds in opening["scores"].items():
        right = np.mean([one["answers"]["right"] for one in seeds], axis=0)
        unit = material.views[settings.study.diary[name].inputs.name].unit or settings.study.group
        scores[name] = asdict(compare.over_groups(right, seeds[0]["answers"]["groups"], unit=unit))
        scores[name]["seeds"] = len(seeds)
    return {"opening": opening["opening"], "time": opening["time"], "accuracy": scores}

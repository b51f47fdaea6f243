"""The summary of a study as a table in the terminal, a page of HTML and a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cosmic_lib import compare, plots, splits, store

if TYPE_CHECKING:
    from cosmic_lib.studies import Study

NOT_RUN = "not run in this mode"


def estimate(stored: Mapping[str, Any], *, points: bool = False) -> str:
    """An estimate as text: value, interval and what the interval counts.

    Args:
        stored: a `compare.Estimate` as a dict.
        points: with a sign, as a difference.
    """
    sign = "+" if points else ""
    value = format(stored["value"], f"{sign}.3f")
    if stored["low"] != stored["low"]:
        return f"{value}, no interval ({stored['counted']})"
    return f"{value} [{stored['low']:{sign}.3f}, {stored['high']:{sign}.3f}] ({stored['counted']})"


def main_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """Published value beside ours, one row per experiment.

    Returns:
        Columns: experiment; published, with its source line; ours under each protocol; gap with interval, groups and
        folds; verdict on the gap.
    """
    rows = []
    for row in summary["rows"]:
        published = f"{row['source']['accuracy']:.2f} (line {row['source']['line']})"
        texts = [row["experiment"], published]
        if row["run"]:
            gap = f"{estimate(row['gap'], points=True)}, {row['folds']} folds each"
            scores = [estimate(row[protocol]["accuracy"]) for protocol in ("published", "honest")]
            texts += [*scores, gap, f"{row['verdict']}: {MEANING[row['verdict']]}"]
        else:
            texts += [NOT_RUN, NOT_RUN, "", ""]
        rows.append(texts)
    columns = ["experiment", "published", "ours, published protocol", "ours, honest protocol", "gap", "verdict"]
    return pd.DataFrame(rows, columns=columns)


MEANING = {
    compare.HELPED: "the published protocol scores higher",
    compare.HURT: "the published protocol scores lower",
    compare.NO_DIFFERENCE: "both protocols score the same",
    compare.CANNOT_TELL: "too few groups to say",
}


def baseline_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """Per-group vote and baselines beside each score, out of fold."""
    rows = []
    for row in filter(lambda row: row["run"], summary["rows"]):
        for protocol in ("published", "honest"):
            scores = row[protocol]
            others = {name: estimate(value) for name, value in scores["baselines"].items()}
            macro = {name: f"{scores['score'][name]:.3f}" for name in ("precision", "recall", "f1")}
            rows.append(
                {
                    "experiment": row["experiment"],
                    "protocol": protocol,
                    "accuracy": estimate(scores["accuracy"]),
                    **{f"macro {name}": value for name, value in macro.items()},
                    "vote": estimate(scores["vote"]),
                    **others,
                }
            )
    return pd.DataFrame(rows)


def step_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """The diary step by step, on validation, and the sealed test set."""
    rows = []
    for step in summary["steps"]:
        validation = step["validation"]
        change = step["change"] or "the first"
        difference = estimate(step["difference"], points=True) if "difference" in step else ""
        test = summary["test"]["accuracy"][step["experiment"]]
        rows.append(
            {
                "experiment": step["experiment"],
                "change": change,
                "validation accuracy by seed": ", ".join(f"{value:.3f}" for value in validation),
                "difference": difference,
                "verdict": step.get("verdict", ""),
                "test accuracy": f"{estimate(test)}, mean of {test['seeds']} seeds",
            }
        )
    return pd.DataFrame(rows)


def heading(summary: Mapping[str, Any], study: Study) -> list[str]:
    """What has to be known before any number is read."""
    data = summary["data"]
    lines = []
    if summary["control"]:
        lines.append(
            f"NULL CONTROL ({summary['control']}): nothing can be learnt; a protocol that scores well is broken."
        )
    if data["origin"] == "sample":
        lines.append("Made-up sample: it teaches the method and does not reproduce the published number.")
    if data["origin"] == "folder":
        lines.append("Data of your own: no verdict on the published number, which is of another data set.")
    if summary["mode"] != "full":
        lines.append(
            f"Scaled: {summary['mode']} mode trains less than the study did; no verdict on the published number."
        )
    sealed = next(part["groups"] for part in summary["counts"] if part["part"] == splits.TEST)
    lines.append(
        f"Data: {data['name']}, {data['items']} {study.item}s of {data['groups']} {study.group}s. "
        f"Ours are validation scores, out of fold; the test set ({sealed} {study.group}s) is sealed and was opened "
        f"{times(summary['test']['opening'])}. Intervals are 95 % and count {study.group}s."
    )
    return lines


def times(number: int) -> str:
    """A count as an adverb."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def pictures(summary: Mapping[str, Any], study: Study) -> list[plots.Picture]:
    """The network, gap by group, history and confusion under both protocols, and a dot per seed."""
    drawn = [plots.model_diagram(study.diary[0].model())]
    for row in filter(lambda row: row["run"], summary["rows"]):
        gap = compare.Estimate(**row["gap"])
        drawn.append(plots.gap_by_group(pd.DataFrame(row["by_group"]), gap, unit=study.group, title=row["title"]))
    first = next(row for row in summary["rows"] if row["run"])
    for protocol in study.protocols:
        title = f"{first['experiment']}, {protocol} protocol"
        drawn.append(plots.history(first[protocol]["history"], f"{title}, first fold"))
        drawn.append(plots.confusion(first[protocol]["score"], f"{title}, out of fold"))
    repeats = {step["experiment"]: step["validation"] for step in summary["steps"]}
    drawn.append(plots.strip(repeats, title="Validation accuracy, one dot per seed"))
    return drawn


def write(
    summary: Mapping[str, Any],
    study: Study,
    *,
    page: Path,
    results: Path,
    figures: Sequence[plots.Picture],
    command: str,
) -> Path:
    """Write the page of a study with its figures; and its summary and table, beside the result files.

    Args:
        summary: from `reproduce.reproduce`.
        study: which one.
        page: folder for `index.html`.
        results: folder for `summary.json` and `results.md`.
        figures: in the order they are shown.
        command: what the reader types to make it again.

    Returns:
        Path of the page.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cosmic_lib"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    content = {
        "study": study,
        "summary": summary,
        "heading": heading(summary, study),
        "tables": {
            "Published and ours": main_table(summary),
            "Beside each score": baseline_table(summary),
            "The diary, step by step": step_table(summary),
        },
        "faults": list(zip(study.faults, summary["faults"], strict=True)),
        "figures": figures,
        "command": command,
    }
    for template, path in (("report.html", page / "index.html"), ("report.md", results / "results.md")):
        store.write_bytes(path, environment.get_template(template).render(content).encode())
    store.write_json(results / "summary.json", summary)
    return page / "index.html"

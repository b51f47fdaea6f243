"""The summary of a study as a table in the terminal, a page of HTML and a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cosmic_lib import compare, plots, splits, store
from cosmic_lib.studies import MODES

if TYPE_CHECKING:
    from cosmic_lib.studies import Study


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
        texts = [row["experiment"], _source(row["source"])]
        if not row["run"]:
            texts += [row["why"], row["why"], "", ""]
        elif summary["official"]:
            texts += _on_official_parts(row, summary["test"]["accuracy"][row["experiment"]])
        elif "gap" in row:
            gap = f"{estimate(row['gap'], points=True)}, {row['folds']} folds each"
            scores = [estimate(row[protocol]["accuracy"]) for protocol in splits.PROTOCOLS]
            texts += [*scores, gap, f"{row['verdict']}: {MEANING[row['verdict']]}"]
        elif splits.HONEST in row:
            same = "the same" if row["whole"] else ""
            texts += [same, f"{estimate(row[splits.HONEST]['accuracy'])}, {row['folds']} folds", "", ""]
        else:
            texts += ["", f"{estimate(row['validation'])}, validation, {_seeds(row['validation']['seeds'])}", "", ""]
        texts[0] += f" (scaled: {', '.join(row['scaled'])})" if row.get("scaled") else ""
        rows.append(texts)
    columns = ["experiment", "published", "ours, published protocol", "ours, honest protocol", "gap", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _on_official_parts(row: Mapping[str, Any], test: Mapping[str, Any]) -> list[str]:
    """Test scores under both protocols, and what lies between them."""
    honest = f"{estimate(test)}, test, {_seeds(test['seeds'])}"
    if "gap" not in row:
        return ["", honest, "", ""]
    published = f"{estimate(row[splits.PUBLISHED]['accuracy'])}, test, {_seeds(row['seeds'])}"
    return [published, honest, estimate(row["gap"], points=True), f"{row['verdict']}: {MEANING[row['verdict']]}"]


def _source(source: Mapping[str, Any] | None) -> str:
    """What the source printed, and where."""
    if source is None:
        return "not in the source"
    name = "accuracy" if source["accuracy"] is not None else "f1"
    value = source.get(name)
    if value is None:
        return f"announced, not printed (line {source['line']})"
    return f"{'macro F1 ' if name == 'f1' else ''}{f'{value:.3f}'.removesuffix('0')} (line {source['line']})"


def _seeds(number: int) -> str:
    return f"{number} seed{'s' * (number != 1)}"


def stricter_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """What is lost when more is kept whole than a group, such as all tracks of an artist."""
    rows = []
    for row in summary["rows"]:
        for protocol, found in row.get("stricter", {}).items():
            rows.append(
                {
                    "experiment": row["experiment"],
                    "protocol": protocol,
                    "accuracy": estimate(found["accuracy"]),
                    "honest minus this": estimate(found["gap"], points=True),
                    "what sharing did": found["verdict"],
                    "asked": f"{found['groups']} groups whose class is also in training",
                }
                | _votes(row[protocol])
            )
    return pd.DataFrame(rows)


def _votes(scores: Mapping[str, Any], *, single: bool = False) -> dict[str, str]:
    """One answer per group: how many are right, and macro F1; results of before it was kept have the vote alone."""
    macro_f1 = estimate(scores["vote_f1"]) if "vote_f1" in scores else ""
    if single:
        return {"macro F1, with interval": macro_f1}
    return {"vote": estimate(scores["vote"])} | ({"macro F1 of the vote": macro_f1} if macro_f1 else {})


def made_up_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """What made-up items that were dealt out with the real ones do to a score."""
    rows = []
    for row in summary["rows"]:
        for protocol in splits.PROTOCOLS:
            if found := row.get(protocol, {}).get("made_up"):
                scores = {name.replace("_", "-"): f"{value:.3f}" for name, value in found.items()}
                rows.append({"experiment": row["experiment"], "protocol": protocol, **scores})
    return pd.DataFrame(rows)


MEANING = {
    compare.HELPED: "the published protocol scores higher",
    compare.HURT: "the published protocol scores lower",
    compare.NO_DIFFERENCE: "both protocols score the same",
    compare.CANNOT_TELL: "too little to say",
}


def baseline_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """Per-group vote and baselines beside each score; macro recall is what others call balanced accuracy."""
    single = summary["data"]["items"] == summary["data"]["groups"]  # the vote of one item is its answer
    rows = []
    for row in filter(lambda row: row["run"], summary["rows"]):
        for protocol in filter(row.__contains__, splits.PROTOCOLS):
            scores = row[protocol]
            others = {name: estimate(value) for name, value in scores["baselines"].items()}
            macro = {name: f"{scores['score'][name]:.3f}" for name in ("precision", "recall", "f1")}
            rows.append(
                {
                    "experiment": row["experiment"],
                    "protocol": protocol,
                    "accuracy": estimate(scores["accuracy"]),
                    **{f"macro {name}": value for name, value in macro.items()},
                    **({} if row["whole"] else _votes(scores, single=single)),
                    **others,
                }
            )
    return pd.DataFrame(rows).fillna("")


def step_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """The diary step by step: over seeds on validation, out of fold by group, and the sealed test set."""
    rows = []
    for step in summary["steps"]:
        test = summary["test"]["accuracy"][step["experiment"]]
        cells = {
            "experiment": step["experiment"],
            "change": f"{step['change']} (from {step['parent']})" if step["parent"] else "the first",
            "validation accuracy by seed": ", ".join(f"{value:.3f}" for value in step["validation"]),
            "difference": "",
            "out of fold": "",
            "test accuracy": f"{estimate(test)}, {_seeds(test['seeds'])}",
        }
        if "difference" in step:
            cells["difference"] = f"{estimate(step['difference'], points=True)}: {step['verdict']}"
        if "out_of_fold" in step:
            found = step["out_of_fold"]
            cells["out of fold"] = f"{estimate(found, points=True)}: {found['verdict']}"
        rows.append(cells)
    return pd.DataFrame(rows)


def conclusion_table(summary: Mapping[str, Any]) -> pd.DataFrame:
    """Each step of the diary: what its author concluded, what the author's own repeats say, and what ours say."""
    rows = []
    for step in summary["conclusions"].get("steps", ()):
        cells = {
            "step": f"{step['experiment']} (from {step['parent']})",
            "what differs": "; ".join(step["differences"]) or "nothing: a repeat",
            "its author concluded": step["concluded"] or f"(line {step['line']})",
        }
        for name, heading in (("theirs", "by its author's repeats"), ("ours", "by ours")):
            found = step.get(name)
            cells[heading] = f"{estimate(found, points=True)}: {found['verdict']}" if found else ""
        rows.append(cells)
    return pd.DataFrame(rows)


def tables(summary: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Every table there is something to show in, by its heading."""
    every = {
        "Published and ours": main_table(summary),
        "Beside each score": baseline_table(summary),
        "The diary, step by step": step_table(summary),
        "What was concluded, and what repeats say": conclusion_table(summary),
        "What stricter splits take away": stricter_table(summary),
        "Made-up items held out": made_up_table(summary),
    }
    return {title: table for title, table in every.items() if len(table)}


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
            f"Scaled: {summary['mode']} mode trains less than the study did; no verdict on the published numbers."
        )
    groups = compare.plural(study.group)
    counted = f"Intervals are 95 % and count {groups}"
    said = f"Data: {data['name']}, {compare.count_of(data['items'], study.item)}"
    opened = f"is sealed and was opened {times(summary['test']['opening'])}"
    if summary["official"]:
        lines += [
            f"{said}. Under the published protocol each run scores the publisher's test part with the weights it ends "
            f"with, as the study did. For the honest one that part {opened}, for all runs together; each step is "
            f"judged on validation. {counted} or, for differences, training runs.",
            *_repeats(summary["conclusions"]),
        ]
    else:
        sealed = next(part["groups"] for part in summary["counts"] if part["part"] == splits.TEST)
        lines.append(
            f"{said} of {data['groups']} {groups}. Ours are validation scores, out of fold; the test set "
            f"({sealed} {groups}) {opened}. {counted}."
        )
        lines += _repeats(summary["conclusions"])
    return lines


def _repeats(found: Mapping[str, Any]) -> list[str]:
    """How far repeats of one configuration lie apart, the author's and ours."""
    if not found:
        return []
    own, ours = ((one["spread"], one["freedom"]) for one in (found, found["ours"]))
    sentences = [
        f"The author's own repeats of one configuration have a standard deviation of {100 * own[0]:.2f} points "
        f"({own[1]} degrees of freedom): single runs have to differ by {100 * compare.by_chance(own):.1f} points."
    ]
    if ours[1]:
        apart = f"{100 * compare.by_chance(ours):.1f} points"
        sentences.append(f"Ours have {100 * ours[0]:.2f} points ({ours[1]} degrees of freedom), hence {apart}.")
    return sentences


def times(number: int) -> str:
    """A count as an adverb."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def pictures(summary: Mapping[str, Any], study: Study) -> list[plots.Picture]:
    """The network, gap by group, history and confusion under both protocols, and a dot per seed."""
    first = next((row for row in summary["rows"] if "gap" in row), summary["rows"][0])
    drawn = [plots.model_diagram(study.diary[first["experiment"]].model())]
    run = [row for row in summary["rows"] if row["run"]]
    for row in [row for row in run if "by_group" in row]:
        gap = compare.Estimate(**row["gap"])
        drawn.append(plots.gap_by_group(pd.DataFrame(row["by_group"]), gap, unit=study.group, title=row["title"]))
    for protocol in splits.PROTOCOLS:
        first = next((row for row in run if protocol in row), None)
        if first is not None:
            title = f"{first['experiment']}, {protocol} protocol"
            kind = ("seed 0", "test part") if summary["official"] else ("first fold", "out of fold")
            drawn.append(plots.history(first[protocol]["history"], f"{title}, {kind[0]}"))
            drawn.append(plots.confusion(first[protocol]["score"], f"{title}, {kind[1]}"))
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
        results: folder for `summary-<mode>.json` and `results-<mode>.md`.
        figures: in the order they are shown.
        command: what the reader types to make it again.

    Returns:
        Path of the page.
    """
    content = {
        "study": study,
        "summary": summary,
        "heading": heading(summary, study),
        "tables": tables(summary),
        "faults": list(zip(study.faults, summary["faults"], strict=True)),
        "figures": figures,
        "command": command,
    }
    written = results / f"results-{summary['mode']}.md"
    for template, path in (("report.html", page / "index.html"), ("report.md", written)):
        store.write_bytes(path, rendered(template, content))
    store.write_json(results / f"summary-{summary['mode']}.json", summary)
    return page / "index.html"


def write_search(
    title: str, table: pd.DataFrame, lines: Sequence[str], figure: plots.Picture, *, page: Path, command: str
) -> Path:
    """Write the page of a search: every trial, and what its best is worth.

    Args:
        title: names the search.
        table: its trials, as text.
        lines: what it found, a sentence each.
        figure: the best so far.
        page: file to write.
        command: what the reader types to make it again.
    """
    content = {"title": title, "table": table, "lines": lines, "figure": figure, "command": command}
    store.write_bytes(page, rendered("search.html", content))
    return page


def study_page(study: Study, results: Path) -> bytes:
    """The page of a study in the docs, as Markdown, made from its committed results.

    Args:
        study: which one.
        results: folder with its `summary-<mode>.json`, one or more; the largest mode comes first.

    Raises:
        FileNotFoundError: there is none.
    """
    paths = [path for mode in reversed(MODES) if (path := results / f"summary-{mode}.json").is_file()]
    if not paths:
        raise FileNotFoundError(f"{results}: holds no summary-<mode>.json; cosmic reproduce {study.name} makes one")
    summaries = [store.read_json(path) for path in paths]
    parts = [{"summary": one, "heading": heading(one, study), "tables": tables(one)} for one in summaries]
    faults = list(zip(study.faults, summaries[0]["faults"], strict=True))
    return rendered("study.md", {"study": study, "parts": parts, "faults": faults})


def rendered(template: str, content: Mapping[str, Any]) -> bytes:
    """A template of this package, filled in."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cosmic_lib"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plural"] = compare.plural
    return environment.get_template(template).render(content).encode()

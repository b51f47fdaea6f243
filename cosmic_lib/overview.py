"""All studies in one table: what was published, what the same protocol gives here, and what the honest one gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, plots, report, splits, store, studies
from cosmic_lib.compare import Estimate
from cosmic_lib.studies import MODES, Fault


def summaries(results: Path) -> dict[str, dict[str, Any]]:
    """The results of each study that has some, of its largest mode.

    Args:
        results: a folder with one folder per study, as in a clone of the project.

    Raises:
        FileNotFoundError: there are none.
    """
    found = {}
    for name in studies.names():
        paths = [path for mode in reversed(MODES) if (path := results / name / f"summary-{mode}.json").is_file()]
        if paths:
            found[name] = store.read_json(paths[0])
    if not found:
        raise FileNotFoundError(f"{results}: no results of any study; cosmic reproduce makes some, see --runs")
    return found


@dataclass(frozen=True)
class Row:
    """One experiment under both protocols.

    Args:
        study, experiment: which one.
        data: what ours is run on, in words.
        source: what was printed, with its line.
        published, honest: our score under each protocol.
        gap: published minus honest.
    """

    study: str
    experiment: str
    data: str
    source: str
    published: Estimate
    honest: Estimate
    gap: Estimate


def rows(found: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Every experiment that was run under both protocols, study by study.

    Args:
        found: from `summaries`.
    """
    listed = []
    for name, summary in found.items():
        printed = report.main_table(summary).set_index(pd.Index([row["experiment"] for row in summary["rows"]]))
        for row in summary["rows"]:
            if "gap" not in row:
                continue
            honest = row[splits.HONEST]["accuracy"] if splits.HONEST in row else _tested(summary, row["experiment"])
            listed.append(
                Row(
                    study=name,
                    experiment=row["experiment"],
                    data=summary["data"]["name"],
                    source=printed.loc[row["experiment"], "published"],
                    published=Estimate(**row[splits.PUBLISHED]["accuracy"]),
                    honest=Estimate(**honest),
                    gap=Estimate(**row["gap"]),
                )
            )
    return listed


def _tested(summary: Mapping[str, Any], experiment: str) -> dict[str, Any]:
    """Where the publisher of the data divided them, the honest score is that of the test part, opened once."""
    found = summary["test"]["accuracy"][experiment]
    return {name: found[name] for name in ("value", "low", "high", "counted", "method")}


def table(listed: Sequence[Row]) -> pd.DataFrame:
    """The rows as text, ready to be shown.

    Returns:
        Columns study, experiment, in the source, published protocol, honest protocol, gap, verdict and data.
    """
    return pd.DataFrame(
        {
            "study": row.study,
            "experiment": row.experiment,
            "in the source": row.source,
            "published protocol": str(row.published),
            "honest protocol": str(row.honest),
            "gap": str(row.gap),
            "verdict": f"{compare.verdict(row.gap)}: {report.MEANING[compare.verdict(row.gap)]}",
            "data": row.data,
        }
        for row in listed
    )


def picture(listed: Sequence[Row]) -> plots.Picture:
    """Both scores of each row with their intervals."""
    figure, ax = plots.subplots(8, 1.4 + 0.45 * len(listed))
    for place, row in enumerate(listed):
        for name, found, colour, shift in (
            ("published", row.published, plots.PUBLISHED_COLOUR, -0.12),
            ("honest", row.honest, plots.HONEST_COLOUR, 0.12),
        ):
            bounds = np.abs([[found.value - found.low], [found.high - found.value]])
            label = f"{name} protocol" if place == 0 else None
            ax.errorbar(found.value, place + shift, xerr=bounds, fmt="o", color=colour, capsize=3, label=label)
    ax.set_yticks(range(len(listed)), [f"{row.study}: {row.experiment}" for row in listed])
    ax.invert_yaxis()
    ax.set(xlabel="accuracy, 95 %", title="Every study under both protocols, on the data at hand")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    higher = sum(compare.verdict(row.gap) == compare.HELPED for row in listed)
    largest = max(listed, key=lambda row: row.gap.value)
    alt = (
        f"Of {len(listed)} experiments {higher} score higher under the published protocol by more than chance; most of "
        f"all {largest.experiment} of {largest.study}, by {largest.gap}."
    )
    return plots.Picture(figure, alt, table(listed).set_index(["study", "experiment"]))


def faults(names: Sequence[str], found: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Entries of the audits, each with what it amounts to where that was measured.

    Args:
        names: ids of entries, such as `C1`.
        found: from `summaries`.

    Returns:
        Columns study, what happened, evidence, what it amounts to, and what to do; index the id.

    Raises:
        ValueError: no study has an entry of that name.
    """
    every: dict[str, tuple[str, Fault, str]] = {}
    for study in map(studies.get, studies.names()):
        said = {one["name"]: one["measured"] for one in found.get(study.name, {}).get("faults", ())}
        every |= {fault.name: (study.name, fault, said.get(fault.name) or "") for fault in study.faults}
    if unknown := [name for name in names if name not in every]:
        raise ValueError(f"no entry {', '.join(unknown)} in any audit; there are {', '.join(every)}")
    return pd.DataFrame(
        {
            name: {
                "study": every[name][0],
                "what happened": every[name][1].title,
                "evidence": every[name][1].evidence,
                "what it amounts to": every[name][2],
                "what to do": every[name][1].correction,
            }
            for name in names
        }
    ).T

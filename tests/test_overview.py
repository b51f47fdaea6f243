"""One table of all studies says what their results say, and every fault that is asked for is found."""

from __future__ import annotations

import json

import pytest

from cosmic_lib import compare, overview, splits, studies

from .conftest import CLONE

RESULTS = CLONE / "results"


@pytest.fixture(scope="module")
def found():
    return overview.summaries(RESULTS)


@pytest.fixture(scope="module")
def rows(found):
    return overview.rows(found)


def test_every_study_with_results_has_its_rows(found, rows):
    assert set(found) == {path.parent.name for path in RESULTS.glob("*/summary-*.json")}
    expected = [(name, row["experiment"]) for name, one in found.items() for row in one["rows"] if "gap" in row]
    assert [(row.study, row.experiment) for row in rows] == expected and {row.study for row in rows} == set(found)


def test_scores_are_those_of_the_results(found, rows):
    for row in rows:
        kept = next(one for one in found[row.study]["rows"] if one["experiment"] == row.experiment)
        assert row.published.value == kept[splits.PUBLISHED]["accuracy"]["value"]
        assert row.gap.value == pytest.approx(row.published.value - row.honest.value, abs=0.05)
        assert row.honest.low <= row.honest.value <= row.honest.high


def test_the_table_and_the_picture_say_the_verdict(rows):
    table = overview.table(rows)
    assert len(table) == len(rows)
    for row, verdict in zip(rows, table["verdict"], strict=True):
        assert verdict.startswith(compare.verdict(row.gap))
    picture = overview.picture(rows)
    higher = sum(compare.verdict(row.gap) == compare.HELPED for row in rows)
    assert f"Of {len(rows)} experiments {higher} score higher" in picture.alt and picture.png()


def test_the_largest_mode_comes_first(tmp_path):
    name = studies.names()[0]
    (tmp_path / name).mkdir()
    for mode in ("smoke", "full", "laptop"):
        (tmp_path / name / f"summary-{mode}.json").write_text(json.dumps({"mode": mode}))
    assert overview.summaries(tmp_path)[name]["mode"] == "full"


def test_no_results_are_an_error_that_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no results of any study"):
        overview.summaries(tmp_path)


def test_faults_are_found_in_every_audit_with_what_was_measured(found):
    table = overview.faults(["T1", "K4", "C1"], found)
    assert table["study"].tolist() == ["genre", "cifar", "composers"]
    assert (table["what it amounts to"].str.len() > 20).all()
    assert (overview.faults(["T1"], {})["what it amounts to"] == "").all()
    with pytest.raises(ValueError, match="no entry X1 in any audit"):
        overview.faults(["X1"], found)

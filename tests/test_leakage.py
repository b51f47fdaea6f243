"""Every kind of leak is planted and found, and a clean split passes."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import leakage, pipeline, splits
from cosmic_lib.leakage import LeakageError

COLUMNS = {"split": "split", "group": "patient", "content": "sha256"}


@pytest.fixture
def table() -> pd.DataFrame:
    """A clean split of 60 patients, of three items each, with an index of its own."""
    patients = np.repeat(np.arange(60), 3)
    return pd.DataFrame(
        {
            "patient": [f"patient {number}" for number in patients],
            "sha256": [f"hash {number}" for number in range(180)],
            "split": np.where(patients < 40, "train", np.where(patients < 48, "validation", "test")),
        },
        index=[f"row {number}" for number in range(180)],
    )


@pytest.fixture
def features(table) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(len(table), 4, 5))


def statistics(rows: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(("mean", "std"), pipeline.statistics(rows), strict=True))


def kinds(leaks) -> list[str]:
    return [leak.kind for leak in leaks]


def test_a_clean_split_passes(table, features):
    train = features[(table["split"] == "train").to_numpy()]
    everything = {**COLUMNS, "features": features, "statistics": statistics(train)}
    assert leakage.find(table, **everything) == []
    assert leakage.check(table, **everything) is None


def test_a_shared_group_is_found(table):
    table.loc["row 0", "split"] = "test"
    (leak,) = leakage.find(table, **COLUMNS)
    assert leak.kind == "shared group"
    assert leak.rows == ("row 0", "row 1", "row 2")
    assert "patient 0" in leak.message and "deal out whole patients" in leak.message


def test_identical_items_are_found_across_parts_only(table):
    table.loc["row 1", "sha256"] = table.loc["row 0", "sha256"]
    assert leakage.find(table, **COLUMNS) == []
    table.loc["row 179", "sha256"] = table.loc["row 5", "sha256"]
    (leak,) = leakage.find(table, **COLUMNS)
    assert leak.kind == "identical items"
    assert leak.rows == ("row 5", "row 179")


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_near_identical_items_are_found_in_any_unit(table, features, unit):
    features[1] = features[0] + 0.01  # both in train
    features[170] = features[3] * 1.01
    features[:, 0, 2] *= unit
    (leak,) = leakage.find(table, split="split", features=features)
    assert leak.kind == "near-identical items"
    assert leak.rows == ("row 3", "row 170")
    assert "row 3 and row 170" in leak.message


def test_how_close_is_too_close_can_be_set(table, features):
    features[170] = features[3] + 0.1
    assert leakage.find(table, split="split", features=features, closeness=0.001) == []
    assert kinds(leakage.find(table, split="split", features=features, closeness=0.3)) == ["near-identical items"]


def test_exact_copies_count_as_near_identical(table, features):
    features[170] = features[3]
    assert kinds(leakage.find(table, split="split", features=features)) == ["near-identical items"]


def test_statistics_of_all_rows_are_found(table, features):
    train = (table["split"] == "train").to_numpy()
    of_all, of_train = statistics(features), statistics(features[train])
    (leak,) = leakage.find(table, split="split", features=features, statistics=of_all)
    assert leak.kind == "statistics" and "mean and std" in leak.message
    mixed = {"mean": of_train["mean"], "std": of_all["std"]}
    (leak,) = leakage.find(table, split="split", features=features, statistics=mixed)
    assert "std" in leak.message and "mean" not in leak.message
    assert leakage.find(table, split="split", features=features, statistics={"mean": of_train["mean"]}) == []


def test_a_feature_that_never_changes_is_no_leak(table, features):
    """Its deviation is zero, or one where a scaler must not divide by zero."""
    features[..., 1] = 0.1
    train = features[(table["split"] == "train").to_numpy()]
    plain = {"mean": train.mean(axis=(0, 1)), "std": train.std(axis=(0, 1))}
    for used in (plain, plain | {"std": np.where(np.arange(5) == 1, 1, plain["std"])}, statistics(train)):
        assert leakage.find(table, split="split", features=features, statistics=used) == []


def test_the_training_part_may_have_another_name(table, features):
    table["split"] = table["split"].replace("train", "fit")
    train = features[(table["split"] == "fit").to_numpy()]
    assert leakage.find(table, split="split", features=features, statistics=statistics(train), train="fit") == []
    with pytest.raises(ValueError, match="no part 'train'; it has fit, validation, test"):
        leakage.find(table, split="split", features=features, statistics=statistics(train))


def test_check_lists_every_leak(table, features):
    table.loc["row 0", "split"] = "test"
    table.loc["row 179", "sha256"] = table.loc["row 5", "sha256"]
    features[170] = features[3]
    with pytest.raises(LeakageError) as error:
        leakage.check(table, **COLUMNS, features=features, statistics=statistics(features))
    for kind in ("shared group", "identical items", "near-identical items", "statistics"):
        assert f"\n- {kind}:" in str(error.value)


def test_categories_and_numbers_will_do(table):
    as_categories = table.astype("category")
    assert leakage.find(as_categories, **COLUMNS) == []
    as_categories.loc["row 0", "split"] = "test"
    assert kinds(leakage.find(as_categories, **COLUMNS)) == ["shared group"]
    numbered = table.assign(patient=np.repeat(np.arange(60), 3), split=(table["split"] == "test").astype(int))
    assert leakage.find(numbered, **COLUMNS) == []


def test_the_split_table_of_a_study():
    items = pd.DataFrame({"group": np.repeat(np.arange(40), 5), "label": np.repeat(["a", "b"], 100)})
    table = splits.make_table(items.assign(item=range(200)))
    for column in [splits.HONEST, *splits.fold_columns(splits.HONEST)]:
        leakage.check(table, split=column, group="group")
    for column in splits.fold_columns(splits.PUBLISHED):
        with pytest.raises(LeakageError, match="shared group"):
            leakage.check(table, split=column, group="group")


def with_gap(table):
    table.loc["row 7", "patient"] = None
    return table


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda t: t.drop(columns="patient"), COLUMNS, "no column 'patient'; it has sha256, split"),
        (lambda t: t.drop(columns="split"), COLUMNS, "no column 'split'"),
        (with_gap, COLUMNS, "'patient' has 1 empty cells"),
        (lambda t: t.assign(split="train"), COLUMNS, "one part only"),
        (lambda t: t, {"split": "split", "features": np.zeros((3, 2))}, "3 rows of features for 180 rows"),
        (lambda t: t, {"split": "split", "features": np.full((180, 2), np.nan)}, "finite|NaN"),
        (lambda t: t, {"split": "split", "statistics": {"mean": 0}}, "give those as well"),
        (
            lambda t: t,
            {"split": "split", "features": np.arange(180.0), "statistics": {"median": 0}},
            "'median' can be checked",
        ),
    ],
    ids=["no group", "no split", "gap", "one part", "too few rows", "not finite", "no features", "median"],
)
def test_what_cannot_be_checked_is_refused(table, change, arguments, message):
    with pytest.raises(ValueError, match=message):
        leakage.find(change(table), **arguments)


def test_one_feature_that_is_missing_is_refused(table, features):
    features[12, 0, 0] = np.nan
    with pytest.raises(ValueError, match="finite|NaN"):
        leakage.find(table, split="split", features=features)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_hold_no_pairs(rows):
    assert leakage.near_identical(np.eye(3)[:rows], np.arange(rows)) == []


def test_file_hashes_are_equal_where_files_are(tmp_path):
    for name, content in {"a": b"1", "b": b"2", "c": b"1"}.items():
        (tmp_path / name).write_bytes(content)
    first, second, third = leakage.file_hashes(tmp_path / name for name in "abc")
    assert first == third != second


def test_the_checks_run_where_there_is_no_tensorflow():
    code = """
import sys
for name in ("tensorflow", "keras"):
    sys.modules[name] = None  # importing it raises ImportError
import numpy as np, pandas as pd
from cosmic_lib import leakage, splits
features = np.random.default_rng(0).normal(size=(100, 12))
items = pd.DataFrame({"item": range(100), "group": np.arange(100) // 2, "label": "a"})
table = splits.make_table(items)
train = features[table["honest"] == "train"]
leakage.check(table, split="honest", group="group", content="item", features=features,
              statistics={"mean": train.mean(axis=0), "std": train.std(axis=0)})
try:
    leakage.check(table, split="published_fold0", group="group")
except leakage.LeakageError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "shared group" in run.stdout

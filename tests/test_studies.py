"""One contract that every study holds, found by its folder."""

import ast
import math
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from cosmic_lib import splits, studies
from cosmic_lib.studies import CONTROLS, MODES, Mode, Study

from .conftest import CLONE


@pytest.fixture(scope="module", params=studies.names())
def study(request) -> Study:
    return studies.get(request.param)


@pytest.fixture(scope="module")
def sample(study, tmp_path_factory):
    """The sample of smoke mode, as `Data`."""
    mode = study.modes["smoke"]
    inputs = sorted({row.inputs.name for row in study.diary})
    return study.load("sample", root=tmp_path_factory.mktemp(study.name), inputs=inputs, **mode.settings, **mode.sample)


def test_a_study_says_what_it_is(study):
    assert study.name in studies.names()
    assert study.title and study.group and study.item and study.praise
    assert "studies/sources/" in study.source
    assert set(study.modes) == set(MODES)
    assert tuple(study.protocols)[:2] == splits.PROTOCOLS
    assert study.deviations and all(text.endswith(".") for text in study.deviations)
    for name in study.notebooks:
        assert (CLONE / "notebooks" / f"{name}.ipynb").is_file()


def test_modes_grow_from_smoke_to_full(study):
    smoke, laptop, full = (study.modes[name] for name in MODES)
    assert smoke.minutes < laptop.minutes < full.minutes
    assert 2 <= smoke.seeds <= laptop.seeds <= full.seeds
    for row in study.diary:
        smaller, small, whole = (mode.scale(row) for mode in (smoke, laptop, full))
        assert smaller.fit.epochs < small.fit.epochs <= whole.fit.epochs
        assert whole == row
    for mode in study.modes.values():
        assert all(study.diary[name] for name in (*mode.only, *(mode.protocols or ()), *mode.once))
        for name, protocols in (mode.protocols or {}).items():
            assert set(protocols) <= set(study.diary[name].protocols)


def test_faults_name_their_evidence_and_their_correction(study):
    assert len({fault.name for fault in study.faults}) == len(study.faults) > 0
    for fault in study.faults:
        assert fault.title and fault.correction
        assert fault.grade in ("proven", "likely", "unstated")
        assert "line" in fault.evidence or "arXiv" in fault.evidence or "doi" in fault.evidence


def test_a_diary_row_names_the_one_part_that_changed_or_that_it_repeats_its_parent(study):
    for row in study.diary:
        assert (row.parent is None) == (row.change is None)
        if row.parent is None:
            continue
        parent = study.diary[row.parent]
        parts = ("inputs", "compile", "fit", "augment")
        changed = [part for part in parts if getattr(row, part) != getattr(parent, part)]
        if row.build is not parent.build:
            changed.append("build")
        repeat = row.change.startswith("nothing")
        assert repeat == (study.diary.kinds[row.name] == study.diary.kinds[parent.name])
        assert repeat or len(changed) == 1, f"{row.name} differs from {parent.name} in {changed}"


def test_published_numbers_are_shares_with_a_source_line(study):
    for row in study.diary:
        published = row.published
        if published is None:
            continue
        assert published.line > 0
        scores = [published.accuracy, published.precision, published.recall, published.f1]
        assert all(0 <= score <= 1 for score in scores if score is not None)


def test_every_network_keeps_to_the_contract_of_builders(study, check_builder):
    """At a small size: some of the published ones are of a quarter of a gigabyte."""
    networks = {}
    for row in map(study.modes["smoke"].scale, study.diary):
        # Of variants that differ in numbers alone, one is enough.
        told = getattr(row.build, "func", row.build), *sorted(getattr(row.build, "keywords", ""))
        networks[*told, row.inputs.shape] = row.build, row.inputs.shape, row.inputs.classes
    for build, shape, classes in networks.values():
        small = (*(min(side, 24) for side in shape[:-1]), shape[-1])
        model = build(small, classes)
        assert model.input_shape[1:] == small
        trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
        check_builder(build, small, classes, model.count_params(), trained)
    for row in study.diary:
        assert keras.optimizers.get(row.compile.optimizer) and keras.losses.deserialize(row.compile.loss)


def test_the_sample_is_read_as_data(study, sample):
    items = sample.items
    assert sample.origin == "sample" and "made-up" in sample.name
    assert items["item"].is_unique and not items[["item", "label", "group"]].isna().any(axis=None)
    assert set(items["label"]) == set(sample.classes)
    assert 1 < sample.groups <= len(items)
    assert list(sample.excluded.columns) == ["file", "reason"] and len(sample.excluded)
    np.testing.assert_array_equal(np.array(sample.classes)[sample.y], items["label"])
    for name in sample.inputs:
        view = sample.view(name)
        assert len(view.arrays[name]) == len(view.items) and np.isfinite(view.arrays[name]).all()
        assert view.apart or set(view.items["group"]) <= set(items["group"])
        assert set(view.items["label"]) == set(view.classes)
    for row in study.diary:
        if row.inputs.name in sample.inputs:
            view = sample.view(row.inputs.name)
            assert view.arrays[row.inputs.name].ndim == 1 + len(row.inputs.shape)
            # What is split apart may have classes of its own, and a sample fewer of these than the real set.
            assert len(view.classes) == row.inputs.classes or (view.apart and len(view.classes) < row.inputs.classes)


def test_the_sample_can_be_split(sample):
    table = splits.make_table(sample.items)
    for column in splits.columns(table):
        parts = set(splits.counts(table, column).index)
        assert parts >= {splits.TRAIN, splits.VALIDATION} and parts & {splits.TEST, splits.HELD_OUT}


def test_faults_that_can_be_measured_are(study, sample):
    table = splits.make_table(sample.items)
    sentences = [fault.measure(sample, table) for fault in study.faults if fault.measure]
    assert all(text.endswith(".") and any(map(str.isdigit, text)) and "nan" not in text for text in sentences)


def test_reading_twice_gives_the_same_fingerprint(study, sample, tmp_path):
    mode = study.modes["smoke"]
    again = study.load("sample", root=tmp_path, **mode.settings, **mode.sample)
    name = next(iter(again.arrays))
    assert again.view(name).fingerprint == sample.view(name).fingerprint


def test_shuffled_labels_keep_groups_whole_and_shares_as_they_are(sample):
    control = sample.control("shuffled-labels")
    labels = control.items.groupby("group")["label"]
    assert (labels.nunique() == 1).all()
    before = sample.items.groupby("group")["label"].first()
    assert sorted(labels.first()) == sorted(before)
    by_chance = (before.value_counts(normalize=True) ** 2).sum()
    assert (labels.first() == before).mean() < by_chance + 0.2
    assert control.arrays is sample.arrays
    assert control.fingerprint != sample.fingerprint


def test_noise_features_keep_everything_else(sample):
    control = sample.control("noise-features")
    pd.testing.assert_frame_equal(control.items, sample.items)
    assert control.fingerprint != sample.fingerprint
    for name, noise in control.arrays.items():
        array = sample.arrays[name]
        assert noise.shape == array.shape and noise.dtype == array.dtype
        assert abs(np.corrcoef(noise.ravel(), array.ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_control_leaves_no_kind_of_input_as_it_was(sample, kind):
    control = sample.control(kind)
    assert control.inputs == sample.inputs
    for name in sample.inputs:
        before, after = sample.view(name), control.view(name)
        assert after.fingerprint != before.fingerprint
        if before.apart:
            grouped = after.items[after.items["group"] != ""].groupby("group")["label"]
            assert kind == "noise-features" or (grouped.nunique() == 1).all()
            continue
        labels = control.items.groupby("group")["label"].first()
        assert (after.items["label"] == after.items["group"].map(labels)).all()


def test_a_view_is_one_kind_of_input(sample):
    for name in sample.inputs:
        view = sample.view(name)
        assert view.inputs == (name,)
    with pytest.raises(ValueError, match="no inputs named 'smells'; there are: "):
        sample.view("smells")


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_control_repeats_and_another_seed_differs(sample, kind):
    assert sample.control(kind).fingerprint == sample.control(kind).fingerprint
    assert sample.control(kind).fingerprint != sample.control(kind, seed=1).fingerprint


def test_unknown_names_list_the_known_ones(sample, monkeypatch):
    with pytest.raises(ValueError, match="genre"):
        studies.get("astrology")
    with pytest.raises(ValueError, match="shuffled-labels, noise-features"):
        sample.control("no-labels")
    monkeypatch.setenv("COSMIC_MODE", "quick")
    with pytest.raises(ValueError, match="'quick'; choose one of smoke, laptop, full"):
        studies.mode_name()


def test_the_mode_is_the_choice_made_or_that_of_the_environment(monkeypatch):
    monkeypatch.delenv("COSMIC_MODE", raising=False)
    assert studies.mode_name() == "laptop"
    monkeypatch.setenv("COSMIC_MODE", "full")
    assert studies.mode_name() == "full"
    assert studies.mode_name("smoke") == "smoke"


def imported(path) -> set[str]:
    """Modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


PACKAGE = CLONE / "cosmic_lib"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_tool_names_a_study_and_only_the_pipeline_tensorflow(path):
    modules = imported(path)
    room = path.relative_to(PACKAGE).parts[1:2] if path.is_relative_to(PACKAGE / "studies") else ()
    for name in studies.names():
        if room != (name,):
            assert not any(module.startswith(f"cosmic_lib.studies.{name}") for module in modules)
    if path != PACKAGE / "pipeline.py":
        assert not any(module.split(".")[0] == "tensorflow" for module in modules)


def test_a_mode_makes_batches_smaller_and_never_larger(tiny_experiment):
    sizes = [Mode(minutes=1, seeds=1, batch_size=size).scale(tiny_experiment).fit.batch_size for size in (None, 8, 512)]
    assert sizes == [32, 8, 32]
    honest = replace(tiny_experiment, honest_fit=replace(tiny_experiment.fit, patience=None))
    assert Mode(minutes=1, seeds=1, batch_size=8).scale(honest).honest_fit.batch_size == 8

"""Runs that repeat, keys that change with whatever decides a result, and a test set that stays sealed."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from cosmic_lib import evaluation, experiment, sealed, splits, store
from cosmic_lib.diary import Diary
from cosmic_lib.experiment import Augment, Compile, Fit
from cosmic_lib.splits import HELD_OUT, HONEST, TEST, VALIDATION
from cosmic_lib.training import prepare


@pytest.fixture
def data(make_tiny_data):
    return make_tiny_data()


@pytest.fixture
def table(data):
    return splits.make_table(data.items)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Folder of runs that several tests look at: whoever comes first trains them; nothing else is written to it."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def run(tiny_experiment, data, table, tmp_path):
    """`run(**changes)`: the tiny experiment on the honest split with seed 0, into a folder of its own."""

    def _run(*, runs=None, column=HONEST, seed=0, data=data, table=table, subject=tiny_experiment, **settings):
        return experiment.run(subject, data, table, column, seed=seed, runs=runs or tmp_path / "runs", **settings)

    return _run


def outcome(result) -> dict:
    """What a network had a part in."""
    return {name: result[name] for name in ("history", "metrics", "predictions")}


def test_a_seed_repeats_exactly_and_another_differs(run, shared):
    first, again, other = run(runs=shared), run(), run(runs=shared, seed=1)
    assert outcome(first) == outcome(again)
    assert first["key"] == again["key"] != other["key"]
    assert first["history"] != other["history"] and first["predictions"] != other["predictions"]


def test_a_run_is_the_visible_fit_in_keras(run, shared, data, table, tiny_experiment):
    """What a notebook writes out gives the same history as `run`."""
    from cosmic_lib import pipeline

    stored = run(runs=shared, mode="laptop")
    pipeline.set_up(seed=0)
    rows = (table[HONEST] == "train").to_numpy(), (table[HONEST] == "validation").to_numpy()
    x = pipeline.standardise(data.arrays["numbers"], rows[0])
    model = tiny_experiment.build(x.shape[1:], 3)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        pipeline.batches(x[rows[0]], data.y[rows[0]], shuffle_seed=0),
        validation_data=pipeline.batches(x[rows[1]], data.y[rows[1]]),
        epochs=4,
        shuffle=False,
        verbose=0,
    ).history
    for name, values in stored["history"].items():
        assert values == pytest.approx(history[name], abs=1e-5)


def test_a_second_run_reads_the_file(run, shared, monkeypatch):
    first = run(runs=shared)
    assert store.read_json(shared / f"{first['key']}.json") == first
    monkeypatch.setattr(experiment, "train", lambda *args, **kwargs: pytest.fail("trained again"))
    assert run(runs=shared) == first


def test_a_result_says_what_it_is_of(run, data, table):
    result = run(column="honest_fold1", epochs=2, mode="smoke")
    assert result["data"] == {"name": "tiny", "origin": "sample", "fingerprint": data.fingerprint}
    assert result["split"] == splits.fingerprint(table, "honest_fold1")
    assert {name: result[name] for name in ("experiment", "column", "seed", "mode", "epochs", "resumed")} == {
        "experiment": "tiny", "column": "honest_fold1", "seed": 0, "mode": "smoke", "epochs": 2, "resumed": False
    }  # fmt: skip
    assert len(result["history"]["val_accuracy"]) == 2
    assert {"python", "keras", "numpy"} <= result["versions"].keys()
    assert result["seconds"] > 0 and result["device"]


def key_of(subject, data, table, column=HONEST, **changes):
    return experiment.key(subject, data, table, column, **{"seed": 0, "mode": "laptop", "epochs": 4} | changes)


def test_key_changes_with_everything_that_decides_a_result(tiny_experiment, data, table, monkeypatch):
    tiny, fourth = tiny_experiment, data.items.index == 3

    def edited(column, value):
        return replace(data, items=data.items.assign(**{column: data.items[column].mask(fourth, value)}))

    numbers = data.arrays["numbers"].copy()
    numbers[7, 2] = np.nextafter(numbers[7, 2], np.inf)
    moved = table.copy()
    moved.loc[moved.index[moved[HONEST] == "train"][0], HONEST] = VALIDATION
    keys = {
        "itself": key_of(tiny, data, table),
        "network": key_of(replace(tiny, build=partial(tiny.build, units=17)), data, table),
        "optimizer": key_of(replace(tiny, compile=Compile("sgd", 0.01)), data, table),
        "learning rate": key_of(replace(tiny, compile=Compile("adam", 0.02)), data, table),
        "fit": key_of(replace(tiny, fit=Fit(epochs=4, batch_size=32, patience=2)), data, table),
        "one number": key_of(tiny, replace(data, arrays={"numbers": numbers}), table),
        "one label": key_of(tiny, edited("label", "elm"), table),
        "one group": key_of(tiny, edited("group", "another"), table),
        "one item's part": key_of(tiny, data, moved),
        "column": key_of(tiny, data, table, "honest_fold0"),
        "seed": key_of(tiny, data, table, seed=1),
        "mode": key_of(tiny, data, table, mode="full"),
        "epochs": key_of(tiny, data, table, epochs=5),
        "augmentation": key_of(replace(tiny, augment=Augment(echo)), data, table),
        "its settings": key_of(replace(tiny, augment=Augment(echo, {"shift": 2.0})), data, table),
        "its place": key_of(replace(tiny, augment=Augment(echo, before_split=True)), data, table),
    }
    monkeypatch.setattr(store, "source_fingerprint", lambda *modules: "of edited code")
    keys["code"] = key_of(tiny, data, table)
    assert len(set(keys.values())) == len(keys)
    monkeypatch.undo()
    assert key_of(tiny, data, table) == keys["itself"]


def test_code_that_decides_a_result_is_in_the_key(tiny_experiment, data, table, monkeypatch):
    seen = []
    monkeypatch.setattr(store, "source_fingerprint", lambda *modules: seen.extend(modules) or "")
    key_of(tiny_experiment, data, table)
    deciding = ("experiment", "training", "pipeline", "checkpoint", "evaluation")
    assert set(seen) >= {f"cosmic_lib.{name}" for name in deciding}


def test_key_is_the_same_in_another_process(capsys):
    """Nothing that lies elsewhere in memory, or comes in another order, has a part in it."""
    code = """
import numpy as np, pandas as pd
from cosmic_lib import experiment, splits
from cosmic_lib.studies import Data
from cosmic_lib.studies.genre.diary import DIARY
items = pd.DataFrame({"item": range(60), "label": ["a", "b"] * 30, "group": np.arange(60) // 2})
array = np.random.default_rng(0).normal(size=(60, 16, 33)).astype(np.float32)
data = Data("x", "sample", items, {"segment_features": array}, ("a", "b"), pd.DataFrame())
print(experiment.key(DIARY['net6_features'], data, splits.make_table(items), "honest", seed=0, mode="laptop", epochs=1))
"""
    exec(code, {})
    here = capsys.readouterr().out
    environment = os.environ | {"PYTHONHASHSEED": "1"}
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert there.returncode == 0, there.stderr
    assert there.stdout == here


def echo(data, rows, *, seed, shift=1.0):
    """Made-up items: the rows seen, moved by a constant."""
    return data.arrays["numbers"][rows] + np.float32(shift), data.y[rows]


def test_made_up_items_are_for_training_alone(data, table, tiny_experiment):
    subject = replace(tiny_experiment, augment=Augment(echo, {"shift": 0.0}))
    prepared = prepare(subject, data, table, "honest_fold0", seed=0)
    real, made = slice(None, len(data.items)), slice(len(data.items), None)
    training = (table["honest_fold0"] == "train").to_numpy()
    assert prepared.parts[real].tolist() == table["honest_fold0"].tolist()
    assert set(prepared.parts[made]) == {"train"}
    # With a shift of nothing, what was made tells which rows were seen.
    np.testing.assert_array_equal(prepared.inputs[made], prepared.inputs[real][training])
    np.testing.assert_array_equal(prepared.labels[made], data.y[training])
    plain = prepare(tiny_experiment, data, table, "honest_fold0", seed=0)
    np.testing.assert_array_equal(prepared.inputs[real], plain.inputs)
    np.testing.assert_array_equal(prepared.scaling["mean"], data.arrays["numbers"][training].mean(axis=0, dtype=float))


def test_outliers_are_cut_off_by_the_training_rows_alone(data, table, tiny_experiment):
    column = "honest_fold0"
    training = (table[column] == "train").to_numpy()
    wild = data.arrays["numbers"].copy()
    wild[~training] *= 1000
    subject = replace(tiny_experiment, inputs=replace(tiny_experiment.inputs, clip=True))
    there, here = (
        prepare(subject, replace(data, arrays={"numbers": one}), table, column, seed=0)
        for one in (wild, data.arrays["numbers"])
    )
    assert set(there.scaling) == {"mean", "std", "low", "high"}
    for name, values in there.scaling.items():
        np.testing.assert_array_equal(values, here.scaling[name])
    (batch,) = there.batches(np.flatnonzero(~training), batch_size=len(wild))
    bounds = [(there.scaling[end] - there.scaling["mean"]) / there.scaling["std"] for end in ("low", "high")]
    assert (np.asarray(batch) >= bounds[0] - 1e-5).all() and (np.asarray(batch) <= bounds[1] + 1e-5).all()
    assert np.abs(np.asarray(batch)).max() > 2


def test_items_made_before_the_split_are_everywhere_but_among_the_sealed(run, data, table, tiny_experiment):
    subject = replace(tiny_experiment, augment=Augment(echo, {"shift": 0.0}, before_split=True))
    prepared = prepare(subject, data, table, "honest_fold0", seed=0)
    made = slice(len(data.items), None)
    seen = (table["honest_fold0"] != TEST).to_numpy()
    np.testing.assert_array_equal(prepared.inputs[made], prepared.inputs[: len(data.items)][seen])
    assert set(prepared.parts[made]) == {"train", VALIDATION, HELD_OUT}
    result = run(subject=subject, column="honest_fold0")
    counts = pd.Series(prepared.parts[made]).value_counts()
    for part in (VALIDATION, HELD_OUT):
        assert result["metrics"][f"{part}_made"]["items"] == counts[part]
        assert len(result["predictions"][part]["items"]) == (table["honest_fold0"] == part).sum()


def test_a_kept_network_says_what_the_run_said(run, shared, data, tmp_path):
    assert run(keep=True) == run(runs=shared) | {"seconds": run()["seconds"]}
    (path,) = (tmp_path / "runs").glob("*.keras")
    assert not list(shared.glob("*.keras"))
    result = run()
    assert path.stem == result["key"]
    model = keras.saving.load_model(path)
    mean, std = (np.array(result["scaling"][name]) for name in ("mean", "std"))
    stored = result["predictions"][VALIDATION]
    rows = data.items.set_index("item").index.get_indexer(stored["items"])
    inputs = ((data.arrays["numbers"][rows] - mean) / std).astype(np.float32)
    np.testing.assert_allclose(model.predict(inputs, verbose=0), stored["probabilities"], atol=1e-4)


class Stop(keras.callbacks.Callback):
    """Raises in the second epoch."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise self.error


def test_a_run_that_fails_leaves_nothing(run, tmp_path):
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error):
            run(callbacks=[Stop(error)])
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    result = run()
    assert result["resumed"] is False and len(result["history"]["loss"]) == 4


def test_a_fold_leaves_the_sealed_items_alone(run, shared, data, tmp_path):
    result = run(runs=shared, column="honest_fold0")
    assert set(result["predictions"]) == set(result["metrics"]) == {VALIDATION, HELD_OUT}
    with pytest.raises(ValueError, match="predicts validation, held_out, not 'test'"):
        sealed.open_test(STUDY, [result], data, tmp_path)


def test_nothing_stored_depends_on_the_labels_of_the_test_set(run, shared, data, table, tmp_path):
    sealed = (table[HONEST] == TEST).to_numpy()
    labels = data.items["label"].to_numpy().copy()
    labels[sealed] = np.random.default_rng(0).permutation(labels[sealed])
    result = run(data=replace(data, items=data.items.assign(label=labels)))
    (path,) = (tmp_path / "runs").iterdir()
    assert path.name == f"{result['key']}.json"
    stored = json.loads(path.read_text())
    assert outcome(stored) == outcome(run(runs=shared))
    assert set(stored["metrics"]) == {VALIDATION}
    assert set(stored["predictions"]) == {VALIDATION, TEST}
    assert set(stored["predictions"][TEST]) == {"items", "probabilities"}
    with pytest.raises(ValueError, match="sealed; open_test"):
        experiment.predictions(result, data, TEST)


def test_predictions_stand_beside_the_truth(run, shared, data, table):
    result = run(runs=shared, column="honest_fold0")
    frame = experiment.predictions(result, data, HELD_OUT)
    expected = data.items[(table["honest_fold0"] == HELD_OUT).to_numpy()].reset_index(drop=True)
    pd.testing.assert_frame_equal(frame[["item", "label", "group"]], expected)
    guesses = frame[list(data.classes)].idxmax(axis=1)
    np.testing.assert_array_equal(frame["right"], guesses == frame["label"])
    assert frame["right"].mean() == pytest.approx(result["metrics"][HELD_OUT]["accuracy"])


STUDY = SimpleNamespace(
    name="tiny study",
    diary=[SimpleNamespace(name=name, inputs=SimpleNamespace(name="numbers")) for name in ("tiny", "other")],
)


def test_open_test_scores_the_diary_once(run, shared, data, tiny_experiment, tmp_path):
    diary = [run(runs=shared, seed=seed) for seed in (0, 1)]
    opening = sealed.open_test(STUDY, diary, data, tmp_path / "runs")
    assert opening["opening"] == 1 and opening["time"]
    for entry, result in zip(opening["scores"]["tiny"], diary, strict=True):
        stored = result["predictions"][TEST]
        truth = data.items.set_index("item")["label"].loc[stored["items"]].map(data.classes.index)
        by_hand = evaluation.score(stored["probabilities"], truth, data.classes)
        assert entry == by_hand | {"seed": result["seed"], "answers": entry["answers"]}
        assert np.mean(entry["answers"]["right"]) == pytest.approx(by_hand["accuracy"])
        assert entry["answers"]["items"] == stored["items"]

    assert sealed.open_test(STUDY, diary[::-1], data, tmp_path / "runs") == opening
    changed = [*diary, run(subject=replace(tiny_experiment, name="other", fit=Fit(epochs=1, batch_size=32)))]
    second = sealed.open_test(STUDY, changed, data, tmp_path / "runs")
    assert second["opening"] == 2 and set(second["scores"]) == {"tiny", "other"}
    assert store.read_json(tmp_path / "runs" / "test_openings.json") == [opening, second]


def test_an_empty_diary_opens_nothing(data, tmp_path):
    with pytest.raises(ValueError, match="no run|no result|nothing"):
        sealed.open_test(STUDY, [], data, tmp_path)
    assert not list(tmp_path.iterdir())


def test_runs_of_another_diary_are_refused(run, shared, data, tmp_path):
    other = run(runs=shared) | {"experiment": "a stranger"}
    with pytest.raises(ValueError, match="a stranger: not in the diary of tiny study"):
        sealed.open_test(STUDY, [other], data, tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


def test_a_diary_is_found_by_name_and_by_position(tiny_experiment):
    child = replace(tiny_experiment, name="child", parent="tiny", change="more of it")
    diary = Diary([tiny_experiment, child])
    assert diary["child"] is diary[1] is child and len(diary) == 2
    assert [row.name for row in diary] == ["tiny", "child"]
    with pytest.raises(KeyError, match="there are: tiny, child"):
        diary["other"]
    with pytest.raises(ValueError, match="comes before its parent"):
        Diary([child, tiny_experiment])
    with pytest.raises(ValueError, match="two experiments are named 'tiny'"):
        Diary([tiny_experiment, tiny_experiment])

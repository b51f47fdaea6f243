"""Searches that keep every trial, go on after a kill, and look at nothing but the validation part."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import keras
import pytest

from cosmic_lib import experiment, memory, splits, store, tuning
from cosmic_lib.diary import Diary
from cosmic_lib.reproduce import Progress
from cosmic_lib.space import Space
from cosmic_lib.studies import Mode, Study

SPACE = Space(
    "tiny",
    {
        "units": {"few": 4, "some": 8, "many": 16},
        "learning_rate": {"slow": 0.001, "fast": 0.1},
        "batch_size": {"32": 32, "64": 64},
    },
)


@pytest.fixture(scope="module")
def data(make_tiny_data):
    return make_tiny_data()


@pytest.fixture(scope="module")
def table(data):
    return splits.make_table(data.items)


@pytest.fixture
def search(tiny_experiment, data, table, tmp_path):
    """`search(how, trials, **changes)`: the space, from the tiny experiment, with results under runs."""

    def _search(how, trials, *, space=SPACE, runs=tmp_path / "runs", epochs=2, parent=tiny_experiment, **settings):
        return tuning.search(space, parent, data, table, trials=trials, runs=runs, how=how, epochs=epochs, **settings)

    return _search


@pytest.fixture
def trained(monkeypatch) -> list[tuple]:
    """Name and epochs of each network that was really trained, in order."""
    names, train = [], experiment.train

    def counted(row, *args, epochs, **settings):
        names.append((row.name, epochs))
        return train(row, *args, epochs=epochs, **settings)

    monkeypatch.setattr(experiment, "train", counted)
    return names


@pytest.fixture
def untrained(monkeypatch) -> list:
    """Instead of training, a score that grows with units and epochs; gives the experiments that were asked for."""
    asked = []

    def run(row, data, table, column, *, seed, runs, mode, epochs, callbacks):
        assert column.startswith("honest")
        asked.append((row, epochs))
        accuracy = row.build.keywords["units"] / 100 + epochs / 1000 + row.compile.learning_rate / 10
        part = "validation" if column == "honest" else "held_out"
        fold = 0 if column == "honest" else int(column[-1])
        kept = {"column": column, "epochs": epochs, "seconds": 1.0, "key": f"{row.name}, {column}"}
        return kept | {"metrics": {part: {"accuracy": accuracy + fold}}}

    monkeypatch.setattr(experiment, "run", run)
    monkeypatch.setattr(memory, "release", lambda: None)  # nothing was trained
    return asked


def chosen(rows) -> list[tuple]:
    return [tuple(row["values"].values()) for row in rows]


@pytest.mark.parametrize(
    ("how", "changes", "message"),
    [
        ("by hand", {}, "no 'by hand' search .* choose one of random, hyperband, grid"),
        ("grid", {"trials": 0}, "no 'grid' search of 0 trials"),
        ("grid", {"space": Space("tiny", {"unit": {"a": 1}})}, "tiny: has no setting unit; there are: .*units"),
        ("hyperband", {"space": Space("tiny", {"epochs": {"a": 1}})}, "hyperband sets the epochs itself"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused(search, untrained, tmp_path, how, changes, message):
    with pytest.raises(ValueError, match=message):
        search(how, **{"trials": 2} | changes)
    assert not untrained and not (tmp_path / "runs").exists()


def second(killed) -> Progress:
    """Has `killed()` among the callbacks of the second trial."""
    return Progress(callbacks=lambda title, epochs: [killed()] if title.startswith("2:") else [])


def test_a_killed_search_goes_on_and_trains_nothing_twice(search, trained, tmp_path, capfd):
    class Killed(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search("grid", 2, progress=second(Killed))
    (path,) = (tmp_path / "runs").glob("tuning-*.json")
    kept = store.read_json(path)["trials"]
    assert [row["number"] for row in kept] == [1]
    rows = search("grid", 2)
    assert rows[:1] == kept and rows == store.read_json(path)["trials"]
    assert len(trained) == 3 and trained[1] == trained[2], "the killed one alone is trained again"
    assert trained[0] != trained[1]
    assert search("grid", 2) == rows and len(trained) == 3
    for row in rows:
        result = store.read_json(tmp_path / "runs" / f"{row['key']}.json")
        assert result["metrics"]["validation"]["accuracy"] == row["accuracy"]
        assert set(result["metrics"]) == {"validation"}, "the test set is sealed"
        assert result["epochs"] == row["epochs"] and result["seconds"] == row["seconds"]
    assert not list(tmp_path.rglob("test_openings.json"))
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("how", tuning.SEARCHES)
def test_every_search_goes_on_as_if_it_had_not_been_killed(search, untrained, tmp_path, how):
    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(how, 6, epochs=9, progress=second(killed))
    (path,) = (tmp_path / "runs").glob("tuning-*.json")
    assert [row["number"] for row in store.read_json(path)["trials"]] == [1]
    rows = search(how, 6, epochs=9)
    assert rows == search(how, 6, epochs=9, runs=tmp_path / "undisturbed")
    assert rows == store.read_json(path)["trials"] and len({row["key"] for row in rows}) == 6


@pytest.mark.parametrize("how", tuning.SEARCHES)
def test_a_search_with_more_trials_goes_on_and_one_with_fewer_loses_none(search, untrained, tmp_path, how):
    first = search(how, 3, epochs=9)
    more = search(how, 6, epochs=9)
    assert more[:3] == first
    (path,) = (tmp_path / "runs").glob("*.json")
    assert search(how, 2, epochs=9) == first[:2]
    assert json.loads(path.read_text())["trials"] == more


def test_other_settings_are_other_searches(search, untrained, tiny_experiment, tmp_path):
    search("random", 1)
    search("grid", 1)
    search("random", 1, seed=1)
    search("random", 1, epochs=3)
    search("random", 1, parent=replace(tiny_experiment, build=partial(tiny_experiment.build, dropout_rate=0.5)))
    search("random", 1, space=Space("tiny", SPACE.choices | {"units": {"few": 5}}))
    assert len(list((tmp_path / "runs").glob("tuning-*.json"))) == 6


@pytest.mark.parametrize("how", ["random", "grid"])
def test_a_space_is_searched_to_its_end(search, untrained, how):
    said, lengths = [], []

    def track(steps, title):
        lengths.append(len(steps))
        return steps

    space = Space("tiny", {"units": {str(n): n for n in range(1, 41)}})
    settings = {"space": space, "progress": Progress(track, say=lambda line, picture=None: said.append(line))}
    rows = search(how, 50, **settings)
    assert len(rows) == len(set(chosen(rows))) == space.combinations == 40
    assert said == [f"{how} search: ends after 40; all 40 combinations are tried"] and lengths == [40]
    assert search(how, 40, **settings) == rows and len(said) == 1


def test_seeds_are_other_orders_and_the_same_seed_is_the_same(search, untrained, tmp_path):
    orders = [chosen(search("random", 8, seed=seed, runs=tmp_path / str(n))) for n, seed in enumerate((0, 0, 1))]
    assert orders[0] == orders[1] != orders[2]


def test_hyperband_trains_the_best_of_a_round_for_longer(search, untrained):
    rows = search("hyperband", 17, epochs=9, space=Space("tiny", {"units": {str(n): n for n in range(1, 41)}}))
    first, second, third = ([row for row in rows[:13] if row["epochs"] == epochs] for epochs in (1, 3, 9))
    assert (len(first), len(second), len(third)) == (9, 3, 1)
    assert [epochs for _, epochs in untrained] == [row["epochs"] for row in rows]

    def best(among, n):
        return sorted(chosen(sorted(among, key=lambda row: row["accuracy"])[-n:]))

    assert sorted(chosen(second)) == best(first, 3)
    assert chosen(third) == best(second, 1)


def test_a_space_with_folds_scores_the_mean_of_what_they_hold_out(search, untrained):
    rows, alone = search("grid", 2, space=replace(SPACE, folds=3)), search("grid", 2)
    assert len(untrained) == 2 * 3 + 2
    for row, one in zip(rows, alone, strict=True):
        assert row["values"] == one["values"] and "folds" not in one
        assert row["folds"] == pytest.approx([one["accuracy"] + fold for fold in range(3)])
        assert row["accuracy"] == pytest.approx(one["accuracy"] + 1) and row["seconds"] == 3
        assert row["key"].endswith("honest_fold0")


def test_the_mode_has_the_last_word_on_size_and_epochs(search, untrained):
    mode = Mode(minutes=1, seeds=1, max_epochs={"numbers": 3}, build={"dropout_rate": 0.0})
    rows = search("grid", 2, scale=mode.scale, epochs=None)
    assert [row["epochs"] for row in rows] == [3, 3]
    for row, epochs in untrained:
        assert epochs == 3 and row.build.keywords["dropout_rate"] == 0 and "units" in row.build.keywords


def test_trials_as_a_table(search, untrained):
    rows = search("random", 9)
    frame = tuning.trials_table(rows)
    assert frame.columns.tolist() == [
        "number", "values", "accuracy", "best so far", "epochs", "seconds", "key"
    ]  # fmt: skip
    assert frame["number"].tolist() == list(range(1, 10))
    assert frame["best so far"].tolist() == frame["accuracy"].cummax().tolist()
    assert frame["best so far"].iloc[-1] > frame["best so far"].iloc[0]
    assert frame["values"][0] == ", ".join(f"{setting} {label}" for setting, label in rows[0]["values"].items())


def study(row, **changes) -> Study:
    unused = dict.fromkeys(("title", "source", "data_set", "group", "item", "load", "sample"), "")
    modes = {"laptop": Mode(minutes=1, seeds=2, max_epochs={"numbers": 1})}
    settings = {"protocols": {}, "deviations": (), "faults": (), "space": SPACE} | changes
    return Study(name="tiny study", diary=Diary([row]), modes=modes, **unused, **settings)


def test_tuning_a_study(tiny_experiment, data, trained, tmp_path):
    found = tuning.tune(study(tiny_experiment), data, trials=1, runs=tmp_path, how="grid")
    assert [epochs for _, epochs in trained] == [1] * 3
    assert found.right.shape[0] == 2 and found.right.dtype == bool
    assert found.optimism.counted.startswith("best of 1 among 2 identical networks")
    assert found.picture.alt.startswith("grid search from tiny, tiny, laptop mode: the best of 1 is number 1 ")
    tried, best, luck, optimism = found.lines(SPACE)
    assert tried == "1 trial, 1 of 12 combinations" and luck == found.picture.alt and str(found.optimism) in optimism
    assert best == "best on validation: units few, learning_rate slow, batch_size 32"
    again = tuning.tune(study(tiny_experiment), data, trials=1, runs=tmp_path, how="grid")
    assert again.rows == found.rows and len(trained) == 3
    assert not list(tmp_path.rglob("test_openings.json"))


def test_a_study_without_a_space_is_refused(tiny_experiment, data, tmp_path):
    with pytest.raises(ValueError, match="tiny study: has no space"):
        tuning.tune(study(tiny_experiment, space=None), data, trials=2, runs=tmp_path)

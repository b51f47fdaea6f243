"""Asking a trained network about files: the right network, the same answers as in training, and what is wrong told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from cosmic_lib import calibration, cli, evaluation, experiment, predict, splits, store, studies

from .conftest import CLONE, SMALL

KEY = "0123456789abcdef"


def network(input_shape, num_classes):
    import keras
    from keras import layers

    inputs = keras.Input(input_shape, name="inputs")
    x = layers.Dense(16, activation="relu", name="hidden")(layers.Flatten(name="flat")(inputs))
    return keras.Model(inputs, layers.Dense(num_classes, activation="softmax", name="outputs")(x), name="small")


@pytest.fixture(scope="module")
def data(genre_sample):
    return studies.get("genre").load(
        "sample", genre_sample.parent, inputs=("segment_features", "pictures"), picture_size=24, **SMALL
    )


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    """A folder with the networks of two experiments: one of segments, one of the pictures of whole tracks."""
    folder = tmp_path_factory.mktemp("runs")
    table = splits.load_or_make(data.items, folder, groupings=data.groupings)
    for name in ("net5_adam", "net1_adam_50"):
        row = replace(studies.get("genre").diary[name], build=network)
        view = data.view(row.inputs.name)
        of_view = splits.of_groups(table, view.items)
        experiment.run(row, view, of_view, splits.HONEST, seed=0, runs=folder, mode="smoke", epochs=3, keep=True)
    validation = {"value": 0.4, "low": 0.2, "high": 0.6, "counted": "5 tracks", "seeds": 2}
    rows = [{"experiment": "net5_adam", "run": True, "validation": validation}]
    store.write_json(folder / "summary-smoke.json", {"data": {"name": data.name}, "rows": rows})
    return folder


@pytest.fixture
def clip(data):
    """A sound file of three segments."""
    return data.root / "genres_original" / "blues" / "blues.00001.wav"


def ask(runs, *files, **wanted):
    return list(predict.answers("genre", predict.find("genre", runs, **wanted), files))


def command(runs, *arguments):
    done = CliRunner().invoke(cli.app, ["predict", "genre", *map(str, arguments), "--runs", str(runs)])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["net5_adam", "net1_adam_50"])
def test_file_of_a_validation_track_gives_the_stored_predictions_and_their_vote(name, runs, data):
    result = predict.find("genre", runs, experiment=name).result
    stored = experiment.predictions(result, data.view(result["inputs"]["name"]), splits.VALIDATION)
    stored["group"] = stored["item"].str.split("/").str[0]  # of a track, whatever else it is grouped with
    classes = list(data.classes)
    tracks = list(stored.groupby("group"))
    files = [data.root / "genres_original" / track.split(".")[0] / f"{track}.wav" for track, _ in tracks]
    run = predict.find("genre", runs, experiment=name)
    raw = replace(run, result=run.result | {"temperature": 1})  # what is stored is as the network gave it
    answers = list(predict.answers("genre", raw, files))
    assert len(answers) > 3
    for (_, items), file, answer in zip(tracks, files, answers, strict=True):
        assert answer["file"] == str(file)
        found = [[one["probabilities"][each] for each in classes] for one in answer["items"]]
        np.testing.assert_allclose(found, items[classes], atol=1e-4)
        vote = evaluation.vote(items, classes)[classes].iloc[0]
        assert answer["probabilities"] == pytest.approx(vote.to_dict(), abs=1e-4)
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert answer["vote"] == max(answer["probabilities"], key=answer["probabilities"].get)


def test_temperature_is_fitted_on_validation_and_applied(runs, data, clip):
    run = predict.find("genre", runs, experiment="net5_adam")
    stored = experiment.predictions(run.result, data.view("segment_features"), splits.VALIDATION)
    numbers = stored["label"].map(list(data.classes).index)
    found = calibration.temperature(stored[list(data.classes)], numbers)
    assert run.result["temperature"] == pytest.approx(found, rel=0.01) and abs(found - 1) > 0.02

    def items(result):
        (answer,) = predict.answers("genre", replace(run, result=result), [clip])
        return np.array([list(one["probabilities"].values()) for one in answer["items"]])

    without = {name: value for name, value in run.result.items() if name != "temperature"}
    np.testing.assert_allclose(items(run.result), calibration.scaled(items(without), found), atol=2e-3)
    np.testing.assert_array_equal(items(without), items(run.result | {"temperature": 1}))


def test_temperature_is_that_of_the_honest_split_alone(data, tmp_path):
    row = replace(studies.get("genre").diary["net5_adam"], build=network)
    table = splits.load_or_make(data.items, tmp_path, groupings=data.groupings)
    result = experiment.run(
        row, data.view("segment_features"), table, "honest_fold0", seed=0, runs=tmp_path, mode="smoke", epochs=1
    )
    assert "temperature" not in result


@pytest.mark.parametrize(
    ("temperature", "words"), [(1.834, "temperature 1.83: it was too sure"), (0.5, "not sure enough")]
)
def test_calibration_is_told(temperature, words, tmp_path):
    keep(tmp_path, 0, temperature=temperature, origin="real")
    (note,) = predict.notes(predict.find("genre", tmp_path))
    assert words in note and "calibrated on validation" in note


def test_items_of_a_file_of_sound_say_when_they_are(runs, clip):
    (answer,) = ask(runs, clip, experiment="net5_adam")
    first, second, third = answer["items"]
    assert (first["item"], first["start"], third["item"]) == (1, 0, 3)
    assert first["end"] == second["start"] == pytest.approx(66_000 / 22_050, abs=1e-3)
    (whole,) = ask(runs, clip, experiment="net1_adam_50")[0]["items"]
    assert whole.keys() == {"item", "probabilities"}


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_other_kinds_of_files_are_heard_too(suffix, runs, clip, tmp_path):
    if suffix.upper() not in soundfile.available_formats():
        pytest.skip(f"the libsndfile here writes no {suffix}")
    samples, rate = soundfile.read(clip)
    soundfile.write(tmp_path / f"own.{suffix}", samples, rate)
    original, copy = ask(runs, clip, tmp_path / f"own.{suffix}", experiment="net5_adam")
    assert len(copy["items"]) == len(original["items"]) == 3
    for one, of_original in zip(copy["items"], original["items"], strict=True):
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        if suffix == "flac":  # the others leave out what is hard to hear
            assert one["probabilities"] == pytest.approx(of_original["probabilities"], abs=1e-4)


@pytest.fixture
def bad(tmp_path):
    """Files that cannot be answered for, with a word of the reason."""
    (tmp_path / "text.wav").write_text("not a sound")
    soundfile.write(tmp_path / "short.wav", np.sin(np.arange(9_000)), 22_050)
    reasons = {"text.wav": "not readable as audio", "short.wav": "shorter than", "gone.wav": "no such file"}
    return {tmp_path / name: reason for name, reason in reasons.items()} | {tmp_path: "a folder; name the files in it"}


def test_files_that_cannot_be_read_are_named_and_the_others_answered(runs, clip, bad):
    code, printed, errors = command(runs, *bad, clip, "--experiment", "net5_adam")
    assert code == 0
    assert f"{clip}: " in printed and "likeliest" in printed
    for path, reason in bad.items():
        assert any(line.startswith(f"{path}: {reason}") for line in errors.splitlines()), errors
    assert len(errors.splitlines()) == len(bad)
    code, printed, errors = command(runs, *bad)
    assert code == 1 and "likeliest" not in printed and len(errors.splitlines()) == len(bad)


def test_no_network_is_loaded_for_files_that_are_not_there(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(predict, "load", lambda run: pytest.fail("loaded"))
    assert [answer.keys() for answer in ask(runs, tmp_path, tmp_path / "gone")] == [{"file", "reason"}] * 2


def test_table_says_which_network_answers_and_fits_the_terminal(runs, clip):
    code, printed, _ = command(runs, clip, "--experiment", "net5_adam")
    result = predict.find("genre", runs, experiment="net5_adam").result
    assert code == 0
    for text in (
        result["key"], "net5_adam, smoke mode", result["data"]["name"], "made-up data", "the first 30 s at most",
        "validation accuracy 0.400 [0.200, 0.600] (5 tracks), 2 seeds; guessing gives 0.100", "segment", "6-9", "vote",
    ):  # fmt: skip
        assert text in printed, text
    drawn = [line for line in printed.splitlines() if line and not line[0].isascii()]
    assert len(drawn) > 8 and max(map(len, drawn)) <= 80
    _, printed, _ = command(runs, clip, "--experiment", "net1_adam_50")
    assert "how good it is on validation is told by cosmic reproduce" in printed
    assert "likeliest" in printed and "segment" not in printed.replace("genre_sample", "")


def test_json_is_all_that_is_printed(runs, clip, bad):
    code, printed, _ = command(runs, clip, *bad, "--json")
    found = json.loads(printed)
    assert code == 0 and found.keys() == {"run", "files", "excluded"}
    assert [one["file"] for one in found["files"]] == [str(clip)]
    assert {one["file"] for one in found["excluded"]} == set(map(str, bad)) and all(
        "reason" in o for o in found["excluded"]
    )
    run = found["run"]
    assert run["experiment"] == studies.get("genre").asked and run["best_of"] == []
    assert run["data"]["origin"] == "sample"
    assert any("made-up data" in note for note in run["notes"])
    code, printed, _ = command(runs, *bad, "--json")
    assert code == 1 and json.loads(printed)["files"] == []


@pytest.mark.skipif(os.name != "posix", reason="other systems allow fewer names")
def test_names_of_files_are_printed_as_they_are(runs, clip, tmp_path):
    own = tmp_path / "a[red]b[bold].wav"
    shutil.copy(clip, own)
    code, printed, errors = command(runs, own, tmp_path / "gone[/red]")
    assert code == 0 and f"{own}: " in printed and f"{tmp_path}/gone[/red]: " in errors


def keep(runs, number, *, network=True, **changes):
    """A result as if a network had been trained; they get newer by their number."""
    key = f"{number:016x}"
    accuracy = changes.pop("accuracy", 0.5)
    result = {
        "format": experiment.FORMAT, "key": key, "experiment": "first", "mode": "smoke", "seed": 0,
        "data": {"origin": changes.pop("origin", "sample"), "name": changes.pop("name", "some")},
        "inputs": {"name": "segment_features", "settings": {}}, "classes": ["a", "b"],
        "scaling": {"mean": [0.0], "std": [1.0]}, "metrics": {"validation": {"accuracy": accuracy, "items": 9}},
    } | changes  # fmt: skip
    store.write_json(runs / f"{key}.json", result)
    os.utime(runs / f"{key}.json", (number, number))
    if network:
        (runs / f"{key}.keras").write_bytes(b"")


@pytest.mark.parametrize(
    ("kept", "wanted", "found"),
    [
        ([{"origin": "real"}, {"mode": "full", "accuracy": 0.9}, {"origin": "folder"}], {}, 0),
        ([{}, {"origin": "folder"}], {}, 1),
        ([{"mode": "laptop"}, {"mode": "full"}, {"accuracy": 0.9}], {}, 1),
        ([{"mode": "laptop"}, {"mode": "full"}, {"accuracy": 0.9}], {"mode": "smoke"}, 2),
        ([{"experiment": "b"}, {"experiment": "a", "accuracy": 0.9}, {"experiment": "c"}], {}, 1),
        ([{"experiment": "b"}, {"experiment": "a", "accuracy": 0.9}, {"experiment": "c"}], {"experiment": "b"}, 0),
        ([{"accuracy": 0.9}, {}], {}, 1),
        ([{"experiment": "b", "accuracy": 0.9}, {"name": "other"}], {}, 1),
        ([{"origin": "real"}, {}, {"mode": "full"}], {"key": f"{1:016x}"}, 1),
        ([{}, {"name": "some, shuffled-labels", "accuracy": 0.9}], {}, 0),
        ([{}, {"name": "some, noise-features"}], {"key": f"{1:016x}"}, 1),
        ([{}, {"mode": "full", "network": False}], {}, 0),
    ],
    ids=[
        "real first", "own before made-up", "larger mode", "mode", "best on validation", "experiment", "newest run",
        "not across data", "key", "no control", "control by its key", "network is there",
    ],
)  # fmt: skip
def test_run_that_is_asked(kept, wanted, found, tmp_path):
    for number, changes in enumerate(kept):
        keep(tmp_path, number, **changes)
    run = predict.find("genre", tmp_path, **wanted)
    assert run.result["key"] == f"{found:016x}"
    assert run.network == tmp_path / f"{found:016x}.keras"


def test_choice_on_validation_is_told(tmp_path):
    keep(tmp_path, 0, experiment="worse", accuracy=0.4)
    keep(tmp_path, 1, experiment="better")
    (told, *_) = predict.notes(predict.find("genre", tmp_path))
    assert "best on validation of worse, better" in told and "--experiment" in told
    assert "best on validation" not in "".join(predict.notes(predict.find("genre", tmp_path, experiment="worse")))


@pytest.mark.parametrize(
    ("changes", "note"),
    [({}, "made-up data"), ({"name": "some, noise-features"}, "null control"), ({"origin": "real"}, None)],
)
def test_answers_that_mean_nothing_are_called_so(changes, note, tmp_path):
    keep(tmp_path, 0, **changes)
    notes = predict.notes(predict.find("genre", tmp_path, key=f"{0:016x}"))
    assert [note] == [note for one in notes if note in one] if note else not notes


@pytest.mark.parametrize(
    ("kept", "wanted", "message"),
    [
        ([], {}, r"no trained network is kept here; train some first: cosmic reproduce genre"),
        (
            [{"network": False}],
            {},
            rf"only results such as {0:016x}\.json; move them away and run cosmic reproduce again",
        ),
        ([{}], {"experiment": "net9"}, rf"of experiment net9 is kept here; there are: {0:016x} \(first, smoke, some\)"),
        ([{}], {"mode": "full"}, r"of mode full is kept here; there are"),
        ([{}, {"network": False}], {"key": f"{1:016x}"}, rf"of key {1:016x} .*only results.*there are: {0:016x}"),
    ],
)
def test_what_is_missing_is_named_with_the_remedy(kept, wanted, message, tmp_path):
    for number, changes in enumerate(kept):
        keep(tmp_path, number, **changes)
    with pytest.raises(FileNotFoundError, match=message):
        predict.find("genre", tmp_path, **wanted)


def test_results_of_another_version_are_refused(tmp_path, clip):
    keep(tmp_path, 0, format=experiment.FORMAT + 1)
    with pytest.raises(ValueError, match=r"another version of this package; move the folder away"):
        ask(tmp_path, clip)
    store.write_json(tmp_path / f"{0:016x}.json", {"format": 0})
    with pytest.raises(ValueError, match=r"0\.json: of another version"):
        predict.find("genre", tmp_path)


def test_code_inside_a_network_is_not_run(clip, tmp_path):
    import keras

    folder, marker = tmp_path / "runs", str(tmp_path / "was here")
    keep(folder, 0)
    (network,) = folder.glob("*.keras")
    inputs = keras.Input((16, 33))
    hostile = keras.layers.Lambda(lambda x: (open(marker, "w").close(), x)[1])
    keras.Model(inputs, hostile(inputs)).save(network)
    os.unlink(marker)
    with pytest.raises(ValueError, match=rf"{network.name}: this network cannot be loaded .*train it again") as error:
        ask(folder, clip)
    assert not os.path.exists(marker) and "safe_mode" not in str(error.value)
    keras.saving.load_model(network, compile=False, safe_mode=False)
    assert os.path.exists(marker), "it would not have run anyway"


def test_damaged_network_is_named(runs, clip, tmp_path):
    run = predict.find("genre", runs)
    for whole in (run.network, run.network.with_suffix(".json")):
        shutil.copy(whole, tmp_path)
    network = tmp_path / run.network.name
    network.write_bytes(network.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"cannot be loaded .*move it and its \.json away"):
        ask(tmp_path, clip)


def test_network_that_no_file_can_feed_says_so(runs, clip):
    run = predict.find("genre", runs)
    other = replace(run, result=run.result | {"inputs": run.result["inputs"] | {"name": "dreams"}})
    with pytest.raises(ValueError, match=r"cannot be made into its dreams; name another with --experiment"):
        list(predict.answers("genre", other, [clip]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "a.wav"], "no study named 'nothing'; there are:"),
        (["genre", "a.wav"], "cosmic reproduce genre"),
        (["genre", "a.wav", "--mode", "huge"], "no mode named 'huge'"),
    ],
)
def test_arguments_are_checked_before_tensorflow_is_loaded(arguments, message, home):
    code = (
        "import sys; from cosmic_lib import cli\n"
        "try: cli.main()\n"
        "finally: assert not {'keras', 'tensorflow'} & sys.modules.keys()"
    )
    environment = {**os.environ, "PYTHONPATH": str(CLONE)}
    call = [sys.executable, "-c", code, "predict", *arguments]
    done = subprocess.run(call, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and message in done.stderr and "Traceback" not in done.stderr


def test_fewer_than_three_classes_fit_the_table():
    items = [{"item": number, "probabilities": {"b": 1.0, "a": 0.0}} for number in (1, 2)]
    frame = predict.table({"probabilities": {"a": 0.6, "b": 0.4}, "items": items}, "leaf")
    assert list(frame.columns) == ["leaf", "likeliest", "second"]
    assert frame.to_numpy().tolist() == [
        ["1", "b 1.00", "a 0.00"],
        ["2", "b 1.00", "a 0.00"],
        ["vote", "a 0.60", "b 0.40"],
    ]

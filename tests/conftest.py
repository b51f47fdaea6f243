"""What the tests share: a home of their own, a small sample, the real data where there are some, and checks."""

from __future__ import annotations

import gc
import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from .http_server import running

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(tempfile.gettempdir()) / "hypothesis"))
for setting in ("MODE", "CATALOGUE", "OFFLINE"):  # those of whoever runs the tests are not theirs
    os.environ.pop(f"COSMIC_{setting}", None)

CLONE = Path(__file__).resolve().parents[1]
SMALL = {"tracks": 5, "seconds": 9.0}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup` a file's tests stay together unless they say otherwise; files with slow ones come first.

    So no process is left with minutes of work at the end while the other has none.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(CLONE).as_posix()))


def pytest_collection_finish() -> None:
    """What was imported stays to the end: the collector, called after each network, need not look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _home_of_shared_fixtures(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSMIC_HOME", str(tmp_path_factory.mktemp("shared-home")))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """COSMIC_HOME of this test: a folder outside the clone that nothing else writes to."""
    monkeypatch.setenv("COSMIC_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def genre_sample(tmp_path_factory) -> Path:
    """Folder of a small sample of the genre study (5 tracks of 9 s per genre) in GTZAN's layout; do not write to it."""
    from cosmic_lib.studies.genre.sample import write_sample

    return write_sample(tmp_path_factory.mktemp("sample"), **SMALL)


@pytest.fixture(scope="session")
def genre_data(genre_sample, _home_of_shared_fixtures):
    """The small sample as `Data`."""
    from cosmic_lib.studies.genre.data import load

    return load("sample", root=genre_sample.parent, **SMALL)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data: COSMIC_REAL_DATA, or `shared/data` beside the clone; skips where there is none."""
    folder = Path(os.environ.get("COSMIC_REAL_DATA") or CLONE.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no real data: neither COSMIC_REAL_DATA nor a folder shared/data beside the clone")
    return folder


@pytest.fixture(scope="module")
def quick_training():
    """No network is trained, see `stand_in`; everything else is as it always is."""
    from cosmic_lib import experiment

    from . import stand_in

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train", stand_in.train)
        yield


@pytest.fixture
def server():
    """An HTTP server on 127.0.0.1 that misbehaves as it is told, see `http_server`."""
    with running() as made:
        yield made


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """Seconds that a download would have slept between attempts; and no proxy stands between it and the server."""
    from cosmic_lib import download

    seconds: list[float] = []
    monkeypatch.setattr(download, "time", SimpleNamespace(sleep=seconds.append))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return seconds


def cosmic(*arguments: str) -> str:
    """What a call of the command line prints, made in this process: TensorFlow takes seconds to load."""
    from typer.testing import CliRunner

    from cosmic_lib import cli

    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def tiny_network(input_shape: tuple[int, ...], num_classes: int, *, units: int = 16, dropout_rate: float = 0.1):
    """A network that trains in a second."""
    import keras
    from keras import layers

    inputs = keras.Input(input_shape, name="inputs")
    x = layers.Dense(units, activation="relu", name="hidden")(inputs)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(num_classes, activation="softmax", name="outputs")(x), name="tiny")


@pytest.fixture
def tiny_experiment():
    """An experiment with the tiny network; `dataclasses.replace` makes others of it."""
    from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs, Published

    return Experiment(
        name="tiny",
        title="A tiny network",
        parent=None,
        change=None,
        inputs=Inputs("numbers", shape=(6,), classes=3),
        build=tiny_network,
        compile=Compile(optimizer="adam", learning_rate=0.01),
        fit=Fit(epochs=4, batch_size=32, patience=3),
        published=Published(line=1, accuracy=0.5),
    )


@pytest.fixture(scope="session")
def make_tiny_data() -> Callable:
    """`make_tiny_data(groups=50, items=4, features=6, ...)`: numbers with a class, and a group one can recognise."""
    return _make_tiny_data


def _make_tiny_data(groups: int = 50, items: int = 4, features: int = 6, recognisable: float = 1.0, seed: int = 0):
    """Made-up `Data` of three classes.

    Args:
        groups, items: how many groups, and items in each.
        features: numbers per item.
        recognisable: how far groups of one class are apart, in units of the noise within a group.
        seed: of everything.
    """
    from cosmic_lib.studies import Data

    rng = np.random.default_rng(seed)
    classes = ("ash", "elm", "oak")
    label = np.arange(groups) % 3
    centres = rng.normal(size=(3, features))[label] + recognisable * rng.normal(size=(groups, features))
    rows = np.repeat(np.arange(groups), items)
    table = pd.DataFrame(
        {
            "item": [f"{group}/{item}" for group in range(groups) for item in range(items)],
            "label": np.array(classes)[label[rows]],
            "group": [f"group {group}" for group in rows],
        }
    )
    numbers = centres[rows] + rng.normal(size=(len(rows), features))
    return Data(
        name="tiny",
        origin="sample",
        items=table,
        arrays={"numbers": numbers.astype(np.float32)},
        classes=classes,
        excluded=pd.DataFrame(columns=["file", "reason"]),
    )


@pytest.fixture(scope="session")
def check_builder() -> Callable:
    """`check_builder(builder, input_shape, num_classes, parameters, trainable=None)` holds one to its contract."""
    return _check_builder


def _check_builder(
    builder: Callable, input_shape: tuple[int, ...], num_classes: int, parameters: int, trainable: int | None = None
) -> None:
    """Hold a model builder to its contract.

    Args:
        builder: `builder(input_shape, num_classes) -> keras.Model`, uncompiled.
        input_shape: of one item.
        num_classes: outputs.
        parameters: how many the network has at this size.
        trainable: how many of them are trained; all by default.
    """
    import keras

    from cosmic_lib import evaluation, pipeline

    pipeline.set_up(seed=0)  # as before every run; else predictions are compiled, which takes longer than the network
    model = builder(input_shape, num_classes)
    assert not model.compiled
    assert model.count_params() == parameters
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    assert trained == (parameters if trainable is None else trainable)
    # Keras numbers the names it gives itself, so they change from one build to the next.
    assert _names(builder(input_shape, num_classes)) == _names(model), "a layer, or the model, has no name of its own"

    inputs = np.random.default_rng(0).normal(size=(5, *input_shape)).astype(np.float32)
    outputs = model.predict(inputs, verbose=0)
    probabilities = evaluation.per_class(outputs)
    assert probabilities.shape == (5, num_classes)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(model.predict(pipeline.batches(inputs, batch_size=2), verbose=0), outputs, atol=1e-5)

    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    twin = keras.saving.deserialize_keras_object(config)
    assert _names(twin) == _names(model)
    twin.set_weights(model.get_weights())
    np.testing.assert_allclose(twin.predict(inputs, verbose=0), outputs, atol=1e-5)


def _names(layer) -> list[str]:
    """Its own name and those of the layers in it."""
    return [layer.name, *(name for inner in getattr(layer, "layers", ()) for name in _names(inner))]

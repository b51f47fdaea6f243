"""Training that was begun before: other validation parts, weights that were kept, and what that does to a score."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest

from cosmic_lib import pipeline, splits, training
from cosmic_lib.experiment import Compile, Experiment, Fit, Inputs
from cosmic_lib.splits import HELD_OUT, TEST, TRAIN, VALIDATION

from .conftest import tiny_network

ROW = Experiment(
    name="by_heart",
    title="A network that can learn its training items by heart, begun three times",
    parent=None,
    change=None,
    inputs=Inputs("numbers", shape=(40,), classes=3),
    build=partial(tiny_network, units=128, dropout_rate=0),
    compile=Compile("adam", 0.01),
    fit=Fit(epochs=8, batch_size=64, monitor="val_accuracy", restarts=2),
)


@pytest.fixture(scope="module")
def prepared(make_tiny_data):
    """Numbers whose labels are drawn by lot, one by one: there is nothing to learn."""
    data = make_tiny_data(groups=80, items=4, features=40)
    items = data.items.assign(label=np.random.default_rng(0).choice(data.classes, len(data.items)))
    table = splits.make_table(items)
    return training.prepare(ROW, replace(data, items=items), table, "published_fold0", seed=0)


@pytest.fixture(scope="module")
def trained(prepared):
    """The network after two earlier trainings and the last; all items but those that may be drawn are made useless."""
    seen = np.isin(prepared.parts, (TRAIN, VALIDATION))
    useless = replace(prepared, inputs=np.where(seen[:, np.newaxis], prepared.inputs, np.nan))
    model, history, _ = training.train(ROW, useless, seed=0, epochs=ROW.fit.epochs)
    return model, history


def test_validation_and_training_are_dealt_out_anew_and_nothing_else_is(prepared):
    parts = prepared.parts
    drawn = list(training._drawn_anew(parts, 3, seed=0))
    assert len(drawn) == 3 and not list(training._drawn_anew(parts, 0, seed=0))
    for one in drawn:
        for part in (HELD_OUT, TEST):
            np.testing.assert_array_equal(one == part, parts == part)
        assert (one == VALIDATION).sum() == (parts == VALIDATION).sum()
    validation = [set(np.flatnonzero(one == VALIDATION)) for one in (parts, *drawn)]
    assert len({frozenset(rows) for rows in validation}) == 4
    np.testing.assert_array_equal(drawn, list(training._drawn_anew(parts, 3, seed=0)))
    assert any((one != other).any() for one, other in zip(drawn, training._drawn_anew(parts, 3, seed=1), strict=True))


def test_on_noise_validation_is_far_above_chance_and_what_is_held_out_is_not(prepared, trained):
    model, history = trained

    def accuracy(part):
        rows = prepared.parts == part
        outputs = np.asarray(model(pipeline.scale(prepared.inputs[rows], **prepared.scaling)))
        return np.mean(outputs.argmax(axis=1) == prepared.labels[rows])

    assert accuracy(VALIDATION) > 0.7
    assert accuracy(HELD_OUT) < 0.5  # a third by chance
    assert history["val_accuracy"][0] > 0.6  # from the first epoch on
    assert len(history["loss"]) == ROW.fit.epochs  # those of the last training


def test_what_is_held_out_is_never_drawn(trained):
    assert np.isfinite(list(trained[1].values())).all()


class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_killed_one_goes_on_without_its_earlier_trainings_and_comes_to_the_same(
    prepared, trained, tmp_path, monkeypatch
):
    settings = {"seed": 0, "epochs": ROW.fit.epochs, "backup": tmp_path / "unfinished"}
    with pytest.raises(KeyboardInterrupt):
        training.train(ROW, prepared, callbacks=[Kill()], **settings)
    fits, fit = [], training._fit
    monkeypatch.setattr(training, "_fit", lambda *args, **given: fits.append(1) or fit(*args, **given))
    _, history, resumed = training.train(ROW, prepared, **settings)
    assert resumed and len(fits) == 1
    for name, values in trained[1].items():
        np.testing.assert_allclose(history[name], values, atol=1e-5)


def test_without_earlier_trainings_there_is_one_fit_on_the_parts_of_the_table(prepared, monkeypatch):
    fitted = []
    monkeypatch.setattr(
        training, "_fit", lambda model, row, data, **settings: fitted.append(data.parts) or {"loss": [0.0]}
    )
    training.train(replace(ROW, fit=replace(ROW.fit, restarts=0)), prepared, seed=0, epochs=1)
    assert len(fitted) == 1
    training.train(ROW, prepared, seed=0, epochs=1)
    assert len(fitted) == 4
    for last in (fitted[0], fitted[-1]):
        np.testing.assert_array_equal(last, prepared.parts)


def test_a_network_that_is_made_as_new_trains_as_one_built_afresh(prepared):
    row = replace(ROW, build=partial(tiny_network, units=16, dropout_rate=0.4), compile=Compile("nadam", 0.01))
    slower = replace(row, compile=Compile("nadam", 0.002))
    first, history, _ = training.train(row, prepared, seed=0, epochs=2)
    again, *renewed = training.train(slower, prepared, seed=1, epochs=3)
    assert again is first and renewed[0]["loss"][:2] != history["loss"]
    weights = again.get_weights()
    training._compiled.cache_clear()
    model, *afresh = training.train(slower, prepared, seed=1, epochs=3)
    assert model is not again and renewed == afresh
    assert float(np.asarray(model.optimizer.learning_rate)) == pytest.approx(0.002)
    for one, other in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)

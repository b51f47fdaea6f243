"""Runs that are killed in full mode go on where they were, as if nothing had happened."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from cosmic_lib import experiment, splits
from cosmic_lib.experiment import Fit

EPOCHS = 7


class Kill(keras.callbacks.Callback):
    """Raises KeyboardInterrupt once, at a moment of an epoch; notes which epochs are begun."""

    def __init__(self, moment=None, at=3):
        super().__init__()
        self.moment, self.at, self.epoch, self.begun = moment, at, 0, []

    def _pass(self, moment):
        if moment == self.moment and self.epoch == self.at:
            raise KeyboardInterrupt

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.begun.append(epoch)
        self._pass("at the beginning")

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            self._pass("in the middle")

    def on_epoch_end(self, epoch, logs=None):
        self._pass("at the end")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Folder of the runs that nobody interrupts: trained once, then read."""
    return tmp_path_factory.mktemp("whole")


@pytest.fixture
def make_run(tiny_experiment, make_tiny_data, tmp_path):
    """`make_run()` gives `run(callback, folder)`: seven epochs of the tiny network in full mode, with patience four."""
    data = make_tiny_data()
    table = splits.make_table(data.items)
    build = partial(tiny_experiment.build, dropout_rate=0)  # what dropout has drawn is in no checkpoint

    def _make(*, getting_worse=False, monitor="val_loss"):
        """With wrong labels to validate on, the network gets worse from the first epoch on."""
        fit = Fit(epochs=EPOCHS, batch_size=32, patience=4, monitor=monitor)
        other = data.items["label"].map({"ash": "elm", "elm": "oak", "oak": "ash"})
        wrong = (table[splits.HONEST] == splits.VALIDATION) & getting_worse
        made = replace(data, items=data.items.assign(label=data.items["label"].mask(wrong, other)))

        def run(callback=None, folder=tmp_path / "runs"):
            callbacks = [callback or Kill()]
            settings = {"seed": 0, "runs": folder, "mode": "full", "callbacks": callbacks}
            subject = replace(tiny_experiment, build=build, fit=fit)
            return experiment.run(subject, made, table, splits.HONEST, **settings)

        return run

    return _make


def assert_same(result, expected):
    """Same history and same predictions, up to the rounding of stored numbers."""
    assert result["history"].keys() == expected["history"].keys()
    for name, values in expected["history"].items():
        np.testing.assert_allclose(result["history"][name], values, atol=1e-5)
    for part, predicted in expected["predictions"].items():
        np.testing.assert_allclose(result["predictions"][part]["probabilities"], predicted["probabilities"], atol=1e-4)


def unfinished(tmp_path) -> list[Path]:
    return list((tmp_path / "runs" / "unfinished").glob("*"))


KILLS = [("in the middle", 0, 0), ("at the beginning", 2, 2), ("in the middle", 4, 4), ("at the end", 5, 6)]
"""Moment and epoch of each kill of one run, and the epoch that is begun next."""


def test_a_killed_run_goes_on_where_it_was_whenever_that_is(make_run, whole, tmp_path):
    run, first = make_run(), 0
    for moment, at, next_one in KILLS:
        killed = Kill(moment, at=at)
        with pytest.raises(KeyboardInterrupt):
            run(killed)
        assert killed.begun[0] == first
        assert not list((tmp_path / "runs").glob("*.json"))
        assert len(unfinished(tmp_path)) == (1 if next_one else 0)
        first = next_one
    last = Kill()
    result, expected = run(last), run(folder=whole)
    assert last.begun[0] == first
    assert (expected["resumed"], result["resumed"]) == (False, True)
    assert len(expected["history"]["loss"]) == EPOCHS
    assert result["key"] == expected["key"]
    assert_same(result, expected)
    kept = expected["history"]["val_accuracy"][np.argmin(expected["history"]["val_loss"])]
    assert result["metrics"]["validation"]["accuracy"] == pytest.approx(kept, abs=1e-5)
    assert unfinished(tmp_path) == []


def test_the_best_weights_are_those_by_the_number_that_is_watched(make_run, whole):
    run = make_run(monitor="val_accuracy")
    with pytest.raises(KeyboardInterrupt):
        run(Kill("in the middle", at=4))
    result, expected = run(), run(folder=whole)
    assert_same(result, expected)
    kept = max(expected["history"]["val_accuracy"])
    assert result["metrics"]["validation"]["accuracy"] == pytest.approx(kept, abs=1e-5)


def test_patience_and_best_weights_outlive_every_interruption(make_run, whole):
    """The first epoch is the best and patience is four: five epochs, and the weights of the first, whatever happens."""
    run = make_run(getting_worse=True)
    for at in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            run(Kill("at the end", at=at))
    result, expected = run(), run(folder=whole)
    assert np.argmin(expected["history"]["val_loss"]) == 0 and len(expected["history"]["val_loss"]) == 5
    assert_same(result, expected)
    assert result["metrics"]["validation"]["accuracy"] == pytest.approx(result["history"]["val_accuracy"][0], abs=1e-5)


@pytest.mark.parametrize("getting_worse", [False, True], ids=["at the cap on epochs", "out of patience"])
def test_a_run_killed_after_its_last_epoch_is_finished(make_run, whole, getting_worse):
    """Where patience had just run out, one epoch more may be trained; the best weights stay those of the best epoch."""
    run = make_run(getting_worse=getting_worse)
    expected = run(folder=whole)["history"]
    last = len(expected["loss"]) - 1
    with pytest.raises(KeyboardInterrupt):
        run(Kill("at the end", at=last))
    result = run()
    for name, values in expected.items():
        np.testing.assert_allclose(result["history"][name][: last + 1], values, atol=1e-5)
    assert len(result["history"]["loss"]) <= last + 2
    best = expected["val_accuracy"][int(np.argmin(expected["val_loss"]))]
    assert result["metrics"]["validation"]["accuracy"] == pytest.approx(best, abs=1e-5)


def test_a_run_killed_while_it_saves_goes_on_from_the_checkpoint_before(make_run, whole, monkeypatch):
    run, save, saved = make_run(), keras.Model.save_weights, []

    def killed(self, filepath, **kwargs):
        saved.append("latest" in str(filepath))
        if sum(saved) == 3:
            Path(filepath).write_bytes(b"half of a file")
            raise KeyboardInterrupt
        return save(self, filepath, **kwargs)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(keras.Model, "save_weights", killed)
        run()
    second = Kill()
    assert_same(run(second), run(folder=whole))
    assert second.begun[0] == 2


def test_a_checkpoint_of_which_the_epoch_is_lost_is_not_used(make_run, whole, tmp_path):
    """Killed while the number of the epoch was being written: there are weights, but nobody knows of which epoch."""
    run = make_run()
    with pytest.raises(KeyboardInterrupt):
        run(Kill("at the beginning"))
    for path in unfinished(tmp_path)[0].glob("training_metadata.json*"):
        path.write_text("")
    second = Kill()
    assert_same(run(second), run(folder=whole))
    assert second.begun[0] == 0

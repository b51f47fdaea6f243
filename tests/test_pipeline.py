"""Batches: the same ones with TensorFlow and without, in an order that a seed decides, each file decoded once."""

import subprocess
import sys
import threading
from collections import Counter

import keras
import numpy as np
import pytest

from cosmic_lib import pipeline

BOTH = pytest.mark.parametrize("use_tensorflow", [True, False], ids=["tf.data", "PyDataset"])
INPUTS = np.arange(44, dtype=np.float32).reshape(22, 2)
LABELS = INPUTS[:, 0].astype(np.int64) // 2


def epochs(batches, count: int) -> list[list[tuple[np.ndarray, ...]]]:
    """The batches of some epochs, read as Keras reads them."""
    if not isinstance(batches, keras.utils.PyDataset):
        return [list(batches.as_numpy_iterator()) for _ in range(count)]
    read = []
    for _ in range(count):
        batches.on_epoch_begin()
        read.append([batches[index] for index in range(len(batches))])
        batches.on_epoch_end()
    return read


def order(batches, count: int = 1) -> list[list[int]]:
    """Item numbers of each epoch, from batches of `INPUTS` and `LABELS`."""
    return [np.concatenate([labels for _, labels in epoch]).tolist() for epoch in epochs(batches, count)]


def shuffled(use_tensorflow=None, **settings):
    settings = {"batch_size": 4, "shuffle_seed": 5} | settings
    return pipeline.batches(INPUTS, LABELS, use_tensorflow=use_tensorflow, **settings)


@pytest.mark.parametrize("labels", [LABELS, None], ids=["labels", "no labels"])
@pytest.mark.parametrize("seed", [None, 0, 5])
@pytest.mark.parametrize("batch_size", [4, 11, 22, 100])
def test_same_batches_with_and_without_tensorflow(labels, seed, batch_size):
    settings = {"batch_size": batch_size, "shuffle_seed": seed}
    left, right = (
        epochs(pipeline.batches(INPUTS, labels, use_tensorflow=choice, **settings), 3) for choice in (True, False)
    )
    assert keras.tree.map_structure(np.shape, left) == keras.tree.map_structure(np.shape, right)
    keras.tree.map_structure(np.testing.assert_array_equal, left, right)
    kinds = keras.tree.map_structure(lambda array: str(array.dtype), left)
    assert kinds == keras.tree.map_structure(lambda array: str(array.dtype), right)


@BOTH
def test_every_epoch_is_another_order_of_all_items(use_tensorflow):
    read = order(shuffled(use_tensorflow), 4)
    assert all(sorted(epoch) == list(range(22)) for epoch in read)
    assert len({tuple(epoch) for epoch in read}) == 4


@BOTH
def test_a_seed_repeats_and_another_is_another_order(use_tensorflow):
    assert order(shuffled(use_tensorflow), 2) == order(shuffled(use_tensorflow), 2)
    assert order(shuffled(use_tensorflow)) != order(shuffled(use_tensorflow, shuffle_seed=6))


@BOTH
def test_without_a_seed_the_order_stays(use_tensorflow):
    assert order(shuffled(use_tensorflow, shuffle_seed=None), 2) == [list(range(22))] * 2


@BOTH
def test_labels_stay_with_their_inputs_and_the_last_batch_is_smaller(use_tensorflow):
    (epoch,) = epochs(shuffled(use_tensorflow), 1)
    assert [len(inputs) for inputs, _ in epoch] == [4, 4, 4, 4, 4, 2]
    for inputs, labels in epoch:
        np.testing.assert_array_equal(inputs, INPUTS[labels])
    assert len(shuffled(use_tensorflow)) == 6


@BOTH
def test_a_continued_fit_begins_with_a_later_epoch(use_tensorflow):
    assert order(shuffled(use_tensorflow, first_epoch=2), 2) == order(shuffled(use_tensorflow), 4)[2:]


@pytest.mark.parametrize("items", [17, 40], ids=["3 batches", "5 batches"])
def test_fit_is_the_same_with_and_without_tensorflow(items):
    """Keras looks at the first batches of a PyDataset before the first epoch: that look must not count as one."""
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(items, 3)).astype(np.float32), rng.integers(0, 2, items)
    read, histories = [], []
    for choice in (True, False):
        pipeline.set_up(seed=0)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
        seen, step = [], model.train_step
        model.train_step = lambda data, seen=seen, step=step: seen.append(np.asarray(data[0])) or step(data)
        batches = pipeline.batches(inputs, labels, batch_size=8, shuffle_seed=1, use_tensorflow=choice)
        histories.append(model.fit(batches, epochs=3, shuffle=False, verbose=0).history)
        read.append(seen)
    for left, right in zip(*read, strict=True):
        np.testing.assert_array_equal(left, right)
    assert histories[0] == histories[1]


@pytest.fixture
def files(tmp_path):
    """Ten files, the n-th of which holds [n, n, n]."""
    paths = []
    for number in range(10):
        paths.append(tmp_path / f"item {number}.npy")
        np.save(paths[-1], np.full(3, number, dtype=np.float32))
    return paths


@BOTH
def test_files_are_decoded_once_where_there_is_a_cache(files, tmp_path, use_tensorflow):
    calls = []

    def decode(path):
        calls.append(path)
        return np.load(path)

    settings = {"batch_size": 4, "shuffle_seed": 0, "decode": decode, "use_tensorflow": use_tensorflow}
    cached = pipeline.batches(files, np.arange(10), cache=tmp_path / "new" / "cache", **settings)
    from_cache = epochs(cached, 3)
    assert Counter(calls) == dict.fromkeys(files, 1)
    calls.clear()
    keras.tree.map_structure(
        np.testing.assert_array_equal, from_cache, epochs(pipeline.batches(files, np.arange(10), **settings), 3)
    )
    assert min(Counter(calls).values()) == 3
    for inputs, labels in from_cache[0]:
        np.testing.assert_array_equal(inputs, np.tile(labels[:, np.newaxis], 3))

    calls.clear()
    again = pipeline.batches(files, np.arange(10), cache=tmp_path / "new" / "cache", **settings)
    keras.tree.map_structure(np.testing.assert_array_equal, from_cache, epochs(again, 3))
    assert set(calls) <= {files[0]}, "only the first file may be looked at again, for its shape"


@BOTH
def test_a_cache_of_another_shape_is_not_read(files, tmp_path, use_tensorflow):
    def read(decode):
        batches = pipeline.batches(files, decode=decode, cache=tmp_path / "cache", use_tensorflow=use_tensorflow)
        return np.concatenate([np.asarray(batch) for batch in epochs(batches, 1)[0]])

    read(np.load)
    np.testing.assert_array_equal(read(lambda path: np.load(path)[:2]), np.arange(10)[:, np.newaxis] * [1, 1])


@BOTH
def test_files_are_decoded_side_by_side(files, monkeypatch, use_tensorflow):
    monkeypatch.setenv("COSMIC_THREADS", "2")
    meet = threading.Barrier(2)

    def decode(path):
        if path in files[4:6]:
            meet.wait(timeout=20)  # goes on only when the other one is being decoded at the same time
        return np.load(path)

    batches = pipeline.batches(files, batch_size=10, decode=decode, use_tensorflow=use_tensorflow)
    np.testing.assert_array_equal(epochs(batches, 1)[0][0][:, 0], np.arange(10))


@BOTH
@pytest.mark.parametrize("odd", [np.zeros(4, np.float32), np.zeros(3, np.float64)], ids=["shape", "dtype"])
def test_a_file_of_another_shape_or_dtype_is_named(files, use_tensorflow, odd):
    np.save(files[7], odd)
    with pytest.raises(Exception, match=r"item 7\.npy: decoded to .*, the first item to float32 \(3,\)"):
        epochs(pipeline.batches(files, decode=np.load, use_tensorflow=use_tensorflow), 1)


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (INPUTS[:0], None, "no items"),
        (INPUTS, LABELS[:-1], "22 inputs but 21 labels"),
        (["a.npy", "b.npy"], None, "decode="),
    ],
)
def test_what_gives_no_batches_is_refused(inputs, labels, message):
    with pytest.raises(ValueError, match=message):
        pipeline.batches(inputs, labels)


@pytest.mark.parametrize("as_mask", [True, False])
def test_standardise_measures_the_given_rows_only(as_mask):
    rng = np.random.default_rng(0)
    array = rng.normal(3, 5, size=(30, 4, 2))
    mask = np.arange(30) < 20
    rows = mask if as_mask else np.flatnonzero(mask)
    scaled = pipeline.standardise(array, rows)
    assert scaled.dtype == np.float32 and scaled.shape == array.shape
    np.testing.assert_allclose(scaled[:20].mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[:20].std(axis=(0, 1)), 1, atol=1e-5)
    others = np.where(mask[:, np.newaxis, np.newaxis], array, 1e6)
    np.testing.assert_array_equal(pipeline.standardise(others, rows)[:20], scaled[:20])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_feature_that_never_changes_becomes_zero(dtype):
    """Its deviation is zero but for rounding: dividing by that would blow up whatever differs elsewhere."""
    array = np.random.default_rng(0).normal(size=(1001, 2)).astype(dtype)
    array[:1000, 1], array[1000, 1] = 0.1, 0.3
    scaled = pipeline.standardise(array, np.arange(1000))
    np.testing.assert_allclose(scaled[:, 1], [0] * 1000 + [0.2], atol=1e-6)


def test_batches_where_there_is_no_tensorflow():
    """The base class alone is made up: Keras itself does not start without a backend."""
    code = """
import sys, types
sys.modules["tensorflow"] = None  # importing it raises ImportError
sys.modules["keras"] = types.SimpleNamespace(utils=types.SimpleNamespace(PyDataset=type("PyDataset", (), {})))
import numpy as np
from cosmic_lib import pipeline
inputs = np.arange(44, dtype=np.float32).reshape(22, 2)
batches = pipeline.batches(inputs, np.arange(22), batch_size=4, shuffle_seed=5)
print([int(label) for index in range(len(batches)) for label in batches[index][1]])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(order(shuffled(True))[0])


@pytest.mark.parametrize("use_tensorflow", [True, False])
def test_only_the_rows_asked_for_are_drawn(use_tensorflow):
    array, rows = np.arange(40).reshape(20, 2), np.array([7, 3, 11, 0, 19])
    settings = {"batch_size": 2, "shuffle_seed": 1, "use_tensorflow": use_tensorflow}
    drawn, copied = (
        [(np.asarray(x), np.asarray(y)) for x, y in made]
        for made in (
            pipeline.batches(array, rows, rows=rows, **settings),
            pipeline.batches(array[rows], rows, **settings),
        )
    )
    for (x, y), (x_copied, y_copied) in zip(drawn, copied, strict=True):
        np.testing.assert_array_equal(x, x_copied)
        np.testing.assert_array_equal(y, y_copied)
        np.testing.assert_array_equal(x[:, 0], 2 * y)


def test_a_mask_draws_what_it_marks_and_labels_are_of_those():
    mask = np.arange(10) % 3 == 0
    (batch,) = pipeline.batches(np.arange(10)[:, None], rows=mask, batch_size=9)
    assert np.asarray(batch).ravel().tolist() == [0, 3, 6, 9]
    with pytest.raises(ValueError, match="4 inputs but 10 labels"):
        pipeline.batches(np.arange(10)[:, None], np.arange(10), rows=mask)
    with pytest.raises(ValueError, match="no items"):
        pipeline.batches(np.arange(10)[:, None], rows=np.zeros(10, dtype=bool))
